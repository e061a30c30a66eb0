using Eddy.Forwarding;
using Eddy.Lightning;

namespace Eddy.Rings;

/// <summary>A member's half: sign, keep a waiver until its time is up, and answer for the one HTLC it was used for.</summary>
internal static class MemberMachine
{
    /// <summary>An HTLC that takes longer than this is somebody's fault.</summary>
    private static readonly TimeSpan HeldTooLong = TimeSpan.FromSeconds(60);

    /// <summary>How often LND is asked for the fate of an HTLC of which nothing was heard.</summary>
    private static readonly TimeSpan LookupInterval = TimeSpan.FromMinutes(10);

    public static Transition Begin(RingTerms.Member terms)
    {
        var (offer, own, waiver) = (terms.Offer, terms.Own, terms.Waiver);
        if (own.Position != terms.Position || own.OfferDigest != offer.Digest
            || waiver.Ring != offer.Id || waiver.Hash != offer.Hash || waiver.Commitment != offer.Commitments[terms.Position - 1]
            || waiver.Previous != terms.Previous || waiver.Next != terms.Next
            || waiver.MinAmount != offer.MinAmount || waiver.MaxAmount != own.Amount
            || waiver.MaxLockBlocks > offer.MaxLockBlocks || waiver.Deadline != terms.Deadline)
        {
            throw new ArgumentException("Terms and waiver are not for this offer.", nameof(terms));
        }

        return Transition.To(new MemberState.Signing(), new RingEffect.Reserve(own.Amount), new RingEffect.SignTerms(own));
    }

    public static Transition Apply(RingTerms.Member terms, MemberState state, RingEvent ringEvent) => state switch
    {
        MemberState.Signing => OnSigning(terms, state, ringEvent),
        MemberState.Accepted accepted => OnAccepted(terms, accepted, ringEvent),
        MemberState.Bound bound => OnBound(terms, bound, ringEvent),
        MemberState.Settled settled when Hints(terms, ringEvent) is { } hint && !settled.IsDonePassed =>
            Transition.To(settled with { IsDonePassed = true }, hint),
        MemberState.Failed failed when Hints(terms, ringEvent) is { } hint && !failed.IsDonePassed =>
            Transition.To(failed with { IsDonePassed = true }, hint),

        // The gate had used the waiver before it learned that it was gone. The HTLC is real, so it is answered for.
        MemberState.Expired or MemberState.Released when ringEvent is RingEvent.HtlcBound bound && IsOurs(terms, bound.Binding) =>
            Transition.To(ToBound(bound), new RingEffect.Reserve(bound.Binding.Amount)),
        _ => Transition.To(state),
    };

    private static Transition OnSigning(RingTerms.Member terms, MemberState state, RingEvent ringEvent) => ringEvent switch
    {
        RingEvent.TermsSigned signed when signed.Now < terms.Deadline => Transition.To(
            new MemberState.Accepted(signed.Terms),
            new RingEffect.GrantWaiver(terms.Waiver),
            Proposal(terms, signed.Terms)),
        RingEvent.TermsSigned => Transition.To(new MemberState.Expired(), new RingEffect.Release()),
        RingEvent.TimePassed late when late.Now >= terms.Deadline => Transition.To(new MemberState.Expired(), new RingEffect.Release()),
        RingEvent.SigningFailed or RingEvent.Restarted => Refuse(terms, RejectReason.Other),
        RingEvent.CancelRequested => Refuse(terms, RejectReason.Paused),
        RingEvent.DoneReceived done when done.From == terms.Previous =>
            Transition.To(new MemberState.Released(done.Outcome), new RingEffect.Release()),
        _ => Transition.To(state),
    };

    private static Transition OnAccepted(RingTerms.Member terms, MemberState.Accepted state, RingEvent ringEvent) => ringEvent switch
    {
        RingEvent.HtlcBound bound when IsOurs(terms, bound.Binding) =>
            Transition.To(ToBound(bound), new RingEffect.RevokeWaiver(terms.Offer.Hash)),
        RingEvent.TimePassed late when late.Now >= terms.Deadline => Drop(terms, new MemberState.Expired()),

        // An unbound waiver may be dropped for any reason at all: the worst that comes of it is a ring that fails for free.
        RingEvent.RejectReceived reject when reject.From == terms.Next
            && reject.Position > terms.Position && reject.Position < terms.Offer.Length =>
            Drop(
                terms,
                new MemberState.Released(RingOutcome.Rejected, reject.Position, reject.Reason),
                new RingEffect.SendReject(terms.Previous, reject.Position, reject.Reason)),
        RingEvent.DoneReceived done when done.From == terms.Previous =>
            Drop(terms, new MemberState.Released(done.Outcome), PassOn(terms, done)),
        RingEvent.NextHopAway => Withdraw(terms, RejectReason.NextHopAway),
        RingEvent.CancelRequested => Withdraw(terms, RejectReason.Paused),

        // Passed on once more: messages get lost, and the next hop knows a repetition for what it is.
        RingEvent.ProposalRepeated again when again.From == terms.Previous && again.OfferDigest == terms.Offer.Digest
            && again.Now < terms.Deadline => Transition.To(state, Proposal(terms, state.SignedTerms)),
        RingEvent.Restarted back when back.Now < terms.Deadline => Transition.To(state, Proposal(terms, state.SignedTerms)),
        RingEvent.Restarted => Drop(terms, new MemberState.Expired()),
        _ => Transition.To(state),
    };

