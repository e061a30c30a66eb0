using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Rings;

/// <summary>The initiator's half.</summary>
public abstract record InitiatorState : RingState
{
    private InitiatorState()
    {
    }

    /// <summary>LND is signing the offer; nobody knows of the ring yet.</summary>
    public sealed record Signing : InitiatorState;

    /// <summary>The proposal walks the ring.</summary>
    public sealed record Walking(SignedBytes SignedOffer) : InitiatorState;

    /// <summary>All members agreed, their terms hold, LND is adding the invoice.</summary>
    public sealed record Invoicing(ImmutableArray<MemberTerms> Terms, MilliSatoshi Amount) : InitiatorState;

    /// <summary>The payment may be on its way. Only LND's word ends this state; no clock does.</summary>
    /// <param name="Step">What LND was asked last.</param>
    /// <param name="Fee">With <see cref="PayingStep.Checking"/>: what the payment cost beyond its amount.</param>
    public sealed record Paying(
        ImmutableArray<MemberTerms> Terms, MilliSatoshi Amount, PaymentRoute Route, PayingStep Step, MilliSatoshi Fee = default) : InitiatorState;

    /// <param name="Fee">Null where LND has no record of the payment any more.</param>
    /// <param name="Received">What our invoice got; null where LND does not say.</param>
    public sealed record Settled(MilliSatoshi Amount, MilliSatoshi? Fee, MilliSatoshi? Received) : InitiatorState
    {
        public override RingOutcome Outcome => RingOutcome.Settled;

        /// <summary>It got back exactly what it sent.</summary>
        public bool IsExact => Fee == MilliSatoshi.Zero && Received == Amount;
    }

    /// <summary>The payment failed; nobody has paid anything.</summary>
    /// <param name="Position">Of the node that failed it, the ring's length for ourselves at the end; null where LND names none.</param>
    public sealed record Failed(MilliSatoshi Amount, FailureCode Code, int? Position) : InitiatorState
    {
        public override RingOutcome Outcome => RingOutcome.Failed;
    }

    public sealed record Rejected(int Position, RejectReason Reason) : InitiatorState
    {
        public override RingOutcome Outcome => RingOutcome.Rejected;
    }

    /// <summary>Ended by ourselves before any payment.</summary>
    /// <param name="Fault">Whose terms would not do, and why.</param>
    public sealed record Cancelled(CancelReason Reason, TermsFault? Fault = null) : InitiatorState
    {
        public override RingOutcome Outcome => RingOutcome.Cancelled;
    }

    /// <summary>Time ran out before any payment.</summary>
    public sealed record Expired : InitiatorState
    {
        public override RingOutcome Outcome => RingOutcome.Expired;
    }
}

/// <summary>What LND was asked last while paying.</summary>
public enum PayingStep
{
    /// <summary>SendToRoute.</summary>
    Sent = 0,

    /// <summary>TrackPayment, after a restart: whether the payment ever left is not known.</summary>
    Tracking = 1,

    /// <summary>TrackPayment, after LND refused to send: nothing is sent again, whatever it says.</summary>
    TrackingRefused = 2,

    /// <summary>LookupInvoice: LND has no record of the payment.</summary>
    AskingInvoice = 3,

    /// <summary>LookupInvoice: the payment settled, and what came back is compared with what was sent.</summary>
    Checking = 4,
}

/// <summary>Why the initiator ended its ring.</summary>
public enum CancelReason
{
    /// <summary>The operator asked for it.</summary>
    Requested = 0,

    /// <summary>Eddy was restarted before the payment.</summary>
    Restarted = 1,

    /// <summary>LND did not sign the offer.</summary>
    NotSigned = 2,

    /// <summary>The first member could not be reached.</summary>
    NextHopAway = 3,

    /// <summary>The terms that came back would not do; the fault says whose and why.</summary>
    Terms = 4,

    /// <summary>No invoice: LND refused to add it, or it was gone before the payment.</summary>
    Invoice = 5,

    /// <summary>LND refused to send and has no record of the payment.</summary>
    NotSent = 6,
}
