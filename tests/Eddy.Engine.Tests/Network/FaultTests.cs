using Eddy.Engine.Ports;
using Eddy.Engine.Views;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Engine.Tests.Network;

public sealed class FaultTests
{
    [Theory]
    [InlineData(0.1, 0.0)]
    [InlineData(0.0, 0.5)]
    [InlineData(0.2, 0.2)]
    [InlineData(0.5, 0.1)]
    public void Lost_and_repeated_messages_cost_nobody_anything(double drop, double duplicate)
    {
        var ring = new TestRing(5, seed: 3);
        foreach (var link in ring.Topology.Nodes.SelectMany(static node => node.PeerLinks).Distinct())
        {
            foreach (var faults in new[] { link.FaultsFrom(link.A), link.FaultsFrom(link.B) })
            {
                faults.DropProbability = drop;
                faults.DuplicateProbability = duplicate;
                faults.Jitter = TimeSpan.FromMilliseconds(40);
            }
        }

        ring.StartAll();
        ring.RunFor(600);
        ring.Quiesce();

        ring.AssertNobodyPaid();
        ring.AssertAllEnded();
    }

    [Fact]
    public void Peers_that_come_and_go_cost_nobody_anything()
    {
        var ring = new TestRing(4);
        var random = new Random(5);
        ring.StartAll();
        for (var round = 0; round < 40; round++)
        {
            var link = ring.Topology.Nodes[random.Next(4)].PeerLinks.First();
            link.A.DisconnectPeer(link.B.Id);
            ring.RunFor(random.Next(1, 10));
        }

        ring.Quiesce();

        ring.AssertNobodyPaid();
        ring.AssertAllEnded();
    }

    [Fact]
    public void A_member_that_never_answers_lets_the_ring_expire_and_the_reservations_end()
    {
        var ring = new TestRing(4);
        ring.StartAll();
        Assert.True(ring.RunUntil(() => ring.Proposer.View.Adverts.Length == 3));
        var link = ring.Member(2).Node.LinkTo(ring.Member(1).Node.Id)!;
        link.FaultsFrom(ring.Member(1).Node).DropProbability = 1;

        var expired = ring.RunUntilRing(static view => view.Outcome == RingOutcome.Expired, 120);
        ring.Quiesce();

        Assert.Equal("Time ran out before any payment.", expired.Reason);
        Assert.Equal(RingOutcome.Expired, ring.Member(1).Ring(expired.Id).Outcome);
        ring.AssertAllEnded();
        ring.AssertNobodyPaid();
    }

    [Fact]
    public void A_channel_that_drains_between_proposal_and_payment_fails_the_ring_for_free_and_names_the_hop()
    {
        var ring = new TestRing(4);
        ring.StartAll();
        ring.RunUntilRing(static view => view.State is "Invoicing" or "Paying");
        var drained = ring.Member(2);
        drained.Node.Faults.StuckHop = null;
        var link = drained.Node.LinkTo(ring.Member(3).Node.Id)!;
        link.IsBlocked = true;

        var failed = ring.RunUntilRing(static view => view.IsFinal, 600);
        link.IsBlocked = false;
        ring.Quiesce();

        Assert.Equal(RingOutcome.Failed, failed.Outcome);
        Assert.Equal(2, failed.FailurePosition);
        Assert.Contains("nobody has paid anything", failed.Reason, StringComparison.Ordinal);
        ring.AssertNobodyPaid();
        ring.AssertAllEnded();
    }

