using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>An add on its way through a node, as the interceptor may have changed it.</summary>
internal sealed class ForwardPacket
{
    public ForwardPacket(Htlc incoming, RouteHop hop, bool isReplay)
    {
        Incoming = incoming;
        IncomingEnd = incoming.Receiver;
        Hop = hop;
        IsReplay = isReplay;
        IncomingMsat = incoming.Amount.Value;
        OutgoingMsat = hop.AmountToForward.Value;
        OutgoingExpiry = hop.Expiry;
        OutgoingChannel = incoming.Onion.NextChannel(incoming.HopIndex);

        // LND copies the inbound fee when the packet is made: a policy change while the HTLC is held does not reach it.
        InboundBaseFeeMsat = IncomingEnd.Policy.InboundBaseFeeMsat;
        InboundFeeRatePpm = IncomingEnd.Policy.InboundFeeRatePpm;
    }

    public Htlc Incoming { get; }

    public ChannelEnd IncomingEnd { get; }

    public RouteHop Hop { get; }

    public CircuitKey Key => Incoming.IncomingKey;

    public ShortChannelId OutgoingChannel { get; }

    public uint OutgoingExpiry { get; }

    public int InboundBaseFeeMsat { get; }

    public int InboundFeeRatePpm { get; }

    public bool IsReplay { get; }

    /// <summary>Offered again out of a closed channel: only a preimage is of use.</summary>
    public bool IsOnChain { get; init; }

    /// <summary>What LND believes came in.</summary>
    public long IncomingMsat { get; set; }

    /// <summary>What goes out.</summary>
    public long OutgoingMsat { get; set; }

    public ImmutableSortedDictionary<ulong, ImmutableArray<byte>> OutgoingWireRecords { get; set; } = CustomRecords.None;

    /// <summary>How the sender will count this node.</summary>
    public int SourceIndex => Incoming.HopIndex + 1;

    public HtlcInfo Info => new(Incoming.Expiry, OutgoingExpiry, new(IncomingMsat), new(OutgoingMsat));
}
