using Eddy.Lightning;
using Eddy.Rings;
using FsCheck;
using FsCheck.Fluent;

namespace Eddy.Core.Tests.Rings;

/// <summary>Whatever happens in whatever order, these hold.</summary>
public sealed class RingPropertyTests
{
    /// <summary>How far along a ring that goes well each walk begins: random events alone hardly ever get to the payment.</summary>
    private static readonly string[] InitiatorPath = ["OfferSigned", "ProposalReturned", "InvoiceAdded", "Restarted", "PaymentNotFound"];

    private static readonly string[] MemberPath = ["TermsSigned", "HtlcBound"];

    [Fact]
    public void The_initiator_sends_again_only_when_LND_has_no_record_and_the_invoice_is_open() => CheckWalks(
        RingScene.Initiator,
        InitiatorPath,
        walk =>
        {
            var sends = walk.Steps.Where(step => step.Transition.Effects.OfType<RingEffect.SendToRoute>().Any()).ToList();
            return sends.All(step => step.Transition.Effects.OfType<RingEffect.SendToRoute>().Count() == 1)
                && sends.Skip(1).All(step =>
                    step.Event is RingEvent.InvoiceFound { State: RingInvoice.Open } found
                    && found.Now < RingScene.InitiatorTerms.SendBy
                    && walk.Steps.TakeWhile(earlier => earlier != step).Reverse()
                        .TakeWhile(earlier => !earlier.Transition.Effects.OfType<RingEffect.SendToRoute>().Any())
                        .Any(earlier => earlier.Event is RingEvent.PaymentNotFound));
        });

    [Fact]
    public void The_initiator_never_sends_after_it_heard_how_the_payment_ended() => CheckWalks(
        RingScene.Initiator,
        InitiatorPath,
        walk => !walk.Steps
            .SkipWhile(step => !(step.Before is InitiatorState.Paying && step.Event is RingEvent.PaymentSettled or RingEvent.PaymentFailed))
            .Any(step => step.Transition.Effects.OfType<RingEffect.SendToRoute>().Any()));

    [Fact]
    public void The_initiator_never_sends_when_time_is_up() => CheckWalks(
        RingScene.Initiator,
        InitiatorPath,
        walk => walk.Steps
            .Where(step => step.Event.Now >= RingScene.InitiatorTerms.SendBy)
            .All(step => !step.Transition.Effects.OfType<RingEffect.SendToRoute>().Any()));

    [Fact]
    public void A_final_state_of_the_initiator_absorbs_everything() => CheckWalks(
        RingScene.Initiator,
        InitiatorPath,
        walk => walk.Steps.Where(step => step.Before.IsFinal)
            .All(step => step.Transition.Next == step.Before && step.Transition.Effects.IsEmpty));

    [Fact]
    public void The_initiator_releases_its_reservation_exactly_once_and_cancels_every_invoice_that_was_not_paid() => CheckWalks(
        RingScene.Initiator,
        InitiatorPath,
        walk => walk.Count<RingEffect.Reserve>() == 1
            && walk.Count<RingEffect.Release>() == (walk.Last.IsFinal ? 1 : 0)
            && (!walk.Last.IsFinal || walk.Last is InitiatorState.Settled || walk.Count<RingEffect.CancelInvoice>() == walk.Count<RingEffect.AddInvoice>()));

    [Fact]
    public void Nothing_but_a_payment_that_LND_may_hold_outlives_the_initiators_deadline() => CheckWalks(
        RingScene.Initiator,
        InitiatorPath,
        walk => RingScene.Initiator.Apply(walk.Last, new RingEvent.TimePassed(RingScene.Late)).Next is { IsFinal: true } or InitiatorState.Paying);

    [Fact]
    public void A_member_grants_its_waiver_at_most_once_and_takes_it_back_when_it_ends() => CheckWalks(
        RingScene.Member,
        MemberPath,
        walk => walk.Count<RingEffect.GrantWaiver>() <= 1
            && walk.Count<RingEffect.GrantWaiver>() - walk.Count<RingEffect.RevokeWaiver>() == (walk.Last is MemberState.Accepted ? 1 : 0));

    [Fact]
    public void A_member_holds_a_reservation_exactly_while_it_could_still_move_money() => CheckWalks(
        RingScene.Member,
        MemberPath,
        walk =>
        {
            var held = 0;
            foreach (var effect in walk.Effects)
            {
                held += effect switch { RingEffect.Reserve => 1, RingEffect.Release => -1, _ => 0 };
                if (held is < 0 or > 1)
                {
                    return false;
                }
            }

            return held == (walk.Last.IsFinal ? 0 : 1);
        });

    [Fact]
    public void A_member_releases_once_unless_an_HTLC_was_bound_while_the_waiver_was_being_dropped() => CheckWalks(
        RingScene.Member,
        MemberPath,
        walk => walk.Steps.Any(step => step.Before.IsFinal && step.Transition.Next is MemberState.Bound)
            || walk.Count<RingEffect.Release>() == (walk.Last.IsFinal ? 1 : 0));

