using System.Globalization;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Engine.Tests.Network;

/// <summary>
/// Everything goes wrong at once and at any moment: processes die and come back, LNDs restart, links flap, messages get lost and repeated,
/// hops hold HTLCs. Then it stops, and all must have ended with nobody having paid. A failure names the seed.
/// </summary>
public sealed class ChaosTests
{
    [Theory]
    [InlineData(1ul)]
    [InlineData(2ul)]
    [InlineData(3ul)]
    [InlineData(4ul)]
    [InlineData(5ul)]
    [InlineData(6ul)]
    public void Nobody_pays_and_everything_ends(ulong seed) => Run(seed);

    /// <summary>A longer sweep by hand: <c>EDDY_SEEDS=100-200 dotnet test --filter Chaos</c>.</summary>
    [Fact]
    public void Nobody_pays_and_everything_ends_for_any_seed()
    {
        var seeds = Environment.GetEnvironmentVariable("EDDY_SEEDS")?.Split('-');
        Assert.SkipWhen(seeds is not [_, _], "EDDY_SEEDS is not set: nothing to sweep.");
        var settled = 0;
        for (var seed = ulong.Parse(seeds![0], CultureInfo.InvariantCulture); seed <= ulong.Parse(seeds[1], CultureInfo.InvariantCulture); seed++)
        {
            try
            {
                settled += Run(seed);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Seed {seed} fails.", exception);
            }
        }

        Assert.True(settled > 0);
        TestContext.Current.TestOutputHelper?.WriteLine($"{settled} rings settled.");
    }

    [Fact]
    public void After_the_trouble_the_ring_still_settles()
    {
        var random = new Random(17);
        var ring = new TestRing(4, seed: 17);
        ring.StartAll();
        for (var round = 0; round < 40; round++)
        {
            ring.RunFor(random.NextDouble());
            Disturb(ring, random);
        }

        foreach (var daemon in ring.Daemons)
        {
            daemon.Node.Faults.ReleaseStuck();
            daemon.Node.Start();
            if (!daemon.IsRunning)
            {
                daemon.Start();
            }
        }

        ring.RunUntilSettled(7_200);
        ring.Quiesce();
        ring.AssertNobodyPaid();
    }

    /// <summary>How many rings settled in spite of it.</summary>
    private static int Run(ulong seed)
    {
        var random = new Random((int)seed);
        var ring = new TestRing(random.Next(3, 7), seed, parallels: random.Next(3), privates: random.Next(2));
        SetMessageFaults(ring, drop: 0.02, duplicate: 0.05);
        ring.StartAll();
        for (var round = 0; round < 150; round++)
        {
            ring.RunFor(random.NextDouble() * 4);
            Disturb(ring, random);
            ring.Network.AssertConserved();
        }

        SetMessageFaults(ring, drop: 0, duplicate: 0);
        foreach (var daemon in ring.Daemons)
        {
            daemon.Node.Faults.ReleaseStuck();
            daemon.Node.Start();
            if (!daemon.IsRunning)
            {
                daemon.Start();
            }
        }

        ring.RunFor(30);
        ring.Quiesce(1_500);

        ring.AssertNobodyPaid();
        ring.AssertAllEnded();
        foreach (var daemon in ring.Daemons)
        {
            Assert.All(daemon.Node.Payments.All, static payment => Assert.Single(payment.Attempts));
            AssertBooksAgree(daemon);
        }

        return ring.Daemons.Sum(static daemon => daemon.Rings.Count(static view => view.Role == "initiator" && view.Outcome == RingOutcome.Settled));
    }

    private static void Disturb(TestRing ring, Random random)
    {
        var daemon = ring.Daemons[random.Next(ring.Daemons.Count)];
        switch (random.Next(8))
        {
            case 0 when daemon.IsRunning:
                daemon.Kill();
                break;
            case 1 or 2 when !daemon.IsRunning:
                daemon.Start();
                break;
            case 3 when daemon.Node.IsReachable:
                daemon.Node.Restart(TimeSpan.FromSeconds(random.Next(1, 20)));
                break;
            case 4:
                var link = daemon.Node.PeerLinks.ElementAt(random.Next(daemon.Node.PeerLinks.Count));
                link.A.DisconnectPeer(link.B.Id);
                break;
            case 5:
                daemon.Node.Faults.StuckHop = _ => random.Next(4) == 0;
                break;
            case 6:
                daemon.Node.Faults.ReleaseStuck();
                break;
            case 7:
                ring.Network.MineBlocks();
                break;
        }
    }

    private static void SetMessageFaults(TestRing ring, double drop, double duplicate)
    {
        foreach (var link in ring.Topology.Nodes.SelectMany(static node => node.PeerLinks).Distinct())
        {
            foreach (var faults in new[] { link.FaultsFrom(link.A), link.FaultsFrom(link.B) })
            {
                faults.DropProbability = drop;
                faults.DuplicateProbability = duplicate;
            }
        }
    }

    /// <summary>What LND shows as earned is in the ledger, or was really paid by nobody here: there are no other payments.</summary>
    private static void AssertBooksAgree(TestDaemon daemon)
    {
        var booked = daemon.Store.PhantomFees(DateTimeOffset.UnixEpoch, int.MaxValue).ToDictionary(static fee => fee.Key);
        foreach (var forward in daemon.Node.Forwards.Events.Where(static forward => forward.Fee > MilliSatoshi.Zero))
        {
            Assert.True(booked.TryGetValue(forward.Incoming, out var fee), $"{daemon.Node.Alias}: {forward} is not booked");
            Assert.Equal(forward.Fee, fee.Fee);
        }

        Assert.Equal(
            booked.Count, daemon.Rings.Count(static view => view.Role == "member" && view.Outcome == RingOutcome.Settled && view.WaivedFee > MilliSatoshi.Zero));
    }
}
