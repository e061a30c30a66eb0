using System.Collections.Immutable;
using Eddy.Liquidity;

namespace Eddy.Core.Tests.Liquidity;

/// <summary>Offers made so that every bound of a search says they lead to a ring, and none does.</summary>
public sealed class MisleadingGraphTests
{
    private const int FirstSybil = 100;

    [Theory]
    [InlineData(30, false)]
    [InlineData(30, true)]
    [InlineData(120, true)]
    public void Offers_whose_last_hop_takes_no_less_than_more_than_they_give_hide_no_ring(int sybils, bool isLinked)
    {
        var graph = GraphScenes.Builder([.. WithLeast(sybils, isLinked)]).Snapshot();
        var finder = new CycleFinder(effort: 3_000);

        var found = finder.Find(graph, new() { Start = Nodes.Number(0), MinAmount = 500_000, MaxResults = 4, OnlyBest = true });

        Assert.False(finder.WasExhaustive);
        var cycle = Assert.Single(found);
        Assert.Equal([0, 1, 2], cycle.Nodes.Select(Nodes.NumberOf));
        Assert.Equal((800_000, 500_000, 6), (cycle.Amount, cycle.Least, cycle.GainingEnds));
    }

    [Theory]
    [InlineData(30, false)]
    [InlineData(30, true)]
    [InlineData(120, true)]
    public void A_gain_that_only_a_loop_could_collect_hides_no_ring(int sybils, bool isLinked)
    {
        var graph = GraphScenes.Builder([.. WithGainingLoop(sybils, isLinked)]).Snapshot();
        var finder = new CycleFinder(effort: 3_000);

        var found = finder.Find(graph, new() { Start = Nodes.Number(0), MinAmount = 500_000, MaxHops = 8, MaxResults = 4, OnlyBest = true });

        Assert.False(finder.WasExhaustive);
        var cycle = Assert.Single(found);
        Assert.Equal([0, 1, 2, 3, 4, 5], cycle.Nodes.Select(Nodes.NumberOf));
        Assert.Equal((800_000, 2), (cycle.Amount, cycle.GainingEnds));
    }

