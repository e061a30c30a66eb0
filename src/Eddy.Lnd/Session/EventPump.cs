using System.Threading.Channels;
using Eddy.Engine.Ports;
using Eddy.Lightning;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eddy.Lnd.Session;

/// <summary>
/// The one way to the engine's inbox, in order. The inbox may make its caller wait while the engine is behind; here only this loop
/// waits, never whoever reads LND's streams or answers its interceptor. What waits here, held back or not, is bounded in number and in
/// bytes: beyond that a message of a peer is thrown away, for nothing relies on messages, and what LND's other streams and listings say
/// stays with LND until there is room, for nothing of it may be lost.
/// </summary>
internal sealed partial class EventPump(IEngineInbox inbox, ILogger<EventPump>? logger = null)
{
    /// <summary>Streams and listings wait from here on. What is about money (verdicts, outcomes of commands) never does, and is bounded by what causes it.</summary>
    internal const int EventLimit = 4_096;
    internal const long EventBytes = 16 * 1024 * 1024;

    internal const int MessageLimit = 2_048;
    internal const long MessageBytes = 16 * 1024 * 1024;

    /// <summary>Above these, for one message of each peer of which none waits: a few that fill the rest do not shut out everybody else.</summary>
    internal const int FirstMessages = 256;
    internal const long FirstMessageBytes = 4 * 1024 * 1024;

    /// <summary>Of one peer, so that the others' are not thrown away for it.</summary>
    internal const int MessageLimitPerPeer = 512;
    internal const long MessageBytesPerPeer = 4 * 1024 * 1024;

    /// <summary>Roughly what an event takes by itself, and a channel in a listing.</summary>
    private const int Overhead = 200;
    private const int ChannelSize = 512;

    private static readonly TimeSpan RoomPoll = TimeSpan.FromMilliseconds(10);

    private readonly ILogger _logger = logger ?? NullLogger<EventPump>.Instance;
    private readonly Channel<NodeEvent> _queue = System.Threading.Channels.Channel.CreateUnbounded<NodeEvent>();
    private readonly Lock _lock = new();
    private readonly Dictionary<NodeId, Load> _messagesOf = [];
    private Load _messages;
    private Load _events;
    private List<NodeEvent>? _held;
    private bool _isDropping;
    private long _dropped;

    /// <summary>Messages of peers that were thrown away because there was no room.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Posts what does not belong to a connection.</summary>
    public void Post(NodeEvent nodeEvent)
    {
        lock (_lock)
        {
            Count(nodeEvent, 1);
            _queue.Writer.TryWrite(nodeEvent);
        }
    }

    /// <summary>Posts what belongs to the connection: held back until it has been announced and listed.</summary>
    public void PostConnected(NodeEvent nodeEvent)
    {
        lock (_lock)
        {
            Count(nodeEvent, 1);
            Add(nodeEvent);
        }
    }

    /// <summary>A message of a peer: thrown away where too many wait.</summary>
    public void PostMessage(NodeEvent.MessageReceived message)
    {
        var isFirst = false;
        lock (_lock)
        {
            var size = SizeOf(message);
            var ofPeer = _messagesOf.GetValueOrDefault(message.Peer);
            var isAllowed = ofPeer.Count == 0
                ? _messages.Allows(size, MessageLimit + FirstMessages, MessageBytes + FirstMessageBytes)
                : _messages.Allows(size, MessageLimit, MessageBytes) && ofPeer.Allows(size, MessageLimitPerPeer, MessageBytesPerPeer);
            if (isAllowed)
            {
                Count(message, 1);
                Add(message);
                return;
            }

            _dropped++;
            (isFirst, _isDropping) = (!_isDropping, true);
        }

        if (isFirst)
        {
            LogDropping(message.Peer);
        }
    }

