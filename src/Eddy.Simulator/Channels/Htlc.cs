using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>Where an HTLC stands.</summary>
public enum HtlcState
{
    /// <summary>Added by the offerer, not yet with the receiver.</summary>
    Sent = 0,

    /// <summary>Irrevocably committed on both sides.</summary>
    LockedIn = 1,

    /// <summary>The receiver has settled or failed it; the offerer does not know yet.</summary>
    Resolving = 2,

    /// <summary>Gone from the channel.</summary>
    Removed = 3,
}

/// <summary>An HTLC on one channel. It is in neither balance while it is there.</summary>
public sealed class Htlc
{
    internal Htlc(ChannelEnd offerer, ulong id, HtlcTerms terms)
    {
        Offerer = offerer;
        Id = id;
        Amount = new(terms.AmountMsat);
        Hash = terms.Hash;
        Expiry = terms.Expiry;
        Onion = terms.Onion;
        HopIndex = terms.HopIndex;
        WireRecords = terms.WireRecords;
    }

    /// <summary>The end that offered it and pays when it settles.</summary>
    public ChannelEnd Offerer { get; }

    public ChannelEnd Receiver => Offerer.Peer;

    /// <summary>Its index among the HTLCs of this offerer on this channel.</summary>
    public ulong Id { get; }

    public MilliSatoshi Amount { get; }

    public PaymentHash Hash { get; }

    /// <summary>Absolute height.</summary>
    public uint Expiry { get; }

    public HtlcState State { get; internal set; }

    /// <summary>Its key at the receiver.</summary>
    public CircuitKey IncomingKey => new(Receiver.ChanId, Id);

    /// <summary>Its key at the offerer.</summary>
    public CircuitKey OutgoingKey => new(Offerer.ChanId, Id);

    /// <summary>The other leg at the node of <paramref name="end"/>; null for a payment's first or last HTLC and before it is forwarded.</summary>
    public CircuitKey? OtherLeg(ChannelEnd end) => end == Offerer ? Circuit?.Incoming : ForwardedBy?.Outgoing;

    /// <summary>Which hop of its route it travels: 0 is the first.</summary>
    internal int HopIndex { get; }

    internal Onion Onion { get; }

    internal ImmutableSortedDictionary<ulong, ImmutableArray<byte>> WireRecords { get; }

    /// <summary>The offerer's circuit: what this HTLC pays for.</summary>
    internal Circuit? Circuit { get; set; }

    /// <summary>The receiver's circuit, once it has forwarded.</summary>
    internal Circuit? ForwardedBy { get; set; }

    /// <summary>What the receiver decided; set once.</summary>
    internal HtlcResolution? Resolution { get; set; }
}

/// <summary>What an update_add_htlc carries.</summary>
internal readonly record struct HtlcTerms(
    long AmountMsat,
    PaymentHash Hash,
    uint Expiry,
    Onion Onion,
    int HopIndex,
    ImmutableSortedDictionary<ulong, ImmutableArray<byte>> WireRecords);

/// <summary>The receiver's decision about an HTLC.</summary>
internal abstract record HtlcResolution
{
    private HtlcResolution()
    {
    }

    public sealed record Settle(Preimage Preimage) : HtlcResolution;

    public sealed record Fail(HtlcFailure Failure) : HtlcResolution;
}
