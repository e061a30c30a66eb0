using Eddy.Simulator.Optimum;
using Eddy.Simulator.Rounds;
using FsCheck;
using FsCheck.Fluent;

namespace Eddy.Simulator.Tests.Optimum;

public sealed class MaximumCirculationTests
{
    private const double Deadband = 0.1;

    [Theory]
    [InlineData("balances-bimodal.csv.gz", false, 579, 184_974_152, 76_827_181)]
    [InlineData("balances-bimodal.csv.gz", true, 568, 183_797_258, 74_619_088)]
    [InlineData("balances-traffic.csv.gz", false, 569, 171_013_828, 72_640_036)]
    [InlineData("balances-traffic.csv.gz", true, 557, 169_036_134, 70_662_342)]
    public void On_a_piece_of_the_real_network_it_is_what_a_linear_program_finds(string balances, bool isPerPair, int count, long surplus, long optimum)
    {
        var graph = ChannelGraph.Read(SharedData.Require("mainnet-graph-small.json"), SharedData.Require(balances), 0);
        var arcs = isPerPair ? DemandArcs.PerPair(graph.Balanced(), Deadband) : DemandArcs.PerChannel(graph.Balanced(), Deadband);

        var best = MaximumCirculation.Find(graph.Nodes.Length, arcs);

        Assert.Equal((count, surplus, optimum), (arcs.Length, arcs.Sum(static arc => arc.Capacity), best.Worth));
        AssertIsCirculation(graph.Nodes.Length, arcs, best);
    }

    [Theory]
    [InlineData("balances-bimodal.csv.gz", 27_470, 123_790_399_636, 77_930)]
    [InlineData("balances-traffic.csv.gz", 26_754, 107_843_318_000, 78_250)]
    public void On_the_whole_network_it_is_what_others_find_too(string balances, int count, long perChannel, long perPairMillions)
    {
        var graph = ChannelGraph.Read(SharedData.Require("mainnet-graph.json.gz"), SharedData.Require(balances), 0);
        var arcs = DemandArcs.PerChannel(graph.Balanced(), Deadband);

        var best = MaximumCirculation.Find(graph.Nodes.Length, arcs);

        Assert.Equal(count, arcs.Length);
        Assert.InRange(best.Worth, perChannel - 1_000, perChannel + 1_000);
        AssertIsCirculation(graph.Nodes.Length, arcs, best);
        var net = MaximumCirculation.Find(graph.Nodes.Length, DemandArcs.PerPair(graph.Balanced(), Deadband));
        Assert.InRange(net.Worth / 1_000_000, perPairMillions - 5, perPairMillions + 5);
    }

    [Fact]
    public void On_small_graphs_it_is_what_cancelling_circles_one_by_one_comes_to() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), static seed =>
        {
            var random = new Random(seed);
            var nodes = random.Next(2, 9);
            CirculationArc[] arcs = [.. Enumerable.Range(0, random.Next(0, 25)).Select(_ => Draw(random, nodes))];

            var best = MaximumCirculation.Find(nodes, arcs);

            Assert.Equal(CycleCancelling.BestWorth(nodes, arcs), best.Worth);
            AssertIsCirculation(nodes, arcs, best);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1_000).WithEndSize(1_000_000));

    [Fact]
    public void A_harmless_hop_counts_for_nothing_and_one_that_does_harm_is_taken_where_the_circle_gains()
    {
        CirculationArc[] arcs = [new(0, 1, 10), new(1, 2, 10, 0), new(2, 0, 7), new(1, 0, 10, -1)];

        var best = MaximumCirculation.Find(3, arcs);

        Assert.Equal(14, best.Worth);
        Assert.Equal(7, best.Flows[1]);
    }

    [Fact]
    public void Where_nothing_closes_nothing_flows() =>
        Assert.Equal(0, MaximumCirculation.Find(4, [new(0, 1, 5), new(1, 2, 5), new(0, 3, 9)]).Worth);

    // Small amounts: where narrow arcs lie between wide ones, pushing round any circle can take as many steps as there are satoshis.
    private static CirculationArc Draw(Random random, int nodes)
    {
        var from = random.Next(nodes);
        var to = (from + random.Next(1, nodes)) % nodes;
        return new(from, to, random.Next(0, 4) == 0 ? random.Next(3) : random.Next(1, 1_000), random.Next(-1, 3));
    }

    private static void AssertIsCirculation(int nodes, IReadOnlyList<CirculationArc> arcs, MaximumCirculation circulation)
    {
        var left = new long[nodes];
        for (var arc = 0; arc < arcs.Count; arc++)
        {
            Assert.InRange(circulation.Flows[arc], 0, arcs[arc].Capacity);
            left[arcs[arc].From] -= circulation.Flows[arc];
            left[arcs[arc].To] += circulation.Flows[arc];
        }

        Assert.All(left, static net => Assert.Equal(0, net));
    }
}
