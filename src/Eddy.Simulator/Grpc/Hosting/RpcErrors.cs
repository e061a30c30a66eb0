using Grpc.Core;

namespace Eddy.Simulator.Grpc;

internal static class RpcErrors
{
    public static RpcException ToException(this RpcError error) => new(new Status((StatusCode)error.Code, error.Message));
}
