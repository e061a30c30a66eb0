using Eddy.Engine.Rings;
using Eddy.Engine.Views;
using Eddy.Lightning;
using Eddy.Simulator;
using Eddy.Simulator.Faults;

namespace Eddy.Engine.Tests.Network;

/// <summary>What the owner wants changes while the engine runs.</summary>
public sealed class ReloadTests
{
    /// <summary>Of each change: what a proposal meets afterwards.</summary>
    public static TheoryData<RefusalCause> Changes =>
    [
        RefusalCause.Observing, RefusalCause.Denied, RefusalCause.MaxMemberInFlight, RefusalCause.MaxPerDay, RefusalCause.MaxPerPeerPerDay,
        RefusalCause.MaxWaivedFeePerDay, RefusalCause.MinAmount, RefusalCause.MaxAmount, RefusalCause.Excluded, RefusalCause.Band,
    ];

    [Theory]
    [MemberData(nameof(Changes))]
    public void A_change_holds_from_the_next_proposal_on_and_back(RefusalCause cause)
    {
        var node = new Refuser(TestRing.Options());
        var before = node.Daemon.Options;

        Assert.Equal(OperatorStatus.Done, node.Daemon.Ask(new OperatorRequest.Reconfigure(Changed(before, cause, node))).Status);
        node.Propose(static offer => offer with { MinAmount = MilliSatoshi.FromSatoshi(60_000) });
        Assert.Equal([cause], node.Daemon.View.RefusalCauses.Keys);

        node.Daemon.Ask(new OperatorRequest.Reconfigure(before));
        node.Propose();
        Assert.Equal(1, node.Daemon.View.Totals.UnderWay);
    }

    [Fact]
    public void The_longest_ring_stays_what_it_was_at_the_start()
    {
        var node = new Refuser(TestRing.Options(4));
        node.Daemon.Ask(new OperatorRequest.Reconfigure(TestRing.Options(3)));

        node.Propose(null, node.Previous, node.Daemon.Node.Id, node.Next, node.Other);

        Assert.Empty(node.Daemon.View.RefusalCauses);
    }

    [Fact]
    public void A_ring_under_way_ends_by_the_terms_it_was_agreed_to_with()
    {
        var ring = new TestRing(4);
        ring.StartAll();
        var member = ring.Member(2);
        Assert.True(ring.RunUntil(() => member.View.Rings.Any(static view => view.State is "Accepted")), ring.Describe());

        var options = member.Options with
        {
            IsObserving = true,
            Policy = new PolicyOptions { Deny = [ring.Proposer.Node.Id], MaxPerDaySat = 1, MaxWaivedFeePerDaySat = 0 },
        };
        member.Ask(new OperatorRequest.Reconfigure(options));
        ring.RunUntilSettled();

        Assert.Equal(1, member.View.Totals.Settled);
        ring.Quiesce();
        ring.AssertNobodyPaid();
        ring.AssertAllEnded();
    }

    [Fact]
    public void A_ring_that_nobody_has_our_word_for_yet_is_taken_back()
    {
        var ring = new TestRing(4);
        ring.StartAll();
        var member = ring.Member(2);
        Assert.True(ring.RunUntil(() => member.View.Rings.Any(static view => view.State is "Signing")), ring.Describe());

        member.Ask(new OperatorRequest.Reconfigure(member.Options with { Policy = new PolicyOptions { Deny = [ring.Proposer.Node.Id] } }));

        Assert.Equal("Released", member.View.Rings.Single().State);
        Assert.Contains(member.View.Rings.Single().Story, static line => line.What.StartsWith("Taken back after a change", StringComparison.Ordinal));
        ring.Quiesce();
        ring.AssertNobodyPaid();
    }

    [Fact]
    public void Who_looks_on_takes_part_as_soon_as_its_owner_wants_and_stops_when_he_does_not()
    {
        var ring = new TestRing(4);
        var member = ring.Member(2);
        var active = member.Options;
        member.Options = active with { IsObserving = true };
        ring.StartAll();
        ring.RunFor(60);
        Assert.All(ring.Daemons, static daemon => Assert.Empty(daemon.Rings));

        member.Ask(new OperatorRequest.Reconfigure(active));
        ring.RunUntilSettled(600);
        member.Ask(new OperatorRequest.Reconfigure(active with { IsObserving = true }));
        ring.RunFor(100);
        var before = member.Rings.Count();
        ring.RunFor(600);

        Assert.Equal(before, member.Rings.Count());
        ring.Quiesce();
        ring.AssertNobodyPaid();
        ring.AssertAllEnded();
    }

