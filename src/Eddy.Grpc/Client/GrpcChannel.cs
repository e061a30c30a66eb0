using System.Collections.Concurrent;
using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>A way to a gRPC server over HTTP/2. Connections are made when calls need them, and again when they break.</summary>
public sealed class GrpcChannel : ChannelBase, IDisposable
{
    private readonly Uri _address;
    private readonly GrpcChannelOptions _options;
    private readonly HttpMessageInvoker _invoker;
    private readonly bool _ownsInvoker;
    private readonly ConcurrentDictionary<string, Uri> _methodAddresses = new(StringComparer.Ordinal);
    private volatile bool _disposed;

    private GrpcChannel(Uri address, GrpcChannelOptions options)
        : base(address.Authority)
    {
        _address = address;
        _options = options;
        _ownsInvoker = options.DisposeHttpClient || (options.HttpClient is null && options.HttpHandler is null);
        _invoker = options.HttpClient
            ?? new HttpMessageInvoker(options.HttpHandler ?? Http2Handler.Create(), disposeHandler: _ownsInvoker);
    }

    internal GrpcChannelOptions Options => _options;

    internal bool AllowsCallCredentials => AllowsCallCredentialsOver(_address, _options);

    public static GrpcChannel ForAddress(string address) => ForAddress(new Uri(address));

    public static GrpcChannel ForAddress(string address, GrpcChannelOptions channelOptions) =>
        ForAddress(new Uri(address), channelOptions);

    public static GrpcChannel ForAddress(Uri address) => ForAddress(address, new GrpcChannelOptions());

    /// <summary>A channel to a server.</summary>
    /// <exception cref="ArgumentException">The address is not http(s), or the options contradict it or one another.</exception>
    public static GrpcChannel ForAddress(Uri address, GrpcChannelOptions channelOptions)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(channelOptions);
        if (!address.IsAbsoluteUri || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
        {
            throw new ArgumentException($"'{address}' is not an http:// or https:// address.", nameof(address));
        }

        if (channelOptions is { HttpClient: not null, HttpHandler: not null })
        {
            throw new ArgumentException("HttpClient and HttpHandler exclude one another.", nameof(channelOptions));
        }

        if (channelOptions.HttpClient is { } client && client.Timeout != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentException(
                "HttpClient.Timeout must be infinite: calls have deadlines of their own.", nameof(channelOptions));
        }

        if (channelOptions.Credentials is { } credentials && credentials.IsSecure != (address.Scheme == Uri.UriSchemeHttps))
        {
            throw new ArgumentException(
                $"The credentials are for a channel {(credentials.IsSecure ? "with" : "without")} TLS, unlike {address}.",
                nameof(channelOptions));
        }

        if (channelOptions.Credentials?.CallCredentials is not null && !AllowsCallCredentialsOver(address, channelOptions))
        {
            throw new ArgumentException("Call credentials are not sent over a channel without TLS.", nameof(channelOptions));
        }

        return new GrpcChannel(address, channelOptions);
    }

    public override CallInvoker CreateCallInvoker() => new ChannelCallInvoker(this);

    /// <summary>Closes the channel's own connections; calls under way on them end, and later ones fail with Unavailable.</summary>
    public void Dispose()
    {
        _disposed = true;
        if (_ownsInvoker)
        {
            _invoker.Dispose();
        }
    }

    internal Uri AddressOf(IMethod method) =>
        _methodAddresses.GetOrAdd(method.FullName, static (path, address) => new Uri(address, path), _address);

    /// <exception cref="ObjectDisposedException">The channel is closed. To a call that is a failure like any other of the connection.</exception>
    internal Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _invoker is HttpClient client
            ? client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
            : _invoker.SendAsync(request, cancellationToken);
    }

    protected override Task ShutdownAsyncCore()
    {
        Dispose();
        return Task.CompletedTask;
    }

    private static bool AllowsCallCredentialsOver(Uri address, GrpcChannelOptions options) =>
        address.Scheme == Uri.UriSchemeHttps || options.UnsafeUseInsecureChannelCallCredentials;
}