    [Fact]
    public void A_bound_HTLC_ends_only_by_its_own_end() => CheckWalks(
        RingScene.Member,
        MemberPath,
        walk => walk.Steps.Where(step => step.Before is MemberState.Bound && step.Transition.Next is not MemberState.Bound)
            .All(step => step.Event is RingEvent.HtlcSettled { Key: var settled } && settled == RingScene.Key
                || step.Event is RingEvent.HtlcFailed { Key: var failed } && failed == RingScene.Key
                || step.Event is RingEvent.CircuitFound { Fate: not CircuitFate.Pending, Key: var found } && found == RingScene.Key));

    [Fact]
    public void A_member_that_has_settled_or_failed_stays_so_and_passes_one_hint_on_at_most() => CheckWalks(
        RingScene.Member,
        MemberPath,
        walk => walk.Steps.Where(step => step.Before is MemberState.Settled or MemberState.Failed)
                .All(step => step.Transition.Next.GetType() == step.Before.GetType() && step.Transition.Effects.All(effect => effect is RingEffect.SendDone))
            && walk.Count<RingEffect.SendDone>() <= 2
            && walk.Steps.SkipWhile(step => step.Transition.Next is not MemberState.Bound)
                .SelectMany(step => step.Transition.Effects).OfType<RingEffect.SendDone>().Count() <= 1);

    [Fact]
    public void A_member_books_each_phantom_fee_once_and_backs_everybody_off_once() => CheckWalks(
        RingScene.Member,
        MemberPath,
        walk => walk.Count<RingEffect.BookPhantomFee>() == (walk.Last is MemberState.Settled ? 1 : 0)
            && walk.Effects.OfType<RingEffect.BackOff>().GroupBy(effect => effect.Node).All(group => group.Count() == 1));

    [Fact]
    public void Nothing_but_a_bound_HTLC_outlives_a_members_deadline() => CheckWalks(
        RingScene.Member,
        MemberPath,
        walk => RingScene.Member.Apply(walk.Last, new RingEvent.TimePassed(RingScene.Late)).Next is { IsFinal: true } or MemberState.Bound);

    /// <summary>The clock of the machine is the clock of its wake-ups: a state that time can end says when.</summary>
    [Fact]
    public void A_state_that_time_can_end_says_when_to_wake_it()
    {
        foreach (var scene in new[] { RingScene.Initiator, RingScene.Member })
        {
            foreach (var state in scene.States)
            {
                var wakeAt = RingMachine.WakeAt(scene.Terms, state);
                var changes = scene.Apply(state, new RingEvent.TimePassed(RingScene.Late)) is var (next, effects) && (next != state || !effects.IsEmpty);

                Assert.Equal(changes, wakeAt is not null);
                if (wakeAt is { } at)
                {
                    Assert.Equal(state, scene.Apply(state, new RingEvent.TimePassed(at.AddTicks(-1))).Next);
                    Assert.NotEqual(state, scene.Apply(state, new RingEvent.TimePassed(at)).Next);
                }
            }
        }
    }

    private static void CheckWalks(RingScene scene, string[] path, Func<Walk, bool> holds)
    {
        var walks = Gen.Choose(0, int.MaxValue - 1).ArrayOf().Select(choices => Walk.Take(scene, path, choices)).ToArbitrary();
        Prop.ForAll(walks, holds).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    private sealed record Step(RingState Before, RingEvent Event, Transition Transition);

    private sealed record Walk(RingScene Scene, IReadOnlyList<Step> Steps)
    {
        public RingState Last => Steps.Count == 0 ? Scene.Begin.Next : Steps[^1].Transition.Next;

        public IEnumerable<RingEffect> Effects => Scene.Begin.Effects.Concat(Steps.SelectMany(step => step.Transition.Effects));

        public int Count<T>() => Effects.OfType<T>().Count();

        /// <summary>Each number picks an event: an odd one among those that mean something at this point, an even one among all.</summary>
        public static Walk Take(RingScene scene, string[] path, int[] choices)
        {
            var walk = new Walk(scene, new List<Step>());
            foreach (var label in path.Take(choices.Length == 0 ? 0 : choices[0] % (path.Length + 1)))
            {
                walk = walk.Go(scene.Event(label));
            }

            foreach (var choice in choices)
            {
                var picked = choice % 2 == 0 ? [] : scene.Samples.Where(sample => scene.Apply(walk.Last, sample.Event) is var (next, effects)
                    && (next != walk.Last || !effects.IsEmpty)).ToArray();
                picked = picked.Length == 0 ? [.. scene.Samples] : picked;
                walk = walk.Go(picked[choice / 2 % picked.Length].Event);
            }

            return walk;
        }

        public override string ToString() => string.Join(
            Environment.NewLine,
            Steps.Select(step => $"{RingScene.Label(step.Before)} --{step.Event.GetType().Name}--> {RingScene.Label(step.Transition.Next)}"));

        private Walk Go(RingEvent ringEvent) =>
            this with { Steps = [.. Steps, new Step(Last, ringEvent, Scene.Apply(Last, ringEvent))] };
    }
}
