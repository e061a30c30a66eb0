using Eddy.Engine.Liquidity;
using Eddy.Engine.Ports;
using Eddy.Engine.Storage;
using Eddy.Engine.Views;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Engine.Tests.Network;

/// <summary>
/// The owner's limits, each exactly at its edge: rings of one fixed amount, a limit that leaves room for one of them, and then a millisatoshi
/// less. As the one who begins a ring and as a member of it.
/// </summary>
public sealed class LimitTests
{
    private const long AmountSat = 65_536;
    private const long AmountMsat = AmountSat * 1_000;

    public static TheoryData<string, bool> Limits => new()
    {
        { "maxperday", false },
        { "maxperday", true },
        { "maxperpeerperday, previous", false },
        { "maxperpeerperday, previous", true },
        { "maxperpeerperday, next", false },
        { "maxperpeerperday, next", true },
        { "maxwaivedfeeperday", false },
        { "neutral volume", false },
        { "neutral volume", true },
    };

    [Theory]
    [MemberData(nameof(Limits))]
    public void A_limit_of_the_day_lets_the_last_ring_through_that_fits_and_none_that_is_a_msat_too_much(string limit, bool asInitiator)
    {
        var fits = Run(limit, asInitiator, usedMsat: 0);
        Assert.Equal(1, fits.View.Totals.Settled);

        var full = Run(limit, asInitiator, usedMsat: 1);
        Assert.Equal(0, full.View.Totals.Settled);

        // What is neutral and used up is not even advertised; all else is asked for and refused.
        Assert.Equal(!asInitiator && limit != "neutral volume", full.View.Refusals.ContainsKey(RejectReason.Limit));
    }

    [Theory]
    [MemberData(nameof(Limits))]
    public void A_limit_of_the_day_that_is_used_up_stays_so_over_a_restart_and_ends_with_the_day(string limit, bool asInitiator)
    {
        // 23:57: the day ends within the test.
        var ring = Ring(limit, asInitiator, new DateTimeOffset(2026, 3, 1, 23, 57, 0, TimeSpan.Zero));
        var limited = Prepare(ring, limit, asInitiator, usedMsat: 0);
        Assert.True(ring.RunUntil(() => limited.View.Totals.Settled == 1), ring.Describe());

        limited.Kill();
        ring.RunFor(5);
        limited.Start();
        ring.RunFor(100);
        Assert.Equal(1, limited.View.Totals.Settled);

        Assert.True(ring.RunUntil(() => limited.View.Totals.Settled == 2, 900), ring.Describe());
        Assert.Equal(2, ring.Network.Now.Day);
        ring.Quiesce();
        ring.AssertNobodyPaid();
        ring.AssertAllEnded();
    }

    [Fact]
    public void A_ring_agreed_to_before_midnight_counts_on_the_day_it_settles_and_leaves_nothing_of_that_day()
    {
        // Learn when the member agrees and when the ring settles, then do it all again so that midnight lies between.
        var (agreed, settled) = TimesOf(DateTimeOffset.UnixEpoch.AddDays(20_000));
        Assert.True(settled > agreed);
        var midnight = DateTimeOffset.UnixEpoch.AddDays(20_000);
        var ring = Ring("maxperday", asInitiator: false, midnight - ((agreed + settled) / 2));
        var member = Prepare(ring, "maxperday", asInitiator: false, usedMsat: 0);

        Assert.True(ring.RunUntil(() => member.View.Totals.UnderWay == 1), ring.Describe());
        Assert.True(ring.Network.Now < midnight);
        Assert.True(ring.RunUntil(() => member.View.Totals.Settled == 1), ring.Describe());
        Assert.True(ring.Network.Now > midnight);
        ring.RunFor(300);

        Assert.Equal(1, member.View.Totals.Settled);
        Assert.Equal(AmountMsat, member.Store.Load().Counters.Single(static counter => counter is { Day: 20_000, Key: DailyCounters.Moved }).Value);

        static (TimeSpan Agreed, TimeSpan Settled) TimesOf(DateTimeOffset start)
        {
            var ring = Ring("maxperday", asInitiator: false, start);
            var member = Prepare(ring, "maxperday", asInitiator: false, usedMsat: 0);
            Assert.True(ring.RunUntil(() => member.View.Totals.UnderWay == 1), ring.Describe());
            var agreed = ring.Network.Now - start;
            Assert.True(ring.RunUntil(() => member.View.Totals.Settled == 1), ring.Describe());
            return (agreed, ring.Network.Now - start);
        }
    }

