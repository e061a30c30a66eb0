using System.Diagnostics;
using Eddy.Lightning;
using FsCheck;
using FsCheck.Fluent;

namespace Eddy.Simulator.Tests.Network;

public sealed class ConservationTests
{
    [Fact]
    public void No_msat_is_made_or_lost_under_random_traffic_and_faults()
    {
        var seeds = Gen.Choose(1, int.MaxValue).ToArbitrary();
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(15), Prop.ForAll(seeds, seed =>
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
    public void Tens_of_thousands_of_HTLCs_pass_in_seconds()
    {
        var ring = new RingFixture(8);
        foreach (var channel in ring.Channels)
        {
            channel.Opener.SetPolicy(RingFixture.Policy with { BaseFeeMsat = 0, FeeRatePpm = 0 });
            channel.Other.SetPolicy(RingFixture.Policy with { BaseFeeMsat = 0, FeeRatePpm = 0 });
        }

        var watch = Stopwatch.StartNew();
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

        // 20,000 HTLCs; an idle machine needs two seconds, a very busy one is given a minute.
        Assert.True(watch.Elapsed < TimeSpan.FromMinutes(1), $"{rounds * atOnce * 8} HTLCs took {watch.Elapsed}.");
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
        switch (random.Next(16))
        {
            case 0 or 1 or 2 or 3 or 4 or 5:
                if (ring.A.IsRunning)
                {
                    var amount = random.NextLong(1, 300_000_000);
                    var invoice = ring.A.Invoices.Add(new()
                    {
                        Value = new(amount),
                        HoldHash = random.Next(5) == 0 ? new PaymentHash(new(random.NextBytes(32))) : null,
                    }).Value;
                    outcomes.Add(ring.Pay(ring.RingRoute(invoice, amount, 83 + random.Next(5)), invoice.Hash, run: false));
                }

                break;

            case 6 or 7:
                if (node.IsRunning && !node.Interceptor.IsConnected)
                {
                    clients[node] = RingFixture.Intercept(node, request => Answer(random, request));
                }

                break;

            case 8:
                if (clients.TryGetValue(node, out var client) && client.Session is { IsClosed: false } session)
                {
                    session.IsStalled = !session.IsStalled;
                }

                break;

            case 9 or 10:
                if (clients.TryGetValue(node, out var holder) && node.Interceptor.HeldKeys.Count > 0)
                {
                    var keys = node.Interceptor.HeldKeys.OrderBy(key => key.Channel).ThenBy(key => key.HtlcId).ToArray();
                    holder.Session!.Answer(InterceptAnswer.ResumeModified(keys[random.Next(keys.Length)], 400_000_000));
                }

                break;

            case 11:
                ring.Network.LinkBetween(node, other).Disconnect();
                break;

            case 12:
                node.Restart(TimeSpan.FromSeconds(random.Next(3)));
                break;

            case 13:
                ring.Network.LinkBetween(node, other).IsBlocked = random.Next(3) == 0;
                break;

            case 14:
                node.Faults.StuckHop = random.Next(3) == 0 ? htlc => htlc.Id % 3 == 0 : null;
                break;

            default:
                ring.Network.MineBlocks(random.Next(10));
                if (random.Next(20) == 0)
                {
                    ring.Network.ForceClose(ring.Network.Channels[random.Next(ring.Network.Channels.Count)], node);
                }

                break;
        }
    }

    private static InterceptAnswer? Answer(SeededRandom random, InterceptRequest request) => random.Next(10) switch
    {
        0 => null,
        1 => InterceptAnswer.Resume(request.Circuit),
        2 => InterceptAnswer.Fail(request.Circuit),
        3 => InterceptAnswer.ResumeModified(request.Circuit, (ulong)random.NextLong(1, long.MaxValue)),
        4 => InterceptAnswer.ResumeModified(request.Circuit, 500_000_000) with { OutAmountMsat = (ulong)random.NextLong(1, 400_000_000) },
        5 when random.Next(10) == 0 => InterceptAnswer.Settle(request.Circuit, default),
        _ => InterceptAnswer.ResumeModified(request.Circuit, (ulong)request.OutgoingAmount.Value * 2 + 1_000_000),
    };
}
