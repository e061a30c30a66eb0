using System.Collections.Immutable;
using Eddy.Forwarding;
using Eddy.Lightning;

namespace Eddy.Rings;

/// <summary>What the machine of one ring at one node is about. Fixed from the start and saved with the state.</summary>
public abstract record RingTerms
{
    private RingTerms(RingOffer offer, DateTimeOffset deadline)
    {
        Offer = offer;
        Deadline = deadline;
    }

    public RingOffer Offer { get; init; }

    /// <summary>When nothing that was promised for this ring holds any longer, unless an HTLC is bound: our own clock, the offer's TTL after the start.</summary>
    public DateTimeOffset Deadline { get; init; }

    /// <summary>The initiator's side. Its text form would show secrets: never log it.</summary>
    /// <param name="OfferBytes">The encoded offer: what is signed and sent.</param>
    /// <param name="Preimage">Fresh for this ring, saved before its hash leaves.</param>
    /// <param name="Records">Onion records for positions 1, 2, ...: the secrets behind the offer's commitments.</param>
    /// <param name="FirstChannel">Our own channel to position 1 (LND takes the first hop strictly).</param>
    /// <param name="FinalCltv">The least final CLTV delta our LND allows: 18, from 0.21 on 24.</param>
    /// <param name="Gain">By how much our own distance from target falls; 0 if it does not.</param>
    public sealed record Initiator(
        RingOffer Offer,
        DateTimeOffset Deadline,
        ReadOnlyMemory<byte> OfferBytes,
        Preimage Preimage,
        ImmutableArray<Bytes32> Records,
        ShortChannelId FirstChannel,
        uint FinalCltv,
        MilliSatoshi Gain) : RingTerms(Offer, Deadline)
    {
        /// <summary>
        /// Latest moment to send: a quarter of the TTL before the deadline, since an HTLC walks the ring more slowly than the proposal
        /// did and must find every waiver alive.
        /// </summary>
        public DateTimeOffset SendBy => Deadline - TimeSpan.FromSeconds(Offer.TtlSeconds / 4.0);

        public override string ToString() => $"initiator of ring {Offer.Id.ToShortString()}";
    }

    /// <summary>A member's side: created after every check has passed.</summary>
    /// <param name="Position">Our own, 1 or more.</param>
    /// <param name="SignedOffer">The offer as it came.</param>
    /// <param name="PriorTerms">The terms of the members before us as they came.</param>
    /// <param name="Own">Ours.</param>
    /// <param name="Waiver">What goes live when we have signed.</param>
    public sealed record Member(
        RingOffer Offer,
        DateTimeOffset Deadline,
        int Position,
        SignedBytes SignedOffer,
        ImmutableArray<SignedBytes> PriorTerms,
        MemberTerms Own,
        Waiver Waiver) : RingTerms(Offer, Deadline)
    {
        public NodeId Previous => Offer.At(Position - 1);

        public NodeId Next => Offer.At(Position + 1);

        public override string ToString() => $"position {Position} of ring {Offer.Id.ToShortString()}";
    }
}