    [Theory]
    [InlineData(AmountSat - 1, 0)]
    [InlineData(AmountSat, 1)]
    public void No_ring_moves_more_than_the_amount_set_for_one(long maxAmountSat, int settled)
    {
        foreach (var asInitiator in new[] { false, true })
        {
            var ring = Ring("", asInitiator: false);
            var limited = asInitiator ? ring.Proposer : ring.Member(2);
            limited.Options = limited.Options with { Rings = limited.Options.Rings with { MinAmountSat = 50_000, MaxAmountSat = maxAmountSat } };
            ring.StartAll();
            ring.RunFor(60);

            Assert.Equal(settled, Math.Min(1, limited.View.Totals.Settled));
            ring.AssertNobodyPaid();
        }
    }

    [Fact]
    public void The_amount_agreed_on_is_what_the_initiator_keeps_reserved()
    {
        var ring = new TestRing(4, options: _ => TestRing.Options());
        var small = ring.Member(2);
        small.Options = small.Options with { Policy = new PolicyOptions { MaxPerDaySat = 100_000 } };
        var daemon = ring.Proposer;
        daemon.Loses = static command => command is NodeCommand.AddInvoice;
        ring.StartAll();

        // Walking, it may still be all that was offered.
        var walking = ring.RunUntilRing(static view => view.State is "Walking");
        Assert.True(walking.Amount.Satoshi > 100_000);
        Assert.Equal(walking.Amount, daemon.View.Channels.Max(static channel => channel.ReservedOut));

        var agreed = ring.RunUntilRing(static view => view.State is "Invoicing");
        Assert.InRange(agreed.Amount.Satoshi, 50_000, 100_000);
        Assert.Equal(agreed.Amount, daemon.View.Channels.Max(static channel => channel.ReservedOut));
        Assert.Equal(agreed.Amount, daemon.View.Channels.Max(static channel => channel.ReservedIn));
    }

    [Fact]
    public void Neutral_volume_of_a_ring_under_way_counts()
    {
        // Room for one ring and half of another.
        var ring = Ring("neutral volume", asInitiator: false);
        ring.Proposer.Loses = static command => command is NodeCommand.AddInvoice;
        var member = Prepare(ring, "neutral volume", asInitiator: false, usedMsat: -AmountMsat / 2);
        long Offered() => member.View.Channels.Where(static channel => channel.Deadband == 0.5).Sum(static channel => channel.MayOut);

        Assert.True(ring.RunUntil(() => Offered() >= AmountSat));
        Assert.True(ring.RunUntil(() => member.View.Totals.UnderWay == 1), ring.Describe());
        Assert.Equal(0, Offered());

        Assert.True(ring.RunUntil(() => member.View.Totals.UnderWay == 0), ring.Describe());
        Assert.True(Offered() >= AmountSat);
    }

