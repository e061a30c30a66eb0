using System.Text.Json;
using Eddy.Simulator;

namespace Eddy.Tests.Scenarios;

/// <summary>An initiator that is killed after its payment left, and started again.</summary>
public sealed class KilledInitiatorTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_learns_how_its_ring_ended_and_pays_only_once(bool endsWhileItIsDown)
    {
        using var home = new TemporaryDirectory();
        await using var scenario = await Scenario.StartAsync();
        var member = scenario.Ring[2];
        await scenario.Site.Pump.InvokeAsync(_ => member.Model.Faults.StuckHop = _ => true);
        await Task.WhenAll(scenario.Ring.Skip(1).Select(node => scenario.Site.StartDaemonAsync(node, TestContext.Current.CancellationToken)));
        await using var initiator = new DaemonProcess(scenario.Initiator, home.Path, "--rings.maxlength", "4");

        await initiator.StartAsync();
        await scenario.UntilAsync("the payment to be on its way", () => scenario.Site.Pump.InvokeAsync(_ => member.Model.Faults.Stuck.Count == 1));
        var id = await OnlyRingAsync(initiator);
        await initiator.KillAsync();
        if (endsWhileItIsDown)
        {
            await scenario.Site.Pump.InvokeAsync(_ => member.Model.Faults.ReleaseStuck());
            await scenario.UntilAsync("the payment to settle", scenario.IsQuietAsync);
        }

        await initiator.StartAsync();
        Assert.Equal(0, (await initiator.AskAsync("pause")).ExitCode);
        if (!endsWhileItIsDown)
        {
            Assert.Contains("under_way", (await initiator.AskAsync("rings", "show", id, "--json")).Output, StringComparison.Ordinal);
            await scenario.Site.Pump.InvokeAsync(_ => member.Model.Faults.ReleaseStuck());
        }

        await scenario.UntilAsync("the ring to end", async () =>
        {
            using var ring = JsonDocument.Parse((await initiator.AskAsync("rings", "show", id, "--json")).Output);
            return ring.RootElement.GetProperty("outcome").GetString() == "settled";
        });
        await scenario.AssertNobodyLostAsync();
        var attempts = await scenario.Site.Pump.InvokeAsync(_ => scenario.Initiator.Model.Payments.All
            .Select(payment => (payment.Status, payment.Attempts.Length)).ToArray());
        Assert.Contains((PaymentStatus.Succeeded, 1), attempts);
        Assert.All(attempts, attempt => Assert.Equal(1, attempt.Length));

        var stopped = await initiator.StopAsync();
        Assert.Equal(0, stopped.ExitCode);
    }

    private static async Task<string> OnlyRingAsync(DaemonProcess daemon)
    {
        using var rings = JsonDocument.Parse((await daemon.AskAsync("rings", "--json")).Output);
        return Assert.Single(rings.RootElement.GetProperty("rings").EnumerateArray()).GetProperty("id").GetString()!;
    }
}
