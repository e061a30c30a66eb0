using System.Diagnostics;
using Eddy.Lightning;
using Eddy.Protos.Wire;
using Eddy.Rings;
using Eddy.Simulator;

namespace Eddy.Engine.Tests.Network;

/// <summary>More than one ring: a network in which many propose at once and get in each other's way.</summary>
public sealed class WideTests
{
    [Theory]
    [InlineData(30, 60, 1ul)]
    [InlineData(60, 150, 2ul)]
    public void Many_rings_at_once_cost_nobody_anything(int nodes, int channels, ulong seed)
    {
        var watch = Stopwatch.StartNew();
        var network = new SimulatedNetwork(new NetworkOptions { Seed = seed });
        var daemons = Build(network, nodes, channels, new Random((int)seed));
        var wealth = network.Nodes.ToDictionary(static node => node.Id, static node => node.Wealth);
        foreach (var daemon in daemons)
        {
            daemon.Start();
        }

        network.RunFor(TimeSpan.FromMinutes(15));
        foreach (var daemon in daemons)
        {
            daemon.Ask(new Views.OperatorRequest.Pause());
        }

        network.RunFor(TimeSpan.FromMinutes(5));

        network.AssertConserved();
        Assert.All(network.Nodes, node => Assert.Equal(wealth[node.Id], node.Wealth));
        Assert.All(daemons.SelectMany(static daemon => daemon.Rings), static ring => Assert.True(ring.IsFinal));
        var own = daemons.SelectMany(static daemon => daemon.Rings).Where(static ring => ring.Role == "initiator").ToArray();
        var settled = own.Count(static ring => ring.Outcome == RingOutcome.Settled);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{own.Length} rings proposed, {settled} settled: "
            + string.Join(", ", own.GroupBy(static ring => ring.Outcome).Select(static group => $"{group.Key} {group.Count()}"))
            + $" in {watch.Elapsed.TotalSeconds:F1} s; "
            + string.Join("; ", own.Where(static ring => ring.Outcome != RingOutcome.Settled).GroupBy(static ring => ring.Reason[(ring.Reason.IndexOf(')', StringComparison.Ordinal) + 1)..])
                .Select(static group => $"{group.Count()} x{group.Key}")));
        Assert.True(settled > nodes / 6, $"{settled} of {own.Length} settled.");
    }

    [Fact]
    public void Whoever_does_not_answer_hears_nothing_but_hello()
    {
        var ring = new TestRing(4);
        var silent = ring.Member(2);
        var heard = new List<Envelope.BodyOneofCase>();
        using var subscription = silent.Node.CustomMessages.Subscribe(message => heard.Add(Envelope.Parser.ParseFrom(message.Data.AsSpan()).BodyCase));
        foreach (var daemon in ring.Daemons.Where(daemon => daemon != silent))
        {
            daemon.Start();
        }

        ring.RunFor(3_600);

        Assert.NotEmpty(heard);
        Assert.All(heard, static body => Assert.Equal(Envelope.BodyOneofCase.Hello, body));
        Assert.True(heard.Count <= 8, $"{heard.Count} hellos in an hour.");
    }

    [Fact]
    public void Adverts_that_got_lost_are_made_up_for_within_minutes()
    {
        var ring = new TestRing(6);
        ring.Proposer.Options = ring.Proposer.Options with { Rings = ring.Proposer.Options.Rings with { SearchesByItself = false } };
        var faults = ring.Topology.Nodes.SelectMany(static node => node.PeerLinks).Distinct()
            .SelectMany(static link => new[] { link.FaultsFrom(link.A), link.FaultsFrom(link.B) }).ToArray();
        ring.StartAll();
        ring.RunFor(0.2);
        Array.ForEach(faults, static fault => fault.DropProbability = 1);
        ring.RunFor(5);
        Assert.DoesNotContain(ring.Daemons, static daemon => daemon.View.Adverts.Length == 5);
        Array.ForEach(faults, static fault => fault.DropProbability = 0);

        Assert.True(ring.RunUntil(() => ring.Daemons.All(static daemon => daemon.View.Adverts.Length == 5), 600), ring.Describe());
    }

    [Fact]
    public void Two_channels_between_two_nodes_make_a_ring_only_where_LND_cannot_take_the_wrong_one()
    {
        var network = new SimulatedNetwork(new NetworkOptions { Seed = 5 });
        var alice = network.AddNode();
        var bob = network.AddNode();
        var policy = new RoutingPolicy(1_000, 500, 80, new(1_000), new(0));
        Open(network, alice, bob, 1_000_000, 100, policy);
        Open(network, bob, alice, 1_000_000, 100, policy);
        TestDaemon[] daemons = [new(alice, TestRing.Options()), new(bob, TestRing.Options())];
        var wealth = network.Nodes.ToDictionary(static node => node.Id, static node => node.Wealth);
        foreach (var daemon in daemons)
        {
            daemon.Start();
        }

        network.RunFor(TimeSpan.FromMinutes(10));

        network.AssertConserved();
        Assert.All(network.Nodes, node => Assert.Equal(wealth[node.Id], node.Wealth));
        Assert.All(daemons.SelectMany(static daemon => daemon.Rings), static ring => Assert.NotEqual(RingOutcome.Failed, ring.Outcome));
    }

    private static TestDaemon[] Build(SimulatedNetwork network, int nodes, int channels, Random random)
    {
        for (var node = 0; node < nodes; node++)
        {
            network.AddNode();
        }

        for (var channel = 0; channel < channels; channel++)
        {
            // A line through all of them, then chords: everybody can be reached.
            var from = channel < nodes ? channel : random.Next(nodes);
            var to = channel < nodes ? (channel + 1) % nodes : (from + random.Next(1, nodes)) % nodes;
            Open(
                network,
                network.Nodes[from],
                network.Nodes[to],
                random.Next(1_000_000, 8_000_000),
                random.Next(2) == 0 ? random.Next(80, 97) : random.Next(5, 20),
                new RoutingPolicy(random.Next(2_000), random.Next(1_000), 80, new(1_000), new(0)));
        }

        var verifier = new RememberingVerifier();
        return [.. network.Nodes.Select(node => new TestDaemon(node, TestRing.Options(), verifier))];
    }

    private static void Open(SimulatedNetwork network, SimulatedNode from, SimulatedNode to, long capacitySat, int percent, RoutingPolicy policy) =>
        network.OpenChannel(from, to, new ChannelOptions
        {
            Capacity = MilliSatoshi.FromSatoshi(capacitySat),
            OpenerBalance = MilliSatoshi.FromSatoshi(capacitySat / 100 * percent),
            OpenerPolicy = policy,
            PeerPolicy = policy,
        });
}
