namespace Eddy.Simulator.Grpc;

/// <summary>How a simulated node offers LND's API.</summary>
public sealed record SimulatedLndOptions
{
    /// <summary>The node's directory, laid out like LND's own (<c>~/.lnd</c>). Made where it does not exist.</summary>
    public required string Directory { get; init; }

    /// <summary>Port on 127.0.0.1; 0 takes a free one, which then stays the same through restarts.</summary>
    public int Port { get; init; }

    /// <summary>Silence after which a client is pinged (LND's <c>grpc.server-ping-time</c>); below a second counts as a second.</summary>
    public TimeSpan ServerPingTime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a pinged client may take to answer before its connection is closed (<c>grpc.server-ping-timeout</c>).</summary>
    public TimeSpan ServerPingTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>What is kept for a reader of HtlcInterceptor that does not read, beside what the transport itself buffers, in bytes.</summary>
    public int InterceptorSlack { get; init; } = 16 * 1024;
}
