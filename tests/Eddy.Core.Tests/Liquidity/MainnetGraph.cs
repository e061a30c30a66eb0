using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using Eddy.Gossip;
using Eddy.Lightning;
using Eddy.Liquidity;

namespace Eddy.Core.Tests.Liquidity;

/// <summary>A piece of the real network with made-up balances, where it lies beside the repository; what each pair wants moved, net.</summary>
internal sealed class MainnetGraph
{
    private const string GraphFile = "mainnet-graph-small.json";

    private readonly SortedDictionary<NodeId, SortedDictionary<NodeId, long>> _surplus = [];

    private MainnetGraph(string graph, string balances)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(graph));
        var channels = document.RootElement.GetProperty("edges").EnumerateArray().ToDictionary(
            edge => edge.GetProperty("channel_id").GetString()!,
            edge => (NodeId.Parse(edge.GetProperty("node1_pub").GetString()!), NodeId.Parse(edge.GetProperty("node2_pub").GetString()!)));
        using var reader = new StreamReader(new GZipStream(File.OpenRead(balances), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            var fields = line.Split(',');
            if (channels.TryGetValue(fields[0], out var ends))
            {
                Add(ends.Item1, ends.Item2, Parse(fields[1]), Parse(fields[2]));
            }
        }
    }

    public IReadOnlyCollection<NodeId> Nodes => _surplus.Keys;

    /// <summary>Pairs that want anything moved.</summary>
    public int Arcs => _surplus.Values.Sum(peers => peers.Values.Count(surplus => surplus > 0));

    public long Surplus => _surplus.Values.Sum(peers => peers.Values.Where(surplus => surplus > 0).Sum());

    /// <summary>Null where the data is not there.</summary>
    public static MainnetGraph? TryLoad(string balancesFile)
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            var graph = Path.Combine(directory.FullName, "..", "shared", "data", GraphFile);
            var balances = Path.Combine(directory.FullName, "..", "shared", "data", balancesFile);
            if (File.Exists(graph) && File.Exists(balances))
            {
                return new(graph, balances);
            }
        }

        return null;
    }

    public LiquidityGraphBuilder CreateBuilder(long neutral = 0)
    {
        var builder = new LiquidityGraphBuilder();
        foreach (var node in _surplus.Keys)
        {
            Offer(builder, node, neutral);
        }

        return builder;
    }

    public void Move(LiquidityGraphBuilder builder, Cycle cycle)
    {
        for (var place = 0; place < cycle.Nodes.Length; place++)
        {
            var from = cycle.Nodes[place];
            var to = cycle.Nodes[(place + 1) % cycle.Nodes.Length];
            _surplus[from][to] -= cycle.Amount;
            _surplus[to][from] += cycle.Amount;
            Assert.True(_surplus[from][to] >= 0, "more was moved than was wanted");
        }

        foreach (var node in cycle.Nodes)
        {
            Offer(builder, node, neutral: 0);
        }
    }

    private static long Parse(string number) => long.Parse(number, CultureInfo.InvariantCulture);

    private void Add(NodeId first, NodeId second, long capacity, long local)
    {
        var over = local - (capacity / 2);
        if (Math.Abs(local - (capacity / 2.0)) <= capacity * 0.1)
        {
            over = 0;
        }

        Of(first)[second] = Of(first).GetValueOrDefault(second) + over;
        Of(second)[first] = Of(second).GetValueOrDefault(first) - over;
    }

    private SortedDictionary<NodeId, long> Of(NodeId node)
    {
        if (!_surplus.TryGetValue(node, out var peers))
        {
            peers = [];
            _surplus.Add(node, peers);
        }

        return peers;
    }

    private void Offer(LiquidityGraphBuilder builder, NodeId node, long neutral) => builder.Set(node, true, true,
    [
        .. _surplus[node].Select(peer => new Intent(
            peer.Key, Math.Max(0, peer.Value), neutral, 1, Math.Max(0, -peer.Value), neutral, 1)),
    ]);
}
