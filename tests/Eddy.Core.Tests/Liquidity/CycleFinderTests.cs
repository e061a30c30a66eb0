using System.Collections.Immutable;
using Eddy.Liquidity;

namespace Eddy.Core.Tests.Liquidity;

public sealed class CycleFinderTests
{
    [Fact]
    public void The_widest_cycle_comes_first_however_long_it_is()
    {
        var graph = GraphScenes.Wanted((1, 2, 5), (2, 3, 5), (3, 1, 5), (1, 4, 9), (4, 5, 9), (5, 6, 8), (6, 1, 9)).Snapshot();

        var found = new CycleFinder().Find(graph, new() { Start = Nodes.Number(1), MaxResults = 5 });

        Assert.Equal([[1, 4, 5, 6], [1, 2, 3]], found.Select(cycle => cycle.Nodes.Select(Nodes.NumberOf)));
        Assert.Equal([8, 5], found.Select(cycle => cycle.Amount));
        Assert.Equal([8, 6], found.Select(cycle => cycle.GainingEnds));
    }

    [Fact]
    public void Among_equals_the_shorter_and_then_the_lower_ids_come_first()
    {
        var graph = GraphScenes.Wanted(
            (1, 2, 5), (2, 3, 5), (3, 4, 5), (4, 1, 5), (1, 5, 5), (5, 6, 5), (6, 1, 5), (1, 7, 5), (7, 6, 5)).Snapshot();

        var found = new CycleFinder().Find(graph, new() { Start = Nodes.Number(1), MaxResults = 9 });

        Assert.Equal([[1, 5, 6], [1, 7, 6], [1, 2, 3, 4]], found.Select(cycle => cycle.Nodes.Select(Nodes.NumberOf)));
    }

    [Fact]
    public void Only_the_lowest_node_proposes()
    {
        var graph = GraphScenes.Wanted((1, 2, 5), (2, 3, 5), (3, 1, 5)).Snapshot();
        var finder = new CycleFinder();

        Assert.Single(finder.Find(graph, new() { Start = Nodes.Number(1) }));
        Assert.Empty(finder.Find(graph, new() { Start = Nodes.Number(2) }));
        Assert.Empty(finder.Find(graph, new() { Start = Nodes.Number(99) }));
    }

    [Theory]
    [InlineData(3, true, true, 1)]    // all can do everything: the lowest
    [InlineData(3, true, false, 3)]   // who cannot waive must be the initiator
    [InlineData(1, false, true, 2)]   // who cannot initiate leaves it to the next
    [InlineData(1, false, false, 0)]  // neither: no ring
    public void Abilities_decide_who_proposes(int node, bool canInitiate, bool canWaive, int proposer)
    {
        var edges = new[] { (1, 2), (2, 3), (3, 1) }.Select(hop => new LiquidityEdge(Nodes.Number(hop.Item1), Nodes.Number(hop.Item2), 1, 5, 5, 5)).ToArray();
        var graph = GraphScenes.Builder(edges, id => id == Nodes.Number(node) ? (canInitiate, canWaive) : (true, true)).Snapshot();

        var proposers = new[] { 1, 2, 3 }.Where(start => new CycleFinder().Find(graph, new() { Start = Nodes.Number(start) }).Length > 0);

        Assert.Equal(proposer == 0 ? [] : [proposer], proposers);
    }

    [Fact]
    public void Two_that_cannot_waive_make_no_ring()
    {
        RingCandidate[] members = [new(Nodes.Number(1), true, false), new(Nodes.Number(2), true, true), new(Nodes.Number(3), true, false)];

        Assert.Null(ProposerRule.Proposer(members));
        Assert.Equal(Nodes.Number(1), ProposerRule.Proposer(members.AsSpan(0, 2)));
    }

    [Fact]
    public void A_ring_in_which_nobody_gains_is_none()
    {
        LiquidityEdge Edge(int from, int to, long gains) => new(Nodes.Number(from), Nodes.Number(to), 1, 10, 0, gains);
        var finder = new CycleFinder();

        Assert.Empty(finder.Find(GraphScenes.Builder([Edge(1, 2, 0), Edge(2, 3, 0), Edge(3, 1, 0)]).Snapshot(), new() { Start = Nodes.Number(1) }));
        var cycle = Assert.Single(finder.Find(GraphScenes.Builder([Edge(1, 2, 0), Edge(2, 3, 4), Edge(3, 1, 0)]).Snapshot(), new() { Start = Nodes.Number(1) }));
        Assert.Equal((4, 1), (cycle.Amount, cycle.GainingEnds));
    }

