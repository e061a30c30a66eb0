using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Eddy.Simulator.Grpc;

/// <summary>What stands before every call: the node's state, the macaroon, and the faults somebody ordered. In LND's order.</summary>
internal sealed class CallGate(NodeAccess access) : Interceptor
{
    private const string StateService = "/lnrpc.State/";
    private const string MacaroonKey = "macaroon";

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        // Over when its answer is written, not when it is known: a stop waits for that.
        context.GetHttpContext().Response.RegisterForDispose(access.Calls.AddSingleCall());
        await AdmitAsync(context);
        return await continuation(request, context);
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await AdmitAsync(context);
        await continuation(request, responseStream, context);
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await AdmitAsync(context);
        await continuation(requestStream, responseStream, context);
    }

    private async Task AdmitAsync(ServerCallContext context)
    {
        var method = context.Method;
        var isState = method.StartsWith(StateService, StringComparison.Ordinal);
        var (refusal, fault) = await access.ReadAsync(node =>
            (isState ? null : node.State.Refusal(), node.Faults.OnCall?.Invoke(method[(method.LastIndexOf('/') + 1)..])));
        if (refusal is not null)
        {
            throw refusal.ToException();
        }

        var macaroons = context.RequestHeaders.GetAll(MacaroonKey).Select(entry => entry.Value).ToList();
        if (access.Bakery.Authorize(macaroons, method, Address(context)) is { } denial)
        {
            throw denial.ToException();
        }

        if (fault is not null)
        {
            await Task.Delay(fault.Delay, context.CancellationToken);
            if (fault.Error is not null)
            {
                throw fault.Error.ToException();
            }
        }
    }

    private static string Address(ServerCallContext context) =>
        context.GetHttpContext().Connection.RemoteIpAddress?.MapToIPv4().ToString() ?? "";
}
