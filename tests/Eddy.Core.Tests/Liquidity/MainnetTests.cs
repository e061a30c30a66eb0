using Eddy.Liquidity;

namespace Eddy.Core.Tests.Liquidity;

public sealed class MainnetTests
{
    private const string Missing = "The mainnet sample (../shared/data) is not beside this repository.";

    private const string Bimodal = "balances-bimodal.csv.gz";
    private const string Traffic = "balances-traffic.csv.gz";

    [Fact]
    public void On_a_piece_of_the_real_network_the_finder_agrees_with_trying_every_path()
    {
        var mainnet = Load(Bimodal);
        var graph = mainnet.CreateBuilder(neutral: 20_000).Snapshot();
        var finder = new CycleFinder();
        var found = 0;
        foreach (var start in mainnet.Nodes.Where((_, place) => place % 7 == 0))
        {
            var query = new CycleQuery { Start = start, MaxHops = 4, MinAmount = 10_000, MaxResults = 5 };
            var expected = GraphScenes.Exhaustive(graph, query);
            var actual = finder.Find(graph, query);

            Assert.Equal(expected.Select(Describe), actual.Select(Describe));
            found += actual.Length;
        }

        Assert.True(found > 20, $"only {found} cycles found");
    }

    // The optimum is what a linear program moves at best: sum over hops, in sat. Greedy search comes to 0.79 of it on peripheral pieces like this one.
    [Theory]
    [InlineData(Bimodal, 568, 183_797_258, 74_619_088)]
    [InlineData(Traffic, 557, 169_036_134, 70_662_342)]
    public void Planning_to_the_end_moves_nearly_what_a_linear_program_moves(string balances, int arcs, long surplus, long optimum)
    {
        var mainnet = Load(balances);
        Assert.Equal((arcs, surplus), (mainnet.Arcs, mainnet.Surplus));
        var builder = mainnet.CreateBuilder();
        var states = mainnet.Nodes.ToDictionary(node => node, _ => PlannerState.Start);
        var options = new PlannerOptions { MinAmount = 10_000, MaxAmount = 100_000_000, HalvingsPerSearch = 1 };
        var random = new Random(7);
        var finder = new CycleFinder();
        var now = DateTimeOffset.UnixEpoch;
        long volume = 0;
        var rings = 0;
        for (var busy = true; busy;)
        {
            busy = false;
            foreach (var node in mainnet.Nodes)
            {
                var plan = RingPlanner.Plan(finder, builder.Snapshot(), node, states[node], options, [], [], now, random);
                states[node] = plan.Next;
                busy |= plan.Outcome is PlanOutcome.Found or PlanOutcome.Falling;
                foreach (var ring in plan.Rings)
                {
                    mainnet.Move(builder, ring);
                    volume += ring.Amount * ring.Nodes.Length;
                    rings++;
                }
            }
        }

        Assert.InRange((double)volume / optimum, 0.75, 1.0);
        Assert.InRange(rings, 1, 1000);
    }

    private static MainnetGraph Load(string balances)
    {
        var mainnet = MainnetGraph.TryLoad(balances);
        Assert.SkipWhen(mainnet is null, Missing);
        return mainnet;
    }

    private static string Describe(Cycle cycle) => $"{cycle.Amount} {cycle.Least} {cycle.GainingEnds} {string.Join(' ', cycle.Nodes.Select(node => node.ToShortString()))}";
}
