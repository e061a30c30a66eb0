using System.Text.Json;

namespace Eddy.Tests.Demo;

/// <summary><c>eddy demo</c> as a process.</summary>
public sealed class DemoTests : IDisposable
{
    private readonly TemporaryDirectory _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task A_ring_settles_and_nobody_has_a_millisatoshi_more_or_less()
    {
        using var report = await DemoReport.RunAsync(_home, "--nodes", "3");
        var root = report.RootElement;

        Assert.True(root.GetProperty("settled").GetBoolean());
        Assert.Equal(3, root.GetProperty("nodes").GetArrayLength());
        Assert.All(root.GetProperty("nodes").EnumerateArray(), node => Assert.Equal(0, node.GetProperty("drift_msat").GetInt64()));
        Assert.All(root.GetProperty("rings").EnumerateArray(), ring =>
        {
            Assert.Equal(0, ring.GetProperty("fee_msat").GetInt64());
            Assert.True(ring.GetProperty("amount_sat").GetInt64() > 0);
            var hops = ring.GetProperty("hops").EnumerateArray().Select(hop => hop.GetProperty("node").GetString()!).ToArray();
            Assert.Equal(3, hops.Length);
            Assert.Equal(hops.Min(StringComparer.Ordinal), hops[0]);
        });
        Assert.All(root.GetProperty("channels").EnumerateArray(), channel => Assert.True(
            Distance(channel, "after") < Distance(channel, "before"), $"{channel} did not move toward its target."));
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
}
