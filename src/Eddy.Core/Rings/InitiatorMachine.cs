using Eddy.Lightning;

namespace Eddy.Rings;

/// <summary>The initiator's half: sign, walk, add an invoice, pay once, follow to the end.</summary>
internal static class InitiatorMachine
{
    /// <summary>The invoice outlives the ring by this much, so that it is the waivers that end first.</summary>
    private const uint InvoiceGraceSeconds = 60;

    public static Transition Begin(RingTerms.Initiator terms)
    {
        var offer = terms.Offer;
        if (terms.Preimage.Hash() != offer.Hash || !offer.Commitments.SequenceEqual(terms.Records.Select(record => record.Hash())))
        {
            throw new ArgumentException("The offer does not commit to these secrets.", nameof(terms));
        }

        return Transition.To(
            new InitiatorState.Signing(),
            new RingEffect.Reserve(offer.Amount),
            new RingEffect.SignOffer(terms.OfferBytes));
    }

    public static Transition Apply(RingTerms.Initiator terms, InitiatorState state, RingEvent ringEvent) => state switch
    {
        InitiatorState.Signing => OnSigning(terms, state, ringEvent),
        InitiatorState.Walking => OnWalking(terms, state, ringEvent),
        InitiatorState.Invoicing invoicing => OnInvoicing(terms, invoicing, ringEvent),
        InitiatorState.Paying paying => OnPaying(terms, paying, ringEvent),
        _ => Transition.To(state),
    };

    private static Transition OnSigning(RingTerms.Initiator terms, InitiatorState state, RingEvent ringEvent)
    {
        if (ringEvent is RingEvent.OfferSigned signed && signed.Now < terms.SendBy)
        {
            var offer = new SignedBytes(terms.OfferBytes, signed.Signature);
            return Transition.To(new InitiatorState.Walking(offer), new RingEffect.SendProposal(terms.Offer.At(1), offer, []));
        }

        return ringEvent switch
        {
            RingEvent.SigningFailed => EndUnknown(CancelReason.NotSigned),
            RingEvent.CancelRequested => EndUnknown(CancelReason.Requested),
            RingEvent.Restarted => EndUnknown(CancelReason.Restarted),
            RingEvent.OfferSigned => Transition.To(new InitiatorState.Expired(), new RingEffect.Release()),
            RingEvent.TimePassed late when late.Now >= terms.SendBy =>
                Transition.To(new InitiatorState.Expired(), new RingEffect.Release()),
            _ => Transition.To(state),
        };

        // Nobody has heard of the ring, so there is nobody to tell.
        static Transition EndUnknown(CancelReason reason) =>
            Transition.To(new InitiatorState.Cancelled(reason), new RingEffect.Release());
    }

    private static Transition OnWalking(RingTerms.Initiator terms, InitiatorState state, RingEvent ringEvent) => ringEvent switch
    {
        RingEvent.ProposalReturned home when home.From == terms.Offer.Nodes[^1] && home.OfferDigest == terms.Offer.Digest =>
            OnReturned(terms, home),
        RingEvent.RejectReceived reject when reject.From == terms.Offer.At(1)
            && reject.Position >= 1 && reject.Position < terms.Offer.Length =>
            Transition.To(
                new InitiatorState.Rejected(reject.Position, reject.Reason),
                new RingEffect.Release(),
                new RingEffect.BackOff(terms.Offer.At(reject.Position), BackOffCause.Refused)),
        RingEvent.NextHopAway => Transition.To(
            new InitiatorState.Cancelled(CancelReason.NextHopAway),
            new RingEffect.Release(),
            new RingEffect.BackOff(terms.Offer.At(1), BackOffCause.Away)),
        RingEvent.CancelRequested => End(terms, new InitiatorState.Cancelled(CancelReason.Requested)),
        RingEvent.Restarted => End(terms, new InitiatorState.Cancelled(CancelReason.Restarted)),
        RingEvent.TimePassed late when late.Now >= terms.SendBy => End(terms, new InitiatorState.Expired()),
        _ => Transition.To(state),
    };

