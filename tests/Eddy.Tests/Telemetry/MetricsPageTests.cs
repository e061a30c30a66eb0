using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Eddy.Api;
using Eddy.Demo;
using Eddy.Engine;
using Eddy.Rings;
using Eddy.Tests.Scenarios;

namespace Eddy.Tests.Telemetry;

public sealed partial class MetricsPageTests
{
    private static readonly string Docs = Path.Combine(Checkout(), "docs", "monitoring");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_settled_ring_is_measured_and_every_series_of_board_and_alerts_exists()
    {
        await using var scenario = await Scenario.StartAsync((_, options) => options with
        {
            Policy = new PolicyOptions { MaxPerDaySat = 10_000_000, MaxPerPeerPerDaySat = 9_000_000, MaxWaivedFeePerDaySat = 1_000_000 },
        });
        await scenario.StartDaemonsAsync();
        var ring = await scenario.RunRingAsync();
        Assert.Equal(RingOutcome.Settled, ring.Outcome);
        await scenario.AssertNobodyLostAsync();

        var text = await PageAsync(scenario.Initiator);
        var initiator = PrometheusParser.Parse(text);
        Assert.Equal(1, initiator.Value("eddy_rings_settled_total"));
        Assert.Equal(1, initiator.Value("eddy_proposals_total", "role=\"initiator\",outcome=\"settled\",reason=\"none\""));
        Assert.Equal(ring.Amount.Satoshi, initiator.Value("eddy_ring_volume_satoshis_total"));
        Assert.Equal(10_000_000 - ring.Amount.Satoshi, initiator.Value("eddy_budget_remaining_satoshis", "limit=\"per_day\""));
        Assert.Equal(9_000_000 - ring.Amount.Satoshi, initiator.Value("eddy_budget_remaining_satoshis", "limit=\"per_peer\""));
        Assert.Equal(1, initiator.Value("eddy_ring_duration_seconds_count", "role=\"initiator\",outcome=\"settled\""));
        foreach (var phase in new[] { "sign", "walk", "invoice", "payment", "check" })
        {
            Assert.Equal(1, initiator.Value("eddy_ring_phase_duration_seconds_count", $"role=\"initiator\",phase=\"{phase}\""));
        }

        Assert.Equal(1, initiator.Value("eddy_lnd_connected"));
        Assert.Equal(1, initiator.Value("eddy_interceptor_connected"));
        Assert.Equal(1, initiator.Value("eddy_lnd_connections_total"));
        Assert.Equal(2, initiator.Value("eddy_peers"));
        Assert.Equal(2, initiator.Value("eddy_channels", "state=\"active\""));
        Assert.Equal(3, initiator.Value("eddy_adverts"));
        Assert.True(initiator.Value("eddy_store_commit_duration_seconds_count") > 5);
        Assert.True(initiator.Sum("eddy_messages_sent_bytes_total", "proposal") > 200);
        Assert.True(initiator.Sum("eddy_adverts_received_total", "accepted") >= 3);
        Assert.True(initiator.Sum("eddy_cycle_search_duration_seconds_count") >= 1);

        var member = PrometheusParser.Parse(await PageAsync(scenario.Ring[1]));
        Assert.Equal(1, member.Value("eddy_proposals_total", "role=\"member\",outcome=\"settled\",reason=\"none\""));
        Assert.Equal(1, member.Value("eddy_htlc_intercepted_total", "action=\"waive\""));
        Assert.Equal(1, member.Value("eddy_htlc_verdict_duration_seconds_count"));
        Assert.Equal(1, member.Value("eddy_htlc_hold_duration_seconds_count"));
        Assert.True(member.Value("eddy_phantom_fee_millisatoshis_total") > 0);
        Assert.Equal(member.Value("eddy_fees_waived_millisatoshis_total"), member.Value("eddy_phantom_fee_millisatoshis_total"));

        // Nobody is named: no public key, ring, channel or alias.
        Assert.All(initiator.Samples.Where(static sample => sample.Name != "eddy_build_info"), static sample => Assert.DoesNotMatch("[0-9a-f]{12}|[0-9]x[0-9]", sample.Labels));
        Assert.All(scenario.Site.Nodes, node => Assert.DoesNotContain($"\"{node.Alias}\"", text, StringComparison.OrdinalIgnoreCase));

        // Prometheus itself says of a scrape whether it went well.
        var known = initiator.Samples.Select(static sample => sample.Name).Concat(initiator.Types.Keys).Append("up").ToHashSet();
        Assert.DoesNotContain(Queried(), name => !known.Contains(name));
        Assert.True(Queried().Count > 35);
        var documented = MetricName().Matches(await File.ReadAllTextAsync(Path.Combine(Docs, "..", "monitoring.md"), Token)).Select(static match => match.Value).ToHashSet();
        Assert.Equal(initiator.Types.Keys.Order(), documented.Order());

        await CheckByPromtoolAsync(text);
    }

    private static async Task<string> PageAsync(DemoNode node)
    {
        using var http = new HttpClient { BaseAddress = Scenario.DaemonOf(node).ApiAddress };
        using (var refused = await http.GetAsync("metrics", Token))
        {
            Assert.Equal(System.Net.HttpStatusCode.Unauthorized, refused.StatusCode);
        }

        http.DefaultRequestHeaders.Authorization = new("Bearer", (await File.ReadAllTextAsync(AccessToken.PathIn(node.DataDirectory), Token)).Trim());
        using var response = await http.GetAsync("metrics", Token);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        return await response.Content.ReadAsStringAsync(Token);
    }

    /// <summary>Prometheus' own tool, where it is installed, as a second opinion.</summary>
    private static async Task CheckByPromtoolAsync(string page)
    {
        const string Promtool = "/usr/bin/promtool";
        if (!File.Exists(Promtool))
        {
            TestContext.Current.SendDiagnosticMessage("promtool (Debian's package prometheus) is not installed: the page was checked by this test's own parser alone.");
            return;
        }

        await RunAsync(Promtool, ["check", "metrics"], page);
        await RunAsync(Promtool, ["check", "rules", Path.Combine(Docs, "alerts.yml")], "");
    }

    private static async Task RunAsync(string program, string[] arguments, string input)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var said = await process.StandardOutput.ReadToEndAsync(Token) + await process.StandardError.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        Assert.True(process.ExitCode == 0, said);
    }

    /// <summary>Every series that the board or an alert asks for.</summary>
    private static HashSet<string> Queried()
    {
        using var board = JsonDocument.Parse(File.ReadAllText(Path.Combine(Docs, "eddy-dashboard.json")));
        var expressions = board.RootElement.GetProperty("panels").EnumerateArray()
            .Where(static panel => panel.TryGetProperty("targets", out _))
            .SelectMany(static panel => panel.GetProperty("targets").EnumerateArray())
            .Select(static target => target.GetProperty("expr").GetString()!)
            .Append(File.ReadAllText(Path.Combine(Docs, "alerts.yml")));
        return [.. expressions.SelectMany(static expression => MetricName().Matches(expression)).Select(static match => match.Value)];
    }

    private static string Checkout()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Eddy.sln")))
        {
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("The checkout is not above the tests.");
        }

        return directory;
    }

    [GeneratedRegex(@"\b(?:eddy|process)_[a-z0-9_]+\b")]
    private static partial Regex MetricName();
}
