using Eddy.Engine.Rings;
using Eddy.Engine.Views;
using Eddy.Lightning;

namespace Eddy.Engine.Tests.Network;

/// <summary>What the owner says of single nodes while the engine runs.</summary>
public sealed class PeerWordTests
{
    [Fact]
    public void A_denied_node_is_refused_through_restarts_until_that_is_forgotten()
    {
        var node = new Refuser(TestRing.Options());
        Assert.Equal(OperatorStatus.Done, node.Daemon.Ask(new OperatorRequest.Say(node.Previous, PeerWord.Deny, null)).Status);
        node.Propose();
        Assert.Equal([RefusalCause.Denied], node.Daemon.View.RefusalCauses.Keys);
        Assert.Contains("Denied by the owner until that is taken back", node.Daemon.View.Peers.Single(peer => peer.Id == node.Previous).Note, StringComparison.Ordinal);
        Assert.Contains(node.Daemon.Engine.Explain(node.Previous)!.Reasons, static reason => reason.Code == "denied");

        node.Restart();
        Assert.Equal(new PeerWordView(node.Previous, PeerWord.Deny, PeerWordView.ForGood), Assert.Single(node.Daemon.View.Words));
        node.Propose();
        Assert.Equal([RefusalCause.Denied], node.Daemon.View.RefusalCauses.Keys);

        Assert.Equal(OperatorStatus.Done, node.Daemon.Ask(new OperatorRequest.Say(node.Previous, PeerWord.Forget, null)).Status);
        Assert.Equal(OperatorStatus.NotFound, node.Daemon.Ask(new OperatorRequest.Say(node.Previous, PeerWord.Forget, null)).Status);
        node.Restart();
        node.Propose();
        Assert.Equal(1, node.Daemon.View.Totals.UnderWay);
    }

    [Fact]
    public void A_word_for_a_time_ends_with_it()
    {
        var node = new Refuser(TestRing.Options());
        node.Daemon.Ask(new OperatorRequest.Say(node.Previous, PeerWord.Deny, TimeSpan.FromMinutes(10)));
        node.Propose();
        Assert.Equal([RefusalCause.Denied], node.Daemon.View.RefusalCauses.Keys);

        node.Daemon.SetClock(TimeSpan.FromMinutes(11));
        node.Daemon.Engine.Tick();
        node.Greet(node.Previous);
        node.Greet(node.Next);
        node.Propose();

        Assert.Empty(node.Daemon.View.Words);
        Assert.Equal(1, node.Daemon.View.Totals.UnderWay);
    }

    [Fact]
    public void An_allowed_node_is_welcome_whatever_the_configuration_says()
    {
        var twin = new Refuser(TestRing.Options());
        var node = new Refuser(TestRing.Options() with { Policy = new PolicyOptions { Deny = [twin.Previous], Allow = [twin.Next] } });
        node.Propose();
        Assert.Equal([RefusalCause.Denied], node.Daemon.View.RefusalCauses.Keys);

        node.Daemon.Ask(new OperatorRequest.Say(node.Previous, PeerWord.Allow, null));
        node.Propose();
        Assert.Equal(1, node.Daemon.View.Totals.UnderWay);
    }

    [Fact]
    public void A_muted_peer_is_not_heard_until_it_is_unmuted()
    {
        var node = new Refuser(TestRing.Options());
        node.Daemon.Ask(new OperatorRequest.Say(node.Previous, PeerWord.Mute, null));
        node.Restart();
        node.Propose();
        Assert.Equal((0, 0), (node.Daemon.View.Totals.UnderWay, node.Daemon.View.RefusalCauses.Count));
        Assert.DoesNotContain(node.Previous, node.Daemon.Engine.ListenedTo!);
        Assert.Contains(node.Daemon.Engine.Explain().Reasons, static reason => reason.Code == "muted");

        Assert.Equal(OperatorStatus.Done, node.Daemon.Ask(new OperatorRequest.Say(node.Previous, PeerWord.Unmute, null)).Status);
        Assert.Equal(OperatorStatus.NotFound, node.Daemon.Ask(new OperatorRequest.Say(node.Previous, PeerWord.Unmute, null)).Status);
        node.Greet(node.Previous);
        node.Propose();
        Assert.Equal(1, node.Daemon.View.Totals.UnderWay);
    }