    private static Transition OnReturned(RingTerms.Initiator terms, RingEvent.ProposalReturned home)
    {
        if (home.Now >= terms.SendBy)
        {
            return End(terms, new InitiatorState.Expired());
        }

        if (TermsCheck.FindFault(terms, home.Terms) is { } fault)
        {
            var end = End(terms, new InitiatorState.Cancelled(CancelReason.Terms, fault));
            return BlamedFor(terms, fault) is { } blamed
                ? end with { Effects = end.Effects.Add(new RingEffect.BackOff(blamed, BackOffCause.Terms)) }
                : end;
        }

        var amount = home.Terms[^1].Terms!.Amount; // the check found terms everywhere
        return Transition.To(
            new InitiatorState.Invoicing([.. home.Terms.Select(entry => entry.Terms!)], amount),
            new RingEffect.AddInvoice(amount, terms.Offer.TtlSeconds + InvoiceGraceSeconds));
    }

    /// <summary>
    /// What each member must check before it passes the terms on is the fault of the last one, who did not: it could as well have altered what
    /// was in order. For what the others need not look at, their own signature speaks.
    /// </summary>
    private static NodeId? BlamedFor(RingTerms.Initiator terms, TermsFault fault) => fault switch
    {
        { Position: null } => null,
        { Kind: TermsFaultKind.Count or TermsFaultKind.Malformed or TermsFaultKind.Signature or TermsFaultKind.Digest or TermsFaultKind.Position or TermsFaultKind.Amount } =>
            terms.Offer.Nodes[^1],
        { Position: { } position } => terms.Offer.At(position),
    };

    private static Transition OnInvoicing(RingTerms.Initiator terms, InitiatorState.Invoicing state, RingEvent ringEvent) => ringEvent switch
    {
        RingEvent.InvoiceAdded added when added.Now < terms.SendBy => OnInvoiceAdded(terms, state, added),
        RingEvent.InvoiceAdded => EndInvoiced(terms, new InitiatorState.Expired()),
        RingEvent.TimePassed late when late.Now >= terms.SendBy => EndInvoiced(terms, new InitiatorState.Expired()),
        RingEvent.InvoiceFailed => EndInvoiced(terms, new InitiatorState.Cancelled(CancelReason.Invoice)),
        RingEvent.CancelRequested => EndInvoiced(terms, new InitiatorState.Cancelled(CancelReason.Requested)),
        RingEvent.Restarted => EndInvoiced(terms, new InitiatorState.Cancelled(CancelReason.Restarted)),
        _ => Transition.To(state),
    };

    private static Transition OnInvoiceAdded(RingTerms.Initiator terms, InitiatorState.Invoicing state, RingEvent.InvoiceAdded added)
    {
        var route = RouteBuilder.Build(terms, state.Terms, state.Amount, added.PaymentAddress, added.FinalCltv, added.Height);

        // The terms fitted the least delta; an invoice with a greater one may not fit any more.
        return route is null
            ? EndInvoiced(terms, new InitiatorState.Cancelled(CancelReason.Invoice))
            : Transition.To(
                new InitiatorState.Paying(state.Terms, state.Amount, route, PayingStep.Sent),
                new RingEffect.SendToRoute(route));
    }