    [Fact]
    public void Own_rings_under_way_are_never_more_than_the_limit_however_often_one_is_asked_for()
    {
        var ring = Ring("", asInitiator: false);
        ring.Proposer.Options = ring.Proposer.Options with { Rings = ring.Proposer.Options.Rings with { SearchesByItself = false } };
        ring.StartAll();
        Assert.True(ring.RunUntil(() => ring.Proposer.View.Adverts.Length == 3));
        ring.RunFor(5);

        Assert.Equal(OperatorStatus.Done, ring.Proposer.Ask(new OperatorRequest.Propose(IsDryRun: false)).Status);
        Assert.Equal(OperatorStatus.Refused, ring.Proposer.Ask(new OperatorRequest.Propose(IsDryRun: false)).Status);
        Assert.Equal(1, ring.Proposer.View.Totals.UnderWay);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    public void Rings_of_others_under_way_are_never_more_than_the_limit(int most, int settled)
    {
        var ring = Ring("", asInitiator: false);
        var member = ring.Member(1);
        member.Options = member.Options with { Policy = new PolicyOptions { MaxMemberInFlight = most } };
        ring.StartAll();
        ring.RunFor(60);

        Assert.Equal(settled, Math.Min(1, member.View.Totals.Settled));
        Assert.Equal(most == 0, member.View.Refusals.ContainsKey(RejectReason.Busy));
    }

    [Fact]
    public void A_pause_while_LND_signs_is_in_time_for_a_member_and_for_an_initiator()
    {
        var ring = Ring("", asInitiator: false);
        ring.StartAll();
        var member = ring.Member(2);
        Assert.True(ring.RunUntil(() => member.View.Rings.Any(static view => view.State is "Signing")), ring.Describe());
        Assert.Equal(OperatorStatus.Done, member.Ask(new OperatorRequest.Pause()).Status);
        Assert.Equal("Released", member.View.Rings.Single().State);
        ring.RunFor(60);
        Assert.Equal((0, 0L), (member.View.Totals.Settled, member.View.Gate.Waived));

        var other = Ring("", asInitiator: false);
        other.StartAll();
        other.RunUntilRing(static view => view.State is "Signing");
        other.Proposer.Ask(new OperatorRequest.Pause());
        other.RunFor(60);
        Assert.Equal("Cancelled", other.Proposer.Rings.Single().State);
        Assert.Empty(other.Member(1).View.Rings);
    }

    [Theory]
    [InlineData("deny")]
    [InlineData("allow")]
    [InlineData("observe")]
    [InlineData("maxamount")]
    [InlineData("maxperday")]
    [InlineData("maxwaivedfeeperday")]
    public void A_waiver_granted_before_a_restart_is_taken_back_where_the_owner_would_not_grant_it_now(string change)
    {
        var ring = Ring("", asInitiator: false);
        ring.Proposer.Loses = static command => command is NodeCommand.AddInvoice;
        ring.StartAll();
        var member = ring.Member(2);
        Assert.True(ring.RunUntil(() => member.View.Rings.Any(static view => view.State is "Accepted")), ring.Describe());
        member.Kill();

        var options = member.Options;
        member.Options = change switch
        {
            "deny" => options with { Policy = new PolicyOptions { Deny = [ring.Proposer.Node.Id] } },
            "allow" => options with { Policy = new PolicyOptions { Allow = [ring.Member(1).Node.Id, ring.Member(3).Node.Id] } },
            "observe" => options with { IsObserving = true },
            "maxamount" => options with { Rings = options.Rings with { MinAmountSat = 1_000, MaxAmountSat = AmountSat - 1 } },
            "maxperday" => options with { Policy = new PolicyOptions { MaxPerDaySat = AmountSat - 1 } },
            _ => options with { Policy = new PolicyOptions { MaxWaivedFeePerDaySat = 0 } },
        };
        member.Start();
        Assert.Equal("Released", member.View.Rings.Single().State);
        Assert.Contains(member.View.Rings.Single().Story, static line => line.What.StartsWith("Taken back", StringComparison.Ordinal));

        // Without a change it goes on.
        member.Kill();
        var twin = ring.Member(1);
        Assert.Equal("Accepted", twin.View.Rings.Single().State);
        twin.Kill();
        twin.Start();
        Assert.Equal("Accepted", twin.View.Rings.Single().State);
    }

    [Theory]
    [InlineData("pause")]
    [InlineData("deny")]
    [InlineData("maxperday")]
    [InlineData("nothing")]
    public void A_payment_that_LND_never_got_is_not_sent_after_a_restart_against_the_owners_word(string change)
    {
        var ring = Ring("", asInitiator: false);
        ring.Proposer.Loses = static command => command is NodeCommand.SendToRoute;
        ring.StartAll();
        ring.RunUntilRing(static view => view.State is "Paying");
        if (change == "pause")
        {
            ring.Proposer.Ask(new OperatorRequest.Pause());
        }

        ring.Proposer.Kill();
        ring.Proposer.Loses = static _ => false;
        ring.Proposer.Options = change switch
        {
            "deny" => ring.Proposer.Options with { Policy = new PolicyOptions { Deny = [ring.Member(2).Node.Id] } },
            "maxperday" => ring.Proposer.Options with { Policy = new PolicyOptions { MaxPerDaySat = AmountSat - 1 } },
            _ => ring.Proposer.Options,
        };
        ring.Proposer.Start();
        Assert.True(ring.RunUntil(() => ring.Proposer.Rings.Last().IsFinal), ring.Describe());

        Assert.Equal(change == "nothing" ? RingOutcome.Settled : RingOutcome.Cancelled, ring.Proposer.Rings.Last().Outcome);
        Assert.Equal(change == "nothing" ? 1 : 0, ring.Proposer.Node.Payments.All.Count());
        ring.Quiesce();
        ring.AssertNobodyPaid();
        ring.AssertAllEnded();
    }

    [Fact]
    public void Promises_that_came_to_nothing_are_counted_over_restarts()
    {
        var ring = Ring("", asInitiator: false);
        ring.StartAll();
        Assert.True(ring.RunUntil(() => ring.Proposer.View.Adverts.Length == 3), ring.Describe());
        var (member, last) = (ring.Member(1), ring.Member(3));
        ring.Proposer.Node.LinkTo(last.Node.Id)!.FaultsFrom(last.Node).DropProbability = 1;

        for (var expired = 1; expired <= 3; expired++)
        {
            Assert.True(ring.RunUntil(() => member.Rings.Count(static view => view.Outcome == RingOutcome.Expired) == expired, 600), ring.Describe());
            member.Kill();
            ring.RunFor(1);
            member.Start();
        }

        Assert.True(ring.RunUntil(() => member.View.Refusals.GetValueOrDefault(RejectReason.NotWelcome) > 0, 600), ring.Describe());
        Assert.Equal(3, member.Rings.Count(static view => view.Outcome == RingOutcome.Expired));
    }

    private static TestDaemon Run(string limit, bool asInitiator, long usedMsat)
    {
        var ring = Ring(limit, asInitiator);
        var limited = Prepare(ring, limit, asInitiator, usedMsat);
        ring.RunFor(120);
        ring.Quiesce();
        ring.AssertNobodyPaid();
        ring.AssertAllEnded();
        return limited;
    }

    /// <summary>Nothing runs yet.</summary>
    private static TestRing Ring(string limit, bool asInitiator, DateTimeOffset? start = null) => new(
        4,
        options: _ => TestRing.Options() with
        {
            Rings = TestRing.Options().Rings with { MinAmountSat = AmountSat, MaxAmountSat = AmountSat, ProposalTtl = TimeSpan.FromSeconds(20) },
        },
        start: start);

    /// <summary>Everything runs; of the limited node so much of its limit is used already.</summary>
    private static TestDaemon Prepare(TestRing ring, string limit, bool asInitiator, long usedMsat)
    {
        var limited = asInitiator ? ring.Proposer : ring.Member(2);
        var place = ring.Daemons.ToList().IndexOf(limited);
        var (previous, next) = (ring.Daemons[(place + 3) % 4].Node.Id, ring.Daemons[(place + 1) % 4].Node.Id);
        var incoming = limited.Node.Channels.Single(end => end.Peer.Node.Id == previous);
        var outgoing = limited.Node.Channels.Single(end => end.Peer.Node.Id == next);
        var fee = RoutingPolicy.ExpectedFee(incoming.Policy, outgoing.Policy, new MilliSatoshi(AmountMsat)).Value;
        var feeLimitSat = (fee / 1_000) + 1;
        var share = 0.5;
        var neutralMsat = (long)(outgoing.Channel.Capacity.Value * share);
        var (options, key, used) = limit switch
        {
            "maxperday" => (new PolicyOptions { MaxPerDaySat = AmountSat }, DailyCounters.Moved, 0L),
            "maxperpeerperday, previous" => (new PolicyOptions { MaxPerPeerPerDaySat = AmountSat }, DailyCounters.MovedWith(previous), 0),
            "maxperpeerperday, next" => (new PolicyOptions { MaxPerPeerPerDaySat = AmountSat }, DailyCounters.MovedWith(next), 0),
            "maxwaivedfeeperday" => (new PolicyOptions { MaxWaivedFeePerDaySat = feeLimitSat }, DailyCounters.Waived, (feeLimitSat * 1_000) - fee),
            _ => (new PolicyOptions { MaxNeutralPerDay = share }, DailyCounters.Neutral(outgoing.ChanId), neutralMsat - AmountMsat),
        };
        limited.Options = limited.Options with { Policy = options };
        if (limit == "neutral volume")
        {
            // Whatever happens on that channel, it is inside its band.
            limited.Options = limited.Options with
            {
                Peers = limited.Options.Peers.Add(next, new TargetOptions { Deadband = 0.5 }),
            };
        }

        if (used + usedMsat > 0)
        {
            var batch = new StoreBatch();
            batch.Counters[((int)(ring.Network.Now.ToUnixTimeSeconds() / 86_400), key)] = used + usedMsat;
            limited.Store.Inner.Commit(batch);
        }

        ring.StartAll();
        return limited;
    }
}
