using System.Collections.Immutable;
using Eddy.Forwarding;
using Eddy.Lightning;

namespace Eddy.Rings;

/// <summary>
/// What the engine has to do for a ring. State and effects are saved together before any effect runs. An effect that
/// <see cref="SurvivesRestart"/> is idempotent and run again from the outbox; for the others the machine itself decides on
/// <see cref="RingEvent.Restarted"/> what takes their place. A query (Track, Lookup) that LND could not answer is asked again when LND is back.
/// </summary>
public abstract record RingEffect
{
    private RingEffect()
    {
    }

    /// <summary>Run again from the outbox after a restart.</summary>
    public virtual bool SurvivesRestart => true;

    // Both halves.

    /// <summary>Hold this much of what can be sent to the next node and received from the previous one.</summary>
    public sealed record Reserve(MilliSatoshi Amount) : RingEffect;

    /// <summary>Let go of it.</summary>
    public sealed record Release : RingEffect;

    /// <summary>Answered by NextHopAway where it could not be handed over.</summary>
    public sealed record SendProposal(NodeId To, SignedBytes Offer, ImmutableArray<SignedBytes> Terms) : RingEffect
    {
        public override bool SurvivesRestart => false;
    }

    /// <summary>Tell how it ended.</summary>
    /// <param name="Position">Of the node that failed the HTLC; 0 where none did.</param>
    /// <param name="Code">The failure as LND numbers it; 0 where there is none.</param>
    public sealed record SendDone(NodeId To, RingOutcome Outcome, int Position, int Code) : RingEffect;

    /// <summary>No ring with this node for a while.</summary>
    public sealed record BackOff(NodeId Node, BackOffCause Cause) : RingEffect;

    // The initiator's.

    /// <summary>Answered by OfferSigned or SigningFailed.</summary>
    public sealed record SignOffer(ReadOnlyMemory<byte> Offer) : RingEffect
    {
        public override bool SurvivesRestart => false;
    }

    /// <summary>With the preimage of the terms and the least final CLTV. Answered by InvoiceAdded or InvoiceFailed.</summary>
    public sealed record AddInvoice(MilliSatoshi Amount, uint ExpirySeconds) : RingEffect
    {
        public override bool SurvivesRestart => false;
    }

    /// <summary>Answered by PaymentSettled, PaymentFailed, PaymentRefused or PaymentUnclear. Never run twice.</summary>
    public sealed record SendToRoute(PaymentRoute Route) : RingEffect
    {
        public override bool SurvivesRestart => false;
    }

    /// <summary>Follow the payment to its end. Answered by PaymentSettled, PaymentFailed or PaymentNotFound.</summary>
    public sealed record TrackPayment : RingEffect
    {
        public override bool SurvivesRestart => false;
    }

    /// <summary>Answered by InvoiceFound or InvoiceNotFound.</summary>
    public sealed record LookupInvoice : RingEffect
    {
        public override bool SurvivesRestart => false;
    }

    /// <summary>Nobody can pay the hash any more. An invoice that was never added or is cancelled already is as good.</summary>
    public sealed record CancelInvoice : RingEffect;

    // A member's.

    /// <summary>Answered by TermsSigned or SigningFailed.</summary>
    public sealed record SignTerms(MemberTerms Terms) : RingEffect
    {
        public override bool SurvivesRestart => false;
    }

    /// <summary>
    /// Put the waiver into the forwarding view. After a restart the live waivers are those of the rings that stand in
    /// <see cref="MemberState.Accepted"/>, so that this need not run again.
    /// </summary>
    public sealed record GrantWaiver(Waiver Waiver) : RingEffect
    {
        public override bool SurvivesRestart => false;
    }

    /// <summary>Take it out.</summary>
    public sealed record RevokeWaiver(PaymentHash Hash) : RingEffect;

    /// <summary>Tell the previous hop who refused and why.</summary>
    public sealed record SendReject(NodeId To, int Position, RejectReason Reason) : RingEffect;

    /// <summary>Answered by CircuitFound.</summary>
    /// <param name="Since">The HTLC is not older than this.</param>
    public sealed record LookupCircuits(CircuitKey Key, DateTimeOffset Since) : RingEffect
    {
        public override bool SurvivesRestart => false;
    }

    /// <summary>Enter into the ledger, which knows each circuit key once.</summary>
    public sealed record BookPhantomFee(PhantomFee Fee) : RingEffect;
}

/// <summary>Why a node is backed off.</summary>
public enum BackOffCause
{
    /// <summary>It refused a proposal.</summary>
    Refused = 0,

    /// <summary>Its terms would not do.</summary>
    Terms = 1,

    /// <summary>It could not be reached.</summary>
    Away = 2,

    /// <summary>A ring's payment failed at it.</summary>
    PaymentFailed = 3,

    /// <summary>It took part in a ring whose HTLC was held too long.</summary>
    Held = 4,
}
