using System.Collections.Immutable;
using Eddy.Gossip;
using Eddy.Lightning;
using Eddy.Liquidity;

namespace Eddy.Core.Tests.Liquidity;

/// <summary>Graphs as tests write them, and random ones small enough to look at every cycle.</summary>
internal static class GraphScenes
{
    /// <summary>Each edge offered and wanted by both ends.</summary>
    public static LiquidityGraphBuilder Wanted(params (int From, int To, long Most)[] edges) =>
        Builder([.. edges.Select(edge => new LiquidityEdge(Nodes.Number(edge.From), Nodes.Number(edge.To), 1, edge.Most, edge.Most, edge.Most))]);

    public static LiquidityGraphBuilder Builder(LiquidityEdge[] edges, Func<NodeId, (bool CanInitiate, bool CanWaive)>? flags = null)
    {
        var builder = new LiquidityGraphBuilder();
        foreach (var node in edges.SelectMany(edge => new[] { edge.From, edge.To }).Distinct().Order())
        {
            var (canInitiate, canWaive) = flags?.Invoke(node) ?? (true, true);
            builder.Set(node, canInitiate, canWaive, IntentsOf(node, edges));
        }

        return builder;
    }

    /// <summary>
    /// Half of the graphs have edges that both ends want, as where everybody asks a gain on both channels; half have none of them in both
    /// directions, as where nobody would take what goes back.
    /// </summary>
    public static LiquidityEdge[] RandomEdges(Random random, int nodes, long unit = 1)
    {
        var edges = new List<LiquidityEdge>();
        var density = random.Next(20, 90);
        var (isWanted, isOneWay) = (random.Next(2) == 0, random.Next(2) == 0);
        for (var from = 0; from < nodes; from++)
        {
            for (var to = 0; to < nodes; to++)
            {
                if (from != to && random.Next(100) < density && !(isOneWay && edges.Exists(edge => edge.From == Nodes.Number(to) && edge.To == Nodes.Number(from))))
                {
                    // Few distinct amounts, so that ties are common.
                    var most = LiquidityBucket.Floor(random.Next(1, 9) * 10L) * unit;
                    var least = random.Next(6) == 0 ? random.NextInt64(1, most + 1) : 1;
                    var (fromGains, toGains) = isWanted ? (most, most) : (Gains(random, most), Gains(random, most));
                    edges.Add(new(Nodes.Number(from), Nodes.Number(to), least, most, fromGains, toGains));
                }
            }
        }

        return [.. edges];
    }

    /// <summary>All cycles a query allows, in the order the finder promises, by trying every path.</summary>
    public static ImmutableArray<Cycle> Exhaustive(LiquidityGraph graph, CycleQuery query)
    {
        var found = new List<Cycle>();
        var start = graph.IndexOf(query.Start);
        if (start >= 0 && graph.CanInitiate(start))
        {
            Extend(graph, query, [start], [], found);
        }

        Cycle[] ordered =
        [
            .. found.OrderByDescending(cycle => cycle.Amount)
                .ThenBy(cycle => cycle.Nodes.Length)
                .ThenBy(cycle => string.Concat(cycle.Nodes.Select(node => node.ToString())), StringComparer.Ordinal)
                .Take(query.MaxResults),
        ];
        return [.. ordered.TakeWhile(cycle => !query.OnlyBest || (cycle.Amount == ordered[0].Amount && cycle.Nodes.Length == ordered[0].Nodes.Length))];
    }

    private static long Gains(Random random, long most) => random.Next(4) switch
    {
        0 => most,
        1 => random.NextInt64(0, most + 1),
        _ => 0,
    };

    private static ImmutableArray<Intent> IntentsOf(NodeId node, LiquidityEdge[] edges)
    {
        var intents = new SortedDictionary<NodeId, Intent>();
        foreach (var edge in edges)
        {
            if (edge.From == node)
            {
                var intent = intents.GetValueOrDefault(edge.To) ?? new(edge.To, 0, 0, 0, 0, 0, 0);
                intents[edge.To] = intent with { WantOut = edge.FromGains, MayOut = edge.Most, LeastOut = edge.Least };
            }
            else if (edge.To == node)
            {
                var intent = intents.GetValueOrDefault(edge.From) ?? new(edge.From, 0, 0, 0, 0, 0, 0);
                intents[edge.From] = intent with { WantIn = edge.ToGains, MayIn = edge.Most, LeastIn = edge.Least };
            }
        }

        return [.. intents.Values];
    }

    private static void Extend(LiquidityGraph graph, CycleQuery query, List<int> path, List<LiquidityEdge> edges, List<Cycle> found)
    {
        foreach (var edge in graph.EdgesFrom(path[^1]))
        {
            var to = graph.IndexOf(edge.To);
            if (path.Count > query.MaxHops || query.IsBlocked?.Invoke(edge.From, edge.To) == true)
            {
                continue;
            }

            edges.Add(edge);
            if (to == path[0])
            {
                Close(graph, query, path, edges, found);
            }
            else if (!path.Contains(to) && path.Count < query.MaxHops)
            {
                path.Add(to);
                Extend(graph, query, path, edges, found);
                path.RemoveAt(path.Count - 1);
            }

            edges.RemoveAt(edges.Count - 1);
        }
    }

    private static void Close(LiquidityGraph graph, CycleQuery query, List<int> path, List<LiquidityEdge> edges, List<Cycle> found)
    {
        if (path.Count < 2 || (path.Count == 2 && !query.RingOfTwoPeers.Contains(edges[0].To)))
        {
            return;
        }

        var candidates = new RingCandidate[path.Count];
        for (var place = 0; place < path.Count; place++)
        {
            candidates[place] = new(edges[place].From, graph.CanInitiate(path[place]), graph.CanWaive(path[place]));
        }

        var most = edges.Min(edge => query.OnlyGaining ? edge.BothGain : edge.Most);
        var amount = Math.Min(query.MaxAmount, Math.Min(most, edges.Max(edge => edge.EitherGains)));
        var least = Math.Max(query.MinAmount, edges.Max(edge => edge.Least));
        if (amount >= least && ProposerRule.Proposer(candidates) == query.Start)
        {
            var gaining = edges.Sum(edge => (edge.FromGains >= amount ? 1 : 0) + (edge.ToGains >= amount ? 1 : 0));
            found.Add(new([.. candidates.Select(candidate => candidate.Node)], amount, least, gaining));
        }
    }
}
