using Eddy.Liquidity;

namespace Eddy.Core.Tests.Liquidity;

public sealed class CommonPlanTests
{
    private const long Unit = 1_000;
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(50);
    private static readonly PlannerOptions Options = new() { MinAmount = 10 * Unit, MaxHops = 5, MaxRings = 8 };

    [Fact]
    public void Two_rings_over_the_same_hop_are_planned_one_after_the_other_the_larger_first()
    {
        var graph = GraphScenes.Wanted((1, 2, 900_000), (2, 3, 500_000), (3, 1, 500_000), (2, 4, 300_000), (4, 1, 300_000));

        var ring = Assert.Single(Find(graph).Rings);

        Assert.Equal([1, 2, 3], ring.Nodes.Select(Nodes.NumberOf));
        Assert.Equal((500_000L, 6), (ring.Amount, ring.GainingEnds));
    }

    [Fact]
    public void Rings_apart_from_one_another_are_planned_together_each_for_its_lowest_node()
    {
        var plan = Find(GraphScenes.Wanted((2, 9, 50_000), (9, 5, 50_000), (5, 2, 50_000), (8, 7, 90_000), (7, 6, 90_000), (6, 8, 90_000)));

        Assert.Equal([6, 2], plan.Rings.Select(static ring => Nodes.NumberOf(ring.Nodes[0])));
        Assert.Equal([2], plan.ProposedBy(Nodes.Number(2)).Select(static ring => Nodes.NumberOf(ring.Nodes[0])));
        Assert.Empty(plan.ProposedBy(Nodes.Number(9)));
    }

    [Fact]
    public void One_hop_that_gains_carries_those_that_only_may()
    {
        LiquidityEdge Edge(int from, int to, long gains) => new(Nodes.Number(from), Nodes.Number(to), 1, 400_000, gains, gains);

        Assert.Equal(250_000, Assert.Single(Find(GraphScenes.Builder([Edge(1, 2, 250_000), Edge(2, 3, 0), Edge(3, 1, 0)])).Rings).Amount);
        Assert.Empty(Find(GraphScenes.Builder([Edge(1, 2, 0), Edge(2, 3, 0), Edge(3, 1, 0)])).Rings);
    }

    private static bool HasRing(LiquidityGraph graph) => Enumerable.Range(0, 7).Any(node =>
        !new CycleFinder().Find(graph, new CycleQuery { Start = Nodes.Number(node), MaxHops = Options.MaxHops, MinAmount = Options.MinAmount }).IsEmpty);

    [Fact]
    public void There_is_a_plan_where_there_is_a_ring_and_all_its_rings_could_be() => Property.Holds(300, random =>
    {
        var edges = GraphScenes.RandomEdges(random, 7, Unit);
        var graph = GraphScenes.Builder(edges).Snapshot();

        var plan = CommonPlan.Find(graph, Options);

        // Least amounts are looked at in buckets: a ring that fits only between one and the next is left to the searches.
        var coarse = GraphScenes.Builder([.. edges.Select(static edge => edge with { Least = LiquidityBucket.Ceiling(edge.Least) })]).Snapshot();
        Assert.True(HasRing(graph) || plan.Rings.IsEmpty, "a plan without a ring");
        Assert.True(!HasRing(coarse) || !plan.Rings.IsEmpty, "a ring without a plan");
        var used = new HashSet<Hop>();
        foreach (var ring in plan.Rings)
        {
            Assert.InRange(ring.Nodes.Length, 3, Options.MaxHops);
            Assert.Equal(ring.Nodes.Length, ring.Nodes.Distinct().Count());
            Assert.Equal(ring.Nodes.Min(), ring.Nodes[0]);
            Assert.True(ring.Amount >= ring.Least);
            var hops = HopsOf(ring).Select(hop => edges.Single(edge => edge.From == hop.From && edge.To == hop.To)).ToArray();
            Assert.All(hops, hop => Assert.InRange(ring.Amount, hop.Least, hop.Most));
            Assert.Contains(hops, hop => hop.EitherGains >= ring.Amount);
            Assert.All(HopsOf(ring), hop => Assert.True(used.Add(hop), "two rings over the same hop at once"));
        }
    });

