using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>A part of a real channel graph.</summary>
public sealed record GraphTopologyOptions
{
    /// <summary>The output of <c>lncli describegraph</c>, plain or gzipped.</summary>
    public required string GraphPath { get; init; }

    /// <summary>Lines of <c>channel_id,capacity,node1_local_sat</c>, plain or gzipped; null draws balances from the seed.</summary>
    public string? BalancesPath { get; init; }

    /// <summary>How many nodes to take; null takes every node that is connected with the ring.</summary>
    public int? Nodes { get; init; }

    /// <summary>A channel counts as imbalanced when its fuller side has this much more than half, as a fraction of the capacity.</summary>
    public double Imbalance { get; init; } = 0.1;

    /// <summary>The longest ring that is looked for.</summary>
    public int MaxRingLength { get; init; } = 6;

    public LndVersion Version { get; init; } = LndVersion.V0203;
}

/// <summary>What was built: real aliases, policies and capacities, simulated keys.</summary>
/// <param name="Nodes">All nodes.</param>
/// <param name="Channels">All channels among them.</param>
/// <param name="Ring">Nodes of a ring whose channels are all full on the sender's side, in that order.</param>
public sealed record GraphTopology(
    IReadOnlyList<SimulatedNode> Nodes, IReadOnlyList<SimulatedChannel> Channels, IReadOnlyList<SimulatedNode> Ring)
{
    /// <summary>Reads the files and builds a connected part of the graph that holds a ring of imbalanced channels. Same seed, same part.</summary>
    /// <exception cref="GraphFileException">A file is of no use, or has no such part.</exception>
    public static GraphTopology Build(SimulatedNetwork network, GraphTopologyOptions options)
    {
        var snapshot = GraphFileReader.ReadGraph(options.GraphPath);
        var random = new SeededRandom(network.Options.Seed).Fork("graph");
        if (options.BalancesPath is { } balances)
        {
            GraphFileReader.ReadBalances(balances, snapshot);
        }
        else
        {
            DrawBalances(snapshot, random);
        }

        var ring = RingSearch.Find(snapshot, random, options)
            ?? throw new GraphFileException(
                $"{options.GraphPath}: no ring of at most {options.MaxRingLength} imbalanced channels; are the balances those of this graph?");
        var taken = Grow(snapshot, ring, options);
        return Build(network, snapshot, taken, ring, options);
    }

    private static void DrawBalances(GraphSnapshot snapshot, SeededRandom random)
    {
        foreach (var channel in snapshot.Channels)
        {
            channel.Node1Sat = (long)(channel.CapacitySat * (0.05 + (0.9 * random.NextDouble())));
        }
    }

    /// <summary>Adds, one by one, the neighbour with the largest share of its channels inside.</summary>
    private static List<int> Grow(GraphSnapshot snapshot, List<int> ring, GraphTopologyOptions options)
    {
        var wanted = options.Nodes ?? int.MaxValue;
        var taken = new List<int>(ring);
        var isTaken = new bool[snapshot.NodeCount];
        var inside = new int[snapshot.NodeCount];
        var frontier = new SortedSet<(double NegativeShare, int Node)>();
        foreach (var node in ring)
        {
            isTaken[node] = true;
        }

        foreach (var node in ring)
        {
            Touch(node);
        }

        while (taken.Count < wanted && frontier.Count > 0)
        {
            var next = frontier.Min;
            frontier.Remove(next);
            isTaken[next.Node] = true;
            taken.Add(next.Node);
            Touch(next.Node);
        }

        if (options.Nodes is { } nodes && taken.Count < nodes)
        {
            throw new GraphFileException(
                $"{options.GraphPath}: only {taken.Count} nodes are connected to the ring that was found, {nodes} were asked for.");
        }

        return taken;

        void Touch(int node)
        {
            foreach (var channel in snapshot.ChannelsOf(node))
            {
                var other = channel.Other(node);
                if (isTaken[other] || !IsUsable(channel))
                {
                    continue;
                }

                frontier.Remove((-Share(other), other));
                inside[other]++;
                frontier.Add((-Share(other), other));
            }
        }

        double Share(int node) => (double)inside[node] / snapshot.ChannelsOf(node).Count;
    }

    private static GraphTopology Build(
        SimulatedNetwork network, GraphSnapshot snapshot, List<int> taken, List<int> ring, GraphTopologyOptions options)
    {
        var nodes = taken.ToDictionary(
            node => node,
            node => network.AddNode(new() { Alias = snapshot.AliasOf(node), Version = options.Version }));
        var channels = new List<SimulatedChannel>();
        foreach (var channel in snapshot.Channels.Where(IsUsable))
        {
            if (nodes.TryGetValue(channel.Node1, out var node1) && nodes.TryGetValue(channel.Node2, out var node2))
            {
                channels.Add(Open(network, channel, node1, node2));
            }
        }

        return new([.. taken.Select(node => nodes[node])], channels, [.. ring.Select(node => nodes[node])]);
    }

    private static bool IsUsable(SnapshotChannel channel) => channel.Node1Sat is not null;

    private static SimulatedChannel Open(SimulatedNetwork network, SnapshotChannel channel, SimulatedNode node1, SimulatedNode node2)
    {
        // The fuller side opens: it can pay the commitment fee in any case.
        var node1Opens = 2 * channel.Node1Sat!.Value >= channel.CapacitySat;
        var openerSat = node1Opens ? channel.Node1Sat.Value : channel.CapacitySat - channel.Node1Sat.Value;
        return network.OpenChannel(node1Opens ? node1 : node2, node1Opens ? node2 : node1, new()
        {
            Id = new(channel.Id),
            Capacity = MilliSatoshi.FromSatoshi(channel.CapacitySat),
            OpenerBalance = MilliSatoshi.FromSatoshi(openerSat),
            OpenerPolicy = node1Opens ? channel.Policy1 : channel.Policy2,
            PeerPolicy = node1Opens ? channel.Policy2 : channel.Policy1,
        });
    }
}
