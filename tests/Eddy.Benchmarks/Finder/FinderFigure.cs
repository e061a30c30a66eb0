using System.Diagnostics;
using System.Globalization;
using Eddy.Benchmarks.Measuring;
using Eddy.Benchmarks.Micro;
using Eddy.Lightning;
using Eddy.Liquidity;

namespace Eddy.Benchmarks.Finder;

/// <summary>Best ring through a node over everything that a whole network offers, beside what else can be used for it.</summary>
internal static class FinderFigure
{
    private const int Seed = 7;
    private const int Repeats = 5;
    private const int WarmUps = 2_000;

    /// <summary>Beyond this many nodes the plain layers are measured once: they take their time.</summary>
    private const int Large = 50_000;

    private const int ChannelsPerNode = 10;
    private const long MinAmount = 10_000;

    private static readonly int[] Lengths = [4, 6, 8];

    public static void Run(Arguments arguments)
    {
        var nodes = arguments.Take("nodes", 300);
        var size = arguments.Take("size", 100_000);
        var graphPath = arguments.Take("graph");
        var balancesPath = arguments.Take("balances");
        var references = arguments.Take("references") != "no";
        arguments.End();
        if (GraphFiles.Find(graphPath, balancesPath) is { } files)
        {
            var channels = GraphFiles.ReadChannels(files);
            var demand = DemandGraph.FromChannels("channel graph, all gain", channels);
            Measure(demand, nodes);
            if (references)
            {
                PythonReferences.Run(demand);
            }

            MeasureOffers(new OfferedGraph(channels), demand, nodes);
        }
        else
        {
            Console.WriteLine(GraphFiles.Missing);
        }

        if (size > 0)
        {
            Measure(DemandGraph.PowerLaw(size, size * ChannelsPerNode, Seed), nodes);
        }
    }

    /// <summary>In microseconds.</summary>
    /// <param name="first">What the first time took, in which little of what is needed is in the processor's caches.</param>
    public static double Fastest(Action action, out double first, int repeats = Repeats)
    {
        first = 0;
        var fastest = double.MaxValue;
        for (var repeat = 0; repeat < repeats; repeat++)
        {
            var begin = Stopwatch.GetTimestamp();
            action();
            var took = Stopwatch.GetElapsedTime(begin).TotalMicroseconds;
            first = repeat == 0 ? took : first;
            fastest = Math.Min(fastest, took);
        }

        return fastest;
    }

    /// <summary>Lets everything be compiled at its best first.</summary>
    public static void WarmUp(CycleFinder finder, LiquidityGraph graph)
    {
        foreach (var node in graph.Nodes.Take(WarmUps))
        {
            finder.Find(graph, new() { Start = node });
        }
    }

    private static void Measure(DemandGraph demand, int nodes)
    {
        var starts = demand.Drawn(nodes, Seed);
        var builder = demand.CreateBuilder(out var bytes);
        var graph = builder.Snapshot();
        Describe(demand.Name, graph, starts.Length);
        var finder = new CycleFinder();
        var floor = new LayeredDp(demand);
        WarmUp(finder, graph);
        var table = new Table("longest ring", "among", "median", "p95", "slowest", "first time, median", "rings", "plain layers, median", "amounts that differ");
        foreach (var hops in Lengths)
        {
            foreach (var isLeader in new[] { true, false })
            {
                var (own, cold, plain, rings, differ) = (new Series(), new Series(), new Series(), 0, 0);
                foreach (var start in starts)
                {
                    var among = isLeader ? graph : AmongAll(builder, demand, start);
                    var query = new CycleQuery { Start = demand.Nodes[start], MaxHops = hops, MinAmount = MinAmount };
                    own.Add(Fastest(() => finder.Find(among, query), out var first));
                    cold.Add(first);
                    var found = finder.Find(among, query);
                    var widest = 0L;
                    plain.Add(Fastest(() => widest = floor.Widest(start, hops, isLeader), out _, graph.NodeCount > Large ? 1 : Repeats));
                    rings += found.Length;
                    differ += (found.IsEmpty ? 0 : found[0].Amount) == (widest < MinAmount ? 0 : widest) ? 0 : 1;
                    builder.Set(demand.Nodes[start], true, true, demand.Intents(start));
                }

                table.Add(
                    $"{hops}", isLeader ? "higher ids" : "all", Table.Microseconds(own.Median), Table.Microseconds(own.Percentile(0.95)), Table.Microseconds(own.Max),
                    Table.Microseconds(cold.Median), $"{rings}", Table.Microseconds(plain.Median), $"{differ}");
            }
        }

        table.Write(Console.Out);
        AdvertCost.Measure(demand, builder, starts);
        Console.WriteLine($"The graph and what keeps it up to date: {Table.Megabytes(bytes)}; this process at most: {Table.Megabytes(Machine.PeakMemory)}.");
        Console.WriteLine();
    }

    /// <summary>As the product offers: amounts in buckets, and harmless moves inside the band too.</summary>
    private static void MeasureOffers(OfferedGraph offered, DemandGraph demand, int nodes)
    {
        var graph = offered.ToLiquidity(MinAmount, long.MaxValue);
        NodeId[] starts = [.. demand.Drawn(nodes, Seed).Select(place => demand.Nodes[place])];
        Describe("channel graph, harmless moves too", graph, starts.Length);
        var finder = new CycleFinder();
        var table = new Table("longest ring", "edges", "median", "p95", "slowest", "rings");
        foreach (var hops in Lengths)
        {
            foreach (var onlyGaining in new[] { true, false })
            {
                var (own, rings) = (new Series(), 0);
                foreach (var start in starts)
                {
                    var query = new CycleQuery { Start = start, MaxHops = hops, MinAmount = MinAmount, OnlyGaining = onlyGaining };
                    own.Add(Fastest(() => finder.Find(graph, query), out _));
                    rings += finder.Find(graph, query).Length;
                }

                table.Add(
                    $"{hops}", onlyGaining ? "both ends gain" : "all", Table.Microseconds(own.Median), Table.Microseconds(own.Percentile(0.95)),
                    Table.Microseconds(own.Max), $"{rings}");
            }
        }

        table.Write(Console.Out);
    }

    private static void Describe(string name, LiquidityGraph graph, int searches)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{name}: {graph.NodeCount} nodes, {graph.EdgeCount} edges; {searches} nodes search, each the best of {Repeats}."));
        Console.WriteLine();
    }

    /// <summary>A proposer that cannot waive may propose to everybody who can.</summary>
    private static LiquidityGraph AmongAll(LiquidityGraphBuilder builder, DemandGraph demand, int start)
    {
        builder.Set(demand.Nodes[start], true, canWaive: false, demand.Intents(start));
        return builder.Snapshot();
    }
}