    /// <summary>
    /// Waits for room, and only then asks LND: a listing that waited would undo what streams have said since it was made. It may be larger than
    /// the room there is.
    /// </summary>
    public async Task PostListingAsync(Func<CancellationToken, Task<NodeEvent>> list, CancellationToken cancellationToken)
    {
        while (!HasRoom())
        {
            await Task.Delay(RoomPoll, cancellationToken);
        }

        PostConnected(await list(cancellationToken));
    }

    /// <summary>What a stream says: waits while too much does already, which leaves what follows with LND.</summary>
    public async ValueTask PostStreamAsync(NodeEvent nodeEvent, CancellationToken cancellationToken)
    {
        while (!TryPostStream(nodeEvent))
        {
            await Task.Delay(RoomPoll, cancellationToken);
        }
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

            Flush(static _ => true);
        }
    }

    /// <summary>The connection never stood. A waiver that was used is used all the same; the rest is listed anew by the next one.</summary>
    public void Abandon()
    {
        lock (_lock)
        {
            Flush(static nodeEvent => nodeEvent is NodeEvent.WaiverBound);
        }
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await _queue.Reader.WaitToReadAsync(cancellationToken))
        {
            while (_queue.Reader.TryRead(out var nodeEvent))
            {
                inbox.Post(nodeEvent);
                lock (_lock)
                {
                    Count(nodeEvent, -1);
                }
            }
        }
    }

    /// <summary>No more events: <see cref="RunAsync"/> ends when those there are have been taken.</summary>
    public void Complete() => _queue.Writer.TryComplete();

    private static int SizeOf(NodeEvent nodeEvent) => nodeEvent switch
    {
        NodeEvent.MessageReceived message => Overhead + message.Payload.Length,
        NodeEvent.ChannelsListed { Channels.Length: var count } => Overhead + (count * ChannelSize),
        NodeEvent.PeersListed { Peers.Length: var count } => Overhead + (count * NodeId.Size),
        _ => Overhead,
    };

    private bool HasRoom()
    {
        lock (_lock)
        {
            return _events.Count == 0 || _events.Allows(Overhead, EventLimit, EventBytes);
        }
    }

    private bool TryPostStream(NodeEvent nodeEvent)
    {
        lock (_lock)
        {
            if (!_events.Allows(SizeOf(nodeEvent), EventLimit, EventBytes))
            {
                return false;
            }

            Count(nodeEvent, 1);
            Add(nodeEvent);
            return true;
        }
    }

    private void Add(NodeEvent nodeEvent)
    {
        if (_held is null)
        {
            _queue.Writer.TryWrite(nodeEvent);
        }
        else
        {
            _held.Add(nodeEvent);
        }
    }

    private void Count(NodeEvent nodeEvent, int sign)
    {
        var size = SizeOf(nodeEvent) * sign;
        if (nodeEvent is not NodeEvent.MessageReceived message)
        {
            _events = _events.Plus(sign, size);
            return;
        }

        _messages = _messages.Plus(sign, size);
        _isDropping &= _messages.Count > 0;
        var ofPeer = _messagesOf.GetValueOrDefault(message.Peer).Plus(sign, size);
        if (ofPeer.Count > 0)
        {
            _messagesOf[message.Peer] = ofPeer;
        }
        else
        {
            _messagesOf.Remove(message.Peer);
        }
    }

    private void Flush(Func<NodeEvent, bool> passes)
    {
        foreach (var nodeEvent in _held ?? [])
        {
            if (passes(nodeEvent))
            {
                _queue.Writer.TryWrite(nodeEvent);
            }
            else
            {
                Count(nodeEvent, -1);
            }
        }

        _held = null;
    }

    [LoggerMessage(LogLevel.Warning, "Messages of peers are thrown away, of {Peer} among others: more of them come than the engine takes.")]
    private partial void LogDropping(NodeId peer);

    /// <summary>What waits.</summary>
    private readonly record struct Load(int Count, long Bytes)
    {
        public bool Allows(int size, int mostCount, long mostBytes) => Count < mostCount && Bytes + size <= mostBytes;

        public Load Plus(int count, int bytes) => new(Count + count, Bytes + bytes);
    }
}