    [Fact]
    public void A_held_HTLC_keeps_its_reservations_until_its_own_end_and_backs_off_the_neighbours()
    {
        var ring = new TestRing(4);
        ring.StartAll();
        ring.RunUntilRing(static view => view.State is "Invoicing");
        var stuck = ring.Member(3);
        stuck.Node.Faults.StuckHop = static _ => true;
        ring.RunFor(180);
        var member = ring.Member(2);
        var held = member.View.Rings.First(static view => view.State == "Bound");

        Assert.Contains(held.Story, static line => line.What.Contains("held for too long", StringComparison.Ordinal));
        Assert.Contains(member.View.Channels, static channel => channel.ReservedOut > MilliSatoshi.Zero);
        Assert.NotNull(member.View.Peers.First(peer => peer.Id == stuck.Node.Id).BackedOffUntil);

        stuck.Node.Faults.ReleaseStuck();
        ring.Quiesce();

        // Its waiver ended long ago, so that the HTLC fails the fee check.
        Assert.Equal(RingOutcome.Failed, member.Ring(held.Id).Outcome);
        ring.AssertNobodyPaid();
        ring.AssertAllEnded();
    }

    [Fact]
    public void A_paused_node_neither_proposes_nor_accepts_and_stays_so_after_a_restart()
    {
        var ring = new TestRing(4);
        ring.StartAll();
        ring.Member(1).Ask(new OperatorRequest.Pause());
        ring.RunFor(60);
        ring.Member(1).Kill();
        ring.Member(1).Start();
        ring.RunFor(60);

        Assert.True(ring.Member(1).View.IsPaused);
        Assert.DoesNotContain(ring.Daemons.SelectMany(static daemon => daemon.Rings), static view => view.Outcome == RingOutcome.Settled);
        Assert.Equal("paused", ring.Member(1).Engine.Explain(ring.Member(1).View.Channels[0].Channel.Id)!.Reasons[0].Code);

        ring.Member(1).Ask(new OperatorRequest.Resume());
        ring.RunUntilSettled(180);
        ring.Quiesce();
        ring.AssertNobodyPaid();
    }

    [Fact]
    public void An_initiator_that_dies_after_the_payment_left_finds_it_again_and_never_sends_twice()
    {
        var ring = new TestRing(4);
        ring.StartAll();
        ring.RunUntilRing(static view => view.State is "Paying");
        ring.Proposer.Kill();
        ring.RunFor(30);
        ring.Proposer.Start();

        var settled = ring.RunUntilSettled();
        ring.Quiesce();

        Assert.Contains(settled.Story, static line => line.What.Contains("sending nothing again", StringComparison.Ordinal));
        Assert.All(ring.Proposer.Node.Payments.All, static payment => Assert.Single(payment.Attempts));
        ring.AssertNobodyPaid();
        ring.AssertAllEnded();
    }

    [Fact]
    public void A_member_that_dies_with_a_bound_HTLC_learns_of_its_settlement_when_it_is_back()
    {
        var ring = new TestRing(4);
        ring.StartAll();
        var member = ring.Member(2);
        Assert.True(ring.RunUntil(() => member.View.Rings.Any(static view => view.State == "Bound")));
        member.Kill();
        ring.RunFor(30);
        member.Start();
        ring.RunFor(30);

        Assert.Contains(member.Rings, static view => view.Outcome == RingOutcome.Settled);
        ring.Quiesce();
        ring.AssertNobodyPaid();
        ring.AssertAllEnded();
    }

    [Fact]
    public void LND_that_restarts_at_the_initiator_in_mid_payment_costs_nobody_anything()
    {
        var ring = new TestRing(4);
        ring.StartAll();
        ring.RunUntilRing(static view => view.State is "Paying");
        ring.Proposer.Node.Restart(TimeSpan.FromSeconds(20));

        var ended = ring.RunUntilRing(static view => view.IsFinal, 600);
        ring.Quiesce();

        Assert.True(ended.Outcome is RingOutcome.Settled or RingOutcome.Failed, ended.Reason);
        ring.AssertNobodyPaid();
        ring.AssertAllEnded();
    }

