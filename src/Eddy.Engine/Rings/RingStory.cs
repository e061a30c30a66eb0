using System.Globalization;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Engine.Rings;

/// <summary>What happened to a ring, in plain sentences.</summary>
internal static class RingStory
{
    /// <summary>The sentence for a step from one state to the next; null where nothing worth telling happened.</summary>
    public static string? Tell(RingTerms terms, RingState before, RingState after) => (before, after) switch
    {
        (InitiatorState.Signing, InitiatorState.Walking) => $"Proposed to {Node(terms, 1)}; the proposal walks the ring.",
        (InitiatorState.Walking, InitiatorState.Invoicing agreed) => Agreed(terms, agreed),
        (InitiatorState.Invoicing, InitiatorState.Paying paying) =>
            $"The invoice stands; {Sat(paying.Amount)} left for {Node(terms, 1)}.",
        (InitiatorState.Paying { Step: not PayingStep.Sent }, InitiatorState.Paying { Step: PayingStep.Sent }) =>
            "LND has no record of the payment and the invoice is open: sent now.",
        (InitiatorState.Paying was, InitiatorState.Paying { Step: PayingStep.Tracking }) when was.Step == PayingStep.Sent =>
            "It is not known whether the payment left; asking LND for it, and sending nothing again.",
        (InitiatorState.Paying, InitiatorState.Paying { Step: PayingStep.Checking }) =>
            "The payment came home; comparing what came back with what was sent.",
        (MemberState.Signing, MemberState.Accepted) => $"Agreed, waiver granted, passed on to {NextOf(terms)}.",
        (_, MemberState.Bound bound) when before is not MemberState.Bound =>
            $"The HTLC of {Sat(bound.Binding.Amount)} came and was let through; fee waived: {bound.Binding.WaivedFee}.",
        (MemberState.Bound { IsOverdue: false }, MemberState.Bound { IsOverdue: true }) =>
            "The HTLC is held for too long; the initiator and both neighbours are backed off.",
        _ when after.IsFinal && !before.IsFinal => Ending(terms, after).Reason,
        _ => null,
    };

    public static string Begin(RingTerms terms) => terms switch
    {
        RingTerms.Initiator => string.Create(
            CultureInfo.InvariantCulture,
            $"Found a ring of {terms.Offer.Length} for {Sat(terms.Offer.Amount)}; asking LND to sign the proposal."),
        RingTerms.Member member when member.Own.Amount < terms.Offer.Amount =>
            $"Asked by {Name(member.Previous)} on behalf of {Name(terms.Offer.Initiator)}: {Sat(terms.Offer.Amount)}; we agree to {Sat(member.Own.Amount)}.",
        RingTerms.Member member =>
            $"Asked by {Name(member.Previous)} on behalf of {Name(terms.Offer.Initiator)}: {Sat(terms.Offer.Amount)}; we agree.",
        _ => "",
    };

    /// <summary>Whose hop it was, where it was anybody's, and how it ended. Empty while the ring is under way.</summary>
    public static (int? Position, string Reason) Ending(RingTerms terms, RingState state) => state switch
    {
        InitiatorState.Settled { IsExact: true } settled => (null, $"Settled: {Sat(settled.Amount)} came home, and nothing was paid for it."),
        InitiatorState.Settled { Fee: { } fee, Received: { } received } settled =>
            (null, $"Settled, but not exactly: sent {settled.Amount} and {fee} of fees, got {received}."),
        InitiatorState.Settled settled => (null, $"Settled: {Sat(settled.Amount)}; LND no longer knows all of it."),
        InitiatorState.Failed { Position: { } position } failed =>
            (position, $"The payment failed at {Node(terms, position)} with {failed.Code}; nobody has paid anything."),
        InitiatorState.Failed failed => (null, $"The payment failed with {failed.Code}, LND does not say where; nobody has paid anything."),
        InitiatorState.Rejected rejected => (rejected.Position, $"{Node(terms, rejected.Position)} refused: {Words(rejected.Reason)}."),
        InitiatorState.Cancelled { Reason: CancelReason.NextHopAway } => (1, $"{Node(terms, 1)} could not be reached."),
        InitiatorState.Cancelled { Reason: CancelReason.Terms, Fault: { Position: { } position } fault } =>
            (position, $"The terms of {Node(terms, position)} will not do: {Words(fault.Kind)}."),
        InitiatorState.Cancelled { Reason: CancelReason.Terms, Fault: { } fault } => (null, $"The terms will not do: {Words(fault.Kind)}."),
        InitiatorState.Cancelled cancelled => (null, Words(cancelled.Reason)),
        InitiatorState.Expired => (null, "Time ran out before any payment."),
        MemberState.Settled settled => (null, $"Settled: {Sat(settled.Binding.Amount)} moved, fee waived: {settled.Binding.WaivedFee}."),
        MemberState.Failed { LocalCode: { } code } => (((RingTerms.Member)terms).Position, $"Our own LND failed the HTLC with {code}."),
        MemberState.Failed => (null, "The HTLC failed further on; nobody has paid anything."),
        MemberState.Expired => (null, "No HTLC came in time."),
        MemberState.Released { Position: { } position, Reason: { } reason } =>
            (position, $"{Node(terms, position)} refused: {Words(reason)}."),
        MemberState.Released released => (null, $"The initiator ended it: {released.Outcome.ToString().ToLowerInvariant()}."),
        _ => (null, ""),
    };

