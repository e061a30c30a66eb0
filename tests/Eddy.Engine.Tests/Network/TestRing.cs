using Eddy.Engine.Views;
using Eddy.Lightning;
using Eddy.Rings;
using Eddy.Simulator;

namespace Eddy.Engine.Tests.Network;

/// <summary>
/// A ring of simulated nodes whose channels are all full at their sender's end, an eddy beside each. Fees everywhere, so that a move that
/// were not waived would show.
/// </summary>
internal sealed class TestRing
{
    private readonly Dictionary<NodeId, MilliSatoshi> _wealth;

    public TestRing(int nodes, ulong seed = 1, int parallels = 0, int privates = 0, Func<int, EngineOptions>? options = null, DateTimeOffset? start = null)
    {
        var network = new NetworkOptions { Seed = seed };
        Network = new SimulatedNetwork(start is { } time ? network with { StartTime = time } : network);
        Topology = RingTopology.Build(Network, new RingTopologyOptions { Nodes = nodes, ParallelChannels = parallels, PrivateChannels = privates });
        Verifier = new RememberingVerifier();
        Daemons = [.. Topology.Nodes.Select((node, index) => new TestDaemon(node, (options ?? (_ => Options(nodes)))(index), Verifier))];
        _wealth = Topology.Nodes.ToDictionary(static node => node.Id, static node => node.Wealth);
    }

    public SimulatedNetwork Network { get; }

    public RingTopology Topology { get; }

    public RememberingVerifier Verifier { get; }

    public IReadOnlyList<TestDaemon> Daemons { get; }

    /// <summary>The one that proposes a ring of all: the lowest id.</summary>
    public TestDaemon Proposer => Daemons.MinBy(static daemon => daemon.Node.Id)!;

    public IEnumerable<TestDaemon> Members => Daemons.Where(daemon => daemon != Proposer);

    /// <summary>The member so many hops after the proposer.</summary>
    public TestDaemon Member(int position) => Daemons[(Daemons.ToList().IndexOf(Proposer) + position) % Daemons.Count];

    public static EngineOptions Options(int maxLength = 6) => new()
    {
        Rings = new RingOptions { MaxLength = maxLength, Interval = TimeSpan.FromSeconds(10) },
    };

    public void StartAll()
    {
        foreach (var daemon in Daemons)
        {
            daemon.Start();
        }
    }

    public void RunFor(double seconds) => Network.RunFor(TimeSpan.FromSeconds(seconds));

    /// <summary>Runs until it holds; false if it did not within the time.</summary>
    public bool RunUntil(Func<bool> condition, double seconds = 60)
    {
        var end = Network.Now + TimeSpan.FromSeconds(seconds);
        while (!condition())
        {
            if (Network.Now >= end || !Network.Step())
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Runs until a ring of the proposer has come to a state that fits.</summary>
    public RingView RunUntilRing(Func<RingView, bool> fits, double seconds = 60)
    {
        RingView? found = null;
        Assert.True(
            RunUntil(() => Proposer.IsRunning && (found = Proposer.View.Rings.FirstOrDefault(fits)) is not null, seconds),
            $"No such ring within {seconds} s. {Describe()}");
        return Proposer.Ring(found!.Id);
    }

    public RingView RunUntilSettled(double seconds = 60) => RunUntilRing(static ring => ring.Outcome == RingOutcome.Settled, seconds);

    /// <summary>No node has a msat more or less than before, and nothing is in flight.</summary>
    public void AssertNobodyPaid()
    {
        Network.AssertConserved();
        foreach (var node in Topology.Nodes)
        {
            Assert.Equal((node.Alias, _wealth[node.Id]), (node.Alias, node.Wealth));
            Assert.Equal(MilliSatoshi.Zero, node.UnsettledLocalBalance + node.UnsettledRemoteBalance);
        }
    }

    /// <summary>Every ring everywhere has ended, and nothing is reserved.</summary>
    public void AssertAllEnded()
    {
        foreach (var daemon in Daemons.Where(static daemon => daemon.IsRunning))
        {
            Assert.All(daemon.Rings, ring => Assert.True(ring.IsFinal, $"{daemon.Node.Alias}: {ring.State} {Describe()}"));
            Assert.All(daemon.View.Channels, static channel => Assert.Equal(MilliSatoshi.Zero, channel.ReservedIn + channel.ReservedOut));
        }
    }

    /// <summary>Nobody proposes any more, and what is under way has time to end.</summary>
    public void Quiesce(double seconds = 200)
    {
        foreach (var daemon in Daemons.Where(static daemon => daemon.IsRunning))
        {
            daemon.Ask(new OperatorRequest.Pause());
        }

        RunFor(seconds);
    }

    public string Describe() => string.Join(
        Environment.NewLine,
        Daemons.Select(daemon => daemon.IsRunning
            ? $"{daemon.Node.Alias} {daemon.Node.Id.ToShortString()}: {daemon.View.LastSearch} eddy peers {daemon.View.Peers.Count(static peer => peer.ProtocolVersion > 0)}, adverts {daemon.View.Adverts.Length}, "
                + string.Join("; ", daemon.View.Rings.Select(static ring => $"[{ring.Role} {ring.State}: {string.Join(" ", ring.Story.Select(static line => line.What))}]"))
            : $"{daemon.Node.Alias}: not running"));
}
