using System.Text.Json;

namespace Eddy.Tests.Demo;

/// <summary>What decides where a demo's rings go: its seed, or the network it is given.</summary>
public sealed class DemoNetworkTests : IDisposable
{
    private const string SharedGraph = "EDDY_GRAPH";

    private readonly TemporaryDirectory _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task The_same_seed_leads_to_the_same_hops_and_amounts_and_another_to_others()
    {
        using var first = await DemoReport.RunAsync(_home, "--nodes", "3", "--seed", "7");
        using var second = await DemoReport.RunAsync(_home, "--nodes", "3", "--seed", "7");
        using var other = await DemoReport.RunAsync(_home, "--nodes", "3", "--seed", "8");

        Assert.Equal(WhatHappened(first), WhatHappened(second));
        Assert.NotEqual(WhatHappened(first), WhatHappened(other));
    }

    [Fact]
    public async Task A_part_of_a_real_graph_will_do()
    {
        var graph = FindGraph();
        Assert.SkipWhen(graph is null, $"There is no graph at ../shared/data; name a 'lncli describegraph' file in {SharedGraph}.");
        var balances = Path.Combine(Path.GetDirectoryName(graph)!, "balances-traffic.csv.gz");

        using var report = await DemoReport.RunAsync(
            _home, ["--nodes", "12", "--graph", graph!, .. File.Exists(balances) ? new[] { "--balances", balances } : []]);

        Assert.True(report.RootElement.GetProperty("settled").GetBoolean());
        Assert.All(report.RootElement.GetProperty("nodes").EnumerateArray(), node => Assert.Equal(0, node.GetProperty("drift_msat").GetInt64()));
    }

    /// <summary>Everything but ids and times.</summary>
    private static string WhatHappened(JsonDocument report)
    {
        var rings = report.RootElement.GetProperty("rings").EnumerateArray().Select(ring => $"{ring.GetProperty("amount_sat")} {ring.GetProperty("hops")}");
        return string.Join('\n', rings.Append(report.RootElement.GetProperty("channels").ToString()).Append(report.RootElement.GetProperty("nodes").ToString()));
    }

    private static string? FindGraph()
    {
        if (Environment.GetEnvironmentVariable(SharedGraph) is { Length: > 0 } named)
        {
            return named;
        }

        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            var path = Path.Combine(directory.FullName, "shared", "data", "mainnet-graph-small.json");
            if (File.Exists(path))
            {
                return path;
            }
        }

        return null;
    }
}
