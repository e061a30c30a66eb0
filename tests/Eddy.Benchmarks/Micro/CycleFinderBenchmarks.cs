using BenchmarkDotNet.Attributes;
using Eddy.Lightning;
using Eddy.Liquidity;

namespace Eddy.Benchmarks.Micro;

/// <summary>
/// One search for the best ring in which a given node is the proposer, over everything that all nodes of the network offer. Taken over a few
/// proposers with many channels, among them such with low public keys, who may propose rings with almost everybody.
/// </summary>
public class CycleFinderBenchmarks
{
    private const int Proposers = 16;
    private const int LeastPairs = 5;
    private const int GeneratedNodes = 10_000;
    private const int GeneratedChannels = 50_000;
    private const long MinAmount = 50_000;
    private const long MaxAmount = 5_000_000;

    private readonly CycleFinder _finder = new();
    private LiquidityGraph _graph = LiquidityGraph.Empty;
    private NodeId[] _proposers = [];

    /// <summary>Where the mainnet snapshot lies; null where there is none.</summary>
    public static string? MainnetDirectory { get; } = GraphFiles.Find();

    public static IEnumerable<string> Graphs
    {
        get
        {
            if (MainnetDirectory is null)
            {
                Console.Error.WriteLine($"No {GraphFiles.Graph} in a directory shared/data here or above: its searches are left out.");
            }

            return MainnetDirectory is null ? ["generated"] : ["mainnet", "generated"];
        }
    }

    [ParamsSource(nameof(Graphs))]
    public string Graph { get; set; } = "";

    [Params(4, 6, 8)]
    public int MaxHops { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var network = Graph == "mainnet" ? GraphFiles.Read(MainnetDirectory!) : OfferedGraph.Generate(GeneratedNodes, GeneratedChannels);
        _graph = network.ToLiquidity(MinAmount, MaxAmount);
        var able = new List<NodeId>();
        foreach (var node in _graph.Nodes)
        {
            if (_graph.EdgesFrom(_graph.IndexOf(node)).Length >= LeastPairs)
            {
                able.Add(node);
            }
        }

        _proposers = [.. able.Where((_, place) => place % Math.Max(1, able.Count / Proposers) == 0).Take(Proposers)];
        if (_proposers.Length < Proposers)
        {
            throw new InvalidOperationException($"Only {_proposers.Length} nodes offer enough.");
        }

        var rings = _proposers.Count(node => !Find(node).IsEmpty);
        Console.WriteLine($"// {_graph.NodeCount} nodes, {_graph.EdgeCount} edges offered; {rings} of {_proposers.Length} proposers find a ring");
    }

    [Benchmark(OperationsPerInvoke = Proposers)]
    public int Find()
    {
        var rings = 0;
        foreach (var node in _proposers)
        {
            rings += Find(node).Length;
        }

        return rings;
    }

    private System.Collections.Immutable.ImmutableArray<Cycle> Find(NodeId node) =>
        _finder.Find(_graph, new() { Start = node, MaxHops = MaxHops, MinAmount = MinAmount, MaxAmount = MaxAmount });
}
