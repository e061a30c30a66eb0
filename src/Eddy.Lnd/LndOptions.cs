using Eddy.Lnd.Interception;

namespace Eddy.Lnd;

/// <summary>Where LND is and what lets us in.</summary>
public sealed record LndOptions
{
    /// <summary>host:port of LND's gRPC API.</summary>
    public string Host { get; init; } = "127.0.0.1:10009";

    /// <summary>LND's tls.cert (PEM). Exactly this certificate is trusted; it is read again at each connection, for LND replaces it.</summary>
    public required string TlsCertPath { get; init; }

    /// <summary>The macaroon, binary as LND writes it or as hexadecimal text; read again at each connection.</summary>
    public required string MacaroonPath { get; init; }

    /// <summary>mainnet, testnet, testnet4, signet, simnet or regtest; null takes whatever LND runs on.</summary>
    public string? Network { get; init; }

    /// <summary>host:port of a SOCKS5 proxy on the way to LND; it resolves LND's name. Null for none.</summary>
    public string? Proxy { get; init; }

    public LndTimings Timings { get; init; } = new();

    /// <summary>Watches over the loop that reads the interceptor's stream; null where nobody does.</summary>
    public IInterceptorWatch? Watch { get; init; }

    /// <summary>Other programs that want to be asked about HTLCs; null where none may.</summary>
    public DownstreamHub? Downstream { get; init; }

    /// <summary>The paths inside an LND directory: <c>tls.cert</c>, and the admin macaroon of <paramref name="network"/>.</summary>
    public static LndOptions FromLndDir(string lndDir, string network, string host) => new()
    {
        Host = host,
        TlsCertPath = Path.Combine(lndDir, "tls.cert"),
        MacaroonPath = Path.Combine(lndDir, "data", "chain", "bitcoin", network, "admin.macaroon"),
        Network = network,
    };
}

/// <summary>How often and how long. The defaults suit a real node; tests and simulations shorten them.</summary>
public sealed record LndTimings
{
    /// <summary>First pause after a lost connection; doubles up to <see cref="MaxBackoff"/>, with a quarter of jitter either way.</summary>
    public TimeSpan MinBackoff { get; init; } = TimeSpan.FromMilliseconds(500);

    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Between looks at a wallet that is locked or an LND that is starting.</summary>
    public TimeSpan StatePoll { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Deadline of an ordinary call.</summary>
    public TimeSpan CallDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Deadline of one custom message. LND waits for a peer that does not read.</summary>
    public TimeSpan MessageDeadline { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Channels are listed again at least this often.</summary>
    public TimeSpan RefreshInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>From an HTLC or channel event to the listing it triggers: others that come meanwhile are covered by the same one.</summary>
    public TimeSpan RefreshDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Between looks at our own fees (FeeReport). For so long a waived fee may be computed from a policy that is no more.</summary>
    public TimeSpan PolicyPoll { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Every policy is read again at least this often: peers' policies, CLTV deltas and HTLC limits are not in the FeeReport.</summary>
    public TimeSpan PolicyLifetime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Between looks at the block height.</summary>
    public TimeSpan HeightPoll { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The interceptor stream counts as up when it has stood this long: LND acknowledges nothing.</summary>
    public TimeSpan InterceptorSettle { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Between attempts while another program holds LND's only interceptor place.</summary>
    public TimeSpan InterceptorRetry { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a verdict may take to reach the disk before the HTLC is resumed without it.</summary>
    public TimeSpan BindBudget { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A judge that does not come back for so long is stuck, and the stream is closed: LND then resumes what it holds.</summary>
    public TimeSpan JudgeLimit { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>
    /// How long LND must have no record of a payment whose send got lost, before it counts as never sent. A call that LND read just
    /// before the connection broke makes its record within milliseconds, on a very loaded machine within seconds.
    /// </summary>
    public TimeSpan NoRecordPeriod { get; init; } = TimeSpan.FromSeconds(30);
}
