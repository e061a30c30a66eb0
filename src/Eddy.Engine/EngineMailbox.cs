using System.Collections.Concurrent;
using System.Threading.Channels;
using Eddy.Engine.Ports;
using Eddy.Lightning;
using MailboxChannel = System.Threading.Channels.Channel;

namespace Eddy.Engine;

/// <summary>
/// What waits for the engine, in order of arrival and bounded twice: messages of peers drop the oldest one when there are too many, for
/// peers are free to send what they like; everything else makes its sender wait, for it may be about money.
/// </summary>
internal sealed class EngineMailbox : IDisposable
{
    private readonly Channel<Entry> _certain = MailboxChannel.CreateUnbounded<Entry>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Channel<Entry> _messages;
    private readonly Channel<bool> _signal = MailboxChannel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });

    private readonly ConcurrentDictionary<NodeId, int> _perPeer = new();
    private readonly SemaphoreSlim _room;
    private readonly CancellationTokenSource _closed = new();
    private readonly int _messagesPerPeer;
    private long _sequence;
    private long _dropped;

    public EngineMailbox(int capacity, int messageCapacity, int messagesPerPeer)
    {
        _room = new SemaphoreSlim(capacity);
        _messagesPerPeer = messagesPerPeer;
        _messages = MailboxChannel.CreateBounded<Entry>(
            new BoundedChannelOptions(messageCapacity) { SingleReader = true, FullMode = BoundedChannelFullMode.DropOldest }, OnDropped);
    }

    /// <summary>Messages of peers that were thrown away unread.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Waits while the mailbox is full, unless it is a peer's message. After <see cref="Close"/> nothing is taken any more.</summary>
    public void Post(NodeEvent nodeEvent)
    {
        if (nodeEvent is NodeEvent.MessageReceived message)
        {
            PostMessage(message);
            return;
        }

        if (!TryEnter())
        {
            return;
        }

        Write(_certain.Writer, new Entry(NextSequence(), nodeEvent, null));
    }

    /// <summary>Queues work for the engine's owner; false once the mailbox is closed.</summary>
    public bool TryPost(Action<EddyEngine> work)
    {
        if (!TryEnter())
        {
            return false;
        }

        Write(_certain.Writer, new Entry(NextSequence(), null, work));
        return true;
    }

    /// <summary>Wakes the reader, for a timer.</summary>
    public void Wake() => _signal.Writer.TryWrite(true);

    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _signal.Reader.WaitToReadAsync(cancellationToken);

    /// <summary>Consumes the signal: call it before reading, so that nothing posted later goes unnoticed.</summary>
    public void ClearSignal() => _signal.Reader.TryRead(out _);

    public bool TryRead(out Entry entry)
    {
        var hasCertain = _certain.Reader.TryPeek(out var certain);
        var hasMessage = _messages.Reader.TryPeek(out var message);
        if (hasCertain && (!hasMessage || certain.Sequence < message.Sequence))
        {
            _certain.Reader.TryRead(out entry);
            _room.Release();
            return true;
        }

        // The oldest may have been dropped since: what is read is then a later one, and still the oldest.
        if (_messages.Reader.TryRead(out entry))
        {
            Leave(entry);
            return true;
        }

        return false;
    }

    public void Close() => _closed.Cancel();

    public void Dispose()
    {
        _closed.Dispose();
        _room.Dispose();
    }

    private void PostMessage(NodeEvent.MessageReceived message)
    {
        if (_closed.IsCancellationRequested)
        {
            return;
        }

        // One flooding peer must not push out what the others said.
        if (_perPeer.AddOrUpdate(message.Peer, 1, static (_, count) => count + 1) > _messagesPerPeer)
        {
            OnDropped(new Entry(0, message, null));
            return;
        }

        Write(_messages.Writer, new Entry(NextSequence(), message, null));
    }

    private void OnDropped(Entry entry)
    {
        Interlocked.Increment(ref _dropped);
        Leave(entry);
    }

    private void Leave(Entry entry)
    {
        if (entry.Event is NodeEvent.MessageReceived message
            && _perPeer.AddOrUpdate(message.Peer, 0, static (_, count) => count - 1) <= 0)
        {
            _perPeer.TryRemove(new KeyValuePair<NodeId, int>(message.Peer, 0));
        }
    }

    private bool TryEnter()
    {
        if (_closed.IsCancellationRequested)
        {
            return false;
        }

        try
        {
            _room.Wait(_closed.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void Write(ChannelWriter<Entry> writer, Entry entry)
    {
        writer.TryWrite(entry);
        Wake();
    }

    private long NextSequence() => Interlocked.Increment(ref _sequence);

    internal readonly record struct Entry(long Sequence, NodeEvent? Event, Action<EddyEngine>? Work);
}