    [Fact]
    public void A_gain_that_only_a_detour_could_collect_misleads_nobody()
    {
        // 2 -> 3 -> 4 -> 2 gains, but no simple cycle through 1 touches it.
        LiquidityEdge Edge(int from, int to, long gains) => new(Nodes.Number(from), Nodes.Number(to), 1, 10, gains, gains);
        var graph = GraphScenes.Builder(
            [Edge(1, 2, 0), Edge(2, 1, 0), Edge(2, 3, 10), Edge(3, 4, 10), Edge(4, 2, 10), Edge(2, 5, 0), Edge(5, 1, 0)]).Snapshot();
        var finder = new CycleFinder();

        Assert.Empty(finder.Find(graph, new() { Start = Nodes.Number(1), MaxResults = 5 }));
        Assert.True(finder.WasExhaustive);
    }

    [Fact]
    public void A_ring_of_two_is_found_only_with_a_peer_that_allows_it()
    {
        var graph = GraphScenes.Wanted((1, 2, 5), (2, 1, 5)).Snapshot();
        var finder = new CycleFinder();

        Assert.Empty(finder.Find(graph, new() { Start = Nodes.Number(1) }));
        Assert.Equal([Nodes.Number(1), Nodes.Number(2)], Assert.Single(finder.Find(graph, new() { Start = Nodes.Number(1), RingOfTwoPeers = [Nodes.Number(2)] })).Nodes);
    }

    [Fact]
    public void Blocked_hops_are_left_out()
    {
        var graph = GraphScenes.Wanted((1, 2, 9), (2, 3, 9), (3, 1, 9), (2, 4, 5), (4, 1, 5)).Snapshot();
        var query = new CycleQuery { Start = Nodes.Number(1), IsBlocked = (from, to) => (from, to) == (Nodes.Number(2), Nodes.Number(3)) };

        Assert.Equal([1, 2, 4], Assert.Single(new CycleFinder().Find(graph, query)).Nodes.Select(Nodes.NumberOf));
    }