    /// <summary>One send per hash, ever: a second one only where LND has no record of the first and the invoice is untouched.</summary>
    private static Transition OnPaying(RingTerms.Initiator terms, InitiatorState.Paying state, RingEvent ringEvent) => (state.Step, ringEvent) switch
    {
        (PayingStep.Checking, RingEvent.InvoiceFound found) => EndSettled(terms, state, found.AmountPaid),
        (PayingStep.Checking, RingEvent.InvoiceNotFound) => EndSettled(terms, state, received: null),
        (PayingStep.Checking, RingEvent.Restarted) => Transition.To(state, new RingEffect.LookupInvoice()),
        (PayingStep.Checking, _) => Transition.To(state),

        (_, RingEvent.PaymentSettled paid) =>
            Transition.To(state with { Step = PayingStep.Checking, Fee = paid.Fee }, new RingEffect.LookupInvoice()),
        (_, RingEvent.PaymentFailed failed) => OnPaymentFailed(terms, state, failed),

        (PayingStep.TrackingRefused, RingEvent.Restarted) => Transition.To(state, new RingEffect.TrackPayment()),
        (_, RingEvent.Restarted) => Transition.To(state with { Step = PayingStep.Tracking }, new RingEffect.TrackPayment()),
        (PayingStep.Sent, RingEvent.PaymentUnclear) =>
            Transition.To(state with { Step = PayingStep.Tracking }, new RingEffect.TrackPayment()),
        (PayingStep.Sent, RingEvent.PaymentRefused) =>
            Transition.To(state with { Step = PayingStep.TrackingRefused }, new RingEffect.TrackPayment()),

        (PayingStep.Tracking, RingEvent.PaymentNotFound) =>
            Transition.To(state with { Step = PayingStep.AskingInvoice }, new RingEffect.LookupInvoice()),
        (PayingStep.TrackingRefused, RingEvent.PaymentNotFound) =>
            EndInvoiced(terms, new InitiatorState.Cancelled(CancelReason.NotSent)),

        (PayingStep.AskingInvoice, RingEvent.InvoiceFound found) => OnInvoiceUnpaid(terms, state, found),
        (PayingStep.AskingInvoice, RingEvent.InvoiceNotFound) =>
            EndInvoiced(terms, new InitiatorState.Cancelled(CancelReason.Invoice)),

        // No clock and no operator can call back a payment.
        _ => Transition.To(state),
    };

    private static Transition OnInvoiceUnpaid(RingTerms.Initiator terms, InitiatorState.Paying state, RingEvent.InvoiceFound found) => found.State switch
    {
        RingInvoice.Open when found.Now < terms.SendBy =>
            Transition.To(state with { Step = PayingStep.Sent }, new RingEffect.SendToRoute(state.Route)),
        RingInvoice.Open => EndInvoiced(terms, new InitiatorState.Expired()),

        // Only we know the payment address, so this was our payment, whose record somebody deleted.
        RingInvoice.Settled => Finish(
            terms, new InitiatorState.Settled(state.Amount, Fee: null, found.AmountPaid), new RingEffect.Release()),
        _ => EndInvoiced(terms, new InitiatorState.Cancelled(CancelReason.Invoice)),
    };

    private static Transition OnPaymentFailed(RingTerms.Initiator terms, InitiatorState.Paying state, RingEvent.PaymentFailed failed)
    {
        var length = terms.Offer.Length;
        int? position = failed.Source >= 0 && failed.Source <= length ? failed.Source : null;
        var end = Finish(
            terms,
            new InitiatorState.Failed(state.Amount, failed.Code, position),
            new RingEffect.CancelInvoice(),
            new RingEffect.Release());

        // Where we ourselves are the source, it is the channel to our neighbour on that side that would not do.
        NodeId? fault = position switch
        {
            null => null,
            0 => terms.Offer.At(1),
            { } at when at == length => terms.Offer.At(length - 1),
            { } at => terms.Offer.At(at),
        };
        return fault is { } node
            ? end with { Effects = end.Effects.Add(new RingEffect.BackOff(node, BackOffCause.PaymentFailed)) }
            : end;
    }

    private static Transition EndSettled(RingTerms.Initiator terms, InitiatorState.Paying state, MilliSatoshi? received) =>
        Finish(terms, new InitiatorState.Settled(state.Amount, state.Fee, received), new RingEffect.Release());

    private static Transition EndInvoiced(RingTerms.Initiator terms, InitiatorState end) =>
        Finish(terms, end, new RingEffect.CancelInvoice(), new RingEffect.Release());

    private static Transition End(RingTerms.Initiator terms, InitiatorState end) => Finish(terms, end, new RingEffect.Release());

    private static Transition Finish(RingTerms.Initiator terms, InitiatorState end, params ReadOnlySpan<RingEffect> effects)
    {
        var (position, code) = end is InitiatorState.Failed failed ? (failed.Position ?? 0, (int)failed.Code) : (0, 0);
        return Transition.To(end, [.. effects, new RingEffect.SendDone(terms.Offer.At(1), end.Outcome, position, code)]);
    }
}
