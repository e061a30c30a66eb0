using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>How a <see cref="GrpcChannel"/> reaches its server.</summary>
public sealed class GrpcChannelOptions
{
    /// <summary>TLS or not, and the credentials of every call; default: what the address says, none.</summary>
    public ChannelCredentials? Credentials { get; set; }

    /// <summary>The longest request in bytes; null, the default, for no limit.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>The longest response in bytes; default 4 MiB, null for no limit.</summary>
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>The client to use; its time-out must be infinite, since a stream lasts as long as it lasts.</summary>
    public HttpClient? HttpClient { get; set; }

    /// <summary>The handler to use; not together with <see cref="HttpClient"/>.</summary>
    public HttpMessageHandler? HttpHandler { get; set; }

    /// <summary>Whether the channel disposes the client or handler that it was given.</summary>
    public bool DisposeHttpClient { get; set; }

    /// <summary>Sends call credentials over a channel without TLS, where anybody can read them.</summary>
    public bool UnsafeUseInsecureChannelCallCredentials { get; set; }
}