    [Fact]
    public void What_a_query_may_cost_is_bounded_by_the_edges_it_looks_at()
    {
        const int Effort = 1_000;
        const int Sybils = 150;
        var finder = new CycleFinder(Effort);
        foreach (var graph in new[] { WithLeast(Sybils, isLinked: true), WithGainingLoop(Sybils, isLinked: true) }.Select(edges => GraphScenes.Builder([.. edges]).Snapshot()))
        {
            finder.Find(graph, new() { Start = Nodes.Number(0), MinAmount = 810_000, MaxHops = 12 });

            // Once for the best and once for any; the last step of each may go beyond it by the edges on its way.
            Assert.False(finder.WasExhaustive);
            Assert.InRange(finder.Looks, Effort, 2 * ((Effort * 16) + (12 * Sybils)));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_planner_that_is_misled_at_every_amount_still_finds_the_ring(bool byLeast)
    {
        // The honest ring is far below the amounts at which the first searches are cut.
        const long Honest = 60_000;
        var edges = new List<LiquidityEdge> { Edge(0, 1, Honest), Edge(1, 2, Honest), Edge(2, 0, Honest) };
        if (byLeast)
        {
            // For each threshold sybils of their own.
            for (var (amount, first) = (4_000_000L, FirstSybil); amount > 50_000; (amount, first) = (amount / 2, first + 40))
            {
                edges.AddRange(LeastDecoys(first, 30, amount, amount + 1));
            }
        }
        else
        {
            edges.AddRange(LoopDecoys(FirstSybil, 30, 5_000_000));
        }

        var plan = RingPlanner.Plan(
            new CycleFinder(effort: 2_000),
            GraphScenes.Builder([.. edges]).Snapshot(),
            Nodes.Number(0),
            PlannerState.Start,
            new() { HalvingsPerSearch = 20 },
            [],
            [],
            DateTimeOffset.UnixEpoch,
            new Random(1));

        Assert.Equal([0, 1, 2], Assert.Single(plan.Rings).Nodes.Select(Nodes.NumberOf));
        Assert.Equal(Honest, plan.Rings[0].Amount);
    }

    [Fact]
    public void Any_ring_is_found_wherever_there_is_one_of_the_least_amount() => Property.Holds(1500, random =>
    {
        var finder = new CycleFinder();
        var nodes = random.Next(2, 9);
        var unit = random.Next(6) == 0 ? 60_000_000L : 1;
        var graph = GraphScenes.Builder(GraphScenes.RandomEdges(random, nodes, unit)).Snapshot();
        var query = RandomQuery(random, nodes, unit) with { AnyWillDo = true };
        var least = Math.Max(1, query.MinAmount);
        var expected = least > query.MaxAmount ? [] : GraphScenes.Exhaustive(graph, query with { MinAmount = least, MaxAmount = least });

        var found = finder.Find(graph, query);

        Assert.True(finder.WasExhaustive);
        Assert.Equal(expected.IsEmpty ? 0 : 1, found.Length);
        AssertAreCycles(graph, query, found);
    });

    [Fact]
    public void Whatever_is_found_with_little_effort_is_a_ring() => Property.Holds(1500, random =>
    {
        var nodes = random.Next(2, 9);
        var graph = GraphScenes.Builder(GraphScenes.RandomEdges(random, nodes)).Snapshot();
        var query = RandomQuery(random, nodes, 1) with { MaxResults = random.Next(1, 4), AnyWillDo = random.Next(3) == 0 };

        AssertAreCycles(graph, query, new CycleFinder(effort: random.Next(1, 12)).Find(graph, query));
    });

    private static void AssertAreCycles(LiquidityGraph graph, CycleQuery query, ImmutableArray<Cycle> found)
    {
        var all = GraphScenes.Exhaustive(graph, query with { MaxResults = int.MaxValue, OnlyBest = false }).Select(Describe).ToHashSet();
        Assert.All(found, cycle => Assert.Contains(Describe(cycle), all));
    }

    private static CycleQuery RandomQuery(Random random, int nodes, long unit) => new()
    {
        Start = Nodes.Number(random.Next(nodes)),
        MaxHops = random.Next(2, 8),
        MinAmount = random.Next(4) == 0 ? 1 : random.Next(1, 50) * unit,
        MaxAmount = random.Next(3) == 0 ? random.Next(10, 60) * unit : long.MaxValue,
        OnlyBest = random.Next(2) == 0,
        OnlyGaining = random.Next(4) == 0,
        RingOfTwoPeers = random.Next(2) == 0 ? [] : [Nodes.Number(random.Next(nodes))],
    };

    /// <summary>A ring of 800,000 sat, and beside it ways of 900,000 sat that all come home over a hop that takes no less than 1,000,000.</summary>
    /// <param name="isLinked">The sybils have a channel with an honest member too.</param>
    private static IEnumerable<LiquidityEdge> WithLeast(int sybils, bool isLinked)
    {
        IEnumerable<LiquidityEdge> edges = [Edge(0, 1, 2_000_000), Edge(1, 2, 800_000), Edge(2, 0, 2_000_000), .. LeastDecoys(FirstSybil, sybils, 900_000, 1_000_000)];
        return isLinked ? edges.Append(Edge(1, FirstSybil, 900_000)) : edges;
    }

    /// <summary>A ring of six with one gain, and beside it a neutral way round with a gaining cluster that hangs on one node of it.</summary>
    private static IEnumerable<LiquidityEdge> WithGainingLoop(int sybils, bool isLinked)
    {
        IEnumerable<LiquidityEdge> edges =
        [
            Edge(0, 1, 800_000, 0), Edge(1, 2, 800_000, 0), Edge(2, 3, 800_000), Edge(3, 4, 800_000, 0), Edge(4, 5, 800_000, 0), Edge(5, 0, 800_000, 0),
            .. LoopDecoys(FirstSybil, sybils, 900_000),
        ];
        return isLinked ? edges.Append(Edge(1, FirstSybil, 900_000, 0)) : edges;
    }

    private static IEnumerable<LiquidityEdge> LeastDecoys(int first, int sybils, long amount, long least)
    {
        var (enter, leave) = (first, first + sybils - 1);
        return
        [
            Edge(0, enter, amount),
            .. Complete(first, sybils, 4 * amount),
            new(Nodes.Number(leave), Nodes.Number(0), least, 2 * least, 2 * least, 2 * least),
        ];
    }

    private static IEnumerable<LiquidityEdge> LoopDecoys(int first, int sybils, long amount) =>
    [
        Edge(0, first, amount, 0),
        .. Complete(first, sybils, amount),
        Edge(first, first + sybils, amount, 0),
        Edge(first + sybils, 0, amount, 0),
    ];

    private static IEnumerable<LiquidityEdge> Complete(int first, int count, long amount) =>
        from near in Enumerable.Range(first, count)
        from far in Enumerable.Range(first, count)
        where near != far
        select Edge(near, far, amount);

    private static LiquidityEdge Edge(int from, int to, long most) => Edge(from, to, most, most);

    private static LiquidityEdge Edge(int from, int to, long most, long gains) => new(Nodes.Number(from), Nodes.Number(to), 1, most, gains, gains);

    private static string Describe(Cycle cycle) =>
        $"{string.Join(' ', cycle.Nodes.Select(Nodes.NumberOf))}: {cycle.Least} to {cycle.Amount}, {cycle.GainingEnds} gain";
}
