using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>The final hop's MPP record: LND's invoices cannot be paid without it.</summary>
public sealed record MppRecord(Bytes32 PaymentAddr, MilliSatoshi Total);

/// <summary>One hop of a route as SendToRouteV2 reads it.</summary>
public sealed record RouteHop
{
    /// <summary>The channel this hop travels, named as the node before it knows it.</summary>
    public required ShortChannelId ChannelId { get; init; }

    /// <summary>What the node at the end of this hop sends on, or receives.</summary>
    public required MilliSatoshi AmountToForward { get; init; }

    /// <summary>Absolute expiry of what that node sends on; at the last hop its own check value.</summary>
    public required uint Expiry { get; init; }

    /// <summary>The node at the end of this hop; null to have it looked up in the graph.</summary>
    public NodeId? Node { get; init; }

    public ImmutableSortedDictionary<ulong, ImmutableArray<byte>> CustomRecords { get; init; } = Simulator.CustomRecords.None;

    public MppRecord? Mpp { get; init; }
}

/// <summary>A route made by hand.</summary>
public sealed record Route
{
    public required MilliSatoshi TotalAmount { get; init; }

    public required uint TotalTimeLock { get; init; }

    public required ImmutableArray<RouteHop> Hops { get; init; }

    public MilliSatoshi ReceiverAmount => Hops[^1].AmountToForward;

    public MilliSatoshi TotalFees => TotalAmount - ReceiverAmount;
}

/// <summary>SendToRouteV2's request.</summary>
public sealed record SendToRouteRequest
{
    public required PaymentHash Hash { get; init; }

    public required Route Route { get; init; }

    public bool SkipTempErr { get; init; }

    public ImmutableSortedDictionary<ulong, ImmutableArray<byte>> FirstHopCustomRecords { get; init; } = CustomRecords.None;
}
