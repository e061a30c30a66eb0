using System.Collections.Immutable;
using Eddy.Gossip;
using Eddy.Lightning;
using Eddy.Liquidity;

namespace Eddy.Core.Tests.Liquidity;

public sealed class LiquidityGraphTests
{
    private static readonly NodeId Alice = Nodes.Number(1);
    private static readonly NodeId Bob = Nodes.Number(2);

    [Fact]
    public void An_edge_is_what_both_ends_offer()
    {
        var builder = new LiquidityGraphBuilder();
        builder.Set(Alice, true, true, [new(Bob, WantOut: 500, MayOut: 800, LeastOut: 10, 0, 0, 0)]);
        builder.Set(Bob, true, false, [new(Alice, 0, 0, 0, WantIn: 0, MayIn: 700, LeastIn: 20)]);

        var graph = builder.Snapshot();

        Assert.Equal([new LiquidityEdge(Alice, Bob, 20, 700, 500, 0)], graph.Edges.ToArray());
        Assert.Equal((500, 0), (graph.Edges.First().EitherGains, graph.Edges.First().BothGain));
        Assert.True(graph.CanWaive(graph.IndexOf(Alice)));
        Assert.False(graph.CanWaive(graph.IndexOf(Bob)));
    }

    [Theory]
    [InlineData(0, 700, 1, 1)]
    [InlineData(800, 0, 1, 1)]
    [InlineData(800, 700, 701, 1)]
    [InlineData(800, 700, 1, 701)]
    public void Nobody_can_offer_for_a_neighbour(long mayOut, long mayIn, long leastOut, long leastIn)
    {
        var builder = new LiquidityGraphBuilder();
        builder.Set(Alice, true, true, [new(Bob, 0, mayOut, leastOut, 0, 0, 0)]);
        builder.Set(Bob, true, true, [new(Alice, 0, 0, 0, 0, mayIn, leastIn)]);

        Assert.Equal(0, builder.Snapshot().EdgeCount);
        Assert.Equal(2, builder.Snapshot().NodeCount);
    }

    [Fact]
    public void A_node_that_names_itself_or_strangers_has_no_edges()
    {
        var builder = new LiquidityGraphBuilder();
        builder.Set(Alice, true, true, [new(Alice, 9, 9, 1, 9, 9, 1), new(Bob, 9, 9, 1, 9, 9, 1)]);

        Assert.Equal(0, builder.Snapshot().EdgeCount);
    }

    [Fact]
    public void A_snapshot_stays_the_same_until_something_changes()
    {
        var builder = GraphScenes.Wanted((1, 2, 10), (2, 3, 10));
        var before = builder.Snapshot();

        Assert.Same(before, builder.Snapshot());
        builder.Remove(Nodes.Number(3));
        Assert.Equal(2, before.EdgeCount);
        Assert.Equal(1, builder.Snapshot().EdgeCount);
        Assert.True(builder.Snapshot().IndexOf(Nodes.Number(3)) < 0);
    }

    [Fact]
    public void Changes_one_by_one_lead_to_the_same_graph_as_all_at_once() => Property.Holds(200, random =>
    {
        var builder = new LiquidityGraphBuilder();
        var offers = new SortedDictionary<NodeId, (bool Initiates, bool Waives, Intent[] Intents)>();
        var moments = new List<(LiquidityGraph Graph, LiquidityEdge[] Edges)>();
        for (var change = 0; change < 40; change++)
        {
            if (random.Next(8) == 0)
            {
                var moment = builder.Snapshot();
                moments.Add((moment, [.. moment.Edges]));
            }

            var node = Nodes.Number(random.Next(6));
            if (random.Next(5) == 0)
            {
                builder.Remove(node);
                offers.Remove(node);
                continue;
            }

            Intent[] intents = [.. Enumerable.Range(0, 6).Where(_ => random.Next(2) == 0).Select(peer => RandomIntent(random, Nodes.Number(peer)))];
            var offer = (random.Next(2) == 0, random.Next(2) == 0, intents);
            builder.Set(node, offer.Item1, offer.Item2, [.. intents]);
            offers[node] = offer;
        }

        var fresh = new LiquidityGraphBuilder();
        foreach (var (node, offer) in offers.Reverse())
        {
            fresh.Set(node, offer.Initiates, offer.Waives, [.. offer.Intents]);
        }

        var expected = fresh.Snapshot();
        var actual = builder.Snapshot();
        Assert.Equal(expected.Nodes.ToArray(), actual.Nodes.ToArray());
        Assert.Equal(expected.Edges.ToArray(), actual.Edges.ToArray());
        Assert.Equal((expected.NodeCount, expected.EdgeCount), (actual.NodeCount, actual.EdgeCount));
        var finder = new CycleFinder();
        foreach (var id in actual.Nodes)
        {
            var (left, right) = (expected.IndexOf(id), actual.IndexOf(id));
            Assert.Equal((expected.CanInitiate(left), expected.CanWaive(left)), (actual.CanInitiate(right), actual.CanWaive(right)));
            Assert.Equal(expected.EdgesFrom(left), actual.EdgesFrom(right));
            Assert.All(actual.EdgesFrom(right), edge => Assert.Equal(id, edge.From));
            Assert.Equal((expected.MostFrom(left), expected.MostTo(left)), (actual.MostFrom(right), actual.MostTo(right)));
            Assert.Equal(actual.EdgesFrom(right).Select(static edge => edge.Most).Append(0).Max(), actual.MostFrom(right));
            Assert.Equal(actual.Edges.Where(edge => edge.To == id).Select(static edge => edge.Most).Append(0).Max(), actual.MostTo(right));
            foreach (var isGaining in new[] { false, true })
            {
                var query = new CycleQuery { Start = id, MaxResults = 9, OnlyGaining = isGaining };
                Assert.Equal(Describe(finder.Find(expected, query)), Describe(finder.Find(actual, query)));
            }
        }

        // What was asked for before is as it was.
        Assert.All(moments, moment => Assert.Equal(moment.Edges, moment.Graph.Edges));
    });

    [Fact]
    public void A_hub_that_comes_goes_and_changes_leaves_no_trace()
    {
        // More peers than are put into a row one by one.
        static Intent Offer(int peer, int most) => new(Nodes.Number(peer), most, 0, 1, most / 2, 0, 1);
        var builder = new LiquidityGraphBuilder();
        for (var peer = 1; peer <= 200; peer++)
        {
            builder.Set(Nodes.Number(peer), true, true, [Offer(0, 1000 + (peer % 7))]);
        }

        LiquidityEdge[] Edges(int most)
        {
            builder.Set(Nodes.Number(0), true, true, [.. Enumerable.Range(1, 200).Select(peer => Offer(peer, most + (peer % 5)))]);
            return [.. builder.Snapshot().Edges];
        }

        var before = Edges(100);
        var between = Edges(900);
        builder.Remove(Nodes.Number(0));

        Assert.Equal(0, builder.Snapshot().EdgeCount);
        Assert.Equal(before, Edges(100));
        Assert.Equal(400, before.Length);
        Assert.NotEqual(before, between);
    }

    private static string Describe(ImmutableArray<Cycle> cycles) =>
        string.Join("; ", cycles.Select(static cycle => $"{string.Join(' ', cycle.Nodes)} {cycle.Least} {cycle.Amount} {cycle.GainingEnds}"));

    private static Intent RandomIntent(Random random, NodeId peer) =>
        new(peer, random.Next(20), random.Next(20), random.Next(5), random.Next(20), random.Next(20), random.Next(5));
}
