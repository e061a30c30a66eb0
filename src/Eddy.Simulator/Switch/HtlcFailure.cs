using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>The channel_update inside a failure message.</summary>
public sealed record FailureChannelUpdate(ShortChannelId ChannelId, RoutingPolicy Policy, NodeId Owner, DateTimeOffset Timestamp);

/// <summary>Why an HTLC failed, as its sender reads it.</summary>
public sealed record HtlcFailure(FailureCode Code, int SourceIndex, FailureDetail Detail = FailureDetail.NoDetail)
{
    /// <summary>0 = the sender's own node, k = the node reached after hop k.</summary>
    public int SourceIndex { get; init; } = SourceIndex;

    public FailureChannelUpdate? ChannelUpdate { get; init; }

    /// <summary>The amount of the HTLC, in the failures that carry it.</summary>
    public MilliSatoshi HtlcAmount { get; init; }

    public uint CltvExpiry { get; init; }

    /// <summary>The failing node's height, in INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS.</summary>
    public uint Height { get; init; }
}
