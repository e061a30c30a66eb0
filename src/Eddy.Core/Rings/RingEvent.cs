using System.Collections.Immutable;
using Eddy.Forwarding;
using Eddy.Lightning;

namespace Eddy.Rings;

/// <summary>What happened to a ring, and when by our own clock.</summary>
public abstract record RingEvent
{
    private RingEvent(DateTimeOffset now) => Now = now;

    public DateTimeOffset Now { get; init; }

    // Both halves.

    /// <summary>Comes at <see cref="RingMachine.WakeAt"/> or later.</summary>
    public sealed record TimePassed(DateTimeOffset Now) : RingEvent(Now);

    /// <summary>Eddy was started again and has listed what LND holds. Comes once to each ring that is not final.</summary>
    public sealed record Restarted(DateTimeOffset Now) : RingEvent(Now);

    /// <summary>The operator wants this ring ended.</summary>
    public sealed record CancelRequested(DateTimeOffset Now) : RingEvent(Now);

    /// <summary>LND did not sign, or could not be asked.</summary>
    public sealed record SigningFailed(DateTimeOffset Now) : RingEvent(Now);

    /// <summary>The proposal could not be handed to the next hop.</summary>
    public sealed record NextHopAway(DateTimeOffset Now) : RingEvent(Now);

    /// <param name="Position">Of the member that refused.</param>
    public sealed record RejectReceived(DateTimeOffset Now, NodeId From, int Position, RejectReason Reason) : RingEvent(Now);

    /// <summary>A hint from the initiator; evidence of nothing.</summary>
    public sealed record DoneReceived(DateTimeOffset Now, NodeId From, RingOutcome Outcome, int Position, int Code) : RingEvent(Now);

    // The initiator's.

    public sealed record OfferSigned(DateTimeOffset Now, ReadOnlyMemory<byte> Signature) : RingEvent(Now);

    /// <summary>The proposal came home.</summary>
    public sealed record ProposalReturned(
        DateTimeOffset Now, NodeId From, Bytes32 OfferDigest, ImmutableArray<ReceivedTerms> Terms) : RingEvent(Now);

    /// <param name="FinalCltv">The invoice's final CLTV delta.</param>
    /// <param name="Height">Our node's block height now.</param>
    public sealed record InvoiceAdded(DateTimeOffset Now, ReadOnlyMemory<byte> PaymentAddress, uint FinalCltv, uint Height) : RingEvent(Now);

    /// <summary>The invoice could not be added, or it is not known whether it was.</summary>
    public sealed record InvoiceFailed(DateTimeOffset Now) : RingEvent(Now);

    public sealed record InvoiceFound(DateTimeOffset Now, RingInvoice State, MilliSatoshi AmountPaid) : RingEvent(Now);

    public sealed record InvoiceNotFound(DateTimeOffset Now) : RingEvent(Now);

    /// <param name="Fee">What it cost beyond its amount.</param>
    public sealed record PaymentSettled(DateTimeOffset Now, MilliSatoshi Fee) : RingEvent(Now);

    /// <param name="Source">0 for our own node, k for the node reached after hop k; -1 where LND names none.</param>
    public sealed record PaymentFailed(DateTimeOffset Now, FailureCode Code, int Source) : RingEvent(Now);

    /// <summary>LND said no to SendToRoute.</summary>
    public sealed record PaymentRefused(DateTimeOffset Now) : RingEvent(Now);

    /// <summary>It is not known what became of SendToRoute. A time-out is this and never a failure.</summary>
    public sealed record PaymentUnclear(DateTimeOffset Now) : RingEvent(Now);

    /// <summary>TrackPayment found no record.</summary>
    public sealed record PaymentNotFound(DateTimeOffset Now) : RingEvent(Now);

    // A member's.

    /// <param name="Terms">Our own terms as signed.</param>
    public sealed record TermsSigned(DateTimeOffset Now, SignedBytes Terms) : RingEvent(Now);

    /// <summary>The same ring was proposed again.</summary>
    public sealed record ProposalRepeated(DateTimeOffset Now, NodeId From, Bytes32 OfferDigest) : RingEvent(Now);

    /// <summary>The gate used our waiver for this HTLC.</summary>
    public sealed record HtlcBound(DateTimeOffset Now, WaiverBinding Binding) : RingEvent(Now);

    public sealed record HtlcSettled(DateTimeOffset Now, CircuitKey Key) : RingEvent(Now);

    /// <param name="LocalCode">Set where our own LND failed it.</param>
    public sealed record HtlcFailed(DateTimeOffset Now, CircuitKey Key, FailureCode? LocalCode) : RingEvent(Now);

    /// <summary>LND's HTLC stream was interrupted and stands again: a settle or fail may have been missed.</summary>
    public sealed record HtlcEventsLost(DateTimeOffset Now) : RingEvent(Now);

    /// <summary>The answer to LookupCircuits.</summary>
    public sealed record CircuitFound(DateTimeOffset Now, CircuitKey Key, CircuitFate Fate) : RingEvent(Now);
}

/// <summary>What our invoice has come to, as far as it matters for sending.</summary>
public enum RingInvoice
{
    /// <summary>No HTLC has reached it.</summary>
    Open = 0,

    /// <summary>Paid.</summary>
    Settled = 1,

    /// <summary>Cancelled, or an HTLC is there already.</summary>
    Unusable = 2,
}
