using System.Threading.Channels;
using Eddy.Engine.Ports;
using Eddy.Lightning;
using MailboxChannel = System.Threading.Channels.Channel;

namespace Eddy.Engine;

/// <summary>
/// What waits for the engine, bounded twice: messages of peers are thrown away when there are too many, for peers are free to send what they
/// like; everything else makes its sender wait, for it may be about money. Peers are read in turn, all else in order of arrival.
/// </summary>
internal sealed class EngineMailbox : IDisposable
{
    private readonly Channel<Entry> _certain = MailboxChannel.CreateUnbounded<Entry>(new UnboundedChannelOptions { SingleReader = true });
    private readonly PeerMessageQueues _messages;
    private readonly Channel<bool> _signal = MailboxChannel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });

    private readonly SemaphoreSlim _room;
    private readonly CancellationTokenSource _closed = new();
    private readonly int _capacity;
    private long _sequence;

    public EngineMailbox(int capacity, int messageCapacity, int messagesPerPeer)
    {
        _capacity = capacity;
        _room = new SemaphoreSlim(capacity);
        _messages = new PeerMessageQueues(messageCapacity, messagesPerPeer);
    }

    /// <summary>What waits that is no peer's message.</summary>
    public int Waiting => _capacity - _room.CurrentCount;

    /// <summary>Messages of peers that wait.</summary>
    public int WaitingMessages => _messages.Waiting;

    /// <summary>Messages of peers that were thrown away unread.</summary>
    public long Dropped => _messages.Dropped;

    /// <summary>Messages that were not let in.</summary>
    public long Refused => _messages.Refused;

    /// <summary>From now on only messages of these peers are let in; null for everybody's.</summary>
    public void Admit(IReadOnlySet<NodeId>? peers) => _messages.Admit(peers);

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
        var hasMessage = _messages.TryPeek(out var sequence);
        if (hasCertain && (!hasMessage || certain.Sequence < sequence))
        {
            _certain.Reader.TryRead(out entry);
            _room.Release();
            return true;
        }

        var isTaken = _messages.TryTake(out var message);
        entry = new Entry(sequence, message, null);
        return isTaken;
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

        if (_messages.Add(NextSequence(), message))
        {
            Wake();
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
