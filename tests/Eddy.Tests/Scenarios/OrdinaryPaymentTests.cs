using Eddy.Lightning;
using Eddy.Simulator;
using Microsoft.Data.Sqlite;

namespace Eddy.Tests.Scenarios;

/// <summary>Payments that have nothing to do with rings, through nodes with eddy beside them.</summary>
public sealed class OrdinaryPaymentTests
{
    private static readonly MilliSatoshi Amount = MilliSatoshi.FromSatoshi(20_000);

    /// <summary>Without eddy such a payment takes a tenth of a second; the machine may be busy with other things.</summary>
    private static readonly TimeSpan NoPause = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task They_are_forwarded_for_the_same_fees_as_before()
    {
        await using var scenario = await Scenario.StartAsync();
        var before = await PayRoundAsync(scenario);
        await scenario.StartDaemonsAsync();

        var after = await PayRoundAsync(scenario);

        Assert.All(before, fee => Assert.True(fee > 0));
        Assert.Equal(before, after);
        await scenario.AssertNobodyLostAsync();
    }

    [Fact]
    public async Task They_go_on_when_the_daemon_is_killed()
    {
        using var home = new TemporaryDirectory();
        await using var scenario = await Scenario.StartAsync();
        await using var daemon = new DaemonProcess(scenario.Ring[1], home.Path);
        await daemon.StartAsync();
        await scenario.UntilAsync("the interceptor to be up", () => scenario.Site.Pump.InvokeAsync(_ => scenario.Ring[1].Model.Interceptor.IsConnected));

        var payments = await PayWhileAsync(scenario, daemon.KillAsync);

        AssertNoPause(payments);
        await scenario.AssertNobodyLostAsync();
    }

    [Fact]
    public async Task They_go_on_when_the_disk_is_full_and_the_daemon_steps_aside_until_there_is_room()
    {
        Assert.SkipUnless(EddyProcess.CanLimitFiles, "There is no prlimit here.");
        using var home = new TemporaryDirectory();
        await using var scenario = await Scenario.StartAsync();
        await using var daemon = new DaemonProcess(scenario.Ring[1], home.Path);
        await daemon.StartAsync();
        Task Intercepts(bool isUp) => scenario.UntilAsync($"the interceptor's place to be {(isUp ? "taken" : "free")}", () =>
            scenario.Site.Pump.InvokeAsync(_ => scenario.Ring[1].Model.Interceptor.IsConnected == isUp));
        await Intercepts(true);

        // No file may grow any more: to whoever writes it looks like a disk without room.
        await EddyProcess.LimitFilesAsync(daemon.Id);
        var payments = await PayWhileAsync(scenario, async () =>
        {
            await daemon.AskAsync("pause");
            await Intercepts(false);
        });

        AssertNoPause(payments);
        Assert.True(await daemon.SeesErrorAsync("Stepping aside until it passes"));
        AssertNoPause(await PayWhileAsync(scenario, () => Task.CompletedTask));
        await EddyProcess.LimitFilesAsync(daemon.Id, isLimited: false);
        Assert.True(await daemon.SeesErrorAsync("back beside LND"));
        await Intercepts(true);
        await scenario.AssertNobodyLostAsync();
        Assert.Equal(ExitCode.Done, (await daemon.StopAsync()).ExitCode);
    }

    [Fact]
    public async Task They_go_on_while_the_database_is_locked_and_the_engine_has_ended()
    {
        await using var scenario = await Scenario.StartAsync();
        await scenario.StartDaemonsAsync();
        var member = scenario.Ring[1];
        var daemon = Scenario.DaemonOf(member);
        var path = new SqliteConnectionStringBuilder { DataSource = Path.Combine(member.DataDirectory, "eddy.db"), Pooling = false };
        await using var rival = new SqliteConnection(path.ToString());
        await rival.OpenAsync();
        using var lockIt = rival.CreateCommand();
        lockIt.CommandText = "BEGIN EXCLUSIVE";
        await lockIt.ExecuteNonQueryAsync();

        // Whatever it wants to save next it cannot, and after a while it says so by ending.
        var payments = await PayWhileAsync(scenario, async () =>
        {
            var pause = daemon.AskAsync(new Engine.Views.OperatorRequest.Pause(), TestContext.Current.CancellationToken);
            await Task.WhenAny(pause, daemon.Completion);
        });

        AssertNoPause(payments);
        var fault = await Assert.ThrowsAsync<Engine.Ports.StoreException>(() => daemon.Completion);
        Assert.Equal(Engine.Ports.StoreFault.Locked, fault.Fault);
        await scenario.Site.StopDaemonAsync(member);
        AssertNoPause(await PayWhileAsync(scenario, () => Task.CompletedTask));
        await scenario.AssertNobodyLostAsync();
    }

    [Fact]
    public async Task A_daemon_that_stops_lets_everything_go_first()
    {
        using var home = new TemporaryDirectory();
        await using var scenario = await Scenario.StartAsync();
        await using var daemon = new DaemonProcess(scenario.Ring[1], home.Path);
        await daemon.StartAsync();
        await scenario.UntilAsync("the interceptor to be up", () => scenario.Site.Pump.InvokeAsync(_ => scenario.Ring[1].Model.Interceptor.IsConnected));

        ProcessResult? stopped = null;
        var payments = await PayWhileAsync(scenario, async () => stopped = await daemon.StopAsync());

        AssertNoPause(payments);
        Assert.Equal(0, stopped!.ExitCode);
        await scenario.AssertNobodyLostAsync();
    }

    /// <summary>From each node over the next one to the one after it; the fees.</summary>
    private static async Task<long[]> PayRoundAsync(Scenario scenario)
    {
        var fees = new List<long>();
        for (var i = 0; i < scenario.Ring.Count; i++)
        {
            var payment = await scenario.PayAsync(scenario.Ring[i], scenario.Ring[(i + 2) % scenario.Ring.Count], Amount);
            Assert.Equal(PaymentStatus.Succeeded, payment.Status);
            fees.Add(payment.Fee.Value);
        }

        return [.. fees];
    }

    /// <summary>Pays over the second node, one payment after the other, until the work has ended and some more.</summary>
    private static async Task<List<(PaymentStatus Status, TimeSpan Took)>> PayWhileAsync(Scenario scenario, Func<Task> work)
    {
        var payments = new List<(PaymentStatus, TimeSpan)>();
        await PayAsync(3);
        var working = work();
        while (!working.IsCompleted)
        {
            await PayAsync(1);
        }

        await working;
        await PayAsync(5);
        return payments;

        async Task PayAsync(int count)
        {
            for (var i = 0; i < count; i++)
            {
                var started = TimeProvider.System.GetTimestamp();
                var payment = await scenario.PayAsync(scenario.Ring[0], scenario.Ring[2], new(1_000_000));
                payments.Add((payment.Status, TimeProvider.System.GetElapsedTime(started)));
            }
        }
    }

    private static void AssertNoPause(List<(PaymentStatus Status, TimeSpan Took)> payments) => Assert.All(payments, payment =>
    {
        Assert.Equal(PaymentStatus.Succeeded, payment.Status);
        Assert.InRange(payment.Took, TimeSpan.Zero, NoPause);
    });
}
