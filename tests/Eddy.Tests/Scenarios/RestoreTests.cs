using Eddy.Rings;
using Eddy.Sqlite;

namespace Eddy.Tests.Scenarios;

/// <summary>
/// A member's database is replaced in the middle of a ring, by a copy that still holds the waiver and does not know that it was used, or by an
/// empty one. Then LND offers the ring's HTLC again: waived a second time it could pay the next peer twice.
/// </summary>
public sealed class RestoreTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_circuit_that_was_waived_after_the_copy_was_made_is_never_waived_again(bool isCopy)
    {
        // So long that it is not the waiver's own end that saves us.
        await using var scenario = await Scenario.StartAsync((_, options) =>
            options with { Rings = options.Rings with { ProposalTtl = TimeSpan.FromMinutes(5) } });
        var (initiator, member, next) = (scenario.Initiator, scenario.Ring[1], scenario.Ring[2]);
        var database = Path.Combine(member.DataDirectory, "eddy.db");
        StoreBackup? copy = null;
        await scenario.Site.Pump.InvokeAsync(_ => next.Model.Faults.StuckHop = _ => true);
        await scenario.OnCallAsync(initiator, "SendToRouteV2", TimeSpan.Zero, _ =>
            copy = StoreBackup.Make(database, Path.Combine(member.DataDirectory, "backups"), DateTimeOffset.UtcNow));
        await scenario.StartDaemonsAsync();
        var (_, id) = (await scenario.ProposeAsync())!.Value;
        await scenario.UntilAsync("the payment to be held", () => scenario.Site.Pump.InvokeAsync(_ => next.Model.Faults.Stuck.Count == 1));
        await scenario.Site.StopDaemonAsync(member);

        if (isCopy)
        {
            StoreReplacement.Restore(database, copy!.Path, DateTimeOffset.UtcNow);
        }
        else
        {
            StoreReplacement.StartEmpty(database, DateTimeOffset.UtcNow);
        }

        await scenario.Site.StartDaemonAsync(member, TestContext.Current.CancellationToken);
        await scenario.UntilAsync("the interceptor to be up", async () =>
            (await Scenario.ViewAsync(member)) is { Interceptor: Engine.Ports.InterceptorState.Up, Channels.Length: > 0 });
        var ring = await Scenario.DaemonOf(member).FindRingAsync(id, TestContext.Current.CancellationToken);

        // The previous peer goes and comes back: LND offers the HTLC again. Whatever comes of the first forward meanwhile, it is not waived.
        await scenario.Site.Pump.InvokeAsync(network => network.LinkBetween(initiator.Model, member.Model).Disconnect());
        await scenario.UntilAsync("the HTLC to be offered again", async () => (await Scenario.ViewAsync(member)).Gate is { Resumed: > 0 } or { Waived: > 0 });
        Assert.Equal(0, (await Scenario.ViewAsync(member)).Gate.Waived);
        await scenario.Site.Pump.InvokeAsync(_ => next.Model.Faults.ReleaseStuck());

        Assert.Equal(RingOutcome.Settled, (await scenario.EndOfAsync(initiator, id)).Outcome);
        await scenario.AssertNobodyLostAsync();
        Assert.Equal(1, await scenario.Site.Pump.InvokeAsync(_ => member.Model.Forwards.Events.Count));
        if (isCopy)
        {
            Assert.True(ring is { IsFinal: true, Outcome: RingOutcome.Expired });
            Assert.Contains(ring.Story, line => line.What.Contains("put back from a copy", StringComparison.Ordinal));
        }
        else
        {
            Assert.Null(ring);
        }
    }

    [Fact]
    public async Task An_initiator_that_is_put_back_follows_its_payment_and_sends_nothing_again()
    {
        await using var scenario = await Scenario.StartAsync();
        var (initiator, member) = (scenario.Initiator, scenario.Ring[1]);
        var database = Path.Combine(initiator.DataDirectory, "eddy.db");
        StoreBackup? copy = null;
        await scenario.Site.Pump.InvokeAsync(_ => member.Model.Faults.StuckHop = _ => true);
        await scenario.OnCallAsync(initiator, "SendToRouteV2", TimeSpan.Zero, _ =>
            copy = StoreBackup.Make(database, Path.Combine(initiator.DataDirectory, "backups"), DateTimeOffset.UtcNow));
        await scenario.StartDaemonsAsync();
        var (_, id) = (await scenario.ProposeAsync())!.Value;
        await scenario.UntilAsync("the payment to be held", () => scenario.Site.Pump.InvokeAsync(_ => member.Model.Faults.Stuck.Count == 1));
        var sequence = (await Scenario.ViewAsync(initiator)).AdvertSequence;
        await scenario.Site.StopDaemonAsync(initiator);
        StoreReplacement.Restore(database, copy!.Path, DateTimeOffset.UtcNow);

        await scenario.Site.StartDaemonAsync(initiator, TestContext.Current.CancellationToken);
        await scenario.Site.Pump.InvokeAsync(_ => member.Model.Faults.ReleaseStuck());

        Assert.Equal(RingOutcome.Settled, (await scenario.EndOfAsync(initiator, id)).Outcome);
        await scenario.AssertNobodyLostAsync();
        var payments = await scenario.Site.Pump.InvokeAsync(_ => initiator.Model.Payments.All.ToArray());
        Assert.Single(Assert.Single(payments).Attempts);
        await scenario.UntilAsync("an advert above the earlier ones", async () => (await Scenario.ViewAsync(initiator)).AdvertSequence > sequence);
    }
}