    [Fact]
    public void In_whatever_order_it_is_put_together_the_same_graph_has_the_same_plan() => Property.Holds(100, random =>
    {
        var edges = GraphScenes.RandomEdges(random, 8, Unit);
        var there = CommonPlan.Find(GraphScenes.Builder(edges).Snapshot(), Options);
        random.Shuffle(edges);
        var here = CommonPlan.Find(GraphScenes.Builder(edges).Snapshot(), Options);

        Assert.Equal(there.Rings.Select(Describe), here.Rings.Select(Describe));
    });

    [Fact]
    public void A_node_that_cannot_waive_is_in_no_common_ring_and_one_that_cannot_initiate_proposes_none()
    {
        LiquidityEdge Edge(int from, int to) => new(Nodes.Number(from), Nodes.Number(to), 1, 400_000, 400_000, 400_000);
        LiquidityEdge[] edges = [Edge(1, 2), Edge(2, 3), Edge(3, 1)];

        Assert.Empty(Find(GraphScenes.Builder(edges, node => (true, Nodes.NumberOf(node) != 3))).Rings);
        Assert.Equal(2, Nodes.NumberOf(Assert.Single(Find(GraphScenes.Builder(edges, node => (Nodes.NumberOf(node) != 1, true))).Rings).Nodes[0]));
        Assert.Empty(Find(GraphScenes.Builder(edges, _ => (false, true))).Rings);
    }

    [Fact]
    public void A_planner_proposes_its_own_part_of_the_plan()
    {
        var graph = GraphScenes.Wanted((1, 2, 400_000), (2, 3, 400_000), (3, 1, 400_000), (1, 4, 300_000), (4, 5, 300_000), (5, 1, 300_000));

        var plan = Plan(graph, 1, PlannerState.Start);

        Assert.Equal((PlanOutcome.Found, 2), (plan.Outcome, plan.Rings.Length));
        var blocked = PlannerState.Start with { BackOffs = BackOffBook.Empty.HopFailed(new(Nodes.Number(2), Nodes.Number(3)), Now, Options, new(1)) };
        Assert.Equal([1, 4, 5], Assert.Single(Plan(graph, 1, blocked).Rings).Nodes.Select(Nodes.NumberOf));
        Assert.Equal(PlanOutcome.Waiting, Plan(graph, 2, PlannerState.Start).Outcome);
    }

    [Fact]
    public void A_ring_that_its_proposer_leaves_lying_is_gone_round_after_a_while()
    {
        // Node 1 should propose the larger one and does not; node 2 has another one with 4 and 5 of which the plan thinks less.
        var graph = GraphScenes.Wanted((1, 2, 400_000), (2, 3, 400_000), (3, 1, 400_000), (3, 4, 300_000), (4, 2, 300_000));

        var outcomes = Outcomes(2, _ => graph, PlannerState.Start, 5);

        Assert.Equal([PlanOutcome.Waiting, PlanOutcome.Waiting, PlanOutcome.Waiting, PlanOutcome.Found, PlanOutcome.Found], outcomes);
    }

    [Fact]
    public void Whoever_changes_what_is_left_lying_from_search_to_search_holds_nobody_up_for_longer()
    {
        var outcomes = Outcomes(
            2,
            search => GraphScenes.Wanted((1, 2, 400_000 + (search * Unit)), (2, 3, 500_000), (3, 1, 400_000 + (search * Unit)), (3, 4, 300_000), (4, 2, 300_000)),
            PlannerState.Start,
            4);

        Assert.Equal([PlanOutcome.Waiting, PlanOutcome.Waiting, PlanOutcome.Waiting, PlanOutcome.Found], outcomes);
    }

