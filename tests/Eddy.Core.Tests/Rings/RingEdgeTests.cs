using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Core.Tests.Rings;

/// <summary>The machine at the last moment and the first position at which a rule still holds, and one beyond.</summary>
public sealed class RingEdgeTests
{
    private static readonly DateTimeOffset SendBy = RingScene.InitiatorTerms.SendBy;
    private static readonly DateTimeOffset Deadline = RingScene.MemberTermsOfCarol.Deadline;

    /// <summary>What the initiator does in time, by the state it is in, and what it has become then.</summary>
    private static readonly Dictionary<string, (Func<DateTimeOffset, RingEvent> At, string InTime)> OfInitiator = new()
    {
        ["Signing"] = (now => new RingEvent.OfferSigned(now, new byte[65]), "Walking"),
        ["Walking"] = (
            now => new RingEvent.ProposalReturned(now, RingScene.Dave, RingScene.Offer.Digest, RingScene.Received(RingScene.MembersTerms)), "Invoicing"),
        ["Invoicing"] = (now => new RingEvent.InvoiceAdded(now, new byte[32], 18, 800_000), "Paying.Sent"),
        ["Paying.AskingInvoice"] = (now => new RingEvent.InvoiceFound(now, RingInvoice.Open, MilliSatoshi.Zero), "Paying.Sent"),
    };

    public static TheoryData<string> InitiatorStates => [.. OfInitiator.Keys];

    [Theory]
    [MemberData(nameof(InitiatorStates))]
    public void The_initiator_goes_on_until_a_tick_before_its_last_moment(string label)
    {
        var (at, inTime) = OfInitiator[label];
        var state = RingScene.Initiator.State(label);

        Assert.Equal(inTime, RingScene.Label(RingScene.Initiator.Apply(state, at(SendBy.AddTicks(-1))).Next));
        Assert.IsType<InitiatorState.Expired>(RingScene.Initiator.Apply(state, at(SendBy)).Next);
    }

    [Theory]
    [InlineData("Signing")]
    [InlineData("Walking")]
    [InlineData("Invoicing")]
    public void Time_ends_the_initiators_ring_at_its_last_moment(string label)
    {
        var state = RingScene.Initiator.State(label);

        Assert.Same(state, RingScene.Initiator.Apply(state, new RingEvent.TimePassed(SendBy.AddTicks(-1))).Next);
        Assert.IsType<InitiatorState.Expired>(RingScene.Initiator.Apply(state, new RingEvent.TimePassed(SendBy)).Next);
    }

    [Fact]
    public void A_member_goes_on_until_a_tick_before_its_deadline()
    {
        var (signing, accepted) = (RingScene.Member.State("Signing"), RingScene.Member.State("Accepted"));
        var before = Deadline.AddTicks(-1);

        Assert.IsType<MemberState.Accepted>(Apply(signing, new RingEvent.TermsSigned(before, RingScene.Signed("carol"))).Next);
        Assert.IsType<MemberState.Expired>(Apply(signing, new RingEvent.TermsSigned(Deadline, RingScene.Signed("carol"))).Next);
        Assert.IsType<MemberState.Accepted>(Apply(accepted, new RingEvent.Restarted(before)).Next);
        Assert.IsType<MemberState.Expired>(Apply(accepted, new RingEvent.Restarted(Deadline)).Next);
        Assert.Single(Apply(accepted, new RingEvent.ProposalRepeated(before, RingScene.Bob, RingScene.Offer.Digest)).Effects);
        Assert.Empty(Apply(accepted, new RingEvent.ProposalRepeated(Deadline, RingScene.Bob, RingScene.Offer.Digest)).Effects);
    }

    [Theory]
    [InlineData("Signing")]
    [InlineData("Accepted")]
    public void Time_ends_a_members_part_at_its_deadline(string label)
    {
        var state = RingScene.Member.State(label);

        Assert.Same(state, Apply(state, new RingEvent.TimePassed(Deadline.AddTicks(-1))).Next);
        Assert.IsType<MemberState.Expired>(Apply(state, new RingEvent.TimePassed(Deadline)).Next);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(3, true)]
    [InlineData(4, false)]
    public void Any_member_may_be_the_one_that_refused_and_nobody_else(int position, bool isTaken)
    {
        var (next, effects) = RingScene.Initiator.Apply(
            RingScene.Initiator.State("Walking"), new RingEvent.RejectReceived(RingScene.Early, RingScene.Bob, position, RejectReason.Busy));

        Assert.Equal(isTaken ? new InitiatorState.Rejected(position, RejectReason.Busy) : RingScene.Initiator.State("Walking"), next);
        Assert.Equal(
            isTaken ? [new RingEffect.BackOff(RingScene.Offer.At(position), BackOffCause.Refused)] : [], effects.OfType<RingEffect.BackOff>());
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(4, false)]
    public void A_member_hears_only_of_members_behind_it_that_they_refused(int position, bool isTaken)
    {
        var accepted = RingScene.Member.State("Accepted");

        var (next, _) = Apply(accepted, new RingEvent.RejectReceived(RingScene.Early, RingScene.Dave, position, RejectReason.Busy));

        Assert.Equal(isTaken ? new MemberState.Released(RingOutcome.Rejected, position, RejectReason.Busy) : accepted, next);
    }

