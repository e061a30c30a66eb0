using System.Net;
using System.Net.Sockets;
using Eddy.Simulator;
using Eddy.Simulator.Grpc;
using Eddy.Sqlite;
using Microsoft.Data.Sqlite;

namespace Eddy.Tests.Scenarios;

/// <summary><c>eddy run</c> against an LND that is not as it should be: one clear line, and the exit code of the contract.</summary>
public sealed class StartTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _home = new();
    private Scenario _scenario = null!;
    private DaemonProcess _daemon = null!;

    public async ValueTask InitializeAsync()
    {
        _scenario = await Scenario.StartAsync();
        _daemon = new DaemonProcess(_scenario.Initiator, _home.Path);
    }

    public async ValueTask DisposeAsync()
    {
        await _daemon.DisposeAsync();
        await _scenario.DisposeAsync();
        _home.Dispose();
    }

    [Theory]
    [InlineData(WalletState.Locked, "locked")]
    [InlineData(WalletState.NonExisting, "wallet")]
    [InlineData(WalletState.Unlocked, "start")]
    public async Task A_wallet_that_is_not_open_cannot_be_talked_to(WalletState state, string says)
    {
        await _scenario.Site.Pump.InvokeAsync(_ => _scenario.Initiator.Model.SetState(state));

        var result = await RunAsync();

        AssertOneLine(result, ExitCode.Unreachable, says);
    }

    [Fact]
    public async Task The_wrong_network_is_a_wrong_configuration() =>
        AssertOneLine(
            await RunAsync("--lnd.network", "mainnet", "--lnd.macaroon", _scenario.Initiator.Lnd.AdminMacaroonPath),
            ExitCode.Usage,
            "regtest");

    [Fact]
    public async Task Another_nodes_certificate_is_not_trusted() =>
        AssertOneLine(await RunAsync("--lnd.tlscert", _scenario.Ring[1].Lnd.CertificatePath), ExitCode.Unreachable, "certificate");

    [Fact]
    public async Task Another_nodes_macaroon_is_refused() =>
        AssertOneLine(await RunAsync("--lnd.macaroon", _scenario.Ring[1].Lnd.AdminMacaroonPath), ExitCode.Refused, "macaroon");

    [Fact]
    public async Task A_macaroon_with_too_few_rights_names_what_it_lacks_and_how_to_bake_another()
    {
        var path = _home.File("weak.macaroon");
        await File.WriteAllBytesAsync(path, _scenario.Initiator.Lnd.Bakery.Bake(
            [.. MethodPermissions.Admin.Where(op => op is not { Entity: "offchain", Action: "write" })]).ToBytes());

        var result = await RunAsync("--lnd.macaroon", path);

        Assert.Equal((ExitCode.Refused, ""), (result.ExitCode, result.Output));
        Assert.Contains("/routerrpc.Router/HtlcInterceptor", result.Error, StringComparison.Ordinal);
        Assert.Contains("/routerrpc.Router/SendToRouteV2", result.Error, StringComparison.Ordinal);
        Assert.Contains("lncli --network=regtest bakemacaroon --save_to=", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_macaroon_of_the_printed_line_is_enough()
    {
        var line = (await EddyProcess.RunAsync(_home.Path, "macaroon")).Output;
        var rights = line.Split(' ', StringSplitOptions.TrimEntries).Where(word => word.StartsWith("uri:", StringComparison.Ordinal)).Select(word => new MacaroonOp("uri", word[4..]));
        var path = _home.File("eddy.macaroon");
        await File.WriteAllBytesAsync(path, _scenario.Initiator.Lnd.Bakery.Bake([.. rights]).ToBytes());
        await using var daemon = new DaemonProcess(_scenario.Initiator, _home.Path, "--lnd.macaroon", path);

        await daemon.StartAsync();
        await _scenario.UntilAsync("the daemon to be ready", async () =>
            (await daemon.AskAsync("status", "--json")).Output.Contains("\"interceptor\": \"up\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_hang_up_and_a_command_have_it_read_its_configuration_again()
    {
        var file = _home.Write("eddy.conf", "[eddy]\nmode=observe\n[rings]\ntarget=0.5\n");
        await using var daemon = new DaemonProcess(_scenario.Initiator, _home.Path, "--config", file) { IsGuarded = true, Mode = null };
        await daemon.StartAsync();
        Assert.Contains("\"mode\": \"observe\"", await daemon.GetAsync("v1/status"), StringComparison.Ordinal);

        // The supervisor passes it on.
        _home.Write("eddy.conf", "[eddy]\nmode=active\n[rings]\ntarget=0.4\n");
        await Guarding.ProcessTree.SignalAsync(daemon.Id, "HUP");
        Assert.True(await daemon.SeesErrorAsync("Configuration: rings.target 0.5 -> 0.4."));
        await _scenario.UntilAsync("the interceptor", async () => (await daemon.GetAsync("v1/status")).Contains("\"interceptor\": \"up\"", StringComparison.Ordinal));
        Assert.Contains("\"target\": 0.4", await daemon.GetAsync("v1/channels"), StringComparison.Ordinal);

        _home.Write("eddy.conf", "[eddy]\nmode=observe\n[rings]\ntarget=0.4\n");
        Assert.Equal("eddy.mode: active -> observe\n", (await daemon.AskAsync("config", "reload")).Output);
        await _scenario.UntilAsync("the interceptor to be let go", async () => (await daemon.GetAsync("v1/status")).Contains("\"interceptor\": \"down\"", StringComparison.Ordinal));

        _home.Write("eddy.conf", "[rings]\ntarget=4\nminamont=1\n");
        var refused = await daemon.AskAsync("config", "reload");
        Assert.Equal((ExitCode.Usage, 2), (refused.ExitCode, refused.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length));
        Assert.Contains("\"target\": 0.4", await daemon.GetAsync("v1/channels"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_daemon_on_the_same_directory_fails_and_so_does_one_on_the_same_port()
    {
        await _daemon.StartAsync();
        var directory = await RunAsync("--eddy.datadir", _home.File("data"), "--eddy.listen", $"127.0.0.1:{DaemonProcess.FreePort()}");
        AssertOneLine(directory, ExitCode.Failed, "another eddy daemon already uses the data directory");

        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = await RunAsync("--eddy.datadir", _home.File("other"), "--eddy.listen", listener.LocalEndpoint.ToString()!);
        AssertOneLine(port, ExitCode.Failed, $"cannot listen on {listener.LocalEndpoint}");
    }

    [Fact]
    public async Task A_database_of_a_later_version_is_left_alone()
    {
        await _daemon.StartAsync();
        await _daemon.StopAsync();
        var path = new SqliteConnectionStringBuilder { DataSource = _home.File("data/eddy.db"), Pooling = false };
        await using (var connection = new SqliteConnection(path.ToString()))
        {
            await connection.OpenAsync();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 9999";
            await command.ExecuteNonQueryAsync();
        }

        var result = await RunAsync("--eddy.datadir", _home.File("data"));

        AssertOneLine(result, ExitCode.Failed, "later version");
    }

    [Fact]
    public async Task A_database_that_is_damaged_or_gone_is_said_with_the_ways_out_and_nothing_takes_its_place()
    {
        var data = _home.File("data");
        Directory.CreateDirectory(data);
        var database = Path.Combine(data, "eddy.db");
        SqliteStore.Open(database).Dispose();
        var copy = StoreBackup.Make(database, Path.Combine(data, "backups"), DateTimeOffset.UtcNow);
        await File.WriteAllTextAsync(database, string.Concat(Enumerable.Repeat("no database ", 1_000)));

        var damaged = await RunAsync("--eddy.datadir", data);
        File.Delete(database);
        var gone = await RunAsync("--eddy.datadir", data);
        await File.WriteAllBytesAsync(database, []);
        var empty = await RunAsync("--eddy.datadir", data);

        File.Delete(database);
        await File.WriteAllTextAsync(database + ".replacing", "eddy.db.replaced-20261121T120000Z\n");
        var cutShort = await RunAsync("--eddy.datadir", data);
        Assert.False(File.Exists(database));
        Assert.Contains($"Putting another database in the place of {database} was cut short", cutShort.Error, StringComparison.Ordinal);
        await File.WriteAllBytesAsync(database, []);

        foreach (var (result, says) in new[] { (damaged, "is damaged"), (gone, "is gone"), (empty, "is empty"), (cutShort, "was cut short") })
        {
            Assert.Equal((ExitCode.Failed, ""), (result.ExitCode, result.Output));
            Assert.Contains($"{database} {says}", result.Error, StringComparison.Ordinal);
            Assert.Contains($"'eddy store restore' puts the newest sound copy in its place; the newest there is: {copy.Path}", result.Error, StringComparison.Ordinal);
            Assert.Contains("'eddy store restore --empty' starts anew", result.Error, StringComparison.Ordinal);
        }

        Assert.Equal(0, new FileInfo(database).Length);
    }

    [Fact]
    public async Task Commands_tell_what_the_daemon_knows()
    {
        await _daemon.StartAsync();
        await _scenario.UntilAsync("the daemon to know its channels", async () =>
            (await _daemon.AskAsync("channels", "--json")).Output.Contains("capacity_sat", StringComparison.Ordinal));

        var scid = _scenario.Initiator.Model.Channels[0].ChanId.ToString();
        Assert.Contains(scid, (await _daemon.AskAsync("channels")).Output, StringComparison.Ordinal);
        Assert.Contains("[no-eddy-peer]", (await _daemon.AskAsync("why", scid)).Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.NotFound, (await _daemon.AskAsync("why", "1x1x1")).ExitCode);
        Assert.Equal(ExitCode.NotFound, (await _daemon.AskAsync("propose")).ExitCode);
        Assert.Equal(ExitCode.Done, (await _daemon.AskAsync("pause")).ExitCode);
        Assert.Equal(ExitCode.Refused, (await _daemon.AskAsync("propose")).ExitCode);

        await _daemon.KillAsync();
        await _daemon.StartAsync();
        Assert.Contains("\"paused\": true", (await _daemon.AskAsync("status", "--json")).Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Done, (await _daemon.AskAsync("resume")).ExitCode);
    }

    private static void AssertOneLine(ProcessResult result, int exitCode, string says)
    {
        Assert.Equal((exitCode, ""), (result.ExitCode, result.Output));
        Assert.Contains(says, Assert.Single(result.Error.Split('\n')), StringComparison.OrdinalIgnoreCase);
    }

    private Task<ProcessResult> RunAsync(params string[] flags)
    {
        // The same flag twice is a mistake, so what a test says itself replaces the usual.
        var usual = new Dictionary<string, string>
        {
            ["--eddy.datadir"] = _home.File("run"),
            ["--eddy.listen"] = $"127.0.0.1:{DaemonProcess.FreePort()}",
        };
        for (var i = 0; i < _daemon.Lnd.Length; i += 2)
        {
            usual[_daemon.Lnd[i]] = _daemon.Lnd[i + 1];
        }

        for (var i = 0; i < flags.Length; i += 2)
        {
            usual[flags[i]] = flags[i + 1];
        }

        return EddyProcess.RunAsync(_home.Path, ["run", .. usual.SelectMany(flag => new[] { flag.Key, flag.Value })]);
    }
}
