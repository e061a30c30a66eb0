using System.Net;

namespace Grpc.Net.Client;

/// <summary>The HTTP handler of a channel that is given none.</summary>
internal static class Http2Handler
{
    // LND closes a connection with ENHANCE_YOUR_CALM on pings more often than every 5 s or without a call (0.20.3-beta,
    // config.go). The pings by which .NET measures the receive window need no switch: each follows a frame of the server,
    // and a server that has just sent data or headers counts the next ping as welcome.
    internal static SocketsHttpHandler Create() => new()
    {
        AutomaticDecompression = DecompressionMethods.None,
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        EnableMultipleHttp2Connections = true,
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5),
        KeepAlivePingDelay = TimeSpan.FromSeconds(45),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(20),
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
    };
}
