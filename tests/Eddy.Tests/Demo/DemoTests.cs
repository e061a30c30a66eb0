using System.Text.Json;

namespace Eddy.Tests.Demo;

/// <summary><c>eddy demo</c> as a process.</summary>
public sealed class DemoTests : IDisposable
{
    private const string SharedGraph = "EDDY_GRAPH";

    private readonly TemporaryDirectory _home = new();

    public void Dispose() => _home.Dispose();

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(8)]
    public async Task A_ring_settles_and_nobody_has_a_millisatoshi_more_or_less(int nodes)
    {
        using var report = await RunAsync("--nodes", $"{nodes}");
        var root = report.RootElement;

        Assert.True(root.GetProperty("settled").GetBoolean());
        Assert.Equal(nodes, root.GetProperty("nodes").GetArrayLength());
        Assert.All(root.GetProperty("nodes").EnumerateArray(), node => Assert.Equal(0, node.GetProperty("drift_msat").GetInt64()));
        Assert.All(root.GetProperty("rings").EnumerateArray(), ring =>
        {
            Assert.Equal(0, ring.GetProperty("fee_msat").GetInt64());
            Assert.True(ring.GetProperty("amount_sat").GetInt64() > 0);
            var hops = ring.GetProperty("hops").EnumerateArray().Select(hop => hop.GetProperty("node").GetString()!).ToArray();
            Assert.Equal(nodes, hops.Length);
            Assert.Equal(hops.Min(StringComparer.Ordinal), hops[0]);
        });
        Assert.All(root.GetProperty("channels").EnumerateArray(), channel => Assert.True(
            Distance(channel, "after") < Distance(channel, "before"), $"{channel} did not move toward its target."));
    }

    [Fact]
    public async Task The_same_seed_leads_to_the_same_hops_and_amounts_and_another_to_others()
    {
        using var first = await RunAsync("--nodes", "4", "--seed", "7");
        using var second = await RunAsync("--nodes", "4", "--seed", "7");
        using var other = await RunAsync("--nodes", "4", "--seed", "8");

        Assert.Equal(WhatHappened(first), WhatHappened(second));
        Assert.NotEqual(WhatHappened(first), WhatHappened(other));
    }

    [Fact]
    public async Task A_part_of_a_real_graph_will_do()
    {
        var graph = FindGraph();
        Assert.SkipWhen(graph is null, $"There is no graph at ../shared/data; name a 'lncli describegraph' file in {SharedGraph}.");
        var balances = Path.Combine(Path.GetDirectoryName(graph)!, "balances-traffic.csv.gz");

        using var report = await RunAsync(
            ["--nodes", "12", "--graph", graph!, .. File.Exists(balances) ? new[] { "--balances", balances } : []]);

        Assert.True(report.RootElement.GetProperty("settled").GetBoolean());
        Assert.All(report.RootElement.GetProperty("nodes").EnumerateArray(), node => Assert.Equal(0, node.GetProperty("drift_msat").GetInt64()));
    }

    [Fact]
    public async Task Piped_it_tells_what_happens_line_by_line_and_leaves_nothing_behind()
    {
        var environment = new Dictionary<string, string> { ["TMPDIR"] = _home.Path };
        var result = await EddyProcess.RunAsync(_home.Path, ["demo", "--nodes", "3"], environment);

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.DoesNotContain('\u001b', result.Output);
        Assert.Contains("DRIFT MSAT", result.Output, StringComparison.Ordinal);
        Assert.Contains("and every node has to the millisatoshi what it had.", result.Output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_home.Path, "eddy-demo-*"));
    }

    [Theory]
    [InlineData("--nodes 2", "--nodes takes a whole number from 3 to 12, not '2'")]
    [InlineData("--nodes 13", "--nodes takes a whole number from 3 to 12, not '13'")]
    [InlineData("--nodes many", "not 'many'")]
    [InlineData("--seed -1", "--seed takes a whole number")]
    [InlineData("--graph missing.json", "missing.json")]
    [InlineData("--graph nonsense.json", "nonsense.json")]
    [InlineData("--balances x.csv", "--balances goes with --graph")]
    public async Task Wrong_usage_is_one_clear_line(string arguments, string line)
    {
        _home.Write("nonsense.json", "{ not a graph");
        var result = await EddyProcess.RunAsync(_home.Path, ["demo", .. arguments.Split(' ')], null);

        Assert.Equal((ExitCode.Usage, ""), (result.ExitCode, result.Output));
        Assert.Contains(line, Assert.Single(result.Error.Split('\n')), StringComparison.Ordinal);
    }

    private static double Distance(JsonElement channel, string when) =>
        Math.Abs(channel.GetProperty(when).GetDouble() - channel.GetProperty("target").GetDouble());

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

    private async Task<JsonDocument> RunAsync(params string[] arguments)
    {
        var result = await EddyProcess.RunAsync(_home.Path, ["demo", "--json", .. arguments], null);
        Assert.True(result.ExitCode == 0, $"The demo ended with {result.ExitCode}: {result.Error}");
        return JsonDocument.Parse(result.Output);
    }
}
