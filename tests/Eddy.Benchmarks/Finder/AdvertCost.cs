using System.Collections.Immutable;
using System.Diagnostics;
using Eddy.Benchmarks.Measuring;
using Eddy.Gossip;
using Eddy.Liquidity;

namespace Eddy.Benchmarks.Finder;

/// <summary>What it costs to follow one advert, with a snapshot after each: the graph as a search would then see it.</summary>
internal static class AdvertCost
{
    private const int Repeats = 5;

    /// <param name="starts">Nodes drawn at random; the busiest is measured beside them.</param>
    public static void Measure(DemandGraph demand, LiquidityGraphBuilder builder, int[] starts)
    {
        var table = new Table("an advert in which", "median", "p95", "slowest", "busiest node", "snapshot, median");
        var busiest = Enumerable.Range(0, demand.Nodes.Length).MaxBy(node => demand.Intents(node).Length);
        Add("a ring has moved two pairs", 2);
        Add("every pair has changed", int.MaxValue);
        var (coming, going, both) = (new Series(), new Series(), new Series());
        foreach (var node in starts)
        {
            MeasureReturn(demand, builder, node, coming, going, both);
        }

        var (hubComes, hubGoes) = (new Series(), new Series());
        MeasureReturn(demand, builder, busiest, hubComes, hubGoes, both);
        Row("the node is new", coming, hubComes, both);
        Row("the node goes (no advert)", going, hubGoes, both);
        table.Write(Console.Out);

        void Add(string name, int pairs)
        {
            var (set, shared) = (new Series(), new Series());
            foreach (var node in starts)
            {
                MeasureChange(demand, builder, node, pairs, set, shared);
            }

            var hub = new Series();
            MeasureChange(demand, builder, busiest, pairs, hub, shared);
            Row(name, set, hub, shared);
        }

        void Row(string name, Series set, Series hub, Series shared) => table.Add(
            name, Table.Microseconds(set.Median), Table.Microseconds(set.Percentile(0.95)), Table.Microseconds(set.Max),
            Table.Microseconds(hub.Median), Table.Microseconds(shared.Median));
    }

    /// <summary>Adds the fastest of a few changes, and of the snapshots after them.</summary>
    public static void MeasureChange(DemandGraph demand, LiquidityGraphBuilder builder, int node, int pairs, Series set, Series shared)
    {
        var before = demand.Intents(node);
        var after = Halved(before, pairs);
        var (fastest, fastestShare) = (double.MaxValue, double.MaxValue);
        for (var repeat = 0; repeat < Repeats * 2; repeat++)
        {
            var intents = repeat % 2 == 0 ? after : before;
            fastest = Math.Min(fastest, Time(() => builder.Set(demand.Nodes[node], true, true, intents)));
            fastestShare = Math.Min(fastestShare, Time(() => builder.Snapshot()));
        }

        set.Add(fastest);
        shared.Add(fastestShare);
    }

    private static void MeasureReturn(DemandGraph demand, LiquidityGraphBuilder builder, int node, Series coming, Series going, Series shared)
    {
        var (comes, goes, share) = (double.MaxValue, double.MaxValue, double.MaxValue);
        for (var repeat = 0; repeat < Repeats; repeat++)
        {
            goes = Math.Min(goes, Time(() => builder.Remove(demand.Nodes[node])));
            share = Math.Min(share, Time(() => builder.Snapshot()));
            comes = Math.Min(comes, Time(() => builder.Set(demand.Nodes[node], true, true, demand.Intents(node))));
            share = Math.Min(share, Time(() => builder.Snapshot()));
        }

        coming.Add(comes);
        going.Add(goes);
        shared.Add(share);
    }

    /// <summary>First one pair that sends and one that receives, as a ring leaves them.</summary>
    private static ImmutableArray<Intent> Halved(ImmutableArray<Intent> intents, int pairs)
    {
        var sent = pairs == int.MaxValue ? int.MaxValue : pairs / 2;
        var received = sent;
        return
        [
            .. intents.Select(intent => (intent.WantOut > 0 ? sent-- : received--) > 0
                ? intent with { WantOut = intent.WantOut / 2, WantIn = intent.WantIn / 2 }
                : intent),
        ];
    }

    private static double Time(Action action)
    {
        var begin = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(begin).TotalMicroseconds;
    }
}
