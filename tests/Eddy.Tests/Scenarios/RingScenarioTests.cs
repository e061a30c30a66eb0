using Eddy.Demo;
using Eddy.Engine.Ports;
using Eddy.Lightning;
using Eddy.Rings;
using Eddy.Simulator;

namespace Eddy.Tests.Scenarios;

/// <summary>Rings over LND's own API that end in all sorts of ways; nobody ever loses a millisatoshi.</summary>
public sealed class RingScenarioTests
{
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_ring_settles_for_nothing_and_brings_every_channel_nearer_its_target()
    {
        await using var scenario = await Scenario.StartAsync();
        await scenario.StartDaemonsAsync();

        var ring = await scenario.RunRingAsync();

        Assert.Equal((RingOutcome.Settled, 0L), (ring.Outcome, ring.Fee.Value));
        Assert.Equal(scenario.Ring.Select(node => node.Id), ring.Hops.OrderBy(hop => hop.Position).Select(hop => hop.Node));
        await scenario.InStepAsync();
        await scenario.AssertNobodyLostAsync();
        foreach (var member in scenario.Ring.Skip(1))
        {
            var view = await Scenario.ViewAsync(member);
            Assert.Equal(RingOutcome.Settled, Assert.Single(view.Rings).Outcome);
            Assert.True(view.Totals.Waived > MilliSatoshi.Zero);
        }
    }

    [Fact]
    public async Task Without_a_daemon_at_one_member_there_is_no_ring_and_why_says_where_eddy_is_missing()
    {
        await using var scenario = await Scenario.StartAsync();
        await scenario.StartDaemonsAsync(except: scenario.Ring[2]);

        Assert.Null(await scenario.ProposeAsync());

        var why = await scenario.WhyAsync(1);
        Assert.Contains(why.Reasons, reason => reason.Code == "no-eddy-peer");
        await scenario.AssertNobodyLostAsync();
    }

    [Fact]
    public async Task A_member_that_dies_before_the_proposal_comes_ends_the_ring_without_payment()
    {
        await using var scenario = await Scenario.StartAsync();
        await scenario.StartDaemonsAsync();
        await scenario.Site.StopDaemonAsync(scenario.Ring[2]);

        var proposed = await scenario.ProposeAsync();
        if (proposed is { } ring)
        {
            var end = await scenario.EndOfAsync(ring.Node, ring.Ring);
            Assert.Contains(end.Outcome, new[] { RingOutcome.Rejected, RingOutcome.Expired, RingOutcome.Cancelled });
            Assert.NotEmpty(end.Reason);
        }

        await scenario.AssertNobodyLostAsync();
    }