    public static string Words(RejectReason reason) => reason switch
    {
        RejectReason.Invalid => "the proposal does not hold together for it",
        RejectReason.NotProposer => "it thinks that another member should propose",
        RejectReason.Paused => "it is paused",
        RejectReason.Busy => "it is busy with another ring",
        RejectReason.NoChannel => "a channel is gone, inactive or without a policy",
        RejectReason.AmountTooSmall => "less than the least amount would be left",
        RejectReason.NoConsent => "the move would not bring it nearer its targets",
        RejectReason.ParallelChannel => "its LND could move it over a parallel channel on which it is not wanted",
        RejectReason.Limit => "one of its limits is reached",
        RejectReason.NoInterceptor => "its interceptor is not available",
        RejectReason.NotWelcome => "a member is denied or backed off there",
        RejectReason.LockTime => "money would be locked for too long",
        RejectReason.NextHopAway => "the hop after it cannot be reached",
        _ => "it does not say why",
    };

    public static string Name(NodeId node) => node.ToShortString();

    public static string Sat(MilliSatoshi amount) => string.Create(CultureInfo.InvariantCulture, $"{amount.Satoshi:N0} sat");

    private static string Words(CancelReason reason) => reason switch
    {
        CancelReason.Requested => "Cancelled by the operator.",
        CancelReason.Restarted => "Eddy was restarted before the payment.",
        CancelReason.NotSigned => "LND did not sign the proposal.",
        CancelReason.Invoice => "There is no invoice to pay: LND refused it, or it was gone.",
        CancelReason.NotSent => "LND refused to send the payment.",
        _ => "Cancelled.",
    };

    private static string Words(TermsFaultKind kind) => kind switch
    {
        TermsFaultKind.Count => "a member's terms are missing",
        TermsFaultKind.Malformed => "they cannot be read",
        TermsFaultKind.Signature => "they are not signed by it",
        TermsFaultKind.Digest => "they are for another proposal",
        TermsFaultKind.Position => "they are for another position",
        TermsFaultKind.Channel => "they name no channel",
        TermsFaultKind.CltvDelta => "the CLTV delta is out of bounds",
        TermsFaultKind.Amount => "the amount grew on the way, or is too small",
        TermsFaultKind.HtlcLimits => "its channel does not take the amount that was agreed on",
        TermsFaultKind.Gain => "it claims a gain that the amount cannot bring about",
        TermsFaultKind.LockTime => "together the members lock money for too long",
        TermsFaultKind.NobodyGains => "nobody would be nearer its targets",
        _ => "they are not acceptable",
    };

    private static string Agreed(RingTerms terms, InitiatorState.Invoicing agreed)
    {
        var before = terms.Offer.Amount;
        var shrinks = new List<string>();
        foreach (var member in agreed.Terms)
        {
            if (member.Amount < before)
            {
                shrinks.Add($"{Node(terms, member.Position)} to {Sat(member.Amount)}");
            }

            before = member.Amount;
        }

        return shrinks.Count == 0
            ? $"All members agreed to {Sat(agreed.Amount)}; adding the invoice."
            : $"All members agreed, some shrank the amount ({string.Join(", ", shrinks)}); adding the invoice.";
    }

    private static string NextOf(RingTerms terms) => terms is RingTerms.Member member ? Node(terms, member.Position + 1) : Node(terms, 1);

    private static string Node(RingTerms terms, int position) =>
        position % terms.Offer.Length == 0
            ? terms is RingTerms.Initiator ? "ourselves" : $"the initiator {Name(terms.Offer.Initiator)}"
            : terms is RingTerms.Member member && member.Position == position
                ? "we"
                : string.Create(CultureInfo.InvariantCulture, $"member {position} ({Name(terms.Offer.At(position))})");
}
