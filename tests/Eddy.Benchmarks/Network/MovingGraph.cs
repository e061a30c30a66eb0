using System.Globalization;
using System.IO.Compression;
using Eddy.Benchmarks.Micro;
using Eddy.Lightning;
using Eddy.Simulator.Rounds;

namespace Eddy.Benchmarks.Network;

/// <summary>A channel whose balance moves; amounts in sat.</summary>
internal sealed class MovingChannel(ulong id, NodeId node1, NodeId node2, long capacity, long local1)
{
    public ulong Id { get; } = id;

    public NodeId Node1 { get; } = node1;

    public NodeId Node2 { get; } = node2;

    public long Capacity { get; } = capacity;

    /// <summary>On the side of the first node.</summary>
    public long Local1 { get; set; } = local1;

    public long LocalOf(NodeId node) => node == Node1 ? Local1 : Capacity - Local1;

    public NodeId Other(NodeId node) => node == Node1 ? Node2 : Node1;
}

/// <summary>One day's flow over a channel, in sat.</summary>
internal readonly record struct GraphFlow(int Day, ulong Channel, long Forth, long Back);

/// <summary>Channels of a graph whose balances move.</summary>
internal sealed class MovingGraph(IReadOnlyList<MovingChannel> channels)
{
    private const string Small = "mainnet-graph-small.json";
    private const string Flows = "flows-traffic.csv.gz";

    public IReadOnlyList<MovingChannel> Channels { get; } = channels;

    public IEnumerable<NodeId> Nodes => Channels.SelectMany(static channel => new[] { channel.Node1, channel.Node2 }).Distinct().Order();

    /// <summary>The directory with the graph.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public static string FindData() => GraphFiles.Find() ?? throw new FormatException(GraphFiles.Missing);

    /// <param name="nodes"><c>small</c>, <c>all</c>, or how many of the nodes with the most capacity.</param>
    /// <param name="balances"><c>traffic</c> or <c>bimodal</c>.</param>
    public static MovingGraph Read(string data, string nodes, string balances)
    {
        var read = ChannelGraph.Read(Path.Combine(data, nodes == "small" ? Small : GraphFiles.Graph), Path.Combine(data, $"balances-{balances}.csv.gz"), seed: 0);
        var graph = new MovingGraph([
            .. read.Channels.Select(channel => new MovingChannel(
                channel.Id, read.Nodes[channel.First].Id, read.Nodes[channel.Second].Id, channel.CapacitySat, channel.FirstLocalSat)),
        ]);
        return nodes is "small" or "all" ? graph : graph.Largest(int.Parse(nodes, CultureInfo.InvariantCulture));
    }

    public static IEnumerable<GraphFlow> ReadFlows(string data)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(Path.Combine(data, Flows)), CompressionMode.Decompress));
        reader.ReadLine();
        while (reader.ReadLine() is { } line)
        {
            var fields = line.Split(',');
            yield return new(
                int.Parse(fields[0], CultureInfo.InvariantCulture),
                ulong.Parse(fields[1], CultureInfo.InvariantCulture),
                long.Parse(fields[2], CultureInfo.InvariantCulture),
                long.Parse(fields[3], CultureInfo.InvariantCulture));
        }
    }

    /// <summary>The nodes with the most capacity and the channels among them, as far as they hang together with the largest.</summary>
    private MovingGraph Largest(int count)
    {
        var capacity = new Dictionary<NodeId, long>();
        foreach (var channel in Channels)
        {
            capacity[channel.Node1] = capacity.GetValueOrDefault(channel.Node1) + channel.Capacity;
            capacity[channel.Node2] = capacity.GetValueOrDefault(channel.Node2) + channel.Capacity;
        }

        NodeId[] chosen = [.. capacity.OrderByDescending(static node => node.Value).ThenBy(static node => node.Key).Take(count).Select(static node => node.Key)];
        var inside = chosen.ToHashSet();
        MovingChannel[] among = [.. Channels.Where(channel => inside.Contains(channel.Node1) && inside.Contains(channel.Node2))];
        var peers = among.SelectMany(static channel => new[] { (channel.Node1, channel.Node2), (channel.Node2, channel.Node1) }).ToLookup(static pair => pair.Item1, static pair => pair.Item2);
        var reached = new HashSet<NodeId>([chosen[0]]);
        var open = new Queue<NodeId>(reached);
        while (open.TryDequeue(out var node))
        {
            foreach (var peer in peers[node].Where(reached.Add))
            {
                open.Enqueue(peer);
            }
        }

        return new([.. among.Where(channel => reached.Contains(channel.Node1))]);
    }
}
