using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Eddy.Lightning;
using Eddy.Simulator;
using Eddy.Tests.Scenarios;

namespace Eddy.Tests.Guarding;

/// <summary>A real <c>eddy run</c> with its guard beside a simulated LND, whose forwarding stands still while its interceptor does not read.</summary>
public sealed class FrozenDaemonTests
{
    /// <summary>
    /// The promise is 2.5 s, which the benchmark <c>frozen</c> measures. Here it only matters that it is not LND's own 80 s: the machine may
    /// be busy with other tests.
    /// </summary>
    private static readonly TimeSpan LongestStall = TimeSpan.FromSeconds(10);

    /// <summary>Longer than by default, so that nothing is killed that only waits for a processor among other tests.</summary>
    private static readonly string[] Patient = ["--eddy.guardtimeout", "4s"];

    [Fact]
    public async Task A_stopped_daemon_is_killed_and_started_again_and_payments_go_on()
    {
        Assert.SkipUnless(ProcessTree.IsKnown, "There is no /proc here.");
        using var home = new TemporaryDirectory();
        await using var scenario = await Scenario.StartAsync();
        await using var daemon = new DaemonProcess(scenario.Ring[1], home.Path, Patient) { IsGuarded = true };
        await daemon.StartAsync();
        var first = await DaemonOfAsync(daemon.Id);
        await UpAsync(scenario);

        await ProcessTree.SignalAsync(first, "STOP");
        var longest = TimeSpan.Zero;
        do
        {
            longest = await PayAsync(scenario) is var took && took > longest ? took : longest;
        }
        while (ProcessTree.Runs(first));

        Assert.InRange(longest, TimeSpan.Zero, LongestStall);
        Assert.True(await daemon.SeesErrorAsync($"Guard: the daemon (process {first}) did not look after LND's interceptor"));
        var second = await DaemonOfAsync(daemon.Id);
        Assert.NotEqual(first, second);
        await UpAsync(scenario);
        await PayAsync(scenario);

        var guard = await GuardAsync(daemon);
        Assert.Equal("running", guard.GetProperty("state").GetString());
        Assert.Contains("was stopped", guard.GetProperty("last_kill_reason").GetString(), StringComparison.Ordinal);
        var guardId = guard.GetProperty("process").GetInt32();

        var stopped = await daemon.StopAsync();
        Assert.Equal(ExitCode.Done, stopped.ExitCode);
        Assert.Contains("Stopped.", stopped.Error, StringComparison.Ordinal);
        await ProcessTree.UntilAsync("the guard to end", () => !ProcessTree.Runs(guardId) && !ProcessTree.Runs(second));
        await scenario.AssertNobodyLostAsync();
    }