    [Fact]
    public void What_it_finds_is_what_trying_every_path_finds() => Property.Holds(2000, random =>
    {
        var finder = new CycleFinder();
        var nodes = random.Next(2, 9);
        // Amounts beyond what a row of arcs can hold must make no difference.
        var unit = random.Next(6) == 0 ? 60_000_000L : 1;
        var edges = GraphScenes.RandomEdges(random, nodes, unit);
        var weak = random.Next(3) == 0;
        var graph = GraphScenes.Builder(edges, _ => weak ? (random.Next(4) > 0, random.Next(4) > 0) : (true, true)).Snapshot();
        var blocked = random.Next(nodes);
        for (var query = 0; query < 3; query++)
        {
            var asked = new CycleQuery
            {
                Start = Nodes.Number(random.Next(nodes)),
                MaxHops = random.Next(2, 8),
                MinAmount = random.Next(3) == 0 ? 1 : random.Next(1, 30) * unit,
                MaxAmount = random.Next(3) == 0 ? random.Next(10, 60) * unit : long.MaxValue,
                MaxResults = random.Next(2) == 0 ? 1 : random.Next(1, 12),
                OnlyBest = random.Next(2) == 0,
                OnlyGaining = random.Next(4) == 0,
                RingOfTwoPeers = random.Next(2) == 0 ? [] : [Nodes.Number(random.Next(nodes))],
                IsBlocked = random.Next(2) == 0 ? null : (from, _) => from == Nodes.Number(blocked),
            };
            var expected = GraphScenes.Exhaustive(graph, asked);
            var actual = finder.Find(graph, asked);

            Assert.True(finder.WasExhaustive);
            Assert.Equal(expected.Select(Describe), actual.Select(Describe));
        }
    });

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(int.MaxValue - 1L)]
    [InlineData(int.MaxValue + 1L)]
    public void A_ring_that_takes_no_less_than_more_than_is_asked_for_is_none(long most)
    {
        // What an arc can hold ends at int.MaxValue.
        LiquidityEdge Edge(int from, int to) => new(Nodes.Number(from), Nodes.Number(to), 3_000_000_000, 4_000_000_000, 4_000_000_000, 4_000_000_000);
        var graph = GraphScenes.Builder([Edge(1, 2), Edge(2, 3), Edge(3, 1)]).Snapshot();

        Assert.Empty(new CycleFinder().Find(graph, new() { Start = Nodes.Number(1), MaxAmount = most }));
        Assert.Single(new CycleFinder().Find(graph, new() { Start = Nodes.Number(1), MaxAmount = 3_000_000_000 }));
    }

    [Fact]
    public void A_graph_made_to_mislead_costs_bounded_effort()
    {
        // A dense gaining cluster beside a neutral way round: every walk through the cluster passes 1 twice.
        var edges = new List<LiquidityEdge>
        {
            new(Nodes.Number(0), Nodes.Number(1), 1, 10, 0, 0),
            new(Nodes.Number(1), Nodes.Number(40), 1, 10, 0, 0),
            new(Nodes.Number(40), Nodes.Number(0), 1, 10, 0, 0),
        };
        for (var from = 1; from < 40; from++)
        {
            for (var to = 1; to < 40; to++)
            {
                if (from != to)
                {
                    edges.Add(new(Nodes.Number(from), Nodes.Number(to), 1, 10, 10, 10));
                }
            }
        }

        var finder = new CycleFinder(effort: 5_000);

        Assert.Empty(finder.Find(GraphScenes.Builder([.. edges]).Snapshot(), new() { Start = Nodes.Number(0), MaxHops = 12 }));
        Assert.False(finder.WasExhaustive);
    }

    [Fact]
    public void A_neighbour_that_takes_what_it_gave_misleads_nobody()
    {
        // A dense gaining cluster behind one neighbour, with which no ring of two is possible.
        var edges = new List<LiquidityEdge> { new(Nodes.Number(0), Nodes.Number(1), 1, 10, 0, 0), new(Nodes.Number(1), Nodes.Number(0), 1, 10, 0, 0) };
        for (var from = 1; from < 40; from++)
        {
            for (var to = 1; to < 40; to++)
            {
                if (from != to)
                {
                    edges.Add(new(Nodes.Number(from), Nodes.Number(to), 1, 10, 10, 10));
                }
            }
        }

        var finder = new CycleFinder(effort: 100);

        Assert.Empty(finder.Find(GraphScenes.Builder([.. edges]).Snapshot(), new() { Start = Nodes.Number(0), MaxHops = 12 }));
        Assert.True(finder.WasExhaustive);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_query_after_the_first_allocates_its_result_and_nothing_else(bool isSimple)
    {
        // The second graph has neutral edges both ways between all nodes, in which the widest walk is no cycle.
        var edges = Enumerable.Range(0, 60).SelectMany(from => Enumerable.Range(1, 5).Select(step => (From: from, To: (from + (step * step)) % 60)))
            .Select(hop => new LiquidityEdge(Nodes.Number(hop.From), Nodes.Number(hop.To), 1, 100 + hop.To, 100 + hop.To, 100 + hop.To));
        var neutral = edges.Select(edge => new LiquidityEdge(edge.To, edge.From, 1, 500, 0, 0));
        var graph = GraphScenes.Builder([.. isSimple ? edges : edges.Concat(neutral)]).Snapshot();
        var finder = new CycleFinder();
        var query = new CycleQuery { Start = Nodes.Number(0), MaxResults = 3, OnlyBest = true };
        var hopeless = query with { MinAmount = 400, OnlyGaining = true };
        var found = finder.Find(graph, query);
        Assert.NotEmpty(found);
        Assert.Empty(finder.Find(graph, hopeless));

        Assert.Equal(0, AllocatedBy(() => finder.Find(graph, hopeless)));
        Assert.InRange(AllocatedBy(() => finder.Find(graph, query)), 1, AllocatedBy(() => Copy(found)));
    }

    private static long AllocatedBy(Action action)
    {
        action();
        var before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static ImmutableArray<Cycle> Copy(ImmutableArray<Cycle> cycles)
    {
        var copies = new Cycle[cycles.Length];
        for (var place = 0; place < copies.Length; place++)
        {
            copies[place] = cycles[place] with { Nodes = ImmutableArray.Create(cycles[place].Nodes.AsSpan()) };
        }

        return ImmutableArray.Create(copies);
    }

    private static string Describe(Cycle cycle) =>
        $"{string.Join(' ', cycle.Nodes.Select(Nodes.NumberOf))}: {cycle.Least} to {cycle.Amount}, {cycle.GainingEnds} gain";
}