    [Fact]
    public async Task A_member_that_refuses_is_named()
    {
        NodeId initiator = default;
        NodeId refusing = default;
        await using var scenario = await Scenario.StartAsync((node, options) =>
            node.Id == refusing ? options with { Policy = options.Policy with { Deny = [initiator] } } : options);
        (initiator, refusing) = (scenario.Initiator.Id, scenario.Ring[2].Id);
        await scenario.StartDaemonsAsync();

        var ring = await scenario.RunRingAsync();

        Assert.Equal((RingOutcome.Rejected, 2), (ring.Outcome, ring.FailurePosition));
        Assert.NotEmpty(ring.Reason);
        await scenario.AssertNobodyLostAsync();
        Assert.Contains((await scenario.WhyAsync(0)).Reasons, reason => reason.Code.StartsWith("ring-", StringComparison.Ordinal) || reason.Code.StartsWith("rejected-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_member_whose_interceptor_is_taken_initiates_instead()
    {
        await using var scenario = await Scenario.StartAsync();
        var taken = scenario.Ring[1];
        await scenario.Site.Pump.InvokeAsync(_ => taken.Model.Interceptor.Connect(Rival.ThatResumes));
        await scenario.StartDaemonsAsync();
        Assert.Equal(InterceptorState.Taken, (await Scenario.ViewAsync(taken)).Interceptor);

        var ring = await scenario.RunRingAsync();

        Assert.Equal((RingOutcome.Settled, taken.Id), (ring.Outcome, ring.Hops.Single(hop => hop.Position == 0).Node));
        await scenario.AssertNobodyLostAsync();
        Assert.Contains((await scenario.WhyAsync(1)).Reasons, reason => reason.Code == "interceptor-taken");
    }

    [Fact]
    public async Task With_two_interceptors_taken_there_is_no_ring()
    {
        await using var scenario = await Scenario.StartAsync();
        foreach (var node in scenario.Ring.Take(2))
        {
            await scenario.Site.Pump.InvokeAsync(_ => node.Model.Interceptor.Connect(Rival.ThatResumes));
        }

        await scenario.StartDaemonsAsync();

        Assert.Null(await scenario.ProposeAsync());
        await scenario.AssertNobodyLostAsync();
    }

    [Fact]
    public async Task An_interceptor_that_is_taken_before_the_payment_comes_makes_it_fail_there()
    {
        await using var scenario = await Scenario.StartAsync();
        await scenario.StartDaemonsAsync();
        var member = scenario.Ring[2];
        await scenario.OnCallAsync(scenario.Initiator, "SendToRouteV2", Delay, _ => Usurp(member, Rival.ThatResumes));

        var ring = await scenario.RunRingAsync();

        Assert.Equal((RingOutcome.Failed, 2), (ring.Outcome, ring.FailurePosition));
        Assert.Contains("fee", ring.Reason, StringComparison.OrdinalIgnoreCase);
        await scenario.AssertNobodyLostAsync();
    }

    [Fact]
    public async Task A_channel_that_drains_between_proposal_and_payment_makes_it_fail_there()
    {
        await using var scenario = await Scenario.StartAsync();
        await scenario.StartDaemonsAsync();
        var (member, next) = (scenario.Ring[2], scenario.Ring[3]);
        var drained = new TaskCompletionSource<Payment>(TaskCreationOptions.RunContinuationsAsynchronously);
        await scenario.OnCallAsync(scenario.Initiator, "SendToRouteV2", Delay, _ =>
        {
            var channel = member.Model.Channels.Single(end => end.Peer.Node == next.Model);
            Scenario.Start(member.Model, next.Model, new(channel.Spendable.Value - 10_000_000), drained.SetResult);
        });

        var ring = await scenario.RunRingAsync();

        var payment = await drained.Task;
        Assert.Equal(PaymentStatus.Succeeded, payment.Status);
        scenario.Expect(member, -payment.Value);
        scenario.Expect(next, payment.Value);
        Assert.Equal((RingOutcome.Failed, 2), (ring.Outcome, ring.FailurePosition));
        Assert.NotEmpty(ring.Reason);

        // It is tried again with less by itself, and ends again.
        await scenario.UntilAsync("retries to end", async () => (await Scenario.ViewAsync(scenario.Initiator)) is { Totals.UnderWay: 0 });
        await scenario.AssertNobodyLostAsync();
    }

    [Fact]
    public async Task A_last_member_that_keeps_a_satoshi_gets_nothing()
    {
        await using var scenario = await Scenario.StartAsync();
        await scenario.StartDaemonsAsync();
        var thief = scenario.Ring[3];
        var rival = new Rival(request => InterceptAnswer.ResumeModified(request.Circuit, (ulong)request.OutgoingAmount.Value * 2) with
        {
            OutAmountMsat = (ulong)request.OutgoingAmount.Value - 1_000,
        });
        await scenario.OnCallAsync(scenario.Initiator, "SendToRouteV2", Delay, _ => Usurp(thief, rival));

        var ring = await scenario.RunRingAsync();

        Assert.Equal(RingOutcome.Failed, ring.Outcome);
        Assert.NotEmpty(ring.Reason);
        await scenario.AssertNobodyLostAsync();
    }

    [Fact]
    public async Task A_ring_that_was_cancelled_before_its_payment_ends_everywhere()
    {
        await using var scenario = await Scenario.StartAsync();
        await scenario.StartDaemonsAsync();
        await scenario.Site.Pump.InvokeAsync(_ => scenario.Ring[1].Model.LinkTo(scenario.Ring[2].Id)!.FaultsFrom(scenario.Ring[1].Model).DropProbability = 1);

        var proposed = await scenario.ProposeAsync();
        Assert.NotNull(proposed);
        var reply = await Scenario.DaemonOf(proposed.Value.Node).AskAsync(
            new Engine.Views.OperatorRequest.Cancel(proposed.Value.Ring), TestContext.Current.CancellationToken);
        var ring = await scenario.EndOfAsync(proposed.Value.Node, proposed.Value.Ring);

        Assert.Equal(Engine.Views.OperatorStatus.Done, reply.Status);
        Assert.Equal(RingOutcome.Cancelled, ring.Outcome);
        await scenario.AssertNobodyLostAsync();
    }

    [Theory]
    [InlineData(18u, 5u)]
    [InlineData(19u, 3u)]
    [InlineData(21u, 2u)]
    public async Task Every_supported_version_of_lnd_will_do(uint minor, uint patch)
    {
        await using var scenario = await Scenario.StartAsync(version: new LndVersion(minor, patch));
        await scenario.StartDaemonsAsync();

        var ring = await scenario.RunRingAsync();

        Assert.Equal(RingOutcome.Settled, ring.Outcome);
        await scenario.AssertNobodyLostAsync();
    }

    /// <summary>On the model's thread: the member's stream ends, and another program is quicker than its adapter.</summary>
    private static void Usurp(DemoNode member, Rival rival)
    {
        member.Lnd.DropStreams("HtlcInterceptor");
        TryConnect();

        // LND keeps the place for a moment after a client has gone.
        void TryConnect()
        {
            if (!member.Model.Interceptor.Connect(rival).IsOk)
            {
                member.Model.Network.Timeline.Schedule(TimeSpan.FromMilliseconds(1), TryConnect);
            }
        }
    }
}