    [Fact]
    public void A_peer_whose_channels_are_all_excluded_is_named_in_no_advert_and_in_no_ring()
    {
        var ring = new TestRing(4);
        var (wary, next) = (ring.Member(2), ring.Member(3).Node.Id);
        wary.Options = wary.Options with { Peers = wary.Options.Peers.Add(next, new TargetOptions { IsExcluded = true }) };
        ring.StartAll();
        ring.RunFor(120);

        var said = Assert.Single(ring.Member(1).View.Adverts, advert => advert.Node == wary.Node.Id);
        Assert.DoesNotContain(said.Intents, intent => intent.Peer == next);
        Assert.Contains(said.Intents, intent => intent.Peer == ring.Member(1).Node.Id);
        Assert.All(ring.Daemons, static daemon => Assert.Empty(daemon.Rings));
    }

    [Fact]
    public void Who_is_about_to_end_begins_and_agrees_to_nothing_and_lets_what_is_under_way_end()
    {
        var ring = new TestRing(4);
        ring.StartAll();
        var member = ring.Member(2);
        Assert.True(ring.RunUntil(() => member.View.Rings.Any(static view => view.State is "Accepted")), ring.Describe());

        member.Ask(new OperatorRequest.Stop());
        ring.Proposer.Ask(new OperatorRequest.Stop());
        ring.RunUntilSettled();
        ring.RunFor(120);

        Assert.Equal((1, 0), (member.View.Totals.Settled, member.View.Totals.UnderWay));
        Assert.Single(ring.Proposer.Rings);
        ring.AssertNobodyPaid();

        // It is no pause: the next start takes part.
        member.Kill();
        member.Start();
        Assert.False(member.View.IsPaused);
        Assert.DoesNotContain(member.Engine.Explain().Reasons, static reason => reason.Code is "paused" or "stopping");
    }

    [Fact]
    public void The_ledger_adds_up_with_what_LND_books_for_each_channel_and_day()
    {
        // Just before midnight.
        var ring = new TestRing(4, options: static _ => TestRing.Options() with { Rings = TestRing.Options().Rings with { MaxAmountSat = 65_536 } }, start: new DateTimeOffset(2026, 3, 1, 23, 59, 52, TimeSpan.Zero));
        ring.StartAll();
        Assert.True(ring.RunUntil(() => ring.Proposer.View.Totals.Settled >= 2 && ring.Network.Now.Day == 2, 600), ring.Describe());
        ring.Quiesce();

        foreach (var member in ring.Members)
        {
            var booked = member.Engine.Ledger(DateOnly.MinValue, DateOnly.MaxValue);
            var forwards = member.Node.Forwards.Events.ToDictionary(static forward => forward.Incoming);
            Assert.Equal(forwards.Count, booked.Length);
            Assert.Equal(forwards.Values.Sum(static forward => (forward.AmountIn - forward.AmountOut).Value), booked.Sum(static fee => fee.Fee.Value));
            Assert.All(booked, fee => Assert.Equal((forwards[fee.Key].AmountIn - forwards[fee.Key].AmountOut, forwards[fee.Key].AmountOut), (fee.Fee, fee.Amount)));
            Assert.Equal(member.View.Totals.Waived, new MilliSatoshi(booked.Sum(static fee => fee.Fee.Value)));
            Assert.Equal(booked.Select(static fee => fee.SettledAt).Order(), booked.Select(static fee => fee.SettledAt));

            var (first, second) = (new DateOnly(2026, 3, 1), new DateOnly(2026, 3, 2));
            var days = (member.Engine.Ledger(DateOnly.MinValue, first), member.Engine.Ledger(second, second));
            Assert.Equal(booked, [.. days.Item1, .. days.Item2]);
            Assert.True(booked.Length >= 2);
        }
    }
}