    [Fact]
    public void The_operator_cancels_a_ring_that_walks_and_not_one_that_pays()
    {
        var ring = new TestRing(4);
        ring.StartAll();
        var walking = ring.RunUntilRing(static view => view.State is "Walking");

        Assert.Equal(OperatorStatus.Done, ring.Proposer.Ask(new OperatorRequest.Cancel(walking.Id)).Status);
        Assert.Equal(RingOutcome.Cancelled, ring.Proposer.Ring(walking.Id).Outcome);
        Assert.Equal(OperatorStatus.Refused, ring.Proposer.Ask(new OperatorRequest.Cancel(walking.Id)).Status);
        Assert.Equal(OperatorStatus.NotFound, ring.Proposer.Ask(new OperatorRequest.Cancel(new RingId(default))).Status);

        var paying = ring.RunUntilRing(static view => view.State is "Paying", 300);
        Assert.Equal(OperatorStatus.Refused, ring.Proposer.Ask(new OperatorRequest.Cancel(paying.Id)).Status);
        ring.Quiesce();
        Assert.Equal(RingOutcome.Settled, ring.Proposer.Ring(paying.Id).Outcome);
        ring.AssertAllEnded();
    }

    [Fact]
    public void The_operator_proposes_the_best_ring_at_once_and_a_dry_run_only_shows_it()
    {
        var ring = new TestRing(4, options: static _ => TestRing.Options() with
        {
            Rings = new RingOptions { Interval = TimeSpan.FromHours(10), MaxLength = 6 },
        });
        ring.StartAll();
        Assert.True(ring.RunUntil(() => ring.Proposer.View.Adverts.Length == 3));

        var shown = ring.Proposer.Ask(new OperatorRequest.Propose(IsDryRun: true));
        var proposed = ring.Proposer.Ask(new OperatorRequest.Propose(IsDryRun: false));
        ring.RunUntilSettled();

        Assert.Equal((OperatorStatus.Done, 4), (shown.Status, shown.Nodes.Length));
        Assert.Equal((OperatorStatus.Done, shown.AmountSat), (proposed.Status, proposed.AmountSat));
        Assert.Equal(RingOutcome.Settled, ring.Proposer.Ring(proposed.Ring!.Value).Outcome);
    }

    [Fact]
    public void Limits_of_the_day_hold()
    {
        var ring = new TestRing(4, options: static _ => TestRing.Options() with { Policy = new PolicyOptions { MaxPerDaySat = 300_000 } });
        ring.StartAll();
        ring.RunFor(600);
        Assert.True(ring.Proposer.Rings.Any(), ring.Describe());
        ring.Quiesce();

        foreach (var daemon in ring.Daemons)
        {
            var moved = daemon.Rings.Where(static view => view.Outcome == RingOutcome.Settled).Sum(static view => view.Amount.Satoshi);
            Assert.InRange(moved, 50_000, 300_000);
        }

        ring.AssertNobodyPaid();
    }

    [Fact]
    public void A_denied_node_is_in_no_ring()
    {
        var ring = new TestRing(4);
        var wary = ring.Member(1);
        wary.Options = wary.Options with { Policy = new PolicyOptions { Deny = [ring.Member(3).Node.Id] } };
        ring.StartAll();
        ring.RunFor(120);

        Assert.DoesNotContain(ring.Daemons.SelectMany(static daemon => daemon.Rings), static view => view.Outcome == RingOutcome.Settled);
        Assert.True(wary.View.Refusals.GetValueOrDefault(RejectReason.NotWelcome) > 0);
    }

    [Fact]
    public void A_node_that_only_looks_on_sees_all_and_does_nothing()
    {
        var ring = new TestRing(4);
        var observer = ring.Member(1);
        observer.Options = observer.Options with { IsObserving = true };
        ring.StartAll();
        ring.RunFor(120);

        Assert.Empty(observer.Rings);
        Assert.NotEmpty(observer.View.Adverts);
        Assert.Equal("observing", observer.Engine.Explain(observer.View.Channels[0].Channel.Id)!.Reasons[0].Code);
    }

