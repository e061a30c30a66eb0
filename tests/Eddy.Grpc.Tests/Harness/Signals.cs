using Grpc.Core;

namespace Eddy.Grpc.Tests.Harness;

/// <summary>Waiting with a limit that only a broken test meets.</summary>
internal static class Signals
{
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    internal static Task Soon(this Task task) => task.WaitAsync(Patience);

    internal static Task<T> Soon<T>(this Task<T> task) => task.WaitAsync(Patience);

    internal static async Task<RpcException> Fails(this Task task, StatusCode code)
    {
        var exception = await Assert.ThrowsAsync<RpcException>(() => task.Soon());
        Assert.True(code == exception.StatusCode, $"expected {code}: {exception}");
        return exception;
    }

    /// <summary>Waits until a count stands still: there is no signal for something that does not happen.</summary>
    internal static async Task<int> Settled(Func<int> count)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        var last = count();
        for (var unchanged = 0; unchanged < 10;)
        {
            await timer.WaitForNextTickAsync();
            var now = count();
            unchanged = now == last ? unchanged + 1 : 0;
            last = now;
        }

        return last;
    }

    internal static async Task Until(Func<bool> condition)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        using var limit = new CancellationTokenSource(Patience);
        while (!condition())
        {
            await timer.WaitForNextTickAsync(limit.Token);
        }
    }
}
