using System.Collections;
using Eddy.Configuration;
using Eddy.Hosting;
using Eddy.Lnd.Access;
using Eddy.Simulator;

namespace Eddy.Tests.Setup;

/// <summary><c>eddy setup</c> and <c>eddy config init</c> against a node with LND's API.</summary>
public sealed class SetupTests : IAsyncLifetime
{
    private SetupSite _site = null!;

    public async ValueTask InitializeAsync() => _site = await SetupSite.StartAsync();

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Fact]
    public async Task With_yes_a_directory_is_enough_for_a_daemon_that_may_do_what_it_needs_and_no_more()
    {
        var result = await _site.SetupAsync("", "--yes", "--mode", "active");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        var config = Load();
        Assert.Equal(($"127.0.0.1:{_site.Lnd.Port}", "regtest", false), (config.LndHost.ToString(), config.Network, config.IsObserving));
        var probe = await LndProbe.RunAsync(DaemonOptions.From(config).Lnd, Token);
        Assert.Equal(("", 0), (string.Join('\n', probe.Problems), probe.MissingOptionalMethods.Length));
        Assert.Equal(1, _site.Bakes);
        Assert.NotEqual(await File.ReadAllBytesAsync(_site.Lnd.AdminMacaroonPath), await File.ReadAllBytesAsync(_site.Macaroon));
        var bake = await MacaroonBaker.BakeAsync(DaemonOptions.From(config).Lnd, Token);
        Assert.Equal(LndProblemKind.MissingRights, bake.Problem!.Kind);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal((PrivateFile.OwnerOnly, PrivateFile.OwnerOnly), (File.GetUnixFileMode(_site.Config), File.GetUnixFileMode(_site.Macaroon)));
        }
    }

    [Fact]
    public async Task Questions_are_answered_from_a_pipe_and_asked_again_where_the_answer_means_nothing()
    {
        // Root is asked about systemd as well.
        var result = await _site.SetupAsync("perhaps\nY\nsideways\nact\nno\n");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("is read for this one call and not kept. [Y/n]", result.Output, StringComparison.Ordinal);
        Assert.Contains("Please answer yes or no.", result.Output, StringComparison.Ordinal);
        Assert.Contains("Please answer observe or active.", result.Output, StringComparison.Ordinal);
        Assert.Contains("The node is alice (", result.Output, StringComparison.Ordinal);
        Assert.False(Load().IsObserving);
    }

    [Fact]
    public async Task An_owner_who_only_presses_return_gets_a_daemon_that_watches()
    {
        var result = await _site.SetupAsync("\n\n\n");

        Assert.Equal(0, result.ExitCode);
        Assert.True(Load().IsObserving);
        Assert.Contains("which only watches until mode=active", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_that_end_too_soon_are_said_and_change_nothing()
    {
        var result = await _site.SetupAsync("");

        Assert.Equal(ExitCode.Usage, result.ExitCode);
        Assert.Contains("for the input has ended; --yes agrees to everything", result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_site.File("eddy")));
        Assert.Equal(0, _site.Bakes);
    }

    [Fact]
    public async Task Without_permission_the_line_is_printed_nothing_is_baked_and_the_rest_is_done()
    {
        File.Delete(_site.Lnd.AdminMacaroonPath);
        var first = await _site.SetupAsync("", "--non-interactive");

        Assert.Equal(ExitCode.Refused, first.ExitCode);
        Assert.Contains($"  lncli --lnddir={_site.Lnd.LndDir} --rpcserver=127.0.0.1:{_site.Lnd.Port} --network=regtest bakemacaroon --save_to={_site.Macaroon} ", first.Output, StringComparison.Ordinal);
        Assert.Contains("the macaroon is yet to be baked", first.Error, StringComparison.Ordinal);
        Assert.Equal((0, false), (_site.Bakes, File.Exists(_site.Macaroon)));
        Assert.True(Load().IsObserving);

        var again = await _site.SetupAsync("n\n\nn\nn\n");
        Assert.Equal(ExitCode.Refused, again.ExitCode);
        Assert.Equal(0, _site.Bakes);
    }

    [Fact]
    public async Task A_file_that_is_there_is_replaced_only_with_a_yes_and_kept()
    {
        const string Earlier = "[rings]\ntarget=0.42 # mine\n[channel 700000x1x0]\nexclude=true\n";
        _site.Write("eddy/eddy.conf", Earlier);
        await _site.SetupAsync("", "--yes");
        var kept = Assert.Single(Directory.GetFiles(_site.File("eddy"), "eddy.conf.replaced-*"));
        Assert.Equal(Earlier, await File.ReadAllTextAsync(kept));

        // Another directory was named, so nothing of the earlier file holds; without one, everything does.
        Assert.Equal(0.5, Load().Target);
        await File.WriteAllTextAsync(_site.Config, $"[lnd]\nlnddir={_site.Lnd.LndDir}\nhost=127.0.0.1:{_site.Lnd.Port}\nmacaroon={_site.Macaroon}\n{Earlier}");
        var untouched = await File.ReadAllTextAsync(_site.Config);
        var never = await SetupSite.RunAsync("", "setup", "--config", _site.Config, "--non-interactive");
        Assert.Equal((ExitCode.Usage, untouched), (never.ExitCode, await File.ReadAllTextAsync(_site.Config)));
        Assert.Contains("--yes replaces it and keeps a copy", never.Error, StringComparison.Ordinal);

        var yes = await SetupSite.RunAsync("", "setup", "--config", _site.Config, "--yes");
        Assert.Equal((0, ""), (yes.ExitCode, yes.Error));
        Assert.Contains("has the rights that eddy needs", yes.Output, StringComparison.Ordinal);
        Assert.Equal(1, _site.Bakes);
        Assert.Equal(0.42, Load().Target);
        Assert.True(Assert.Single(Load().Channels).Value.IsExcluded);
    }

    [Fact]
    public async Task A_macaroon_of_no_use_is_replaced_and_kept()
    {
        _site.Write("eddy/eddy.macaroon", "nonsense");
        var result = await _site.SetupAsync("", "--yes");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal("nonsense", await File.ReadAllTextAsync(Assert.Single(Directory.GetFiles(_site.File("eddy"), "eddy.macaroon.replaced-*"))));
    }

    [Fact]
    public async Task In_a_directory_that_hands_its_group_on_the_group_can_read_and_nobody_else()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("There are no such directories here.");
            return;
        }

        Directory.CreateDirectory(_site.File("eddy"), PrivateFile.DirectoryMode);
        File.SetUnixFileMode(_site.File("eddy"), PrivateFile.DirectoryMode | UnixFileMode.SetGroup | UnixFileMode.GroupRead | UnixFileMode.GroupExecute);
        Assert.Equal(0, (await _site.SetupAsync("", "--yes")).ExitCode);

        foreach (var file in new[] { _site.Config, _site.Macaroon })
        {
            Assert.Equal(PrivateFile.OwnerOnly | UnixFileMode.GroupRead, File.GetUnixFileMode(file));
        }
    }

    [Theory]
    [InlineData("--yes --lnddir nowhere", ExitCode.Usage, "there is no directory")]
    [InlineData("--yes --lnddir .", ExitCode.Usage, "there is no tls.cert in")]
    [InlineData("--yes --non-interactive", ExitCode.Usage, "exclude one another")]
    [InlineData("--yes --mode sideways", ExitCode.Usage, "'sideways'")]
    [InlineData("--yes --lnd.host 127.0.0.1:1", ExitCode.Unreachable, "LND does not answer at 127.0.0.1:1")]
    [InlineData("--yes --lnd.network mainnet", ExitCode.Usage, "runs on regtest, and lnd.network says mainnet")]
    [InlineData("--yes --admin-macaroon missing", ExitCode.Usage, "There is no macaroon at")]
    [InlineData("--yes --rings.target 7", ExitCode.Usage, "--rings.target: '7' is not a share")]
    [InlineData("--yes --unit /dev/null/eddy.service", ExitCode.Usage, "cannot write /dev/null/eddy.service")]
    public async Task Every_mistake_is_a_clear_line(string arguments, int exitCode, string says)
    {
        var result = await _site.SetupAsync("", arguments.Split(' '));

        Assert.Equal(exitCode, result.ExitCode);
        Assert.Contains(says, Assert.Single(result.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_locked_wallet_and_a_macaroon_that_may_not_bake_are_named()
    {
        var readOnly = await _site.SetupAsync("", "--yes", "--admin-macaroon", _site.Lnd.ReadOnlyMacaroonPath);
        await _site.OnModelAsync(() => _site.Node.SetState(WalletState.Locked));
        var locked = await _site.SetupAsync("", "--yes");

        Assert.Equal((ExitCode.Refused, ExitCode.Unreachable), (readOnly.ExitCode, locked.ExitCode));
        Assert.Contains("may not bake others", readOnly.Error, StringComparison.Ordinal);
        Assert.Contains("LND's wallet is locked.", locked.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_site.Config));
    }

    [Fact]
    public async Task A_unit_is_written_where_it_is_asked_for_and_everybody_may_read_it()
    {
        var result = await _site.SetupAsync("", "--yes", "--unit", _site.File("units/eddy.service"));

        Assert.Equal(0, result.ExitCode);
        var unit = await File.ReadAllTextAsync(_site.File("units/eddy.service"));
        Assert.Contains($"run --config {_site.Config}\n", unit, StringComparison.Ordinal);
        Assert.Contains($"\nUser={Environment.UserName}\n", unit, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.True(File.GetUnixFileMode(_site.File("units/eddy.service")).HasFlag(UnixFileMode.OtherRead));
        }
    }

    [Fact]
    public async Task Init_writes_a_file_with_a_section_for_each_channel_and_never_over_another()
    {
        await _site.SetupAsync("", "--yes");
        string[] lnd = ["--config", _site.File("other.conf"), "--lnd.host", $"127.0.0.1:{_site.Lnd.Port}", "--lnd.tlscert", _site.Lnd.CertificatePath, "--lnd.macaroon", _site.Macaroon];
        var written = await SetupSite.RunAsync("", ["config", "init", .. lnd]);
        var again = await SetupSite.RunAsync("", ["config", "init", .. lnd]);
        var forced = await SetupSite.RunAsync("", ["config", "init", "--force", .. lnd]);
        var printed = await SetupSite.RunAsync("", ["config", "init", "--print", "--offline", .. lnd]);
        var unreachable = await SetupSite.RunAsync("", "config", "init", "--print", "--config", _site.Config, "--lnd.host", "127.0.0.1:1");

        Assert.Equal((0, ExitCode.Usage, 0, 0, ExitCode.Unreachable), (written.ExitCode, again.ExitCode, forced.ExitCode, printed.ExitCode, unreachable.ExitCode));
        var text = await File.ReadAllTextAsync(_site.File("other.conf"));
        Assert.Contains($"\n#[channel {_site.Channel.Id}]\n#target=0.5\n", text, StringComparison.Ordinal);
        Assert.Contains("# bob (", text, StringComparison.Ordinal);
        Assert.Contains("--force replaces it and keeps a copy", again.Error, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(_site.File("."), "other.conf.replaced-*"));
        Assert.Contains("\n#maxlength=6\n", printed.Output, StringComparison.Ordinal);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private EddyConfig Load()
    {
        var (config, mistakes) = ConfigLoader.Load(_site.Config, new Hashtable(), new Dictionary<ConfigKey, string>());
        Assert.Empty(mistakes);
        Assert.DoesNotContain(FileChecks.Mistakes(config!), mistake => !mistake.Text.Contains("eddy.macaroon", StringComparison.Ordinal));
        return config!;
    }
}
