using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Eddy.Api.Events;

/// <summary>
/// Tells readers what changes, as it does. Looks when the engine says that something may have changed, a few times a second at most, and
/// while nobody reads not at all.
/// </summary>
internal sealed class EventFeed(IEngineDesk desk, TimeSpan heartbeat) : IAsyncDisposable
{
    /// <summary>Of the 64 connections there may be.</summary>
    public const int MostReaders = 8;

    private static readonly TimeSpan ShortestGap = TimeSpan.FromMilliseconds(120);
    private static readonly ReadOnlyMemory<byte> Heartbeat = ": still here\n\n"u8.ToArray();

    private readonly Lock _gate = new();
    private readonly List<EventReader> _readers = [];
    private readonly CancellationTokenSource _stopping = new();
    private TaskCompletionSource _joined = NewSignal();
    private Task _running = Task.CompletedTask;
    private bool _isRunning;
    private long _number;
    private int _isDisposed;

    /// <summary>Null where there are too many already, or it is the end.</summary>
    public EventReader? TryJoin()
    {
        lock (_gate)
        {
            if (_stopping.IsCancellationRequested || _readers.Count >= MostReaders)
            {
                return null;
            }

            var reader = new EventReader();
            _readers.Add(reader);
            _joined.TrySetResult();
            _joined = NewSignal();
            if (!_isRunning)
            {
                _isRunning = true;
                _running = RunAsync();
            }

            return reader;
        }
    }

    public void Leave(EventReader reader)
    {
        lock (_gate)
        {
            _readers.Remove(reader);
            _joined.TrySetResult();
            _joined = NewSignal();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        await _stopping.CancelAsync();
        await _running;
        lock (_gate)
        {
            _readers.ForEach(static reader => reader.End());
        }

        _stopping.Dispose();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task RunAsync()
    {
        await Task.Yield();
        var picture = new Picture(desk, Write);
        try
        {
            while (true)
            {
                EventReader[] readers;
                Task joined;
                lock (_gate)
                {
                    if (_readers.Count == 0)
                    {
                        _isRunning = false;
                        return;
                    }

                    (readers, joined) = ([.. _readers], _joined.Task);
                }

                // Both before the look, so that nothing falls between.
                var (changed, logged) = (desk.Changed, desk.Logs.Changed);
                await LookAsync(picture, readers);
                if (!await IsCalledAsync(Task.WhenAny(changed, logged, joined)))
                {
                    Offer(readers, Heartbeat);
                }

                await Task.Delay(ShortestGap, _stopping.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or InvalidOperationException or NoEngineException)
        {
            // The daemon stops, or the engine has: who reads may come back and is told why.
            lock (_gate)
            {
                _isRunning = false;
                _readers.ForEach(static reader => reader.End());
                _readers.Clear();
            }
        }
    }

    private async Task LookAsync(Picture picture, EventReader[] readers)
    {
        var view = await desk.GetViewAsync(_stopping.Token);
        var events = picture.Update(view);
        var whole = readers.Any(static reader => !reader.HasPicture) ? picture.Whole(view) : default;
        foreach (var reader in readers)
        {
            if (!reader.HasPicture)
            {
                reader.HasPicture = true;
                Offer([reader], whole);
                continue;
            }

            foreach (var change in events)
            {
                Offer([reader], change);
            }
        }
    }

    private void Offer(IEnumerable<EventReader> readers, ReadOnlyMemory<byte> text)
    {
        foreach (var reader in readers)
        {
            if (!reader.IsDropped && !reader.Offer(text))
            {
                Leave(reader);
            }
        }
    }

    /// <summary>False where nothing came for as long as a heartbeat takes.</summary>
    private async Task<bool> IsCalledAsync(Task something)
    {
        try
        {
            await something.WaitAsync(heartbeat, _stopping.Token);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private ReadOnlyMemory<byte> Write(string name, object data, JsonTypeInfo type)
    {
        var head = string.Create(CultureInfo.InvariantCulture, $"id: {++_number}\nevent: {name}\ndata: ");
        return (byte[])[.. Encoding.UTF8.GetBytes(head), .. JsonSerializer.SerializeToUtf8Bytes(data, type), .. "\n\n"u8];
    }
}
