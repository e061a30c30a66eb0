using Eddy.Hosting;

namespace Eddy.Tests.Hosting;

public sealed class EddyDaemonTests
{
    private readonly TaskCompletionSource _engine = new();
    private readonly TaskCompletionSource _adapter = new();

    [Fact]
    public async Task A_broken_adapter_breaks_the_daemon_while_the_engine_still_runs()
    {
        var completion = EddyDaemon.WatchAsync(_engine.Task, _adapter.Task);
        Assert.False(completion.IsCompleted);

        _adapter.SetException(new FormatException("broken"));

        await Assert.ThrowsAsync<FormatException>(() => completion.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));
        Assert.IsType<FormatException>(completion.Exception?.InnerException);
    }

    [Fact]
    public async Task A_broken_engine_breaks_the_daemon_while_the_adapter_still_runs()
    {
        var completion = EddyDaemon.WatchAsync(_engine.Task, _adapter.Task);

        _engine.SetException(new FormatException("broken"));

        await Assert.ThrowsAsync<FormatException>(() => completion.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_adapter_that_was_stopped_leaves_the_daemon_to_the_engines_end()
    {
        var completion = EddyDaemon.WatchAsync(_engine.Task, _adapter.Task);

        _adapter.SetResult();
        Assert.False(completion.IsCompleted);
        _engine.SetResult();

        await completion.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
    }
}
