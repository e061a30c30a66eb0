using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>Reads a call's status out of an HTTP response.</summary>
internal static class ResponseStatus
{
    /// <summary>The status of a response that is not gRPC's; null where it is.</summary>
    internal static Status? Refuse(HttpResponseMessage response)
    {
        if (response.Headers.NonValidated.Contains(GrpcHeaders.Status))
        {
            return null;
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            return new Status(FromHttp(response.StatusCode), $"Not a gRPC response: HTTP status {(int)response.StatusCode}.");
        }

        var contentType = response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var types)
            ? types.ToString()
            : null;
        if (!GrpcHeaders.IsGrpc(contentType))
        {
            return new Status(StatusCode.Unknown, $"Not a gRPC response: its content type is '{contentType ?? "none"}'.");
        }

        return response.Headers.NonValidated.TryGetValues(GrpcHeaders.Encoding, out var encodings)
            && encodings.ToString() is var encoding and not GrpcHeaders.Identity
            ? new Status(StatusCode.Internal, $"Response is encoded with '{encoding}', and only identity was offered.")
            : null;
    }

    /// <summary>The status that these headers or trailers carry, or null.</summary>
    internal static Status? Find(HttpResponseHeaders headers)
    {
        if (!headers.NonValidated.TryGetValues(GrpcHeaders.Status, out var values))
        {
            return null;
        }

        var text = values.ToString();
        var detail = headers.NonValidated.TryGetValues(GrpcHeaders.Message, out var messages)
            ? GrpcHeaders.DecodeMessage(messages.ToString())
            : "";
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code)
            ? new Status(Enum.IsDefined((StatusCode)code) ? (StatusCode)code : StatusCode.Unknown, detail)
            : new Status(StatusCode.Unknown, $"The server ended the call with the status '{text}', which is no number.");
    }

    internal static Metadata ToMetadata(HttpResponseHeaders headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers.NonValidated)
        {
            foreach (var value in values)
            {
                GrpcHeaders.AddReceived(metadata, name, value);
            }
        }

        return metadata;
    }

    // grpc/grpc doc/http-grpc-status-mapping.md
    private static StatusCode FromHttp(HttpStatusCode status) => status switch
    {
        HttpStatusCode.BadRequest => StatusCode.Internal,
        HttpStatusCode.Unauthorized => StatusCode.Unauthenticated,
        HttpStatusCode.Forbidden => StatusCode.PermissionDenied,
        HttpStatusCode.NotFound => StatusCode.Unimplemented,
        HttpStatusCode.TooManyRequests
            or HttpStatusCode.BadGateway
            or HttpStatusCode.ServiceUnavailable
            or HttpStatusCode.GatewayTimeout => StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };
}
