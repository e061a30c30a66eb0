namespace Eddy.Simulator;

/// <summary>What a whole simulated network shares.</summary>
public sealed record NetworkOptions
{
    /// <summary>Everything random follows from it.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>What the clock shows at first.</summary>
    public DateTimeOffset StartTime { get; init; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public uint StartHeight { get; init; } = 800_000;

    /// <summary>LND's name of the network: mainnet, testnet, signet, regtest, simnet.</summary>
    public string Chain { get; init; } = "regtest";

    /// <summary>One way, for every link that says nothing else.</summary>
    public TimeSpan LinkLatency { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>From the connection of two peers to links that forward.</summary>
    public TimeSpan LinkStartDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How long peers with channels take to connect again; null: they do not.</summary>
    public TimeSpan? ReconnectDelay { get; init; } = TimeSpan.FromMilliseconds(1_200);

    /// <summary>How long the interceptor's place stays taken after its client went away (about 31 ms were observed).</summary>
    public TimeSpan InterceptorRelease { get; init; }

    /// <summary>Satoshi per 1,000 weight of commitment transactions.</summary>
    public long FeePerKw { get; init; } = 2_500;

    /// <summary>How long the first part of a payment waits for the others.</summary>
    public TimeSpan MppTimeout { get; init; } = TimeSpan.FromSeconds(120);
}

/// <summary>One node of a network.</summary>
public sealed record NodeOptions
{
    /// <summary>Null: a name made from the node's number.</summary>
    public string? Alias { get; init; }

    public LndVersion Version { get; init; } = LndVersion.V0203;

    /// <summary>Null: one that follows from the network's seed. Making a key costs a fraction of a millisecond.</summary>
    public NodeKey? Key { get; init; }

    /// <summary>Blocks that this node is behind the chain.</summary>
    public uint HeightLag { get; init; }

    /// <summary>LND's <c>requireinterceptor</c>.</summary>
    public bool RequiresInterceptor { get; init; }

    /// <summary>An LND that fails an onion which it has seen before, so that a second copy of an HTLC gets nowhere.</summary>
    public bool RefusesReplayedOnions { get; init; } = true;

    /// <summary>LND's <c>allow-circular-route</c>: out on the channel it came in on.</summary>
    public bool AllowsCircularRoutes { get; init; }

    /// <summary>LND's <c>rejecthtlc</c>.</summary>
    public bool RejectsForwards { get; init; }
}
