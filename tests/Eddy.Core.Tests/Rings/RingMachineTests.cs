using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Core.Tests.Rings;

/// <summary>What the table does not show: whom an effect is for and what it carries.</summary>
public sealed class RingMachineTests
{
    [Fact]
    public void A_ring_that_goes_well_pays_once_and_got_back_what_it_sent()
    {
        var walk = Walk(RingScene.Initiator, "OfferSigned", "ProposalReturned", "InvoiceAdded", "PaymentSettled", "InvoiceFound (settled)");

        var settled = Assert.IsType<InitiatorState.Settled>(walk.Next);
        Assert.True(settled.IsExact);
        Assert.Equal(RingOutcome.Settled, settled.Outcome);
        Assert.Contains(new RingEffect.SendDone(RingScene.Bob, RingOutcome.Settled, 0, 0), walk.Effects);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_hint_that_it_settled_settles_nothing_at_a_member_that_saw_no_HTLC(int signed)
    {
        var scene = RingScene.Member;
        var state = signed == 0 ? new MemberState.Signing() : scene.Apply(new MemberState.Signing(), scene.Event("TermsSigned")).Next;

        var released = RingMachine.Apply(
            RingScene.MemberTermsOfCarol, state, new RingEvent.DoneReceived(RingScene.Early, RingScene.Bob, RingOutcome.Settled, 0, 0)).Next;

        Assert.Equal(RingOutcome.Cancelled, Assert.IsType<MemberState.Released>(released).Outcome);
    }

    [Fact]
    public void The_payment_carries_the_least_that_all_agreed_to()
    {
        var walk = Walk(RingScene.Initiator, "OfferSigned", "ProposalReturned");

        Assert.Equal(RingScene.Sat(900_000), Assert.IsType<InitiatorState.Invoicing>(walk.Next).Amount);
        Assert.Equal(new RingEffect.AddInvoice(RingScene.Sat(900_000), RingScene.Ttl + 60), Assert.Single(walk.Effects));

        var paying = RingScene.Initiator.Apply(walk.Next, RingScene.Initiator.Event("InvoiceAdded"));
        var sent = Assert.IsType<RingEffect.SendToRoute>(Assert.Single(paying.Effects));
        Assert.Equal(RingScene.Sat(900_000), sent.Route.TotalAmount);
        Assert.Same(sent.Route, Assert.IsType<InitiatorState.Paying>(paying.Next).Route);
    }

    [Theory]
    [InlineData(1, 900_000_000, false)]
    [InlineData(0, 899_999_999, false)]
    [InlineData(0, 900_000_001, false)]
    [InlineData(0, 900_000_000, true)]
    public void A_ring_is_exact_only_if_it_cost_nothing_and_brought_everything_home(long fee, long received, bool isExact)
    {
        var checking = RingScene.Initiator.Apply(
            RingScene.Initiator.State("Paying.Sent"), new RingEvent.PaymentSettled(RingScene.Early, new(fee))).Next;
        var end = RingScene.Initiator.Apply(checking, new RingEvent.InvoiceFound(RingScene.Early, RingInvoice.Settled, new(received))).Next;

        Assert.Equal(isExact, Assert.IsType<InitiatorState.Settled>(end).IsExact);
    }

    [Theory]
    [InlineData(-1, null, null)]
    [InlineData(0, 0, 1)]
    [InlineData(1, 1, 1)]
    [InlineData(3, 3, 3)]
    [InlineData(4, 4, 3)]
    [InlineData(5, null, null)]
    public void A_failed_payment_names_the_hop_and_backs_it_off(int source, int? position, int? backedOff)
    {
        var (next, effects) = RingScene.Initiator.Apply(
            RingScene.Initiator.State("Paying.Sent"),
            new RingEvent.PaymentFailed(RingScene.Early, FailureCode.TemporaryChannelFailure, source));

        Assert.Equal(position, Assert.IsType<InitiatorState.Failed>(next).Position);
        Assert.Contains(
            new RingEffect.SendDone(RingScene.Bob, RingOutcome.Failed, position ?? 0, (int)FailureCode.TemporaryChannelFailure), effects);
        Assert.Equal(
            backedOff is { } at ? [new RingEffect.BackOff(RingScene.Offer.At(at), BackOffCause.PaymentFailed)] : [],
            effects.OfType<RingEffect.BackOff>());
    }

    [Fact]
    public void A_restart_after_the_send_asks_LND_before_anything_else_and_sends_only_into_an_untouched_invoice()
    {
        var scene = RingScene.Initiator;
        var tracking = scene.Apply(scene.State("Paying.Sent"), scene.Event("Restarted"));
        Assert.IsType<RingEffect.TrackPayment>(Assert.Single(tracking.Effects));

        var asking = scene.Apply(tracking.Next, scene.Event("PaymentNotFound"));
        Assert.IsType<RingEffect.LookupInvoice>(Assert.Single(asking.Effects));

        var sent = scene.Apply(asking.Next, scene.Event("InvoiceFound (open)"));
        Assert.Equal(new RingEffect.SendToRoute(((InitiatorState.Paying)scene.State("Paying.Sent")).Route).Route.TotalTimeLock,
            Assert.IsType<RingEffect.SendToRoute>(Assert.Single(sent.Effects)).Route.TotalTimeLock);
    }

    [Fact]
    public void An_offer_that_does_not_commit_to_our_secrets_is_never_proposed()
    {
        RingTerms.Initiator[] all =
        [
            RingScene.InitiatorTerms with { Preimage = new(RingScene.Fill(1)) },
            RingScene.InitiatorTerms with { Records = RingScene.Records.SetItem(1, RingScene.Fill(1)) },
        ];

        Assert.All(all, terms => Assert.StartsWith(
            "The offer does not commit", Assert.Throws<ArgumentException>(() => RingMachine.Propose(terms)).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_waiver_for_anything_but_the_offer_is_never_accepted()
    {
        var terms = RingScene.MemberTermsOfCarol;

        RingTerms.Member[] all =
        [
            terms with { Waiver = terms.Waiver with { Ring = new(RingScene.Fill(1)) } },
            terms with { Waiver = terms.Waiver with { Hash = new(RingScene.Fill(1)) } },
            terms with { Waiver = terms.Waiver with { Commitment = RingScene.Fill(1) } },
            terms with { Waiver = terms.Waiver with { Previous = RingScene.Mallory } },
            terms with { Waiver = terms.Waiver with { Next = RingScene.Mallory } },
            terms with { Waiver = terms.Waiver with { MinAmount = terms.Offer.MinAmount - new MilliSatoshi(1) } },
            terms with { Waiver = terms.Waiver with { MaxAmount = terms.Own.Amount + new MilliSatoshi(1) } },
            terms with { Waiver = terms.Waiver with { MaxLockBlocks = 801 } },
            terms with { Waiver = terms.Waiver with { Deadline = terms.Deadline.AddSeconds(1) } },
            terms with { Own = terms.Own with { Position = 1 } },
            terms with { Own = terms.Own with { OfferDigest = RingScene.Fill(1) } },
        ];

        Assert.All(all, other => Assert.StartsWith(
            "Terms and waiver are not for this offer", Assert.Throws<ArgumentException>(() => RingMachine.Accept(other)).Message, StringComparison.Ordinal));
        Assert.IsType<MemberState.Signing>(RingMachine.Accept(terms with { Waiver = terms.Waiver with { MaxLockBlocks = 799 } }).Next);
        Assert.IsType<MemberState.Signing>(RingMachine.Accept(terms).Next);
    }

    [Fact]
    public void A_member_passes_on_what_it_got_with_its_own_terms_behind()
    {
        var (_, effects) = RingScene.Member.Apply(new MemberState.Signing(), RingScene.Member.Event("TermsSigned"));

        var proposal = Assert.Single(effects.OfType<RingEffect.SendProposal>());
        Assert.Equal(RingScene.Dave, proposal.To);
        Assert.Equal(RingScene.MemberTermsOfCarol.SignedOffer, proposal.Offer);
        Assert.Equal(2, proposal.Terms.Length);
        Assert.Equal(RingScene.MemberTermsOfCarol.PriorTerms[0], proposal.Terms[0]);
        Assert.Equal(new RingEffect.GrantWaiver(RingScene.Waiver), effects[0]);
    }

    [Fact]
    public void A_reject_travels_back_and_a_hint_travels_on_as_they_came()
    {
        var accepted = RingScene.Member.State("Accepted");

        Assert.Contains(
            new RingEffect.SendReject(RingScene.Bob, 3, RejectReason.Busy),
            RingScene.Member.Apply(accepted, RingScene.Member.Event("RejectReceived")).Effects);
        Assert.Contains(
            new RingEffect.SendDone(RingScene.Dave, RingOutcome.Failed, 2, 12),
            RingScene.Member.Apply(accepted, RingScene.Member.Event("DoneReceived")).Effects);
    }

    [Fact]
    public void A_member_that_withdraws_says_so_to_the_previous_hop()
    {
        var accepted = RingScene.Member.State("Accepted");

        Assert.Contains(
            new RingEffect.SendReject(RingScene.Bob, 2, RejectReason.NextHopAway),
            RingScene.Member.Apply(accepted, RingScene.Member.Event("NextHopAway")).Effects);
        Assert.Contains(
            new RingEffect.SendReject(RingScene.Bob, 2, RejectReason.Paused),
            RingScene.Member.Apply(accepted, RingScene.Member.Event("CancelRequested")).Effects);
    }

    [Fact]
    public void An_HTLC_that_LND_says_to_be_held_after_a_minute_backs_off_the_initiator_and_both_neighbours_once()
    {
        var bound = RingScene.Member.State("Bound");
        Assert.Empty(RingScene.Member.Apply(bound, Pending(59)).Effects);
        var (asked, lookup) = RingScene.Member.Apply(bound, new RingEvent.TimePassed(RingScene.Early.AddSeconds(60)));
        var (overdue, effects) = RingScene.Member.Apply(asked, Pending(60));

        Assert.Equal([new RingEffect.LookupCircuits(RingScene.Key, RingScene.Start)], lookup);
        Assert.Equal(
            [RingScene.Alice, RingScene.Bob, RingScene.Dave], effects.Cast<RingEffect.BackOff>().Select(effect => effect.Node));
        Assert.Empty(RingScene.Member.Apply(overdue, Pending(61)).Effects);
        Assert.Empty(RingScene.Member.Apply(overdue, new RingEvent.TimePassed(RingScene.Early.AddSeconds(61))).Effects);
        Assert.Equal(
            [new RingEffect.LookupCircuits(RingScene.Key, RingScene.Start)],
            RingScene.Member.Apply(overdue, new RingEvent.TimePassed(RingScene.Early.AddHours(1))).Effects);

        static RingEvent Pending(int seconds) =>
            new RingEvent.CircuitFound(RingScene.Early.AddSeconds(seconds), RingScene.Key, CircuitFate.Pending);
    }

    [Fact]
    public void A_member_that_hears_of_its_HTLC_late_asks_LND_for_all_the_time_since_it_accepted()
    {
        // A restart finds the binding in the store, long after the HTLC has come and gone.
        var late = RingScene.Start.AddSeconds(50);
        var (bound, _) = RingScene.Member.Apply(RingScene.Member.State("Accepted"), new RingEvent.HtlcBound(late, RingScene.Binding));

        Assert.Equal(
            [new RingEffect.LookupCircuits(RingScene.Key, RingScene.Start)],
            RingScene.Member.Apply(bound, new RingEvent.Restarted(late)).Effects);
    }

    [Fact]
    public void An_HTLC_is_not_overdue_before_a_minute_has_gone()
    {
        var bound = RingScene.Member.State("Bound");
        var (next, effects) = RingScene.Member.Apply(bound, new RingEvent.TimePassed(RingScene.Early.AddSeconds(59)));

        Assert.Equal(bound, next);
        Assert.Empty(effects);
    }

    [Fact]
    public void In_a_ring_of_three_a_neighbour_that_is_the_initiator_is_backed_off_once()
    {
        var offer = RingScene.Offer with
        {
            Nodes = [RingScene.Alice, RingScene.Bob, RingScene.Carol],
            Commitments = RingScene.Offer.Commitments[..2],
        };
        var terms = RingScene.MemberTermsOfCarol with { Offer = offer };
        var (_, effects) = RingMachine.Apply(terms, RingScene.Member.State("Bound"), new RingEvent.CircuitFound(RingScene.Late, RingScene.Key, CircuitFate.Pending));

        Assert.Equal([RingScene.Alice, RingScene.Bob], effects.OfType<RingEffect.BackOff>().Select(effect => effect.Node));
    }

    [Fact]
    public void A_forward_that_our_policies_wanted_no_fee_for_is_not_booked()
    {
        var bound = new MemberState.Bound(RingScene.Binding with { WaivedFee = MilliSatoshi.Zero }, RingScene.Early, RingScene.Late);

        Assert.IsType<RingEffect.Release>(Assert.Single(RingScene.Member.Apply(bound, RingScene.Member.Event("HtlcSettled")).Effects));
    }

    [Fact]
    public void A_settled_waiver_is_booked_as_what_LND_believes()
    {
        var (_, effects) = RingScene.Member.Apply(RingScene.Member.State("Bound"), RingScene.Member.Event("HtlcSettled"));

        var fee = Assert.Single(effects.OfType<RingEffect.BookPhantomFee>()).Fee;
        Assert.Equal((RingScene.Key, RingScene.Sat(900_000), new MilliSatoshi(451_000)), (fee.Key, fee.Amount, fee.Fee));
    }

    [Fact]
    public void Secrets_stay_out_of_what_is_logged()
    {
        var text = RingScene.InitiatorTerms.ToString();

        Assert.DoesNotContain(RingScene.Records[0].ToString(), text, StringComparison.Ordinal);
        Assert.DoesNotContain(RingScene.Preimage.Value.ToString(), text, StringComparison.Ordinal);
    }

    private static Transition Walk(RingScene scene, params string[] labels)
    {
        var at = scene.Begin;
        foreach (var label in labels)
        {
            at = scene.Apply(at.Next, scene.Event(label));
        }

        return at;
    }
}