    [Fact]
    public void A_peer_that_sends_rubbish_is_not_listened_to_and_hurts_nobody()
    {
        var ring = new TestRing(4);
        ring.StartAll();
        var random = new Random(11);
        var (from, to) = (ring.Member(1).Node, ring.Member(2).Node);
        for (var message = 0; message < 400; message++)
        {
            var payload = new byte[random.Next(1, 2_000)];
            random.NextBytes(payload);
            from.SendCustomMessage(to.Id.ToArray(), IPeerMessenger.MessageType, [.. payload]);
            ring.RunFor(0.01);
        }

        ring.RunUntilRing(static view => view.IsFinal, 300);
        ring.Quiesce();

        Assert.Contains("not listened to", ring.Member(2).View.Peers.First(peer => peer.Id == from.Id).Note, StringComparison.Ordinal);
        ring.AssertNobodyPaid();
        ring.AssertAllEnded();
    }

    [Fact]
    public void A_store_that_cannot_bind_makes_a_free_failure()
    {
        var ring = new TestRing(4);
        ring.StartAll();
        ring.RunUntilRing(static view => view.State is "Invoicing");
        ring.Member(2).Store.BindingsFail = true;

        var failed = ring.RunUntilRing(static view => view.Outcome == RingOutcome.Failed);
        ring.Quiesce();

        Assert.Equal(2, failed.FailurePosition);
        Assert.Contains(nameof(FailureCode.FeeInsufficient), failed.Reason, StringComparison.Ordinal);
        ring.AssertNobodyPaid();
        ring.AssertAllEnded();
    }

    [Fact]
    public void A_payment_that_finds_too_little_liquidity_is_tried_again_with_half_of_it()
    {
        var ring = new TestRing(4);
        ring.StartAll();
        var first = ring.RunUntilRing(static view => view.State is "Invoicing");
        var member = ring.Member(2).Node;
        var outgoing = member.Channels.Single(end => end.Peer.Node == ring.Member(3).Node);
        Assert.Null(outgoing.SetPolicy(outgoing.Policy with { MaxHtlcMsat = new MilliSatoshi(first.Amount.Value * 6 / 10) }));

        var settled = ring.RunUntilSettled();
        var failed = ring.Proposer.Ring(first.Id);
        ring.Quiesce();

        Assert.Equal((RingOutcome.Failed, 2), (failed.Outcome, failed.FailurePosition));
        Assert.Contains(nameof(FailureCode.TemporaryChannelFailure), failed.Reason, StringComparison.Ordinal);
        Assert.InRange(settled.Amount.Value, first.Amount.Value / 4, first.Amount.Value / 2);
        ring.AssertNobodyPaid();
        ring.AssertAllEnded();
    }

    [Fact]
    public void A_channel_inside_its_band_and_an_excluded_one_say_so()
    {
        var ring = new TestRing(4, options: static _ => TestRing.Options() with
        {
            Rings = new RingOptions { Target = 0.9, Deadband = 0.1 },
        });
        var (calm, excluded) = (ring.Member(1), ring.Member(2));
        excluded.Options = excluded.Options with
        {
            Rings = new RingOptions(),
            Peers = excluded.Options.Peers.Add(ring.Member(3).Node.Id, new TargetOptions { IsExcluded = true }),
        };
        ring.StartAll();
        ring.RunFor(30);

        var outgoing = calm.View.Channels.Single(channel => channel.Channel.Peer == ring.Member(2).Node.Id);
        Assert.Contains(calm.Engine.Explain(outgoing.Channel.Id)!.Reasons, static reason => reason.Code == "in-band");
        var shut = excluded.View.Channels.Single(channel => channel.Channel.Peer == ring.Member(3).Node.Id);
        Assert.True(shut.IsExcluded);
        Assert.Equal("excluded", excluded.Engine.Explain(shut.Channel.Id)!.Reasons[0].Code);
        Assert.Equal((0L, 0L), (shut.WantOut, shut.MayOut));
        Assert.Null(excluded.Engine.Explain(new ShortChannelId(12_345)));
        Assert.DoesNotContain(ring.Daemons.SelectMany(static daemon => daemon.Rings), static view => view.Outcome == RingOutcome.Settled);
    }
}
