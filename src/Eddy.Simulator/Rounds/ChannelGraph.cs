using System.Collections.Immutable;
using Eddy.Lightning;
using Eddy.Simulator.Optimum;

namespace Eddy.Simulator.Rounds;

/// <summary>A node of a channel graph.</summary>
public sealed record GraphNode(NodeId Id, string Alias);

/// <summary>A channel that both ends have enabled.</summary>
/// <param name="Id">Its short channel id.</param>
/// <param name="First">Index of the end with the lower id.</param>
/// <param name="Second">Index of the other end.</param>
/// <param name="CapacitySat">In sat.</param>
/// <param name="FirstLocalSat">The first end's balance, in sat.</param>
/// <param name="FirstPolicy">What the first end asks for forwarding out over it.</param>
public sealed record GraphChannel(
    ulong Id, int First, int Second, long CapacitySat, long FirstLocalSat, RoutingPolicy FirstPolicy, RoutingPolicy SecondPolicy);

/// <summary>The active part of a <c>lncli describegraph</c> file with a balance for every channel; nodes in order of their ids.</summary>
public sealed record ChannelGraph(ImmutableArray<GraphNode> Nodes, ImmutableArray<GraphChannel> Channels)
{
    private const double OneSided = 0.3;
    private const double MeanOfEmptySide = 0.02;

    /// <param name="balancesPath">Lines of <c>channel_id,capacity,node1_local_sat</c>; channels that it does not name are left out. Null draws all balances.</param>
    /// <param name="seed">For balances that are drawn.</param>
    /// <exception cref="GraphFileException">A file is of no use.</exception>
    public static ChannelGraph Read(string graphPath, string? balancesPath, ulong seed)
    {
        var snapshot = GraphFileReader.ReadGraph(graphPath, minCapacitySat: 1);
        if (balancesPath is not null)
        {
            GraphFileReader.ReadBalances(balancesPath, snapshot);
            if (!snapshot.Channels.Any(static channel => channel.Node1Sat is not null))
            {
                throw new GraphFileException($"{balancesPath}: names none of the active channels of {graphPath}.");
            }
        }

        var graph = From(snapshot, graphPath, balancesPath is null);
        return balancesPath is null ? graph.WithBalancesDrawn(seed) : graph;
    }

    /// <summary>
    /// Balances like those that probing finds: three channels in ten nearly all on one side, the others anywhere. The same seed draws the
    /// same for a channel, whatever else is in the graph.
    /// </summary>
    public ChannelGraph WithBalancesDrawn(ulong seed) => this with
    {
        Channels = [.. Channels.Select(channel => channel with { FirstLocalSat = Draw(channel, seed) })],
    };

    /// <summary>The nodes given, by index, and the channels among them.</summary>
    public ChannelGraph Among(IReadOnlySet<int> nodes)
    {
        int[] kept = [.. nodes.Order()];
        var place = kept.Select(static (node, index) => (node, index)).ToDictionary(static entry => entry.node, static entry => entry.index);
        return new(
            [.. kept.Select(node => Nodes[node])],
            [
                .. Channels.Where(channel => nodes.Contains(channel.First) && nodes.Contains(channel.Second))
                    .Select(channel => channel with { First = place[channel.First], Second = place[channel.Second] }),
            ]);
    }

    /// <summary>As the optimum sees them.</summary>
    public IEnumerable<BalancedChannel> Balanced() =>
        Channels.Select(static channel => new BalancedChannel(channel.First, channel.Second, channel.CapacitySat, channel.FirstLocalSat));

    /// <summary>The index of a node; negative where it is not in the graph.</summary>
    public int IndexOf(NodeId id) => Nodes.BinarySearch(new GraphNode(id, ""), Comparer<GraphNode>.Create(static (left, right) => left.Id.CompareTo(right.Id)));

    private static ChannelGraph From(GraphSnapshot snapshot, string path, bool takesAll)
    {
        SnapshotChannel[] usable = [.. snapshot.Channels.Where(channel => takesAll || channel.Node1Sat is not null)];
        var ids = new Dictionary<int, NodeId>();
        foreach (var node in usable.SelectMany(static channel => new[] { channel.Node1, channel.Node2 }).Distinct())
        {
            ids[node] = NodeId.TryParse(snapshot.KeyOf(node), out var id)
                ? id
                : throw new GraphFileException($"{path}: '{Shorten(snapshot.KeyOf(node))}' is not a node's public key.");
        }

        int[] order = [.. ids.OrderBy(static entry => entry.Value).Select(static entry => entry.Key)];
        var place = order.Select(static (node, index) => (node, index)).ToDictionary(static entry => entry.node, static entry => entry.index);
        return new(
            [.. order.Select(node => new GraphNode(ids[node], snapshot.AliasOf(node)))],
            [.. usable.Select(channel => ToChannel(channel, place)).OrderBy(static channel => channel.Id)]);
    }

    private static GraphChannel ToChannel(SnapshotChannel channel, Dictionary<int, int> place)
    {
        var (first, second) = (place[channel.Node1], place[channel.Node2]);
        var local = channel.Node1Sat ?? 0;
        return first < second
            ? new(channel.Id, first, second, channel.CapacitySat, local, channel.Policy1, channel.Policy2)
            : new(channel.Id, second, first, channel.CapacitySat, channel.CapacitySat - local, channel.Policy2, channel.Policy1);
    }

    private static long Draw(GraphChannel channel, ulong seed)
    {
        var random = new SeededRandom(unchecked(seed + (channel.Id * 0x9E3779B97F4A7C15)));
        if (!random.Chance(OneSided))
        {
            return (long)(channel.CapacitySat * random.NextDouble());
        }

        var empty = (long)(channel.CapacitySat * Math.Min(0.5, -MeanOfEmptySide * Math.Log(1 - random.NextDouble())));
        return random.Chance(0.5) ? empty : channel.CapacitySat - empty;
    }

    private static string Shorten(string text) => text.Length > 70 ? text[..70] + "..." : text;
}
