using System.Collections.Immutable;
using Eddy.Lightning;
using Eddy.Liquidity;

namespace Eddy.Core.Tests.Liquidity;

public sealed class RingPlannerTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(50);
    private static readonly PlannerOptions Options = new() { HalvingsPerSearch = 1 };

    [Fact]
    public void The_widest_ring_is_proposed()
    {
        var plan = Plan(GraphScenes.Wanted((1, 2, 300_000), (2, 3, 300_000), (3, 1, 300_000), (1, 4, 400_000), (4, 5, 400_000), (5, 1, 400_000)));

        Assert.Equal(PlanOutcome.Found, plan.Outcome);
        Assert.Equal([1, 4, 5], Assert.Single(plan.Rings).Nodes.Select(Nodes.NumberOf));
    }

    [Fact]
    public void A_ring_that_gains_everywhere_goes_before_a_wider_one_unless_that_is_much_wider()
    {
        LiquidityEdge Edge(int from, int to, long most, long gains) => new(Nodes.Number(from), Nodes.Number(to), 1, most, gains, gains);
        LiquidityEdge[] gaining = [Edge(1, 2, 400_000, 400_000), Edge(2, 3, 400_000, 400_000), Edge(3, 1, 400_000, 400_000)];
        LiquidityEdge[] neutral(long most) => [Edge(1, 4, most, most), Edge(4, 5, most, 0), Edge(5, 1, most, 0)];

        Assert.Equal(2, Nodes.NumberOf(Assert.Single(Plan(GraphScenes.Builder([.. gaining, .. neutral(500_000)])).Rings).Nodes[1]));
        Assert.Equal(4, Nodes.NumberOf(Assert.Single(Plan(GraphScenes.Builder([.. gaining, .. neutral(1_000_000)])).Rings).Nodes[1]));
    }

    [Fact]
    public void How_small_a_ring_may_be_falls_from_search_to_search()
    {
        // One wide edge out and in, and a ring of an eighth of that.
        var graph = GraphScenes.Wanted((1, 2, 800_000), (2, 3, 100_000), (3, 1, 800_000));
        var state = PlannerState.Start;
        var outcomes = new List<PlanOutcome>();
        for (var search = 0; search < 3; search++)
        {
            var plan = Plan(graph, state);
            outcomes.Add(plan.Outcome);
            state = plan.Next;
        }

        Assert.Equal([PlanOutcome.Falling, PlanOutcome.Falling, PlanOutcome.Found], outcomes);
        Assert.Equal(50_000, state.Threshold);
    }

    [Fact]
    public void A_large_ring_that_turns_up_later_is_found_at_once()
    {
        var plan = Plan(GraphScenes.Wanted((1, 2, 800_000), (2, 3, 800_000), (3, 1, 800_000)), PlannerState.Start with { Threshold = 50_000 });

        Assert.Equal(800_000, Assert.Single(plan.Rings).Amount);
        Assert.Equal(400_000, plan.Next.Threshold);
    }

    [Fact]
    public void No_ring_at_the_smallest_amount_is_said_so()
    {
        var plan = Plan(GraphScenes.Wanted((1, 2, 60_000), (2, 3, 10_000), (3, 1, 60_000)));

        Assert.Equal((PlanOutcome.NoRing, 50_000L), (plan.Outcome, plan.Next.Threshold));
    }

    [Fact]
    public void A_node_that_offers_nothing_both_ways_has_nothing_to_search()
    {
        Assert.Equal(PlanOutcome.NothingOffered, Plan(GraphScenes.Wanted((1, 2, 800_000), (2, 3, 800_000))).Outcome);
        Assert.Equal(PlanOutcome.NothingOffered, Plan(new LiquidityGraphBuilder()).Outcome);
        Assert.Equal(PlanOutcome.NothingOffered, Plan(GraphScenes.Wanted((1, 2, 49_999), (2, 3, 90_000), (3, 1, 90_000))).Outcome);
    }

    [Fact]
    public void No_more_rings_than_allowed_are_under_way()
    {
        var graph = GraphScenes.Wanted((1, 2, 300_000), (2, 3, 300_000), (3, 1, 300_000));

        Assert.Equal(PlanOutcome.Busy, Plan(graph, underWay: [[Nodes.Number(1), Nodes.Number(8), Nodes.Number(9)]]).Outcome);
    }

    [Fact]
    public void Rings_under_way_at_once_share_no_pair()
    {
        var graph = GraphScenes.Wanted(
            (1, 2, 400_000), (2, 3, 400_000), (3, 1, 400_000), (2, 4, 350_000), (4, 1, 350_000), (1, 5, 300_000), (5, 6, 300_000), (6, 1, 300_000));
        var options = Options with { MaxRings = 3 };

        var both = Plan(graph, options: options);
        Assert.Equal([[1, 2, 3], [1, 5, 6]], both.Rings.Select(ring => ring.Nodes.Select(Nodes.NumberOf)));

        var other = Plan(graph, options: options, underWay: [both.Rings[0].Nodes]);
        Assert.Equal([[1, 5, 6]], other.Rings.Select(ring => ring.Nodes.Select(Nodes.NumberOf)));
    }

    [Fact]
    public void A_hop_that_failed_is_gone_round()
    {
        var graph = GraphScenes.Wanted((1, 2, 400_000), (2, 3, 400_000), (3, 1, 400_000), (2, 4, 300_000), (4, 1, 300_000));
        var backOffs = BackOffBook.Empty.HopFailed(new(Nodes.Number(2), Nodes.Number(3)), Now, Options, new(1));

        Assert.Equal([1, 2, 4], Assert.Single(Plan(graph, new(0, backOffs)).Rings).Nodes.Select(Nodes.NumberOf));
    }

    [Fact]
    public void Among_equal_rings_any_is_taken()
    {
        var graph = GraphScenes.Wanted((1, 2, 400_000), (2, 3, 400_000), (3, 1, 400_000), (1, 4, 400_000), (4, 5, 400_000), (5, 1, 400_000));

        var second = Enumerable.Range(0, 40).Select(seed => Nodes.NumberOf(Assert.Single(Plan(graph, seed: seed).Rings).Nodes[1]));

        Assert.Equal([2, 4], second.Distinct().Order());
    }

    [Fact]
    public void Searches_are_jittered() => Property.Holds(100, random =>
    {
        var plan = Plan(new LiquidityGraphBuilder(), seed: random.Next());

        Assert.InRange((plan.NextAt - Now).TotalSeconds, 22.5, 37.5);
    });

    [Fact]
    public void Same_input_same_plan() => Property.Holds(100, random =>
    {
        var graph = GraphScenes.Builder([.. GraphScenes.RandomEdges(random, 7).Select(edge => edge with
        {
            Most = edge.Most * 10_000,
            FromGains = edge.FromGains * 10_000,
            ToGains = edge.ToGains * 10_000,
        })]);
        var seed = random.Next();
        var one = Plan(graph, seed: seed);
        var two = Plan(graph, seed: seed);

        Assert.Equal(one.Outcome, two.Outcome);
        Assert.Equal(one.NextAt, two.NextAt);
        Assert.Equal(one.Rings.SelectMany(ring => ring.Nodes), two.Rings.SelectMany(ring => ring.Nodes));
    });

    private static RingPlan Plan(
        LiquidityGraphBuilder graph,
        PlannerState? state = null,
        PlannerOptions? options = null,
        ImmutableArray<NodeId>[]? underWay = null,
        int seed = 1) =>
        RingPlanner.Plan(new(), graph.Snapshot(), Nodes.Number(1), state ?? PlannerState.Start, options ?? Options, underWay ?? [], [], Now, new(seed));
}