    [Fact]
    public void A_ring_left_lying_over_its_neighbours_hop_hides_no_ring_from_the_one_that_may_propose_it()
    {
        // 2 may propose 2, 3, 4, of which 0, which proposes nothing, takes the hop from 3 to 4; nothing is planned through 2.
        var graph = GraphScenes.Wanted((0, 3, 900_000), (3, 4, 900_000), (4, 0, 900_000), (4, 2, 300_000), (2, 3, 300_000));

        Assert.DoesNotContain(Find(graph).Rings, static ring => ring.Nodes.Contains(Nodes.Number(2)));
        Assert.Equal(PlanOutcome.Found, Outcomes(2, _ => graph, PlannerState.Start, 4)[^1]);
    }

    [Fact]
    public void Where_rings_that_others_propose_do_settle_a_node_goes_on_waiting()
    {
        var graph = GraphScenes.Wanted((1, 2, 400_000), (2, 3, 400_000), (3, 1, 400_000), (3, 4, 300_000), (4, 2, 300_000));
        var state = Plan(graph, 2, new(0, BackOffBook.Empty, Waited: 2)).Next;

        Assert.Equal(PlanOutcome.Found, Plan(graph, 2, state).Outcome);
        Assert.Equal(PlanOutcome.Waiting, Plan(graph, 2, state.Kept()).Outcome);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Offers_made_to_wear_a_plan_out_hide_no_ring(bool isByLeast)
    {
        const long Honest = 60_000;
        const int Sybils = 40;
        LiquidityEdge Edge(int from, int to, long amount, long least = 1) => new(Nodes.Number(from), Nodes.Number(to), least, amount, amount, amount);
        IEnumerable<LiquidityEdge> made =
            from near in Enumerable.Range(100, Sybils)
            from far in Enumerable.Range(100, Sybils)
            where near != far
            select isByLeast ? Edge(near, far, 4_000_000, 20_000 + (((near * Sybils) + far) * 10)) : Edge(near, far, 4_000_000 - (near * Unit));
        var graph = GraphScenes.Builder([Edge(1, 2, Honest), Edge(2, 3, Honest), Edge(3, 1, Honest), Edge(1, 100, 4_000_000), Edge(101, 1, 4_000_000), .. made]);

        var common = CommonPlan.Find(graph.Snapshot(), Options, mostEffort: 5_000);

        Assert.False(common.IsWhole);
        Assert.InRange(common.Effort, 5_000, 30_000);
        Assert.DoesNotContain(common.Rings, static ring => ring.Nodes.Contains(Nodes.Number(3)));
        var plan = Plan(graph, 1, PlannerState.Start with { BackOffs = BackOffBook.Empty.NodeFailed(Nodes.Number(100), Now, Options, new(1)) }, common);
        Assert.Equal([1, 2, 3], plan.Rings[0].Nodes.Select(Nodes.NumberOf));
    }

    private static PlanOutcome[] Outcomes(int node, Func<int, LiquidityGraphBuilder> graph, PlannerState state, int searches)
    {
        var outcomes = new PlanOutcome[searches];
        for (var search = 0; search < searches; search++)
        {
            var plan = Plan(graph(search), node, state);
            (state, outcomes[search]) = (plan.Next, plan.Outcome);
        }

        return outcomes;
    }

    private static CommonPlan Find(LiquidityGraphBuilder graph) => CommonPlan.Find(graph.Snapshot(), Options);

    private static RingPlan Plan(LiquidityGraphBuilder graph, int node, PlannerState state, CommonPlan? common = null) => RingPlanner.Plan(
        new(), graph.Snapshot(), Nodes.Number(node), state, Options with { HalvingsPerSearch = 40 }, [], [], Now, new(1), common ?? Find(graph));

    private static IEnumerable<Hop> HopsOf(Cycle ring) =>
        ring.Nodes.Select((node, place) => new Hop(node, ring.Nodes[(place + 1) % ring.Nodes.Length]));

    private static string Describe(Cycle ring) => $"{ring.Amount} {ring.Least} {string.Join(' ', ring.Nodes)}";
}
