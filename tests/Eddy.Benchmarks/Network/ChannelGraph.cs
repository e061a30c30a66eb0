using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using Eddy.Lightning;

namespace Eddy.Benchmarks.Network;

/// <summary>A channel with its balance; amounts in sat.</summary>
internal sealed class GraphChannel(ulong id, NodeId node1, NodeId node2, long capacity, long local1)
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

/// <summary>Channels of a graph file (<c>lncli describegraph</c>) that are enabled both ways, with balances, from a directory of data files.</summary>
internal sealed class ChannelGraph(IReadOnlyList<GraphChannel> channels)
{
    private const string Small = "mainnet-graph-small.json";
    private const string Large = "mainnet-graph.json.gz";
    private const string Flows = "flows-traffic.csv.gz";

    public IReadOnlyList<GraphChannel> Channels { get; } = channels;

    public IEnumerable<NodeId> Nodes => Channels.SelectMany(static channel => new[] { channel.Node1, channel.Node2 }).Distinct().Order();

    /// <summary>The directory <c>shared/data</c> beside the checkout or above it.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public static string FindData()
    {
        for (var directory = new DirectoryInfo(Environment.CurrentDirectory); directory is not null; directory = directory.Parent)
        {
            var data = Path.Combine(directory.FullName, "shared", "data");
            if (File.Exists(Path.Combine(data, Large)))
            {
                return data;
            }
        }

        throw new FormatException($"There is no shared/data/{Large} beside this directory or above it.");
    }

    /// <param name="nodes"><c>small</c>, <c>all</c>, or how many of the nodes with the most capacity.</param>
    /// <param name="balances"><c>traffic</c> or <c>bimodal</c>.</param>
    public static ChannelGraph Read(string data, string nodes, string balances)
    {
        using var stream = Open(Path.Combine(data, nodes == "small" ? Small : Large));
        using var document = JsonDocument.Parse(stream);
        var held = ReadBalances(Path.Combine(data, $"balances-{balances}.csv.gz"));
        var channels = new List<GraphChannel>();
        foreach (var edge in document.RootElement.GetProperty("edges").EnumerateArray())
        {
            if (IsEnabled(edge, "node1_policy") && IsEnabled(edge, "node2_policy"))
            {
                var id = ulong.Parse(edge.GetProperty("channel_id").GetString()!, CultureInfo.InvariantCulture);
                channels.Add(new(
                    id,
                    NodeId.Parse(edge.GetProperty("node1_pub").GetString()!),
                    NodeId.Parse(edge.GetProperty("node2_pub").GetString()!),
                    long.Parse(edge.GetProperty("capacity").GetString()!, CultureInfo.InvariantCulture),
                    held[id]));
            }
        }

        var graph = new ChannelGraph(channels);
        return nodes is "small" or "all" ? graph : graph.Largest(int.Parse(nodes, CultureInfo.InvariantCulture));
    }

    public static IEnumerable<GraphFlow> ReadFlows(string data)
    {
        using var reader = new StreamReader(Open(Path.Combine(data, Flows)));
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
    private ChannelGraph Largest(int count)
    {
        var capacity = new Dictionary<NodeId, long>();
        foreach (var channel in Channels)
        {
            capacity[channel.Node1] = capacity.GetValueOrDefault(channel.Node1) + channel.Capacity;
            capacity[channel.Node2] = capacity.GetValueOrDefault(channel.Node2) + channel.Capacity;
        }

        NodeId[] chosen = [.. capacity.OrderByDescending(static node => node.Value).ThenBy(static node => node.Key).Take(count).Select(static node => node.Key)];
        var inside = chosen.ToHashSet();
        GraphChannel[] among = [.. Channels.Where(channel => inside.Contains(channel.Node1) && inside.Contains(channel.Node2))];
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

    private static bool IsEnabled(JsonElement edge, string policy) =>
        edge.TryGetProperty(policy, out var found) && found.ValueKind == JsonValueKind.Object && !found.GetProperty("disabled").GetBoolean();

    private static Dictionary<ulong, long> ReadBalances(string path)
    {
        using var reader = new StreamReader(Open(path));
        var balances = new Dictionary<ulong, long>();
        reader.ReadLine();
        while (reader.ReadLine() is { } line)
        {
            var fields = line.Split(',');
            balances.Add(ulong.Parse(fields[0], CultureInfo.InvariantCulture), long.Parse(fields[2], CultureInfo.InvariantCulture));
        }

        return balances;
    }

    private static Stream Open(string path)
    {
        Stream file = File.OpenRead(path);
        return path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
    }
}