    [Fact]
    public void LND_is_asked_about_a_bound_HTLC_a_minute_later_and_then_every_ten()
    {
        var bound = Apply(RingScene.Member.State("Accepted"), RingScene.Member.Event("HtlcBound")).Next;
        Assert.Equal(new MemberState.Bound(RingScene.Binding, RingScene.Early, RingScene.Early.AddMinutes(1)), bound);

        var asked = Apply(bound, new RingEvent.TimePassed(RingScene.Early.AddMinutes(1))).Next;

        Assert.Equal(RingScene.Early.AddMinutes(11), Assert.IsType<MemberState.Bound>(asked).LookupAt);
    }

    [Fact]
    public void An_HTLC_is_overdue_when_it_is_still_held_after_a_minute()
    {
        var bound = RingScene.Member.State("Bound");

        Assert.Empty(Apply(bound, Pending(RingScene.Early.AddMinutes(1).AddTicks(-1))).Effects);
        Assert.Equal(3, Apply(bound, Pending(RingScene.Early.AddMinutes(1))).Effects.Length);

        static RingEvent Pending(DateTimeOffset now) => new RingEvent.CircuitFound(now, RingScene.Key, CircuitFate.Pending);
    }

    [Fact]
    public void A_clock_that_was_set_back_after_the_acceptance_hides_no_HTLC()
    {
        var early = RingScene.Start.AddMinutes(-10);
        var bound = Apply(RingScene.Member.State("Accepted"), new RingEvent.HtlcBound(early, RingScene.Binding)).Next;

        Assert.Equal([new RingEffect.LookupCircuits(RingScene.Key, early)], Apply(bound, new RingEvent.HtlcEventsLost(early)).Effects);
    }

    [Theory]
    [InlineData(RingOutcome.Rejected, RingOutcome.Rejected)]
    [InlineData(RingOutcome.Expired, RingOutcome.Expired)]
    [InlineData(RingOutcome.Failed, RingOutcome.Failed)]
    [InlineData(RingOutcome.Settled, RingOutcome.Cancelled)]
    [InlineData(RingOutcome.Unknown, RingOutcome.Cancelled)]
    public void What_a_neighbour_says_is_the_outcome_unless_only_an_HTLC_could_tell(RingOutcome said, RingOutcome outcome) =>
        Assert.Equal(outcome, new MemberState.Released(said).Outcome);

    /// <summary>The rest is run again from the outbox: it must be harmless twice, and must not be lost.</summary>
    [Fact]
    public void What_the_machine_itself_decides_after_a_restart_does_not_survive_it()
    {
        string[] decided =
        [
            nameof(RingEffect.SendProposal), nameof(RingEffect.SignOffer), nameof(RingEffect.AddInvoice), nameof(RingEffect.SendToRoute),
            nameof(RingEffect.TrackPayment), nameof(RingEffect.LookupInvoice), nameof(RingEffect.SignTerms), nameof(RingEffect.GrantWaiver),
            nameof(RingEffect.LookupCircuits),
        ];
        var effects = new[] { RingScene.Initiator, RingScene.Member }
            .SelectMany(scene => scene.States.SelectMany(state => scene.Samples.SelectMany(sample => scene.Apply(state, sample.Event).Effects)).Concat(scene.Begin.Effects))
            .ToLookup(effect => effect.GetType().Name, effect => effect.SurvivesRestart);

        Assert.Equal(typeof(RingEffect).GetNestedTypes().Select(type => type.Name).Order(), effects.Select(group => group.Key).Order());
        Assert.All(effects, group => Assert.All(group, survives => Assert.Equal(!decided.Contains(group.Key), survives)));
    }

    [Fact]
    public void Terms_name_their_ring_in_the_log()
    {
        var carols = new RingTerms.Member(RingScene.Offer, Deadline, 2, RingScene.Signed("offer"), [], RingScene.MembersTerms[1], RingScene.Waiver);

        Assert.Equal((RingScene.Offer, Deadline), (carols.Offer, carols.Deadline));
        Assert.Contains($"2 of ring {RingScene.Offer.Id.ToShortString()}", carols.ToString(), StringComparison.Ordinal);
        Assert.Contains(RingScene.Offer.Id.ToShortString(), RingScene.InitiatorTerms.ToString(), StringComparison.Ordinal);
    }

    private static Transition Apply(RingState state, RingEvent ringEvent) => RingScene.Member.Apply(state, ringEvent);
}
