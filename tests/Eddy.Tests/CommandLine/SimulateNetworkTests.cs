using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using Eddy.CommandLine;

namespace Eddy.Tests.CommandLine;

public sealed class SimulateNetworkTests
{
    private static readonly string[] Fields =
    [
        "volume_sat", "optimum_sat", "share", "payments", "rounds", "rounds_to_80", "depleted_before", "depleted_after",
        "mean_deviation_before", "mean_deviation_after", "advert_copies", "gossip_bytes_per_hour_median", "seconds", "peak_memory_mb",
    ];

    [Fact]
    public async Task Json_has_every_figure_and_is_the_same_for_the_same_seed()
    {
        using var directory = new TemporaryDirectory();
        var graph = WriteGraph(directory);

        var (exitCode, output, error) = await RunAsync("simulate", "--graph", graph, "--consent", "strict", "--seed", "3", "--json");
        var again = await RunAsync("simulate", "--graph", graph, "--consent", "strict", "--seed", "3", "--json");

        Assert.Equal((0, ""), (exitCode, error));
        using var document = JsonDocument.Parse(output);
        var root = document.RootElement;
        Assert.Equal(Fields, root.EnumerateObject().Select(static field => field.Name));
        Assert.InRange(root.GetProperty("share").GetDouble(), 0.3, 1);
        Assert.True(root.GetProperty("payments").GetInt32() > 0);
        Assert.Equal(JsonValueKind.Null, root.GetProperty("advert_copies").ValueKind);
        using var second = JsonDocument.Parse(again.Output);
        Assert.All(Fields.SkipLast(2), field => Assert.Equal(root.GetProperty(field).ToString(), second.RootElement.GetProperty(field).ToString()));
    }

    [Fact]
    public async Task A_report_is_one_well_formed_page_that_loads_nothing()
    {
        using var directory = new TemporaryDirectory();
        var page = Path.Combine(directory.Path, "report.html");

        var (exitCode, output, error) = await RunAsync(
            "simulate", "--graph", WriteGraph(directory), "--participants", "random:0.9", "--payments", "5", "--loss", "0.01", "--rounds", "10", "--report", page);

        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("share of the optimum", output, StringComparison.Ordinal);
        var text = await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken);
        Assert.DoesNotContain("http", text, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", text, StringComparison.Ordinal);
        var body = XDocument.Parse(text[text.IndexOf("<main>", StringComparison.Ordinal)..(text.IndexOf("</main>", StringComparison.Ordinal) + 7)]);
        Assert.Equal(5, body.Descendants("svg").Count());
        Assert.DoesNotContain("NaN", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_operator_learns_what_a_pool_would_give()
    {
        using var directory = new TemporaryDirectory();
        var (graph, balances) = (WriteGraph(directory), WriteBalances(directory));
        var others = string.Join(',', Enumerable.Range(1, 9).Select(Key));

        var (exitCode, output, error) = await RunAsync("simulate", "--graph", graph, "--me", Key(0), "--with", others, "--json");
        var given = await RunAsync("simulate", "--graph", graph, "--balances", balances, "--me", Key(0), "--with", others);

        Assert.Equal((0, ""), (exitCode, error));
        using var document = JsonDocument.Parse(output);
        Assert.Equal((10, 40), (document.RootElement.GetProperty("members").GetInt32(), document.RootElement.GetProperty("draws").GetInt32()));
        Assert.True(document.RootElement.GetProperty("rings").GetDouble() > 0);
        Assert.True(document.RootElement.GetProperty("fees_saved_sat").GetInt64() > 0);
        Assert.True(document.RootElement.GetProperty("channels").GetArrayLength() > 0);
        Assert.Equal((0, ""), (given.ExitCode, given.Error));
        Assert.Contains("With these 10 nodes", given.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "cannot be read", "--graph", "nowhere.json")]
    [InlineData(2, "the first line must be 'channel_id,capacity,node1_local_sat'", "--graph", "GRAPH", "--balances", "GRAPH")]
    [InlineData(2, "--consent is strict or deadband", "--graph", "GRAPH", "--consent", "lax")]
    [InlineData(2, "'2' is not a share of the nodes", "--graph", "GRAPH", "--participants", "random:2")]
    [InlineData(2, "--me and --with go together", "--graph", "GRAPH", "--me", "02")]
    [InlineData(2, "'02' is not a node's public key", "--graph", "GRAPH", "--me", "02", "--with", "03")]
    [InlineData(2, "--balances goes with --graph", "--faults", "all", "--balances", "GRAPH")]
    [InlineData(2, "takes no --graph", "--faults", "all", "--graph", "GRAPH")]
    [InlineData(2, "say what goes wrong: --faults all; or on which graph: --graph FILE", "--runs", "1")]
    [InlineData(5, "has no active channel in this graph", "--graph", "GRAPH", "--me", "KEY", "--with", "STRANGER")]
    public async Task What_is_wrong_is_said_in_one_line(int expected, string holds, params string[] arguments)
    {
        using var directory = new TemporaryDirectory();
        var graph = WriteGraph(directory);

        var (exitCode, output, error) = await RunAsync(
            ["simulate", .. arguments.Select(argument => argument switch
            {
                "GRAPH" => graph,
                "KEY" => Key(0),
                "STRANGER" => Key(99_999),
                _ => argument,
            })]);

        Assert.Equal((expected, ""), (exitCode, output));
        Assert.Contains(holds, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    private static string Key(int node) => $"02{node:x64}";

    private static string WriteGraph(TemporaryDirectory directory)
    {
        var random = new Random(11);
        var edges = Enumerable.Range(0, 70).Select(channel =>
        {
            var first = random.Next(13);
            var policy = "{\"time_lock_delta\":40,\"min_htlc\":\"1000\",\"fee_base_msat\":\"1000\",\"fee_rate_milli_msat\":\"300\",\"disabled\":false,\"max_htlc_msat\":\"0\"}";
            return string.Create(
                CultureInfo.InvariantCulture,
                $$"""{"channel_id":"{{channel + 1}}","capacity":"{{random.Next(500_000, 9_000_000)}}","node1_pub":"{{Key(first)}}","node2_pub":"{{Key(random.Next(first + 1, 14))}}","node1_policy":{{policy}},"node2_policy":{{policy}}}""");
        });
        var nodes = Enumerable.Range(0, 14).Select(static node => $$"""{"pub_key":"{{Key(node)}}","alias":"node {{node}}"}""");
        var path = Path.Combine(directory.Path, "graph.json");
        File.WriteAllText(path, $$"""{"nodes":[{{string.Join(',', nodes)}}],"edges":[{{string.Join(',', edges)}}]}""");
        return path;
    }

    private static string WriteBalances(TemporaryDirectory directory)
    {
        using var graph = JsonDocument.Parse(File.ReadAllText(Path.Combine(directory.Path, "graph.json")));
        var text = new StringBuilder("channel_id,capacity,node1_local_sat\n");
        var random = new Random(5);
        foreach (var edge in graph.RootElement.GetProperty("edges").EnumerateArray())
        {
            var capacity = edge.GetProperty("capacity").GetString()!;
            text.Append(CultureInfo.InvariantCulture, $"{edge.GetProperty("channel_id").GetString()},{capacity},{(long)(random.NextDouble() * long.Parse(capacity, CultureInfo.InvariantCulture))}\n");
        }

        var path = Path.Combine(directory.Path, "balances.csv");
        File.WriteAllText(path, text.ToString());
        return path;
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await new EddyCommands(new Terminal(output, error, false)).RunAsync(arguments);
        return (exitCode, output.ToString(), error.ToString());
    }
}
