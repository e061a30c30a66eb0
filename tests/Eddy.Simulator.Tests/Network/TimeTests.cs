namespace Eddy.Simulator.Tests.Network;

public sealed class TimeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public void Events_run_by_time_and_within_an_instant_in_order()
    {
        var timeline = new EventTimeline(DateTimeOffset.UnixEpoch);
        var seen = new List<string>();
        timeline.Schedule(TimeSpan.FromSeconds(2), () => seen.Add("late"));
        timeline.Schedule(TimeSpan.FromSeconds(1), () =>
        {
            seen.Add("first");
            timeline.Schedule(TimeSpan.Zero, () => seen.Add("nested"));
        });
        timeline.Schedule(TimeSpan.FromSeconds(1), () => seen.Add("second"));
        var cancelled = timeline.Schedule(TimeSpan.FromSeconds(1), () => seen.Add("cancelled"));
        cancelled.Cancel();

        Assert.Equal(DateTimeOffset.UnixEpoch.AddSeconds(1), timeline.NextDue);
        timeline.AdvanceTo(DateTimeOffset.UnixEpoch.AddSeconds(1.5));
        Assert.Equal(["first", "second", "nested"], seen);
        Assert.Equal(DateTimeOffset.UnixEpoch.AddSeconds(1.5), timeline.Now);
        Assert.True(timeline.RunUntilIdle(DateTimeOffset.MaxValue));
        Assert.Equal("late", seen[^1]);
        Assert.Equal(4, timeline.EventsRun);
        Assert.False(timeline.RunNext());
    }

    [Fact]
    public void Background_events_keep_nobody_from_being_idle()
    {
        var timeline = new EventTimeline(DateTimeOffset.UnixEpoch);
        var ticks = 0;
        using var timer = new SimulatedTimeProvider(timeline).CreateTimer(_ => ticks++, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));

        Assert.True(timeline.RunUntilIdle(DateTimeOffset.MaxValue));
        Assert.Equal(0, ticks);
        timeline.AdvanceTo(DateTimeOffset.UnixEpoch.AddSeconds(3.5));
        Assert.Equal(3, ticks);

        timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        timeline.AdvanceTo(DateTimeOffset.UnixEpoch.AddSeconds(10));
        Assert.Equal(3, ticks);
        timer.Change(TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        timeline.AdvanceTo(DateTimeOffset.UnixEpoch.AddSeconds(20));
        Assert.Equal(4, ticks);
        timer.Dispose();
        Assert.False(timer.Change(TimeSpan.Zero, TimeSpan.Zero));
    }

    [Fact]
    public async Task A_pump_runs_a_ring_by_the_wall_clock_and_takes_calls_from_any_thread()
    {
        var ring = new RingFixture();
        ring.WaiveEverywhere();
        await using var pump = new RealTimePump(ring.Network);
        var payments = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(async () =>
        {
            var done = new TaskCompletionSource<RpcResult<HtlcAttempt>>(TaskCreationOptions.RunContinuationsAsynchronously);
            await pump.InvokeAsync(_ =>
            {
                var invoice = ring.Invoice(amount: 10_000_000);
                ring.A.Payments.SendToRoute(new() { Hash = invoice.Hash, Route = ring.RingRoute(invoice, 10_000_000) }, done.SetResult);
            });
            return await done.Task.WaitAsync(Patience);
        })));

        Assert.All(payments, payment => Assert.Equal(AttemptStatus.Succeeded, payment.Value.Status));
        await pump.InvokeAsync(network => network.AssertConserved());
    }

    [Fact]
    public async Task What_a_call_throws_harms_nobody_else()
    {
        var network = new SimulatedNetwork();
        await using var pump = new RealTimePump(network);

        await Assert.ThrowsAsync<FormatException>(() => pump.InvokeAsync(_ => throw new FormatException()));
        Assert.Equal(network.Options.StartHeight, await pump.InvokeAsync(model => model.Height));
        Assert.False(pump.Completion.IsCompleted);
    }

    [Fact]
    public async Task An_exception_of_the_model_itself_stops_the_pump_and_is_told_to_everybody()
    {
        var network = new SimulatedNetwork();
        await using var pump = new RealTimePump(network);
        pump.Post(model => model.Timeline.Schedule(TimeSpan.Zero, () => throw new FormatException("broken")));

        await Assert.ThrowsAsync<FormatException>(() => pump.Completion.WaitAsync(Patience));
        await Assert.ThrowsAsync<FormatException>(() => pump.InvokeAsync(model => model.Height).WaitAsync(Patience));
    }

    [Fact]
    public async Task A_stopped_pump_refuses_calls()
    {
        var pump = new RealTimePump(new SimulatedNetwork());
        await pump.DisposeAsync();

        Assert.True(pump.Completion.IsCompletedSuccessfully);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pump.InvokeAsync(model => model.Height).WaitAsync(Patience));
    }

    [Fact]
    public void The_same_seed_draws_the_same_numbers_on_every_machine()
    {
        var random = new SeededRandom(1);
        ulong[] drawn = [random.NextUInt64(), random.NextUInt64(), random.Fork("a").NextUInt64()];
        var again = new SeededRandom(1);

        Assert.Equal(drawn, new[] { again.NextUInt64(), again.NextUInt64(), again.Fork("a").NextUInt64() });
        Assert.NotEqual(new SeededRandom(1).Fork("a").NextUInt64(), new SeededRandom(1).Fork("b").NextUInt64());
        Assert.All(Enumerable.Range(0, 1_000), _ => Assert.InRange(random.NextLong(-5, 6), -5, 5));
        Assert.Equal(11, Enumerable.Range(0, 1_000).Select(_ => random.NextLong(-5, 6)).Distinct().Count());
    }
}
