using System.Net;
using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>Makes the HTTP request of a call.</summary>
internal static class CallRequest
{
    /// <exception cref="RpcException">The metadata cannot be sent, or the call credentials are not to be had.</exception>
    internal static async ValueTask<HttpRequestMessage> CreateAsync(
        GrpcChannel channel,
        IMethod method,
        CallOptions options,
        TimeSpan? timeLeft,
        HttpContent content,
        CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, channel.AddressOf(method))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        request.Headers.TryAddWithoutValidation("te", "trailers");
        request.Headers.TryAddWithoutValidation("user-agent", "eddy-grpc");
        request.Headers.TryAddWithoutValidation(GrpcHeaders.AcceptEncoding, GrpcHeaders.Identity);
        if (timeLeft > TimeSpan.Zero)
        {
            request.Headers.TryAddWithoutValidation(GrpcHeaders.Timeout, GrpcHeaders.EncodeTimeout(timeLeft.Value));
        }

        Add(request, options.Headers);
        await AddAsync(request, method, channel.Options.Credentials?.CallCredentials, cancellationToken);
        await AddAsync(request, method, options.Credentials, cancellationToken);
        return request;
    }

    private static async ValueTask AddAsync(
        HttpRequestMessage request, IMethod method, CallCredentials? credentials, CancellationToken cancellationToken)
    {
        if (credentials is null)
        {
            return;
        }

        var metadata = new Metadata();
        var serviceUrl = new Uri(request.RequestUri!, "/" + method.ServiceName).AbsoluteUri;
        try
        {
            await credentials.AddToAsync(new AuthInterceptorContext(serviceUrl, method.Name, cancellationToken), metadata);
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            throw new RpcException(
                new Status(StatusCode.Unavailable, $"The call credentials are not to be had: {exception.Message}", exception));
        }

        Add(request, metadata);
    }

    private static void Add(HttpRequestMessage request, Metadata? metadata)
    {
        if (metadata is not null)
        {
            foreach (var entry in metadata)
            {
                request.Headers.TryAddWithoutValidation(entry.Key, GrpcHeaders.EncodeValue(entry));
            }
        }
    }
}
