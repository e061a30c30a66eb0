using System.Globalization;
using Eddy.Benchmarks.Measuring;
using Eddy.Liquidity;

namespace Eddy.Benchmarks.Finder;

/// <param name="Bytes">Of the graph and what keeps it up to date.</param>
internal sealed record GrowthPoint(int Nodes, int Edges, double Median, double P95, double Advert, long Bytes);

/// <summary>What a search, an advert and the graph itself cost as the network grows.</summary>
internal static class GrowthFigure
{
    private const int Seed = 7;
    private const int ChannelsPerNode = 10;
    private const int MaxHops = 6;
    private const long MinAmount = 10_000;

    private static readonly int[] Sizes = [1_000, 6_000, 17_000, 100_000];

    public static void Run(Arguments arguments)
    {
        var nodes = arguments.Take("nodes", 300);
        var svg = arguments.Take("svg");
        arguments.End();
        var points = new List<GrowthPoint>();
        var table = new Table("nodes", "edges", "search, median", "p95", "advert after a ring", "graph");
        foreach (var size in Sizes)
        {
            var point = Measure(DemandGraph.PowerLaw(size, size * ChannelsPerNode, Seed), nodes);
            points.Add(point);
            table.Add(
                point.Nodes.ToString("N0", CultureInfo.InvariantCulture), point.Edges.ToString("N0", CultureInfo.InvariantCulture),
                Table.Microseconds(point.Median), Table.Microseconds(point.P95), Table.Microseconds(point.Advert), string.Create(CultureInfo.InvariantCulture, $"{point.Bytes / 1048576.0:0.0} MiB"));
        }

        table.Write(Console.Out);
        if (svg is not null)
        {
            File.WriteAllText(svg, GrowthPlot.Draw(points));
            Console.WriteLine($"Drawn to {svg}.");
        }
    }

    private static GrowthPoint Measure(DemandGraph demand, int nodes)
    {
        var builder = demand.CreateBuilder(out var bytes);
        var graph = builder.Snapshot();
        var finder = new CycleFinder();
        FinderFigure.WarmUp(finder, graph);
        var (search, advert, shared) = (new Series(), new Series(), new Series());
        foreach (var start in demand.Drawn(nodes, Seed))
        {
            var query = new CycleQuery { Start = demand.Nodes[start], MaxHops = MaxHops, MinAmount = MinAmount };
            search.Add(FinderFigure.Fastest(() => finder.Find(graph, query), out _));
            AdvertCost.MeasureChange(demand, builder, start, 2, advert, shared);
        }

        return new(graph.NodeCount, graph.EdgeCount, search.Median, search.Percentile(0.95), advert.Median, bytes);
    }
}
