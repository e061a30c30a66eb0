using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Engine;

/// <summary>What the operator wants of the engine; checked before it gets here. Amounts in sat.</summary>
public sealed record EngineOptions
{
    public RingOptions Rings { get; init; } = new();

    public PolicyOptions Policy { get; init; } = new();

    /// <summary>Per channel, before <see cref="Peers"/> and <see cref="RingOptions"/>.</summary>
    public ImmutableSortedDictionary<ShortChannelId, TargetOptions> Channels { get; init; } =
        ImmutableSortedDictionary<ShortChannelId, TargetOptions>.Empty;

    public ImmutableSortedDictionary<NodeId, TargetOptions> Peers { get; init; } = ImmutableSortedDictionary<NodeId, TargetOptions>.Empty;

    /// <summary><c>mode=observe</c>: listen and show, but neither propose nor accept.</summary>
    public bool IsObserving { get; init; }

    /// <summary>Sent in hello, e.g. <c>eddy/0.1.0</c>.</summary>
    public string Agent { get; init; } = "eddy";
}

/// <summary>Section [rings].</summary>
public sealed record RingOptions
{
    /// <summary>Wanted local share, 0 to 1.</summary>
    public double Target { get; init; } = 0.5;

    /// <summary>Half the width of the band round the target in which nothing is wanted, as a share of the capacity.</summary>
    public double Deadband { get; init; } = 0.1;

    public long MinAmountSat { get; init; } = 50_000;

    public long MaxAmountSat { get; init; } = 5_000_000;

    /// <summary>Longest ring, 3 to 12.</summary>
    public int MaxLength { get; init; } = 6;

    /// <summary>Between two searches, jittered.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>False: a search only when the operator asks for one. Adverts and rings of others go on as ever.</summary>
    public bool SearchesByItself { get; init; } = true;

    /// <summary><c>consent=strict</c>: accept only what brings both own channels nearer their targets.</summary>
    public bool IsStrict { get; init; }

    /// <summary><c>parallel=each</c>: consent for every channel by itself, not for all channels with a peer together.</summary>
    public bool IsPerChannel { get; init; }

    /// <summary>How long a proposal may take to come round and be paid.</summary>
    public TimeSpan ProposalTtl { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How far above the height the incoming expiry of a waived HTLC may lie, in blocks.</summary>
    public uint MaxLockBlocks { get; init; } = 800;

    /// <summary>Validity of our adverts, a week at most. Half of it later they are said again.</summary>
    public TimeSpan AdvertTtl { get; init; } = TimeSpan.FromDays(3);

    /// <summary>The least time between two of our adverts.</summary>
    public TimeSpan AdvertFloor { get; init; } = TimeSpan.FromSeconds(1);
}

/// <summary>Sections [channel SCID] and [peer PUBKEY]; null where nothing is said.</summary>
public sealed record TargetOptions
{
    public double? Target { get; init; }

    public double? Deadband { get; init; }

    public bool? IsExcluded { get; init; }
}

/// <summary>Section [policy]. Null is the default written beside it.</summary>
public sealed record PolicyOptions
{
    /// <summary>If not empty, only these nodes may be in a ring with us.</summary>
    public ImmutableSortedSet<NodeId> Allow { get; init; } = [];

    /// <summary>Never in a ring with these.</summary>
    public ImmutableSortedSet<NodeId> Deny { get; init; } = [];

    /// <summary>Own rings under way at once.</summary>
    public int MaxInFlight { get; init; } = 1;

    /// <summary>Rings of others accepted and under way at once.</summary>
    public int MaxMemberInFlight { get; init; } = 8;

    /// <summary>Sat moved by rings in a day; null for no limit.</summary>
    public long? MaxPerDaySat { get; init; }

    /// <summary>Sat moved in a day by rings over one peer; null for no limit.</summary>
    public long? MaxPerPeerPerDaySat { get; init; }

    /// <summary>Fees waived in a day, in sat; null for no limit.</summary>
    public long? MaxWaivedFeePerDaySat { get; init; }

    /// <summary>Fee waived for one HTLC at most, as a share of its amount in millionths.</summary>
    public long MaxWaivedFeePpm { get; init; } = 50_000;

    /// <summary>Sat moved over one channel in a day by rings that do not bring it nearer its target, as a share of its capacity.</summary>
    public double MaxNeutralPerDay { get; init; } = 0.5;
}
