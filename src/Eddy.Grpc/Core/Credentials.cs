namespace Grpc.Core;

/// <summary>Adds what authenticates a call to its metadata.</summary>
public delegate Task AsyncAuthInterceptor(AuthInterceptorContext context, Metadata metadata);

/// <summary>The call that an <see cref="AsyncAuthInterceptor"/> is asked about.</summary>
public class AuthInterceptorContext(string serviceUrl, string methodName, CancellationToken cancellationToken = default)
{
    public string ServiceUrl { get; } = serviceUrl;

    public string MethodName { get; } = methodName;

    public CancellationToken CancellationToken { get; } = cancellationToken;
}

/// <summary>Credentials of calls, such as a macaroon; refused on a channel without TLS.</summary>
public abstract class CallCredentials
{
    public static CallCredentials FromInterceptor(AsyncAuthInterceptor interceptor)
    {
        ArgumentNullException.ThrowIfNull(interceptor);
        return new InterceptorCredentials(interceptor);
    }

    public static CallCredentials Compose(params CallCredentials[] credentials)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        return new InterceptorCredentials(async (context, metadata) =>
        {
            foreach (var part in credentials)
            {
                await part.AddToAsync(context, metadata);
            }
        });
    }

    internal abstract Task AddToAsync(AuthInterceptorContext context, Metadata metadata);

    private sealed class InterceptorCredentials(AsyncAuthInterceptor interceptor) : CallCredentials
    {
        internal override Task AddToAsync(AuthInterceptorContext context, Metadata metadata) => interceptor(context, metadata);
    }
}

/// <summary>Whether a channel uses TLS, and the credentials of all its calls.</summary>
public abstract class ChannelCredentials
{
    public static ChannelCredentials Insecure { get; } = new TransportCredentials(isSecure: false, null);

    /// <summary>TLS; whom to trust is decided by the channel's HTTP handler.</summary>
    public static ChannelCredentials SecureSsl { get; } = new TransportCredentials(isSecure: true, null);

    internal abstract bool IsSecure { get; }

    internal abstract CallCredentials? CallCredentials { get; }

    public static ChannelCredentials Create(ChannelCredentials channelCredentials, CallCredentials callCredentials)
    {
        ArgumentNullException.ThrowIfNull(channelCredentials);
        ArgumentNullException.ThrowIfNull(callCredentials);
        return new TransportCredentials(channelCredentials.IsSecure, callCredentials);
    }

    private sealed class TransportCredentials(bool isSecure, CallCredentials? callCredentials) : ChannelCredentials
    {
        internal override bool IsSecure { get; } = isSecure;

        internal override CallCredentials? CallCredentials { get; } = callCredentials;
    }
}
