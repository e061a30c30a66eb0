using System.Collections.Immutable;
using System.Globalization;
using Eddy.Lightning;
using FsCheck;
using FsCheck.Fluent;

namespace Eddy.Simulator.Tests.Network;

public sealed class ConservationTests
{
    [Fact]
    public void No_msat_is_made_or_lost_under_random_traffic_and_faults()
    {
        // A longer sweep by hand: EDDY_TEST_RUNS=1000.
        var runs = int.TryParse(Environment.GetEnvironmentVariable("EDDY_TEST_RUNS"), CultureInfo.InvariantCulture, out var asked) ? asked : 15;
        var seeds = Gen.Choose(1, int.MaxValue).ToArbitrary();
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(runs), Prop.ForAll(seeds, seed =>
        {
            Run((ulong)seed, steps: 400);
            return true;
        }));
    }

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        var first = Run(42, steps: 300);
        var second = Run(42, steps: 300);

        Assert.Equal(first, second);
        Assert.NotEqual(first, Run(43, steps: 300));

        // The traffic is what the test above takes it for.
        var many = string.Join(' ', Enumerable.Range(1, 20).Select(seed => Run((ulong)seed, steps: 300)));
        Assert.All(
            ["SUCCEEDED", "FEE_INSUFFICIENT@2", "TEMPORARY_CHANNEL_FAILURE@1", "UNKNOWN_NEXT_PEER", "PERMANENT_CHANNEL_FAILURE", "htlcswitch shutting down", "FINAL_INCORRECT_HTLC_AMOUNT"],
            outcome => Assert.Contains(outcome, many, StringComparison.Ordinal));
    }

    [Fact]
    public void Money_that_appears_from_nowhere_is_noticed()
    {
        var ring = new RingFixture();
        RingFixture.Intercept(ring.B, _ => null);
        ring.PayRing();
        ring.Network.AssertConserved();

        // Taken off behind the ledger's back: what a bug in the model would look like.
        ((SortedDictionary<ulong, Htlc>)ring.Channels[0].Opener.Offered).Clear();

        Assert.Throws<InvalidOperationException>(ring.Network.AssertConserved);
    }

    [Fact]
    public void Tens_of_thousands_of_HTLCs_pass()
    {
        var ring = new RingFixture(8);
        foreach (var channel in ring.Channels)
        {
            channel.Opener.SetPolicy(RingFixture.Policy with { BaseFeeMsat = 0, FeeRatePpm = 0 });
            channel.Other.SetPolicy(RingFixture.Policy with { BaseFeeMsat = 0, FeeRatePpm = 0 });
        }

        const int rounds = 50;
        const int atOnce = 50;
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < atOnce; i++)
            {
                var invoice = ring.Invoice(amount: 1_000_000);
                ring.Pay(ring.RingRoute(invoice, 1_000_000), invoice.Hash, run: false);
            }

            ring.Network.RunUntilIdle();
        }

        Assert.Equal(rounds * atOnce, ring.A.Payments.All.Count(payment => payment.Status == PaymentStatus.Succeeded));
        ring.Network.AssertConserved();
    }

    /// <summary>Payments of all kinds, good and bad interceptors, flaps, restarts, partitions, closes; a digest of what came out.</summary>
    private static string Run(ulong seed, int steps)
    {
        var random = new SeededRandom(seed);
        var size = 4 + random.Next(5);
        var ring = new RingFixture(size, seed: seed, node: (i, options) => options with
        {
            Version = random.Next(2) == 0 ? LndVersion.V0185 : LndVersion.V0212,
            RefusesReplayedOnions = random.Next(2) == 0,
            RequiresInterceptor = random.Next(4) == 0,
        });
        ring.Open(ring.A, ring.C);
        ring.Open(ring.B, ring.D, options => options with { IsPrivate = true, HasScidAlias = true });
        ring.Open(ring.B, ring.C);
        var clients = new Dictionary<SimulatedNode, ScriptedClient>();
        var outcomes = new List<PaymentOutcome>();
        var total = ring.Wealth().Sum();
        for (var step = 0; step < steps; step++)
        {
            Act(ring, random, clients, outcomes);
            ring.Network.RunFor(TimeSpan.FromMilliseconds(random.Next(40)));
            ring.Network.AssertConserved();
            Assert.Equal(total, ring.Wealth().Sum());
        }

        ring.Network.Heal();
        foreach (var node in ring.Nodes)
        {
            node.Start();
            node.Interceptor.IsRequired = false;
            node.Faults.ReleaseStuck();
        }

        foreach (var client in clients.Values)
        {
            client.Session!.Close();
        }

        ring.Network.RunUntilIdle();
        ring.Network.MineBlocks(2_100);
        ring.Network.RunUntilIdle();
        ring.Network.AssertConserved();
        Assert.All(ring.Network.Channels, channel => Assert.Equal(0, channel.HtlcCount));
        Assert.All(ring.Nodes.SelectMany(node => node.Payments.All), payment => Assert.True(payment.IsFinal));
        return $"{ring.Network.Timeline.EventsRun} {string.Join(' ', ring.Wealth())} {string.Join(' ', outcomes.Select(outcome => outcome.Text))}";
    }

    private static void Act(RingFixture ring, SeededRandom random, Dictionary<SimulatedNode, ScriptedClient> clients, List<PaymentOutcome> outcomes)
    {
        var node = ring.Nodes[random.Next(ring.Nodes.Count)];
        var other = ring.Nodes[(node.Index + 1) % ring.Nodes.Count];
        switch (random.Next(100))
        {
            case < 25:
                PayRing(ring, random, outcomes);
                break;

            case < 45:
                PayAlongTheRing(ring, random, node, outcomes);
                break;

            case < 70:
                if (node.IsRunning && !node.Interceptor.IsConnected)
                {
                    clients[node] = RingFixture.Intercept(node, request => Answer(random, request));
                }

                break;

            case < 73:
                if (clients.TryGetValue(node, out var client) && client.Session is { IsClosed: false } session)
                {
                    session.IsStalled = !session.IsStalled;
                }

                break;

            case < 85:
                if (clients.TryGetValue(node, out var holder) && node.Interceptor.HeldKeys.Count > 0)
                {
                    var keys = node.Interceptor.HeldKeys.OrderBy(key => key.Channel).ThenBy(key => key.HtlcId).ToArray();
                    holder.Session!.Answer(InterceptAnswer.ResumeModified(keys[random.Next(keys.Length)], 400_000_000));
                }

                break;

            case < 88:
                ring.Network.LinkBetween(node, other).Disconnect();
                break;

            case < 90:
                node.Restart(TimeSpan.FromSeconds(random.Next(3)));
                break;

            case < 91:
                ring.Network.LinkBetween(node, other).IsBlocked = true;
                break;

            case < 93:
                ring.Network.Heal();
                ring.Network.RunFor(TimeSpan.FromSeconds(5));
                break;

            case < 95:
                node.Faults.StuckHop = random.Next(2) == 0 ? htlc => htlc.Id % 3 == 0 : null;
                break;

            case < 98:
                node.Faults.ReleaseStuck();
                break;

            default:
                ring.Network.MineBlocks(random.Next(10));
                if (random.Next(10) == 0)
                {
                    ring.Network.ForceClose(ring.Network.Channels[random.Next(ring.Network.Channels.Count)], node);
                }

                break;
        }
    }

    private static void PayRing(RingFixture ring, SeededRandom random, List<PaymentOutcome> outcomes)
    {
        if (!ring.A.IsRunning)
        {
            return;
        }

        var amount = random.NextLong(1_000, 300_000_000);
        var invoice = ring.A.Invoices.Add(new()
        {
            Value = new(amount),
            HoldHash = random.Next(8) == 0 ? new PaymentHash(new(random.NextBytes(32))) : null,
        }).Value;
        outcomes.Add(ring.Pay(ring.RingRoute(invoice, amount, 83 + random.Next(5)), invoice.Hash, run: false));
    }

    private static void PayAlongTheRing(RingFixture ring, SeededRandom random, SimulatedNode from, List<PaymentOutcome> outcomes)
    {
        // Either way round, so that channels do not run dry.
        var forward = random.Next(2) == 0;
        var length = 1 + random.Next(3);
        var size = ring.Nodes.Count;
        var path = Enumerable.Range(0, length)
            .Select(i => ring.Channels[(from.Index + (forward ? i : -1 - i) + (4 * size)) % size])
            .ToImmutableArray();
        var to = ring.Nodes[(from.Index + (forward ? length : -length) + (4 * size)) % size];
        if (from.IsRunning && to.IsRunning && to != from)
        {
            var invoice = ring.Invoice(to, random.NextLong(1_000, 500_000_000));
            outcomes.Add(ring.Pay(ring.FeePayingRoute(invoice, path, from), invoice.Hash, from, run: false));
        }
    }

    private static InterceptAnswer? Answer(SeededRandom random, InterceptRequest request) => random.Next(100) switch
    {
        < 3 => null,
        < 10 => InterceptAnswer.Resume(request.Circuit),
        < 13 => InterceptAnswer.Fail(request.Circuit),
        < 16 => InterceptAnswer.ResumeModified(request.Circuit, (ulong)random.NextLong(1, long.MaxValue)),
        < 24 => InterceptAnswer.ResumeModified(request.Circuit, 700_000_000) with { OutAmountMsat = (ulong)random.NextLong(1, 600_000_000) },
        < 25 => InterceptAnswer.Settle(request.Circuit, default),
        _ => InterceptAnswer.ResumeModified(request.Circuit, ((ulong)request.OutgoingAmount.Value * 2) + 1_000_000),
    };
}
