using System.Collections.Concurrent;

namespace Eddy.Simulator;

/// <summary>
/// Runs a network in real time: one thread owns the model, runs its events when their wall-clock time comes, and between them whatever other
/// threads post. An exception out of the model stops the pump; it is then the fault of every later call and of <see cref="Completion"/>.
/// </summary>
public sealed class RealTimePump : IAsyncDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    private readonly SimulatedNetwork _network;
    private readonly TimeProvider _clock;
    private readonly ConcurrentQueue<Action<Exception?>> _posted = new();
    private readonly SemaphoreSlim _signal = new(0);
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _thread;
    private readonly DateTimeOffset _modelStart;
    private readonly long _clockStart;
    private volatile bool _stopping;

    /// <summary>Starts at once. From now on the network may be touched only through this pump.</summary>
    public RealTimePump(SimulatedNetwork network, TimeProvider? clock = null)
    {
        _network = network;
        _clock = clock ?? TimeProvider.System;
        _modelStart = network.Now;
        _clockStart = _clock.GetTimestamp();
        _thread = new Thread(Run) { IsBackground = true, Name = "simulated network" };
        _thread.Start();
    }

    /// <summary>Ends when the pump is disposed, with the model's exception if one escaped.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Queues an action for the model's thread. Dropped when the pump has stopped.</summary>
    public void Post(Action<SimulatedNetwork> action) => Enqueue(fault =>
    {
        if (fault is null)
        {
            action(_network);
        }
    });

    /// <summary>Runs <paramref name="action"/> on the model's thread. What it throws is thrown to the caller and harms nobody else.</summary>
    public Task InvokeAsync(Action<SimulatedNetwork> action) => InvokeAsync(network =>
    {
        action(network);
        return true;
    });

    /// <inheritdoc cref="InvokeAsync(Action{SimulatedNetwork})"/>
    public Task<T> InvokeAsync<T>(Func<SimulatedNetwork, T> function)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Enqueue(fault =>
        {
            if (fault is not null)
            {
                result.SetException(fault);
                return;
            }

            try
            {
                result.SetResult(function(_network));
            }
            catch (Exception e)
            {
                result.SetException(e);
            }
        });
        return result.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _stopping = true;
        _signal.Release();
        await _completion.Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Drain(new ObjectDisposedException(nameof(RealTimePump)));
    }

    private void Enqueue(Action<Exception?> item)
    {
        _posted.Enqueue(item);
        if (_completion.Task.IsCompleted)
        {
            // Nobody reads the queue any more; whoever comes second finds it empty.
            Drain(_completion.Task.Exception?.InnerException ?? new ObjectDisposedException(nameof(RealTimePump)));
            return;
        }

        _signal.Release();
    }

    private void Run()
    {
        try
        {
            while (!_stopping)
            {
                _network.Timeline.AdvanceTo(_modelStart + _clock.GetElapsedTime(_clockStart));
                while (_posted.TryDequeue(out var item))
                {
                    item(null);
                }

                Wait();
            }

            _completion.SetResult();
        }
        catch (Exception e)
        {
            _completion.SetException(e);
            Drain(e);
        }
    }

    private void Wait()
    {
        var wait = LongestWait;
        if (_network.Timeline.NextDue is { } due)
        {
            wait = due - _modelStart - _clock.GetElapsedTime(_clockStart);
            wait = wait > LongestWait ? LongestWait : wait;
        }

        if (wait > TimeSpan.Zero)
        {
            // Rounded up, or the last fraction of a millisecond is spent spinning.
            _signal.Wait((int)Math.Ceiling(wait.TotalMilliseconds));
        }

        while (_signal.Wait(0))
        {
        }
    }

    private void Drain(Exception fault)
    {
        while (_posted.TryDequeue(out var item))
        {
            item(fault);
        }
    }
}
