using Eddy.Engine.Ports;
using Eddy.Lightning;
using Eddy.Rings;
using Eddy.Simulator;

namespace Eddy.Engine.Tests.Network;

public sealed class RingTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(8)]
    [InlineData(10)]
    [InlineData(12)]
    public void A_ring_settles_and_nobody_pays_a_msat(int nodes)
    {
        var ring = new TestRing(nodes);
        ring.StartAll();

        var settled = ring.RunUntilSettled();
        ring.Quiesce();

        Assert.Equal(nodes, settled.Hops.Length);
        Assert.Equal(MilliSatoshi.Zero, settled.Fee);
        Assert.All(settled.Hops, static hop => Assert.NotNull(hop.Channel));
        Assert.True(settled.Amount >= MilliSatoshi.FromSatoshi(50_000));
        ring.AssertNobodyPaid();
        ring.AssertAllEnded();
    }

    [Fact]
    public void What_a_ring_has_moved_is_not_offered_again_before_the_balances_show_it()
    {
        var ring = new TestRing(3);
        ring.StartAll();
        var member = ring.Member(1);
        Assert.True(ring.RunUntil(() => member.View.Rings.Any(static view => view.Outcome == RingOutcome.Settled)));

        // LND's list of channels shows it a quarter of a second later. What is offered now must not lead beyond the band round the target.
        var stale = member.Node.Channels.Max(end =>
        {
            var view = member.View.Channels.Single(channel => channel.Channel.Id == end.ChanId);
            var (local, capacity) = (end.Local.Satoshi, end.Channel.Capacity.Satoshi);
            Assert.InRange(view.WantOut + view.MayOut, 0, Math.Max(0, local - (0.4 * capacity)));
            Assert.InRange(view.WantIn + view.MayIn, 0, Math.Max(0, (0.6 * capacity) - local));
            return Math.Abs(view.Channel.Local.Satoshi - local);
        });
        Assert.True(stale > 500_000, $"The balances are known to within {stale} sat, so that nothing was shown here.");
        ring.Quiesce();
        ring.AssertAllEnded();
    }

    [Fact]
    public void The_balances_move_toward_their_targets()
    {
        var ring = new TestRing(4);
        var before = ring.Topology.Ring.Select(static channel => Share(channel.Opener.Local, channel.Capacity)).ToArray();
        ring.StartAll();
        ring.RunUntilSettled();
        ring.Quiesce();

        var after = ring.Topology.Ring.Select(static channel => Share(channel.Opener.Local, channel.Capacity)).ToArray();

        Assert.All(before.Zip(after), static pair => Assert.True(pair.Second < pair.First && pair.Second >= 0.45, $"{pair}"));
    }

    [Fact]
    public void Rings_come_to_an_end_when_nobody_gains_any_more()
    {
        var ring = new TestRing(4);
        ring.StartAll();
        ring.RunUntilSettled();
        ring.RunFor(1_200);
        var rings = ring.Daemons.Sum(static daemon => daemon.Rings.Count());

        ring.RunFor(1_200);

        Assert.Equal(rings, ring.Daemons.Sum(static daemon => daemon.Rings.Count()));
        Assert.Equal("There is no ring now in which this node is the proposer.", ring.Proposer.View.LastSearch);
        ring.AssertNobodyPaid();
    }

    [Fact]
    public void The_same_seed_gives_the_same_rings()
    {
        Assert.Equal(Run(), Run());

        static string Run()
        {
            var ring = new TestRing(5, seed: 7);
            ring.StartAll();
            ring.RunUntilSettled();
            return string.Join(",", ring.Proposer.Rings.Select(static view => $"{view.Id} {view.Amount} {view.EndedAt:O}"));
        }
    }

    [Fact]
    public void Every_member_tells_the_story_and_books_the_phantom_fee_of_its_forward()
    {
        var ring = new TestRing(4);
        ring.StartAll();
        var settled = ring.RunUntilSettled();
        ring.Quiesce();

        foreach (var member in ring.Members)
        {
            var view = member.Ring(settled.Id);
            Assert.Equal(("member", RingOutcome.Settled, settled.Amount), (view.Role, view.Outcome, view.Amount));
            Assert.Contains(view.Story, static line => line.What.StartsWith("Asked by", StringComparison.Ordinal));
            Assert.Contains(view.Story, static line => line.What.StartsWith("Settled", StringComparison.Ordinal));
            var booked = member.Store.PhantomFees(DateTimeOffset.MinValue.AddYears(2_000), 100).Where(fee => fee.Ring == settled.Id).ToArray();
            var shown = member.Node.Forwards.Events.Single(forward => forward.Incoming == booked.Single().Key);
            Assert.Equal((ulong)(shown.AmountIn - shown.AmountOut).Value, (ulong)booked.Single().Fee.Value);
            Assert.Equal(view.WaivedFee, booked.Single().Fee);
        }

        var story = string.Join(" ", settled.Story.Select(static line => line.What));
        Assert.Contains("Found a ring of 4", story, StringComparison.Ordinal);
        Assert.Contains("Settled", story, StringComparison.Ordinal);
        Assert.True(ring.Proposer.View.Totals.Saved > MilliSatoshi.Zero);
        Assert.True(ring.Member(1).View.Totals.Waived > MilliSatoshi.Zero);
    }

    [Fact]
    public void A_member_without_a_daemon_means_no_ring_and_the_reason_is_named()
    {
        var ring = new TestRing(4);
        foreach (var daemon in ring.Daemons.Where(daemon => daemon != ring.Member(2)))
        {
            daemon.Start();
        }

        ring.RunFor(120);

        Assert.All(ring.Daemons.Where(static daemon => daemon.IsRunning), static daemon => Assert.Empty(daemon.Rings));
        var towards = ring.Member(1).View.Channels.Single(channel => channel.Channel.Peer == ring.Member(2).Node.Id);
        var reasons = ring.Member(1).Engine.Explain(towards.Channel.Id)!.Reasons;
        Assert.Equal("no-eddy-peer", reasons[0].Code);
        ring.AssertNobodyPaid();
    }

    [Fact]
    public void A_member_that_refuses_is_named_and_backed_off()
    {
        var ring = new TestRing(4);
        var wary = ring.Member(2);
        wary.Options = wary.Options with { Policy = wary.Options.Policy with { MaxWaivedFeePpm = 0 } };
        ring.StartAll();

        var refused = ring.RunUntilRing(static view => view.Outcome == RingOutcome.Rejected);
        ring.Quiesce();

        Assert.Equal(2, refused.FailurePosition);
        Assert.Contains(wary.Node.Id.ToShortString(), refused.Reason, StringComparison.Ordinal);
        Assert.Contains("limits", refused.Reason, StringComparison.Ordinal);
        Assert.Equal(refused.Reason, ring.Member(1).Ring(refused.Id).Reason);
        Assert.True(wary.View.Refusals[RejectReason.Limit] > 0);
        ring.AssertNobodyPaid();
        ring.AssertAllEnded();
    }

    [Fact]
    public void A_taken_interceptor_makes_an_initiator_that_still_settles_rings()
    {
        var ring = new TestRing(4);

        // The highest id would otherwise never propose.
        var proposer = ring.Daemons.MaxBy(static daemon => daemon.Node.Id)!;
        proposer.Node.Interceptor.Connect(new OtherProgram());
        ring.StartAll();
        Assert.True(ring.RunUntil(() => proposer.Rings.Any(static view => view.Outcome == RingOutcome.Settled)), ring.Describe());
        ring.Quiesce();

        Assert.All(proposer.Rings, static view => Assert.Equal("initiator", view.Role));
        Assert.Equal(InterceptorState.Taken, proposer.View.Interceptor);
        Assert.Contains(proposer.Engine.Explain(proposer.View.Channels[0].Channel.Id)!.Reasons, static reason => reason.Code == "interceptor-taken");
        ring.AssertNobodyPaid();
        ring.AssertAllEnded();
    }

    [Fact]
    public void Two_that_cannot_waive_make_no_ring()
    {
        var ring = new TestRing(4);
        ring.Member(1).Node.Interceptor.Connect(new OtherProgram());
        ring.Member(3).Node.Interceptor.Connect(new OtherProgram());
        ring.StartAll();

        ring.RunFor(120);

        Assert.All(ring.Daemons, static daemon => Assert.Empty(daemon.Rings));
    }

    [Fact]
    public void A_member_whose_LND_restarts_between_proposal_and_payment_costs_nobody_anything()
    {
        var ring = new TestRing(4);
        ring.StartAll();
        ring.RunUntilRing(static view => view.State is "Walking");
        ring.Member(2).Node.Restart(TimeSpan.FromSeconds(5));

        ring.Quiesce();

        ring.AssertNobodyPaid();
        ring.AssertAllEnded();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Private_channels_with_aliases_take_part(int privates)
    {
        var ring = new TestRing(4, privates: privates);
        ring.StartAll();

        ring.RunUntilSettled();
        ring.Quiesce();

        ring.AssertNobodyPaid();
        ring.AssertAllEnded();
    }

    [Theory]
    [InlineData(4ul)]
    [InlineData(2ul)]
    [InlineData(3ul)]
    public void Parallel_channels_move_only_where_both_may(ulong seed)
    {
        var ring = new TestRing(4, seed, parallels: 4, options: static _ => TestRing.Options() with
        {
            Rings = TestRing.Options().Rings with { IsPerChannel = true },
        });
        ring.StartAll();

        ring.RunUntilSettled(180);
        ring.Quiesce();

        ring.AssertNobodyPaid();
        ring.AssertAllEnded();
        foreach (var channel in ring.Topology.Ring.Concat(ring.Topology.Others))
        {
            Assert.True(Share(channel.Opener.Local, channel.Capacity) > 0.35, $"{channel} was drained.");
        }
    }

    [Theory]
    [InlineData(2ul)]
    [InlineData(4ul)]
    public void Parallel_channels_that_count_together_come_nearer_their_target_together(ulong seed)
    {
        var ring = new TestRing(4, seed, parallels: 4);
        SimulatedChannel[] channels = [.. ring.Topology.Ring.Concat(ring.Topology.Others)];
        double Distance() => channels.GroupBy(static channel => (channel.Opener.Node.Id, channel.Opener.Peer.Node.Id))
            .Sum(static pair => Math.Abs(pair.Sum(static channel => channel.Opener.Local.Value) - (pair.Sum(static channel => channel.Capacity.Value) / 2.0)));
        var before = Distance();
        ring.StartAll();

        ring.RunUntilSettled(180);
        ring.Quiesce();

        ring.AssertNobodyPaid();
        ring.AssertAllEnded();
        Assert.True(Distance() < before);
    }

    private static double Share(MilliSatoshi local, MilliSatoshi capacity) => (double)local.Value / capacity.Value;

    /// <summary>Another tool that holds LND's only place and lets everything pass.</summary>
    private sealed class OtherProgram : IInterceptorClient
    {
        public void OnIntercepted(InterceptorSession session, InterceptRequest request) => session.Answer(InterceptAnswer.Resume(request.Circuit));

        public void OnClosed(InterceptorSession session, RpcError reason)
        {
        }
    }
}
