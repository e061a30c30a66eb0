using System.Globalization;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server;

/// <summary>Writes a call's status into headers or trailers.</summary>
internal static class ServerStatus
{
    internal static void Write(IHeaderDictionary destination, Status status, Metadata? trailers)
    {
        if (trailers is not null)
        {
            try
            {
                Write(destination, trailers);
            }
            catch (RpcException exception)
            {
                status = exception.Status;
            }
        }

        destination[GrpcHeaders.Status] = ((int)status.StatusCode).ToString(CultureInfo.InvariantCulture);
        if (status.Detail.Length > 0)
        {
            destination[GrpcHeaders.Message] = GrpcHeaders.EncodeMessage(status.Detail);
        }
    }

    internal static void Write(IHeaderDictionary destination, Metadata metadata)
    {
        foreach (var entry in metadata)
        {
            destination.Append(entry.Key, GrpcHeaders.EncodeValue(entry));
        }
    }
}
