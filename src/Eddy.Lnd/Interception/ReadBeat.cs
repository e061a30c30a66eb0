namespace Eddy.Lnd.Interception;

/// <summary>
/// Lets a reading loop come round when there is nothing to read. The tick only wakes the loop; that it is alive the loop says itself,
/// so a timer that goes on beside a loop that hangs, or that finds no thread to run on, says nothing.
/// </summary>
internal sealed class ReadBeat(IInterceptorWatch? watch) : IDisposable
{
    private readonly PeriodicTimer? _timer = watch is null ? null : new(watch.Interval);
    private Task<bool>? _tick;

    /// <summary>What the read gives, once it gives something; the watch is told meanwhile, and also where reads never have to wait.</summary>
    public async Task<bool> NextAsync(Task<bool> read)
    {
        if (_timer is null)
        {
            return await read;
        }

        while (true)
        {
            _tick ??= _timer.WaitForNextTickAsync().AsTask();
            if (!read.IsCompleted)
            {
                await Task.WhenAny(read, _tick);
            }

            if (_tick.IsCompleted)
            {
                _tick = null;
                watch!.Alive();
            }

            if (read.IsCompleted)
            {
                return await read;
            }
        }
    }

    public void Dispose() => _timer?.Dispose();
}
