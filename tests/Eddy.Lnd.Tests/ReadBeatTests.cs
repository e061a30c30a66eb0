using Eddy.Engine.Ports;
using Eddy.Lnd.Interception;
using Eddy.Lnd.Tests.Scripted;

namespace Eddy.Lnd.Tests;

public sealed class ReadBeatTests
{
    [Fact]
    public async Task A_loop_that_waits_to_read_shows_itself()
    {
        var watch = new RecordingWatch();
        var read = new TaskCompletionSource<bool>();
        using var beat = new ReadBeat(watch);

        var next = beat.NextAsync(read.Task);
        await watch.AliveAsync(3);

        Assert.False(next.IsCompleted);
        read.SetResult(true);
        Assert.True(await next.WaitAsync(TestInbox.Patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_loop_that_never_waits_shows_itself_as_well()
    {
        var watch = new RecordingWatch();
        using var beat = new ReadBeat(watch);
        var alive = watch.AliveAsync(3);
        while (!alive.IsCompleted)
        {
            await beat.NextAsync(Task.FromResult(true));
            await Task.Yield();
        }

        Assert.False(await beat.NextAsync(Task.FromResult(false)));
    }

    [Fact]
    public async Task A_loop_that_does_not_come_round_is_not_heard_however_the_timer_ticks()
    {
        var watch = new RecordingWatch();
        using var beat = new ReadBeat(watch);
        await beat.NextAsync(Task.FromResult(true));
        var heard = watch.Count;

        await Task.Delay(watch.Interval * 20, TestContext.Current.CancellationToken);

        Assert.Equal(heard, watch.Count);
    }

    [Fact]
    public async Task The_watch_hears_of_a_stream_from_its_opening_to_its_end()
    {
        var watch = new RecordingWatch();
        await using var rig = await Rig.StartAsync(options: options => options with { Watch = watch });
        await rig.Inbox.WaitForAsync<NodeEvent.InterceptorChanged>(changed => changed.State == InterceptorState.Up);
        await watch.AliveAsync(3);
        Assert.True(watch.IsOpen);

        await rig.Node.DisposeAsync();

        Assert.False(watch.IsOpen);
    }

    [Fact]
    public async Task While_another_program_holds_the_interceptor_nothing_is_watched()
    {
        var watch = new RecordingWatch();
        await using var rig = await Rig.StartAsync(lnd => lnd.Interceptor.IsTakenByOther = true, options => options with { Watch = watch });

        await rig.Inbox.WaitForAsync<NodeEvent.InterceptorChanged>(changed => changed.State == InterceptorState.Taken);

        await watch.ClosedAsync();
    }

    private sealed class RecordingWatch : IInterceptorWatch
    {
        private readonly Lock _lock = new();
        private readonly List<(Func<bool> Condition, TaskCompletionSource Met)> _waiting = [];

        public TimeSpan Interval => TimeSpan.FromMilliseconds(20);

        public int Count { get; private set; }

        public bool IsOpen { get; private set; }

        public Task AliveAsync(int count) => UntilAsync(() => Count >= count);

        public Task ClosedAsync() => UntilAsync(() => !IsOpen);

        public void Opened() => Change(() => IsOpen = true);

        public void Alive() => Change(() => Count++);

        public void Closed() => Change(() => IsOpen = false);

        private Task UntilAsync(Func<bool> condition)
        {
            lock (_lock)
            {
                var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _waiting.Add((condition, met));
                Look();
                return met.Task.WaitAsync(TestInbox.Patience);
            }
        }

        private void Change(Action change)
        {
            lock (_lock)
            {
                change();
                Look();
            }
        }

        private void Look()
        {
            foreach (var (condition, met) in _waiting)
            {
                if (condition())
                {
                    met.TrySetResult();
                }
            }
        }
    }
}
