using Eddy.Lightning;

namespace Eddy.Gossip;

/// <summary>A part that came from a peer.</summary>
internal readonly record struct AdvertArrival(NodeId From, RelayedAdvertPart Relayed)
{
    public SignedAdvertPart Part => Relayed.Part;
}

/// <summary>
/// Parts, not verified, whose origin nobody names yet, so that what is in the book does not depend on which advert came first. Bounded
/// for each direct peer; nothing here is relayed or shown.
/// </summary>
internal sealed class AdvertWaitingRoom(AdvertBookOptions options)
{
    private readonly SortedDictionary<NodeId, SortedDictionary<Place, AdvertArrival>> _byOrigin = [];
    private readonly Dictionary<NodeId, (int Parts, long Bytes)> _used = [];

    public int Count { get; private set; }

    /// <summary>False where the peer it came from has no room left.</summary>
    public bool TryAdd(AdvertArrival arrival)
    {
        var (parts, bytes) = _used.GetValueOrDefault(arrival.From);
        var size = StoredPart.SizeOf(arrival.Part);
        var place = Place.Of(arrival);
        if (_byOrigin.TryGetValue(arrival.Part.Node, out var waiting) && waiting.TryGetValue(place, out var known))
        {
            waiting[place] = known.Relayed.Hops <= arrival.Relayed.Hops ? known : arrival;
            return true;
        }

        if (parts >= options.MaxWaitingPerFirstHop || bytes + size > options.MaxWaitingBytesPerFirstHop)
        {
            return false;
        }

        if (waiting is null)
        {
            waiting = [];
            _byOrigin.Add(arrival.Part.Node, waiting);
        }

        waiting.Add(place, arrival);
        _used[arrival.From] = (parts + 1, bytes + size);
        Count++;
        return true;
    }

    /// <summary>Everything that waits for a node, in a fixed order; it waits no longer.</summary>
    public IReadOnlyCollection<AdvertArrival> Take(NodeId origin)
    {
        if (!_byOrigin.Remove(origin, out var waiting))
        {
            return [];
        }

        foreach (var arrival in waiting.Values)
        {
            Release(arrival);
        }

        return waiting.Values;
    }

    public void RemoveWhere(Func<AdvertArrival, bool> isOver)
    {
        foreach (var (origin, waiting) in _byOrigin.ToArray())
        {
            foreach (var (place, arrival) in waiting.ToArray())
            {
                if (isOver(arrival))
                {
                    waiting.Remove(place);
                    Release(arrival);
                }
            }

            if (waiting.Count == 0)
            {
                _byOrigin.Remove(origin);
            }
        }
    }

    private void Release(AdvertArrival arrival)
    {
        Count--;
        var (parts, bytes) = _used[arrival.From];
        _used[arrival.From] = (parts - 1, bytes - StoredPart.SizeOf(arrival.Part));
        if (parts == 1)
        {
            _used.Remove(arrival.From);
        }
    }

    /// <summary>The signature belongs to it: a bad copy must not stand in for a good one.</summary>
    private readonly record struct Place(ulong Sequence, int Part, NodeId From, Bytes32 Content, Bytes32 Signature) : IComparable<Place>
    {
        public static Place Of(AdvertArrival arrival) => new(
            arrival.Part.Sequence,
            arrival.Part.Part,
            arrival.From,
            Bytes32.Sha256(arrival.Part.Signed.Span),
            Bytes32.Sha256(arrival.Part.Signature.Span));

        public int CompareTo(Place other) => (Sequence, Part, From, Content, Signature)
            .CompareTo((other.Sequence, other.Part, other.From, other.Content, other.Signature));
    }
}
