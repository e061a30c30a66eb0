using System.Net;
using System.Text.Json;
using Eddy.Api;
using Eddy.CommandLine;
using Eddy.Engine.Views;
using Eddy.Tests.Api;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eddy.Tests.CommandLine;

/// <summary>Commands in this process against the API over a fixed picture.</summary>
public sealed class CommandTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FakeDesk _desk = new();
    private ApiServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await ApiServer.StartAsync(
        new(IPAddress.Loopback, 0), _desk, AccessToken.OpenOrCreate(_directory.Path), NullLoggerFactory.Instance, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("status", "0.20.3-beta on regtest, height 800003")]
    [InlineData("channels", "1,000,000")]
    [InlineData("peers", "v1 eddy/0.1.0")]
    [InlineData("adverts", "300,000")]
    [InlineData("rings", "Bob's channel had too little left.")]
    [InlineData("rings show 2222", "failed here")]
    [InlineData("why 700000x1x0", "Ask more neighbours to run eddy.")]
    [InlineData("why", "Ask all of them.")]
    [InlineData("why 02bbbbbb", "Allow it.")]
    public async Task Piped_output_is_plain_text(string command, string holds)
    {
        var result = await RunAsync(command.Split(' '));

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.DoesNotContain(result.Output, character => character is '\u001b' or '│' or '\u202e');
        Assert.Contains(holds, Squeeze(result.Output), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_says_for_how_long_LND_has_not_answered_when_that_is_more_than_usual()
    {
        _desk.LndSilence = TimeSpan.FromSeconds(4);
        var usual = await RunAsync("status");
        _desk.LndSilence = TimeSpan.FromSeconds(42);
        var silent = await RunAsync("status");
        var json = await RunAsync("status", "--json");

        Assert.DoesNotContain("no answer", usual.Output, StringComparison.Ordinal);
        Assert.Contains("height 800003; no answer for 42s", Squeeze(silent.Output), StringComparison.Ordinal);
        Assert.Equal(42_000, JsonDocument.Parse(json.Output).RootElement.GetProperty("lnd_silence_ms").GetInt64());
    }

    [Fact]
    public async Task Why_names_the_rings_over_the_channel_and_whose_hop_it_was()
    {
        var result = await RunAsync("why", "700000x1x0");

        Assert.Contains($"failed, hop 2 ({FakeDesk.Carol}): Bob's channel had too little left.", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_ledger_adds_up_by_day_and_by_channel_and_comes_as_lines()
    {
        var table = await RunAsync("ledger");
        Assert.Equal(0, table.ExitCode);
        Assert.Contains("57 sat of income for 2 waived forwards", Squeeze(table.Output), StringComparison.Ordinal);

        var lines = await RunAsync("ledger", "--csv", "--from", "2026-01-03");
        Assert.Equal(
            $"settled_at,incoming_channel,htlc_id,outgoing_channel,amount_msat,phantom_fee_msat,ring\n2026-01-03T03:04:05.000Z,700000x2x0,5,700000x1x0,60000000,31000,{FakeDesk.Failed}\n",
            lines.Output);

        using var json = JsonDocument.Parse((await RunAsync("ledger", "--json", "--to", "2026-01-02")).Output);
        Assert.Equal(26_000, json.RootElement.GetProperty("phantom_fee_msat").GetInt64());
        Assert.Equal("2026-01-02", json.RootElement.GetProperty("days")[0].GetProperty("day").GetString());

        Assert.Equal(ExitCode.Usage, (await RunAsync("ledger", "--from", "yesterday")).ExitCode);
        Assert.NotEqual(0, (await RunAsync("ledger", "--from", "2026-02-01", "--to", "2026-01-01")).ExitCode);
    }

    [Theory]
    [InlineData("deny 02bbbbbb --for 24h", PeerWord.Deny, 24)]
    [InlineData("mute 02bbbbbb --for 7d", PeerWord.Mute, 168)]
    [InlineData("allow 03cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", PeerWord.Allow, 0)]
    [InlineData("forget 02bbbbbb", PeerWord.Forget, 0)]
    public async Task The_owners_word_on_a_node_reaches_the_engine(string command, PeerWord word, int hours)
    {
        var result = await RunAsync(command.Split(' '));

        Assert.Equal(0, result.ExitCode);
        var said = Assert.IsType<OperatorRequest.Say>(Assert.Single(_desk.Requests));
        Assert.Equal((word, hours == 0 ? null : (TimeSpan?)TimeSpan.FromHours(hours)), (said.Word, said.For));
    }

    [Theory]
    [InlineData("deny nobody", ExitCode.Usage)]
    [InlineData("deny 02bbbbbb --for ever", ExitCode.Usage)]
    [InlineData("deny 02dddddd", ExitCode.NotFound)]
    [InlineData("unmute 02bbbbbb --for 1h", ExitCode.Usage)]
    public async Task A_word_that_names_nobody_or_no_time_is_refused(string command, int exitCode) =>
        Assert.Equal(exitCode, (await RunAsync(command.Split(' '))).ExitCode);

    [Fact]
    public async Task A_reload_tells_what_changed_and_ends_with_2_where_it_is_refused()
    {
        var applied = await RunAsync("config", "reload");
        Assert.Equal((0, "rings.target: 0.5 -> 0.4\neddy.listen: a -> b (needs a restart: until then nothing changes)\n"), (applied.ExitCode, applied.Output));

        _desk.Reloaded = new(false, [], [new(new Eddy.Configuration.ConfigOrigin.File("/x", 3), "target: it is wrong")]);
        var refused = await RunAsync("config", "reload", "--json");
        Assert.Equal((ExitCode.Usage, "eddy: /x:3: target: it is wrong\n"), (refused.ExitCode, refused.Error));
        Assert.Contains("\"applied\": false", refused.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("channels")]
    [InlineData("peers")]
    [InlineData("adverts")]
    [InlineData("rings")]
    [InlineData("rings show 1111")]
    [InlineData("why 700000x1x0")]
    [InlineData("why")]
    [InlineData("propose --dry-run")]
    [InlineData("pause")]
    [InlineData("resume")]
    [InlineData("cancel 1111")]
    public async Task Json_is_one_document(string command)
    {
        var result = await RunAsync([.. command.Split(' '), "--json"]);

        Assert.Equal(0, result.ExitCode);
        using var document = JsonDocument.Parse(result.Output);
        Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
    }

    [Theory]
    [InlineData("rings show 4444", ExitCode.NotFound)]
    [InlineData("why 1x1x1", ExitCode.NotFound)]
    [InlineData("why 02cccccc", ExitCode.NotFound)]
    [InlineData("cancel 4444", ExitCode.NotFound)]
    public async Task What_is_unknown_ends_with_5(string command, int exitCode)
    {
        var plain = await RunAsync(command.Split(' '));
        var json = await RunAsync([.. command.Split(' '), "--json"]);

        Assert.Equal((exitCode, "", 1), (plain.ExitCode, plain.Output, plain.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length));
        using var document = JsonDocument.Parse(json.Output);
        Assert.StartsWith("eddy: " + document.RootElement.GetProperty("error").GetString(), json.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(OperatorStatus.NotFound, true, ExitCode.NotFound)]
    [InlineData(OperatorStatus.Refused, true, ExitCode.Refused)]
    [InlineData(OperatorStatus.Refused, false, ExitCode.Unreachable)]
    public async Task Propose_says_why_there_is_no_ring(OperatorStatus status, bool isConnected, int exitCode)
    {
        _desk.View = _desk.View with { IsConnected = isConnected };
        _desk.Reply = new(status, "There is none, because.");

        var result = await RunAsync("propose");

        Assert.Equal((exitCode, "eddy: There is none, because.\n"), (result.ExitCode, result.Error));
    }

    [Fact]
    public async Task Propose_with_wait_follows_the_ring_to_its_end()
    {
        _desk.Reply = new(OperatorStatus.Done, "Proposed.", FakeDesk.Settled, 300_000);
        var settled = await RunAsync("propose", "--wait", "20");
        _desk.Reply = new(OperatorStatus.Done, "Proposed.", FakeDesk.Failed, 300_000);
        var failed = await RunAsync("propose", "--wait", "20", "--json");

        Assert.Equal(0, settled.ExitCode);
        Assert.Contains("settled: 300,000 sat over 3 hops for 0 sat.", settled.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, failed.ExitCode);
        Assert.Contains($"at hop 2 ({FakeDesk.Carol}): Bob's channel had too little left.", failed.Error, StringComparison.Ordinal);
        using var document = JsonDocument.Parse(failed.Output);
    }

    [Fact]
    public async Task Rings_with_wait_ends_when_one_has_settled_or_with_1()
    {
        var settled = await RunAsync("rings", "--wait", "60");
        _desk.View = _desk.View with { Rings = [] };
        var none = await RunAsync("rings", "--wait", "0", "--json");

        Assert.Equal((0, ""), (settled.ExitCode, settled.Error));
        Assert.Equal((ExitCode.Failed, "eddy: no ring has settled within 0 s; 'eddy why SCID' says why\n"), (none.ExitCode, none.Error));
        using var document = JsonDocument.Parse(none.Output);
    }

    [Fact]
    public async Task The_wrong_token_ends_with_4_and_no_token_with_3()
    {
        using var other = new TemporaryDirectory();
        var none = await RunAsync("status", "--eddy.datadir", other.Path);
        AccessToken.OpenOrCreate(other.Path);
        var wrong = await RunAsync("status", "--eddy.datadir", other.Path);

        Assert.Equal((ExitCode.Unreachable, ExitCode.Refused), (none.ExitCode, wrong.ExitCode));
        Assert.Contains("does not accept the token", wrong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_daemon_ends_with_3()
    {
        await _server.DisposeAsync();
        var result = await RunAsync("status");

        Assert.Equal(ExitCode.Unreachable, result.ExitCode);
        Assert.Contains("no daemon answers at 127.0.0.1:", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("statsu", "unknown command 'statsu'; did you mean 'status'?")]
    [InlineData("", "say which: ")]
    [InlineData("rings sohw 1", "unknown command 'sohw'; did you mean 'show'?")]
    [InlineData("rings show", "'eddy rings show --help'")]
    [InlineData("why nonsense", "'eddy why --help'")]
    [InlineData("status extra", "unknown argument 'extra'")]
    [InlineData("status --jsno", "unknown option '--jsno'; did you mean '--json'?")]
    [InlineData("status --eddy.listn=1", "did you mean '--eddy.listen'?")]
    [InlineData("propose --wait", "--wait")]
    [InlineData("propose --wait soon", "--wait takes a whole number from 0 to 86400, not 'soon'")]
    [InlineData("propose --wait=-1", "--wait takes a whole number")]
    [InlineData("status --eddy.listen=0.0.0.0:1", "--eddy.listen: 0.0.0.0 can be reached from outside")]
    [InlineData("status --config /no/such/file", "does not exist")]
    public async Task Wrong_usage_is_one_clear_line(string command, string line)
    {
        using var error = new StringWriter();
        using var output = new StringWriter();
        var exitCode = await new EddyCommands(new(output, error, false)).RunAsync(command.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal((ExitCode.Usage, ""), (exitCode, output.ToString()));
        Assert.Contains(line, Assert.Single(error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Fact]
    public void Control_characters_of_strangers_never_reach_the_terminal() =>
        Assert.Equal(" [31mcarol    ", Terminal.Clean("\u001b[31mcarol\u202e\u0007\u2066\r"));

    [Theory]
    [InlineData(0, 0.5, "░░┃░")]
    [InlineData(1, 0.5, "██┃█")]
    [InlineData(0.5, 0.99, "██░┃")]
    [InlineData(0.5, 0.01, "┃█░░")]
    public void A_bar_shows_balance_and_target(double share, double target, string bar) => Assert.Equal(bar, Show.Bar(share, target, 4));

    private static string Squeeze(string text) => text.Replace("   ", "  ", StringComparison.Ordinal);

    private async Task<ProcessResult> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var config = _directory.Write("eddy.conf", $"[eddy]\ndatadir=.\nlisten=127.0.0.1:{_server.Address.Port}\n");
        var exitCode = await new EddyCommands(new(output, error, false)).RunAsync([.. arguments, "--config", config]);
        return new(exitCode, output.ToString(), error.ToString());
    }
}
