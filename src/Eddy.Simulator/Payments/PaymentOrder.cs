using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>What SendPaymentV2 is asked for.</summary>
public sealed record PaymentOrder
{
    public required PaymentHash Hash { get; init; }

    public required NodeId Destination { get; init; }

    public required MilliSatoshi Amount { get; init; }

    /// <summary>The payment secret; null sends no MPP record.</summary>
    public Bytes32? PaymentAddr { get; init; }

    public uint FinalCltvDelta { get; init; } = 80;

    public MilliSatoshi FeeLimit { get; init; }

    /// <summary>Blocks the payment may be locked for; 0 for LND's 2016.</summary>
    public uint CltvLimit { get; init; }

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>First channels to choose from; empty for any.</summary>
    public ImmutableArray<ShortChannelId> OutgoingChannels { get; init; } = [];

    /// <summary>The node before the destination; null for any.</summary>
    public NodeId? LastHop { get; init; }

    public ImmutableArray<ImmutableArray<RouteHintHop>> RouteHints { get; init; } = [];

    /// <summary>Onion records for the destination.</summary>
    public ImmutableSortedDictionary<ulong, ImmutableArray<byte>> Records { get; init; } = CustomRecords.None;

    public ImmutableSortedDictionary<ulong, ImmutableArray<byte>> FirstHopRecords { get; init; } = CustomRecords.None;

    /// <summary>The payment request it was read from; empty for none.</summary>
    public string PaymentRequest { get; init; } = "";
}
