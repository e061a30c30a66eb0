using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Eddy.Configuration;
using Eddy.Doctor;
using Eddy.Engine.Ports;
using Eddy.Hosting;
using Eddy.Lightning;
using Eddy.Lnd.Access;
using Eddy.Tests.Setup;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eddy.Tests.Doctor;

/// <summary><c>eddy doctor</c> beside a node with LND's API.</summary>
public sealed class DoctorTests : IAsyncLifetime
{
    private SetupSite _site = null!;
    private string _listen = "";

    public async ValueTask InitializeAsync()
    {
        _site = await SetupSite.StartAsync();
        _listen = $"127.0.0.1:{Scenarios.DaemonProcess.FreePort()}";
        var setup = await _site.SetupAsync("", "--yes", "--eddy.listen", _listen, "--mode", "active");
        Assert.Equal(0, setup.ExitCode);
    }

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Fact]
    public async Task After_setup_nothing_fails_and_what_is_missing_is_said_with_what_to_do()
    {
        var (exitCode, findings) = await ExamineAsync();

        Assert.Equal(0, exitCode);
        Assert.DoesNotContain(findings, finding => finding.Level == "fail");
        Assert.All(findings, finding => Assert.True(finding.Level == "ok" || finding.Advice.Length > 0, $"{finding} says not what to do."));
        Assert.Equal("ok", One(findings, "lnd").Level);
        Assert.Equal("ok", One(findings, "rights").Level);
        Assert.Equal("ok", One(findings, "clock").Level);
        Assert.Equal("ok", One(findings, "port").Level);
        Assert.Contains("There is none yet", One(findings, "database").What, StringComparison.Ordinal);
        Assert.Equal(("warn", "'eddy run', or 'systemctl start eddy'."), (One(findings, "daemon").Level, One(findings, "daemon").Advice));
        Assert.Contains("grpc.server-ping-time=5s", One(findings, "lnd.conf").Advice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_running_daemon_is_asked_and_its_database_left_alone()
    {
        await File.AppendAllTextAsync(Path.Combine(_site.Lnd.LndDir, "lnd.conf"), "grpc.server-ping-time=5s\ngrpc.server-ping-timeout=2s\n");
        await using (await EddyDaemon.StartAsync(DaemonOptions.From(Load()), NullLoggerFactory.Instance, TestContext.Current.CancellationToken))
        {
            FindingReport[] findings;
            do
            {
                (var exitCode, findings) = await ExamineAsync();
                Assert.True(exitCode is 0 or ExitCode.Unreachable);
            }
            while (One(findings, "interceptor").Level != "ok" || One(findings, "daemon").Level != "ok");

            Assert.Contains("eddy holds it", One(findings, "interceptor").What, StringComparison.Ordinal);
            Assert.Contains("The daemon has it open", One(findings, "database").What, StringComparison.Ordinal);
            Assert.Equal(("warn", "ok"), (One(findings, "eddy peers").Level, One(findings, "lnd.conf").Level));
            Assert.Equal("warn", One(findings, "guard").Level);
        }

        Assert.Contains("It is sound", One((await ExamineAsync()).Findings, "database").What, StringComparison.Ordinal);
        await File.WriteAllTextAsync(DataDirectory.DatabaseIn(_site.File("eddy")), "rubbish");
        var (damaged, found) = await ExamineAsync();
        Assert.Equal((ExitCode.Failed, "fail"), (damaged, One(found, "database").Level));
        Assert.Contains("eddy store restore", One(found, "database").Advice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_exit_code_is_that_of_what_failed()
    {
        var none = await ExamineAsync("--lnd.host", "127.0.0.1:1");
        var rights = await ExamineAsync("--lnd.macaroon", _site.Lnd.ReadOnlyMacaroonPath);
        var missing = await ExamineAsync("--lnd.tlscert", "missing.cert", "--lnd.macaroon", "missing.macaroon");
        var wrong = await ExamineAsync("--rings.target", "7", "--rings.maxlength", "99");
        using var other = new TcpListener(IPEndPoint.Parse(_listen));
        other.Start();
        var taken = await ExamineAsync();

        Assert.Equal(
            (ExitCode.Unreachable, ExitCode.Refused, ExitCode.Usage, ExitCode.Usage, ExitCode.Failed),
            (none.ExitCode, rights.ExitCode, missing.ExitCode, wrong.ExitCode, taken.ExitCode));
        Assert.Equal("fail", One(none.Findings, "lnd").Level);
        Assert.Contains("/lnrpc.Lightning/SendCustomMessage", One(rights.Findings, "rights").What, StringComparison.Ordinal);
        Assert.Equal(["certificate", "macaroon"], missing.Findings.Where(finding => finding.Level == "fail").Select(finding => finding.Check));
        Assert.Equal(2, wrong.Findings.Length);
        Assert.Equal("fail", One(taken.Findings, "port").Level);
    }

    [Fact]
    public async Task For_people_it_is_a_table_and_a_sentence()
    {
        var result = await SetupSite.RunAsync("", "doctor", "--config", _site.Config);

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("Eddy can run; what is marked could be better.", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3 * 60, "mainnet", true, "fail")]
    [InlineData(100, "mainnet", true, "ok")]
    [InlineData(-200, "mainnet", true, "warn")]
    [InlineData(-200, "mainnet", false, "ok")]
    [InlineData(-200, "regtest", true, "ok")]
    public void The_clock_is_held_against_the_newest_block(int aheadMinutes, string network, bool isSynced, string level)
    {
        var now = DateTimeOffset.UnixEpoch.AddYears(50);
        var survey = new LndSurveyReport(
            new NodeIdentity(NodeId.Parse("02" + new string('b', 64)), "alice", network, default, "", 1, 18), isSynced, true, now.AddMinutes(aheadMinutes), false, [], []);

        Assert.Equal(level, DoctorReport.Word(Assert.Single(ClockFindings.Find(survey, network, now, null)).Health));
        Assert.Equal(Health.Warn, Assert.Single(ClockFindings.Find(null, network, now, isSynchronized: false)).Health);
        Assert.Empty(ClockFindings.Find(null, network, now, null));
    }

    [Fact]
    public void Programs_that_may_hold_the_interceptor_are_named() =>
        Assert.Equal(["circuitbreaker", "eddy"], DaemonFindings.Suspects(["bash", "eddy", "circuitbreaker", "circuitbreaker", "eddyfier", ""]));

    private static FindingReport One(FindingReport[] findings, string check) => Assert.Single(findings, finding => finding.Check == check);

    private EddyConfig Load() => ConfigLoader.Load(_site.Config, new System.Collections.Hashtable(), new Dictionary<ConfigKey, string>()).Config!;

    private async Task<(int ExitCode, FindingReport[] Findings)> ExamineAsync(params string[] flags)
    {
        var result = await SetupSite.RunAsync("", ["doctor", "--json", "--config", _site.Config, .. flags]);
        Assert.Equal("", result.Error);
        var report = JsonSerializer.Deserialize(result.Output, DoctorJson.Default.DoctorReport)!;
        return (result.ExitCode, [.. report.Findings]);
    }
}