    [Fact]
    public void Whatever_the_owner_changes_while_everything_goes_wrong_breaks_no_invariant()
    {
        var settled = 0;
        for (var seed = 1UL; seed <= 25; seed++)
        {
            var changes = 0;
            var options = new FaultRunOptions { Seed = seed, MaxNodes = 8, Prepare = run => ChangeMinds(run, new SeededRandom(run.Network.Options.Seed).Fork("minds"), () => changes++) };
            var result = FaultRun.Run(options);

            Assert.True(result.Violation is null, $"Seed {seed}: {result.Violation}");
            Assert.Equal(0, result.MsatLost);
            Assert.True(changes > 5, $"Only {changes} changes with seed {seed}.");
            settled += result.RingsSettled;
        }

        Assert.True(settled > 0, "No ring settled: nothing was tried.");
    }

    private static EngineOptions Changed(EngineOptions options, RefusalCause cause, Refuser node) => cause switch
    {
        RefusalCause.Observing => options with { IsObserving = true },
        RefusalCause.Denied => options with { Policy = new PolicyOptions { Deny = [node.Previous] } },
        RefusalCause.MaxMemberInFlight => options with { Policy = new PolicyOptions { MaxMemberInFlight = 0 } },
        RefusalCause.MaxPerDay => options with { Policy = new PolicyOptions { MaxPerDaySat = 1_000 } },
        RefusalCause.MaxPerPeerPerDay => options with { Policy = new PolicyOptions { MaxPerPeerPerDaySat = 1_000 } },
        RefusalCause.MaxWaivedFeePerDay => options with { Policy = new PolicyOptions { MaxWaivedFeePerDaySat = 0 } },
        RefusalCause.MinAmount => options with { Rings = options.Rings with { MinAmountSat = 80_000 } },
        RefusalCause.MaxAmount => options with { Rings = options.Rings with { MaxAmountSat = 55_000 } },
        RefusalCause.Excluded => options with { Channels = options.Channels.Add(node.Channels[1].Id, new TargetOptions { IsExcluded = true }) },
        _ => options with { Rings = options.Rings with { Target = 0.95, Deadband = 0.01 } },
    };

    private static void ChangeMinds(FaultRun run, SeededRandom random, Action changed)
    {
        const int MostChanges = 20;
        var first = run.Nodes.Select(static node => node.Daemon.Options).ToArray();
        var left = MostChanges;
        Next();

        void Next() => run.Network.Timeline.Schedule(TimeSpan.FromSeconds(1 + random.Next(10)), () =>
        {
            var node = run.Nodes[random.Next(run.Nodes.Count)];
            node.Daemon.Options = Drawn(first[node.Index], random, run.Nodes[random.Next(run.Nodes.Count)].Daemon.Node.Id);
            if (node.Daemon.IsRunning)
            {
                changed();
                node.Daemon.Ask(new OperatorRequest.Reconfigure(node.Daemon.Options));
            }

            if (--left > 0)
            {
                Next();
            }
        });
    }

    private static EngineOptions Drawn(EngineOptions options, SeededRandom random, NodeId somebody)
    {
        var least = random.NextLong(10, 400) * 1_000;
        return options with
        {
            IsObserving = random.Next(8) == 0,
            Rings = options.Rings with
            {
                Target = 0.2 + (0.6 * random.NextDouble()),
                Deadband = 0.02 + (0.2 * random.NextDouble()),
                MinAmountSat = least,
                MaxAmountSat = least * random.NextLong(1, 20),
                Interval = TimeSpan.FromSeconds(2 + random.Next(20)),
                IsStrict = random.Next(4) == 0,
            },
            Policy = options.Policy with
            {
                Deny = random.Next(4) == 0 ? [somebody] : [],
                MaxPerDaySat = random.Next(3) == 0 ? random.NextLong(100, 5_000) * 1_000 : null,
                MaxWaivedFeePerDaySat = random.Next(3) == 0 ? random.NextLong(1, 5_000) : null,
            },
        };
    }
}