    [Fact]
    public async Task A_guard_that_is_killed_is_replaced_and_all_end_with_the_supervisor()
    {
        Assert.SkipUnless(ProcessTree.IsKnown, "There is no /proc here.");
        using var home = new TemporaryDirectory();
        await using var scenario = await Scenario.StartAsync();
        await using var daemon = new DaemonProcess(scenario.Ring[1], home.Path, "--eddy.guardtimeout", "20s") { IsGuarded = true };
        await daemon.StartAsync();
        var eddy = await DaemonOfAsync(daemon.Id);
        var first = await GuardOfAsync(eddy);

        // A session of its own: what stops or ends the daemon's does not reach it.
        Assert.NotEqual(ProcessTree.Look(eddy)!.Value.Fields[2], ProcessTree.Look(first)!.Value.Fields[2]);
        await ProcessTree.SignalAsync(first, "KILL");
        Assert.True(await daemon.SeesErrorAsync("The guard is gone: "));
        var second = 0;
        await ProcessTree.UntilAsync("another guard", () => (second = ProcessTree.ChildrenOf(eddy).FirstOrDefault(id => id != first)) != 0);

        await ProcessTree.SignalAsync(daemon.Id, "KILL");

        await ProcessTree.UntilAsync("everything to end", () => !ProcessTree.Runs(daemon.Id) && !ProcessTree.Runs(eddy) && !ProcessTree.Runs(second));
        Assert.Contains("The process that supervises the daemon is gone", (await daemon.EndAsync()).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_guard_ends_with_a_daemon_that_is_killed_and_nothing_is_started_again()
    {
        Assert.SkipUnless(ProcessTree.IsKnown, "There is no /proc here.");
        using var home = new TemporaryDirectory();
        await using var scenario = await Scenario.StartAsync();
        await using var daemon = new DaemonProcess(scenario.Ring[1], home.Path, "--eddy.guardtimeout", "20s") { IsGuarded = true };
        await daemon.StartAsync();
        var eddy = await DaemonOfAsync(daemon.Id);
        var guard = await GuardOfAsync(eddy);

        await ProcessTree.SignalAsync(eddy, "KILL");

        const int Killed = 128 + 9;
        Assert.Equal(Killed, (await daemon.EndAsync()).ExitCode);
        await ProcessTree.UntilAsync("the guard to end", () => !ProcessTree.Runs(guard));
    }

    [Fact]
    public async Task Under_systemd_the_guard_kills_and_systemd_is_left_to_start_it_again()
    {
        Assert.SkipUnless(ProcessTree.IsKnown, "There is no /proc here.");
        using var home = new TemporaryDirectory();
        await using var scenario = await Scenario.StartAsync();
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(home.File("notify")));
        await using var daemon = new DaemonProcess(scenario.Ring[1], home.Path, Patient)
        {
            IsGuarded = true,
            Environment = new Dictionary<string, string> { ["NOTIFY_SOCKET"] = home.File("notify"), ["WATCHDOG_USEC"] = "30000000" },
        };
        await daemon.StartAsync();
        var said = new HashSet<string>();
        var buffer = new byte[256];
        while (!said.IsSupersetOf(["READY=1", "WATCHDOG=1"]))
        {
            var length = await systemd.ReceiveAsync(buffer, TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(90));
            said.Add(Encoding.ASCII.GetString(buffer, 0, length));
        }

        await UpAsync(scenario);
        await ProcessTree.SignalAsync(daemon.Id, "STOP");

        const int Killed = 128 + 9;
        var ended = await daemon.EndAsync();
        Assert.Equal(Killed, ended.ExitCode);
        Assert.Contains($"(process {daemon.Id}) did not look after LND's interceptor", ended.Error, StringComparison.Ordinal);
        Assert.Contains("systemd is to start it again", ended.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ExitCode.Usage, "--rings.maxlength", "x")]
    [InlineData(ExitCode.Unreachable, "--lnd.host", "127.0.0.1:1")]
    public async Task A_start_that_fails_is_not_tried_again(int exitCode, params string[] flags)
    {
        using var home = new TemporaryDirectory();
        await using var scenario = await Scenario.StartAsync();
        var node = scenario.Ring[1];
        string[] lnd = ["--lnd.lnddir", node.Lnd.LndDir, "--lnd.network", node.Model.Network.Options.Chain];
        await using var process = EddyProcess.Start(home.Path, ["run", "--eddy.mode", "active", .. lnd, "--eddy.datadir", Path.Combine(home.Path, "data"), .. flags], isGuarded: true);

        var result = await process.EndAsync();

        Assert.Equal(exitCode, result.ExitCode);
        Assert.Single(result.Error.Split('\n'), line => line.StartsWith("eddy: ", StringComparison.Ordinal));
    }

    private static Task UpAsync(Scenario scenario) =>
        scenario.UntilAsync("the interceptor to be up", () => scenario.Site.Pump.InvokeAsync(_ => scenario.Ring[1].Model.Interceptor.IsConnected));

    private static async Task<TimeSpan> PayAsync(Scenario scenario)
    {
        var started = Stopwatch.GetTimestamp();
        var payment = await scenario.PayAsync(scenario.Ring[0], scenario.Ring[2], new MilliSatoshi(1_000_000));
        Assert.Equal(PaymentStatus.Succeeded, payment.Status);
        return Stopwatch.GetElapsedTime(started);
    }

    private static async Task<JsonElement> GuardAsync(DaemonProcess daemon)
    {
        JsonElement guard = default;
        await ProcessTree.UntilAsync("the new daemon to answer", async () =>
        {
            var status = await daemon.AskAsync("status", "--json");
            if (status.ExitCode != ExitCode.Done)
            {
                return false;
            }

            using var document = JsonDocument.Parse(status.Output);
            guard = document.RootElement.GetProperty("guard").Clone();
            return guard.GetProperty("state").GetString() == "running" && guard.GetProperty("last_kill_at").ValueKind == JsonValueKind.String;
        });
        return guard;
    }

    private static async Task<int> DaemonOfAsync(int supervisor)
    {
        var daemon = 0;
        await ProcessTree.UntilAsync("the daemon to run", () => (daemon = ProcessTree.ChildrenOf(supervisor).SingleOrDefault()) != 0);
        return daemon;
    }

    private static async Task<int> GuardOfAsync(int daemon)
    {
        var guard = 0;
        await ProcessTree.UntilAsync("the guard to run", () => (guard = ProcessTree.ChildrenOf(daemon).SingleOrDefault()) != 0);
        return guard;
    }
}
