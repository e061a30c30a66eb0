using System.IO.Compression;
using System.Text;
using Eddy.Lightning;

namespace Eddy.Simulator.Tests.Network;

public sealed class TopologyTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("eddy-topology");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData(3, 0, 0, 0)]
    [InlineData(4, 2, 1, 0)]
    [InlineData(6, 100, 2, 3)]
    [InlineData(12, 5, 0, 12)]
    public void A_ring_is_full_on_the_same_side_all_round(int nodes, int chords, int parallels, int privates)
    {
        var network = new SimulatedNetwork(new() { Seed = 5 });

        var ring = RingTopology.Build(network, new() { Nodes = nodes, Chords = chords, ParallelChannels = parallels, PrivateChannels = privates });

        Assert.Equal(nodes, ring.Ring.Count);
        Assert.Equal(privates, ring.Ring.Count(channel => channel.IsPrivate));
        Assert.Equal(parallels + Math.Min(chords, nodes * (nodes - 3) / 2), ring.Others.Count);
        for (var i = 0; i < nodes; i++)
        {
            var channel = ring.Ring[i];
            Assert.Equal((ring.Nodes[i], ring.Nodes[(i + 1) % nodes]), (channel.Opener.Node, channel.Other.Node));
            Assert.InRange(channel.Capacity.Satoshi, 1_000_000, 10_000_000);
            Assert.InRange((double)channel.Opener.Local.Value / channel.Capacity.Value, 0.78, 0.95);
        }

        Assert.All(network.Channels.SelectMany(channel => new[] { channel.Opener, channel.Other }), end =>
        {
            Assert.True(end.IsActive);
            Assert.InRange(end.Policy.BaseFeeMsat, 1_000, long.MaxValue);
            Assert.InRange(end.Policy.FeeRatePpm, 500, long.MaxValue);
        });
        network.AssertConserved();
    }

    [Fact]
    public void Rings_of_one_seed_are_equal_and_of_another_are_not()
    {
        Assert.Equal(Describe(1), Describe(1));
        Assert.NotEqual(Describe(1), Describe(2));
        Assert.Contains(Enumerable.Range(1, 5), seed => Policies((ulong)seed).Any(policy => policy.InboundBaseFeeMsat > 0));
        Assert.Contains(Enumerable.Range(1, 5), seed => Policies((ulong)seed).Any(policy => policy.InboundFeeRatePpm < 0));

        static IEnumerable<RoutingPolicy> Policies(ulong seed) =>
            RingTopology.Build(new SimulatedNetwork(new() { Seed = seed }), new()).Ring.SelectMany(channel => new[] { channel.Opener.Policy, channel.Other.Policy });

        static string Describe(ulong seed)
        {
            var network = new SimulatedNetwork(new() { Seed = seed });
            RingTopology.Build(network, new() { Nodes = 5, Chords = 2 });
            return string.Join(' ', network.Channels.Select(channel => $"{channel.Opener.Node.Id} {channel.Id} {channel.Capacity} {channel.Opener.Local} {channel.Opener.Policy}"));
        }
    }

    [Fact]
    public void A_part_of_a_graph_file_is_connected_and_holds_a_ring_of_imbalanced_channels()
    {
        var (graph, balances) = WriteGraph(nodes: 60, gzip: true);

        var topology = Build(7, graph, balances, nodes: 20);

        Assert.Equal(20, topology.Nodes.Count);
        Assert.InRange(topology.Ring.Count, 3, 6);
        for (var i = 0; i < topology.Ring.Count; i++)
        {
            var next = topology.Ring[(i + 1) % topology.Ring.Count];
            Assert.Contains(topology.Channels, channel =>
                (channel.Opener.Node == topology.Ring[i] && channel.Other.Node == next && channel.Opener.Gross.Value > channel.Capacity.Value * 0.6)
                || (channel.Other.Node == topology.Ring[i] && channel.Opener.Node == next && channel.Other.Gross.Value > channel.Capacity.Value * 0.6));
        }

        Assert.Equal(topology.Nodes.ToHashSet(), Reachable(topology.Nodes[0]));
        Assert.All(topology.Nodes, node => Assert.StartsWith("alias ", node.Alias, StringComparison.Ordinal));
        topology.Nodes[0].Network.AssertConserved();

        var again = Build(7, graph, balances, nodes: 20);
        Assert.Equal(topology.Nodes.Select(node => node.Alias), again.Nodes.Select(node => node.Alias));
    }

    [Fact]
    public void Policies_and_balances_come_from_the_files()
    {
        var (graph, balances) = WriteGraph(nodes: 10, gzip: false);

        var topology = Build(1, graph, balances, nodes: null);

        Assert.Equal(10, topology.Nodes.Count);
        var channel = topology.Channels.Single(candidate => candidate.Id.Value == 1_000);
        var end = channel.Opener.Node.Alias == "alias 0" ? channel.Opener : channel.Other;
        Assert.Equal((2_000_000, 1_800_000), (channel.Capacity.Satoshi, end.Gross.Satoshi));
        Assert.Equal(new RoutingPolicy(1_001, 100, 40, new(1_000), new(1_980_000_000), -5, -6), end.Policy);
    }

    [Fact]
    public void Without_balances_they_are_drawn_from_the_seed()
    {
        var (graph, _) = WriteGraph(nodes: 60, gzip: false);

        Assert.Equal(Total(3), Total(3));
        Assert.NotEqual(Total(3), Total(4));

        long Total(ulong seed) => Build(seed, graph, null, nodes: null).Channels.Sum(channel => channel.Opener.Gross.Value);
    }

    [Fact]
    public void A_real_graph_is_built_where_one_is_given()
    {
        var graph = Environment.GetEnvironmentVariable("EDDY_TEST_GRAPH");
        var balances = Environment.GetEnvironmentVariable("EDDY_TEST_BALANCES");
        Assert.SkipWhen(graph is null, "EDDY_TEST_GRAPH names no file (the output of 'lncli describegraph', plain or gzipped).");

        foreach (var nodes in new int?[] { 5, 50, null })
        {
            var topology = Build(1, graph!, balances, nodes);

            Assert.Equal(nodes ?? topology.Nodes.Count, topology.Nodes.Count);
            Assert.Equal(topology.Nodes.ToHashSet(), Reachable(topology.Nodes[0]));
            Assert.InRange(topology.Ring.Count, 3, 6);
            topology.Nodes[0].Network.AssertConserved();
        }
    }

    [Theory]
    [InlineData("", "is not the output of 'lncli describegraph'")]
    [InlineData("[]", "Expected StartObject")]
    [InlineData("{\"nodes\":[{}],\"edges\":[]}", "'pub_key' is missing")]
    [InlineData("{\"nodes\":[],\"edges\":[{\"channel_id\":\"1\",\"capacity\":\"many\"}]}", "'capacity' is 'many'")]
    [InlineData("{\"nodes\":[],\"edges\":[7]}", "unexpected type")]
    [InlineData("{\"nodes\":[],\"edges\":[],\"extra\":{\"a\":[1,2]}}", "no channel that is enabled in both directions")]
    [InlineData("{\"nodes\":[],\"edges\":[", "is not the output of 'lncli describegraph'")]
    public void A_file_that_is_no_graph_is_named_with_the_reason(string text, string reason)
    {
        var path = Path.Combine(_directory.FullName, "bad.json");
        File.WriteAllText(path, text);

        var error = Assert.Throws<GraphFileException>(() => Build(1, path, null, nodes: null));

        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_complaint_does_not_repeat_the_whole_file()
    {
        var path = Path.Combine(_directory.FullName, "bad.json");
        File.WriteAllText(path, new string('0', 40_000));

        Assert.True(Assert.Throws<GraphFileException>(() => Build(1, path, null, nodes: null)).Message.Length < 1_000);
    }

    [Theory]
    [InlineData("channel,balance\n", "first line")]
    [InlineData("channel_id,capacity,node1_local_sat\n1000,2000000\n", "line 2: expected three whole numbers")]
    [InlineData("channel_id,capacity,node1_local_sat\n1000,2000000,2000001\n", "line 2: a balance of 2000001 sat")]
    [InlineData("channel_id,capacity,node1_local_sat\n\n1000,5,5\n", "line 3: channel 1000 has 5 sat here")]
    [InlineData("channel_id,capacity,node1_local_sat\n", "no ring of at most 6 imbalanced channels")]
    public void A_balance_file_of_no_use_is_named_with_the_line(string text, string reason)
    {
        var (graph, _) = WriteGraph(nodes: 10, gzip: false);
        var path = Path.Combine(_directory.FullName, "bad.csv");
        File.WriteAllText(path, text);

        Assert.Contains(reason, Assert.Throws<GraphFileException>(() => Build(1, graph, path, nodes: 5)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_files_broken_archives_and_too_few_nodes_are_plain_errors()
    {
        var (graph, balances) = WriteGraph(nodes: 10, gzip: false);
        var broken = Path.Combine(_directory.FullName, "broken.json.gz");
        File.WriteAllText(broken, "this is no archive");

        Assert.Contains("cannot be read", Assert.Throws<GraphFileException>(() => Build(1, "/nowhere/graph.json", null, null)).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be read", Assert.Throws<GraphFileException>(() => Build(1, broken, null, null)).Message, StringComparison.Ordinal);
        Assert.Contains("only 10 nodes are connected", Assert.Throws<GraphFileException>(() => Build(1, graph, balances, 11)).Message, StringComparison.Ordinal);
    }

    private static GraphTopology Build(ulong seed, string graph, string? balances, int? nodes) => GraphTopology.Build(
        new SimulatedNetwork(new() { Seed = seed }), new() { GraphPath = graph, BalancesPath = balances, Nodes = nodes });

    private static HashSet<SimulatedNode> Reachable(SimulatedNode start)
    {
        var seen = new HashSet<SimulatedNode> { start };
        var open = new Stack<SimulatedNode>([start]);
        while (open.TryPop(out var node))
        {
            foreach (var end in node.Channels)
            {
                if (seen.Add(end.Peer.Node))
                {
                    open.Push(end.Peer.Node);
                }
            }
        }

        return seen;
    }

    /// <summary>A ring of nodes with chords to the node after the next, all full toward the higher number; one channel has a dead direction.</summary>
    private (string Graph, string Balances) WriteGraph(int nodes, bool gzip)
    {
        var edges = new List<string>();
        var balances = new StringBuilder("channel_id,capacity,node1_local_sat\n");
        for (var i = 0; i < nodes; i++)
        {
            Add(1_000 + i, i, (i + 1) % nodes, 1_800_000);
            Add(2_000 + i, i, (i + 2) % nodes, i % 5 == 0 ? 200_000 : 1_000_000);
        }

        edges.Add(Edge(9_000, 0, 5).Replace("\"disabled\":false,\"max_htlc_msat\":\"1980000000\",\"inbound_fee_base_msat\":-5", "\"disabled\":true,\"max_htlc_msat\":\"0\",\"inbound_fee_base_msat\":0", StringComparison.Ordinal));
        var text = $$"""{"nodes":[{{string.Join(',', Enumerable.Range(0, nodes).Select(i => $"{{\"pub_key\":\"{Key(i)}\",\"alias\":\"alias {i}\"}}"))}}],"edges":[{{string.Join(",\n", edges)}}]}""";
        return (Write("graph.json", text), Write("balances.csv", balances.ToString()));

        void Add(int id, int from, int to, long local)
        {
            edges.Add(Edge(id, from, to));
            balances.Append(System.Globalization.CultureInfo.InvariantCulture, $"{id},2000000,{local}\n");
        }

        string Write(string name, string content)
        {
            var path = Path.Combine(_directory.FullName, gzip ? name + ".gz" : name);
            using var file = File.Create(path);
            using var stream = gzip ? new GZipStream(file, CompressionLevel.Fastest) : (Stream)file;
            stream.Write(Encoding.UTF8.GetBytes(content));
            return path;
        }
    }

    private static string Key(int node) => $"02{node:x64}";

    private static string Edge(int id, int from, int to) =>
        $$"""{"channel_id":"{{id}}","capacity":"2000000","node1_pub":"{{Key(from)}}","node2_pub":"{{Key(to)}}","node1_policy":{{Policy(1_001)}},"node2_policy":{{Policy(1_002)}}}""";

    private static string Policy(int baseFee) =>
        $$"""{"time_lock_delta":40,"min_htlc":"1000","fee_base_msat":"{{baseFee}}","fee_rate_milli_msat":"100","disabled":false,"max_htlc_msat":"1980000000","inbound_fee_base_msat":-5,"inbound_fee_rate_milli_msat":-6,"last_update":1}""";
}
