using System.Threading.Channels;
using Eddy.Engine.Ports;

namespace Eddy.Lnd.Session;

/// <summary>
/// The one way to the engine's inbox, in order. The inbox may make its caller wait while the engine is behind; here only this loop
/// waits, never whoever reads LND's streams or answers its interceptor.
/// </summary>
internal sealed class EventPump(IEngineInbox inbox)
{
    // Streams wait from here on. What is about money (verdicts, outcomes of commands) never does, and is bounded by what causes it.
    private const int StreamLimit = 4_096;
    private static readonly TimeSpan RoomPoll = TimeSpan.FromMilliseconds(10);

    private readonly Channel<NodeEvent> _queue = System.Threading.Channels.Channel.CreateUnbounded<NodeEvent>();
    private readonly Lock _lock = new();
    private List<NodeEvent>? _held;

    /// <summary>Posts what does not belong to a connection.</summary>
    public void Post(NodeEvent nodeEvent) => _queue.Writer.TryWrite(nodeEvent);

    /// <summary>Posts what belongs to the connection: held back until it has been announced and listed.</summary>
    public void PostConnected(NodeEvent nodeEvent)
    {
        lock (_lock)
        {
            if (_held is null)
            {
                Post(nodeEvent);
            }
            else
            {
                _held.Add(nodeEvent);
            }
        }
    }

    /// <summary>A stream's event: waits while the engine is far behind, which leaves the stream's next events with LND.</summary>
    public async ValueTask PostStreamAsync(NodeEvent nodeEvent, CancellationToken cancellationToken)
    {
        while (_queue.Reader.Count >= StreamLimit)
        {
            await Task.Delay(RoomPoll, cancellationToken);
        }

        PostConnected(nodeEvent);
    }

    /// <summary>A new connection begins.</summary>
    public void Hold()
    {
        lock (_lock)
        {
            _held ??= [];
        }
    }

    /// <summary>The connection stands: its announcement goes first, then what was held back.</summary>
    public void Release(params ReadOnlySpan<NodeEvent> announcement)
    {
        lock (_lock)
        {
            foreach (var nodeEvent in announcement)
            {
                Post(nodeEvent);
            }

            Flush(_ => true);
        }
    }

    /// <summary>The connection never stood. A waiver that was used is used all the same; the rest is listed anew by the next one.</summary>
    public void Abandon()
    {
        lock (_lock)
        {
            Flush(nodeEvent => nodeEvent is NodeEvent.WaiverBound);
        }
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await _queue.Reader.WaitToReadAsync(cancellationToken))
        {
            while (_queue.Reader.TryRead(out var nodeEvent))
            {
                inbox.Post(nodeEvent);
            }
        }
    }

    /// <summary>No more events: <see cref="RunAsync"/> ends when those there are have been taken.</summary>
    public void Complete() => _queue.Writer.TryComplete();

    private void Flush(Func<NodeEvent, bool> passes)
    {
        foreach (var nodeEvent in _held ?? [])
        {
            if (passes(nodeEvent))
            {
                Post(nodeEvent);
            }
        }

        _held = null;
    }
}
