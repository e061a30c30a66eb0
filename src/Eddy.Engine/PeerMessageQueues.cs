using Eddy.Engine.Ports;
using Eddy.Lightning;

namespace Eddy.Engine;

/// <summary>
/// Messages of peers that wait to be read: a queue for each peer, bounded in number and bytes, read in turn, so that a peer that floods waits
/// behind itself and not in front of the others. Where all of them together are too many, the longest queue gives way. Who is not
/// admitted does not get in at all. Safe for any number of senders and one reader.
/// </summary>
internal sealed class PeerMessageQueues(int most, int mostPerPeer)
{
    /// <summary>Of all peers together; a message has 60 KiB at most.</summary>
    private const long MostBytes = 32 * 1024 * 1024;

    private const long MostBytesPerPeer = 4 * 1024 * 1024;

    /// <summary>What a message takes beyond its payload, roughly.</summary>
    private const int Overhead = 200;

    private readonly Lock _lock = new();
    private readonly Dictionary<NodeId, PeerQueue> _queues = [];
    private readonly LinkedList<PeerQueue> _turns = new();
    private IReadOnlySet<NodeId>? _admitted;
    private int _count;
    private long _bytes;
    private long _dropped;
    private long _refused;

    /// <summary>Messages that wait, of all peers.</summary>
    public int Waiting => Volatile.Read(ref _count);

    /// <summary>Thrown away because there was no room.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Not let in.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>From now on only these; null lets everybody in, as long as it is not known who has a channel.</summary>
    public void Admit(IReadOnlySet<NodeId>? peers) => Volatile.Write(ref _admitted, peers);

    /// <summary>False where it was not let in or thrown away at once.</summary>
    public bool Add(long sequence, NodeEvent.MessageReceived message)
    {
        if (message.Payload.Length > IPeerMessenger.MaxMessageSize || Volatile.Read(ref _admitted)?.Contains(message.Peer) == false)
        {
            Interlocked.Increment(ref _refused);
            return false;
        }

        lock (_lock)
        {
            var size = message.Payload.Length + Overhead;
            var queue = _queues.GetValueOrDefault(message.Peer);
            if (queue is not null && (queue.Waiting.Count >= mostPerPeer || queue.Bytes + size > MostBytesPerPeer))
            {
                _dropped++;
                return false;
            }

            while (_count >= most || _bytes + size > MostBytes)
            {
                if (!MakeRoom(queue?.Bytes ?? 0))
                {
                    _dropped++;
                    return false;
                }
            }

            if (queue is null)
            {
                queue = new PeerQueue(message.Peer);
                _queues.Add(message.Peer, queue);
                _turns.AddLast(queue.Turn);
            }

            queue.Waiting.AddLast((sequence, message));
            Count(queue, 1, size);
            return true;
        }
    }

    /// <summary>The one whose turn it is, and its place in the order of arrival.</summary>
    public bool TryPeek(out long sequence)
    {
        lock (_lock)
        {
            sequence = _turns.First?.Value.Waiting.First!.Value.Sequence ?? 0;
            return _turns.First is not null;
        }
    }

    public bool TryTake(out NodeEvent.MessageReceived? message)
    {
        lock (_lock)
        {
            message = null;
            if (_turns.First is not { Value: var queue })
            {
                return false;
            }

            message = queue.Waiting.First!.Value.Message;
            queue.Waiting.RemoveFirst();
            _turns.RemoveFirst();
            Count(queue, -1, -message.Payload.Length - Overhead);
            if (queue.Waiting.Count > 0)
            {
                _turns.AddLast(queue.Turn);
            }
            else
            {
                _queues.Remove(queue.Peer);
            }

            return true;
        }
    }

    /// <summary>Throws away the latest of the heaviest queue, where that is heavier than the sender's own.</summary>
    private bool MakeRoom(long own)
    {
        var heaviest = _queues.Values.MaxBy(static queue => queue.Bytes);
        if (heaviest is null || heaviest.Bytes <= own || heaviest.Waiting.Count < 2)
        {
            return false;
        }

        var last = heaviest.Waiting.Last!.Value.Message;
        heaviest.Waiting.RemoveLast();
        Count(heaviest, -1, -last.Payload.Length - Overhead);
        _dropped++;
        return true;
    }

    private void Count(PeerQueue queue, int count, long bytes)
    {
        queue.Bytes += bytes;
        _count += count;
        _bytes += bytes;
    }

    private sealed class PeerQueue
    {
        public PeerQueue(NodeId peer)
        {
            Peer = peer;
            Turn = new LinkedListNode<PeerQueue>(this);
        }

        public NodeId Peer { get; }

        public LinkedListNode<PeerQueue> Turn { get; }

        public LinkedList<(long Sequence, NodeEvent.MessageReceived Message)> Waiting { get; } = new();

        public long Bytes { get; set; }
    }
}
