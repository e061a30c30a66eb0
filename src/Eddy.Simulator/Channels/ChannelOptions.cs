using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>LND's <c>CommitmentType</c>, the two that are simulated.</summary>
public enum CommitmentType
{
    StaticRemoteKey = 2,
    Anchors = 3,
}

/// <summary>How a channel is opened between two nodes, the first of which pays for the commitment transaction.</summary>
public sealed record ChannelOptions
{
    public required MilliSatoshi Capacity { get; init; }

    /// <summary>The opener's side, out of which it pays commitment fee and anchors. The rest is the peer's.</summary>
    public required MilliSatoshi OpenerBalance { get; init; }

    /// <summary>Null: LND's default (1,000 msat + 1 ppm, 80 blocks, 1,000 msat to 99 % of the capacity).</summary>
    public RoutingPolicy? OpenerPolicy { get; init; }

    /// <inheritdoc cref="OpenerPolicy"/>
    public RoutingPolicy? PeerPolicy { get; init; }

    /// <summary>Not announced: absent from other nodes' graphs.</summary>
    public bool IsPrivate { get; init; }

    /// <summary>The feature option_scid_alias: both ends get an alias, and a private channel can be forwarded over by alias only.</summary>
    public bool HasScidAlias { get; init; }

    /// <summary>Usable before it confirms: its id stays an alias at either end.</summary>
    public bool IsZeroConf { get; init; }

    /// <summary>The confirmed id; null: the next free one.</summary>
    public ShortChannelId? Id { get; init; }

    /// <summary>Null: 1 % of the capacity, or the dust limit if that is more.</summary>
    public MilliSatoshi? Reserve { get; init; }

    public MilliSatoshi DustLimit { get; init; } = MilliSatoshi.FromSatoshi(354);

    /// <summary>How many HTLCs either side may have offered at once: at most 483.</summary>
    public int MaxAcceptedHtlcs { get; init; } = 483;

    /// <summary>The sum of HTLCs either side may have offered at once; null: capacity less reserve.</summary>
    public MilliSatoshi? MaxInFlight { get; init; }

    /// <summary>The smallest HTLC either side accepts.</summary>
    public MilliSatoshi MinHtlc { get; init; } = new(1);

    /// <summary>Satoshi per 1,000 weight; null: the network's.</summary>
    public long? FeePerKw { get; init; }

    public CommitmentType CommitmentType { get; init; } = CommitmentType.Anchors;
}

/// <summary>Limits one side must obey (LND's <c>ChannelConstraints</c>).</summary>
/// <param name="Reserve">What that side must keep.</param>
/// <param name="DustLimit">Of that side's own commitment.</param>
/// <param name="MaxPending">The sum of HTLCs that side may have offered.</param>
/// <param name="MinHtlc">The smallest of them.</param>
/// <param name="MaxAcceptedHtlcs">Their number.</param>
/// <param name="CsvDelay">Blocks, on that side's own commitment.</param>
public sealed record ChannelConstraints(
    MilliSatoshi Reserve, MilliSatoshi DustLimit, MilliSatoshi MaxPending, MilliSatoshi MinHtlc, int MaxAcceptedHtlcs, uint CsvDelay);
