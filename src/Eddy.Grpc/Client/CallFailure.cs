using System.Net.Sockets;
using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>What a failed exchange means in gRPC's terms.</summary>
internal static class CallFailure
{
    /// <remarks>Only for calls that this side has not ended: a cancellation found here is the connection's doing.</remarks>
    internal static Status ToStatus(Exception exception, string target)
    {
        if (exception is RpcException rpc)
        {
            return rpc.Status;
        }

        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is HttpProtocolException http2)
            {
                return ToStatus(http2, exception, target);
            }
        }

        var innermost = exception.GetBaseException().Message;
        return exception switch
        {
            HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } =>
                Unavailable($"Cannot set up TLS with {target}: {innermost}", exception),
            HttpRequestException
            {
                HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError,
            } => Unavailable($"Cannot connect to {target}: {innermost}", exception),
            HttpRequestException
            {
                HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded,
            } when !IsBroken(exception) => new Status(StatusCode.Internal, $"Bad response from {target}: {innermost}", exception),
            HttpRequestException or IOException or SocketException =>
                Unavailable($"Connection to {target} failed: {innermost}", exception),
            OperationCanceledException { InnerException: TimeoutException } =>
                Unavailable($"Cannot connect to {target}: {innermost}", exception),
            OperationCanceledException => Unavailable($"Connection to {target} broke off the call: {innermost}", exception),
            ObjectDisposedException => Unavailable($"Channel to {target} is closed.", exception),
            _ => new Status(StatusCode.Internal, $"Error in gRPC call to {target}: {innermost}", exception),
        };
    }

    // A connection that breaks before the server's first frame counts as a bad response with HttpClient.
    private static bool IsBroken(Exception exception)
    {
        for (var cause = exception.InnerException; cause is not null; cause = cause.InnerException)
        {
            if (cause is SocketException or HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } || cause.GetType() == typeof(IOException))
            {
                return true;
            }
        }

        return false;
    }

    // An error of the connection (GOAWAY, or nonsense on it) says nothing about this call; one of the stream is about it.
    // The exception has no property for that, only a text.
    private static Status ToStatus(HttpProtocolException http2, Exception exception, string target) =>
        http2.Message.Contains("connection", StringComparison.Ordinal)
            ? Unavailable($"Connection to {target} failed: {http2.Message}", exception)
            : new Status(FromStreamReset(http2.ErrorCode), $"Call to {target} was broken off: {http2.Message}", exception);

    // grpc/grpc doc/PROTOCOL-HTTP2.md, "HTTP2 Transport Mapping"
    private static StatusCode FromStreamReset(long errorCode) => errorCode switch
    {
        7 => StatusCode.Unavailable, // REFUSED_STREAM
        8 => StatusCode.Cancelled, // CANCEL
        11 => StatusCode.ResourceExhausted, // ENHANCE_YOUR_CALM
        12 => StatusCode.PermissionDenied, // INADEQUATE_SECURITY
        _ => StatusCode.Internal,
    };

    private static Status Unavailable(string detail, Exception exception) => new(StatusCode.Unavailable, detail, exception);
}