    private static Transition OnBound(RingTerms.Member terms, MemberState.Bound state, RingEvent ringEvent) => ringEvent switch
    {
        RingEvent.HtlcSettled settled when settled.Key == state.Binding.Key => Settle(terms, state, settled.Now),
        RingEvent.HtlcFailed failed when failed.Key == state.Binding.Key => Fail(state, failed.LocalCode),
        RingEvent.CircuitFound found when found.Key == state.Binding.Key => found.Fate switch
        {
            CircuitFate.Settled => Settle(terms, state, found.Now),
            CircuitFate.Gone => Fail(state, localCode: null),

            // Only what LND says to be held still is held against anybody: the news of its end may have been lost on the way to us.
            CircuitFate.Pending when !state.IsOverdue && found.Now >= state.Since + HeldTooLong => Transition.To(
                state with { IsOverdue = true },
                [.. Suspects(terms).Select(static node => new RingEffect.BackOff(node, BackOffCause.Held))]),
            _ => Transition.To(state),
        },
        RingEvent.HtlcEventsLost or RingEvent.Restarted => Transition.To(state, Lookup(terms, state)),
        RingEvent.TimePassed late => OnTime(terms, state, late.Now),
        RingEvent.DoneReceived when Hints(terms, ringEvent) is { } hint && !state.IsDonePassed =>
            Transition.To(state with { IsDonePassed = true }, hint),
        _ => Transition.To(state),
    };

    private static Transition OnTime(RingTerms.Member terms, MemberState.Bound state, DateTimeOffset now)
    {
        return now < state.LookupAt ? Transition.To(state) : Transition.To(state with { LookupAt = now + LookupInterval }, Lookup(terms, state));
    }

    private static IEnumerable<NodeId> Suspects(RingTerms.Member terms) =>
        new[] { terms.Offer.Initiator, terms.Previous, terms.Next }.Distinct();

    private static Transition Settle(RingTerms.Member terms, MemberState.Bound state, DateTimeOffset now)
    {
        var binding = state.Binding;
        var end = Transition.To(new MemberState.Settled(binding, state.IsDonePassed), new RingEffect.Release());
        return binding.WaivedFee > MilliSatoshi.Zero
            ? end with
            {
                Effects = end.Effects.Add(new RingEffect.BookPhantomFee(
                    new(binding.Key, terms.Offer.Id, binding.Outgoing, binding.Amount, binding.WaivedFee, now))),
            }
            : end;
    }

    private static Transition Fail(MemberState.Bound state, FailureCode? localCode) =>
        Transition.To(new MemberState.Failed(state.Binding, localCode, state.IsDonePassed), new RingEffect.Release());

    private static Transition Refuse(RingTerms.Member terms, RejectReason reason) =>
        Transition.To(
            new MemberState.Released(RingOutcome.Rejected, terms.Position, reason),
            new RingEffect.Release(),
            new RingEffect.SendReject(terms.Previous, terms.Position, reason));

    private static Transition Withdraw(RingTerms.Member terms, RejectReason reason) =>
        Drop(
            terms,
            new MemberState.Released(RingOutcome.Rejected, terms.Position, reason),
            new RingEffect.SendReject(terms.Previous, terms.Position, reason));

    private static Transition Drop(RingTerms.Member terms, MemberState end, params ReadOnlySpan<RingEffect> effects) =>
        Transition.To(end, [new RingEffect.RevokeWaiver(terms.Offer.Hash), new RingEffect.Release(), .. effects]);

    private static MemberState.Bound ToBound(RingEvent.HtlcBound bound) => new(bound.Binding, bound.Now, bound.Now + HeldTooLong);

    private static bool IsOurs(RingTerms.Member terms, WaiverBinding binding) =>
        binding.Ring == terms.Offer.Id && binding.Hash == terms.Offer.Hash;

    /// <summary>From our acceptance on, not from when we learned of the HTLC: it can have come and settled before a restart told us of it.</summary>
    private static RingEffect.LookupCircuits Lookup(RingTerms.Member terms, MemberState.Bound state)
    {
        var accepted = terms.Deadline - TimeSpan.FromSeconds(terms.Offer.TtlSeconds);
        return new(state.Binding.Key, accepted < state.Since ? accepted : state.Since);
    }

    private static RingEffect.SendProposal Proposal(RingTerms.Member terms, SignedBytes own) =>
        new(terms.Next, terms.SignedOffer, terms.PriorTerms.Add(own));

    private static RingEffect.SendDone? Hints(RingTerms.Member terms, RingEvent ringEvent) =>
        ringEvent is RingEvent.DoneReceived done && done.From == terms.Previous ? PassOn(terms, done) : null;

    private static RingEffect.SendDone PassOn(RingTerms.Member terms, RingEvent.DoneReceived done) =>
        new(terms.Next, done.Outcome, done.Position, done.Code);
}
