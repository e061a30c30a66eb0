using Eddy.Lightning;

namespace Eddy.Gossip;

/// <summary>A part that came from a peer.</summary>
internal sealed record AdvertArrival(NodeId From, RelayedAdvertPart Relayed, bool IsVerified)
{
    public SignedAdvertPart Part => Relayed.Part;
}

/// <summary>
/// Parts whose origin no known node names yet, so that what is in the book does not depend on which advert came first. Bounded for each
/// direct peer; nothing here is relayed or shown.
/// </summary>
internal sealed class AdvertWaitingRoom(int maxPerFirstHop)
{
    private readonly SortedDictionary<NodeId, SortedDictionary<Place, AdvertArrival>> _byOrigin = [];
    private readonly Dictionary<NodeId, int> _counts = [];

    public int Count { get; private set; }

    /// <summary>False where the peer it came from has no room left.</summary>
    public bool TryAdd(AdvertArrival arrival)
    {
        var count = _counts.GetValueOrDefault(arrival.From);
        var place = Place.Of(arrival);
        if (_byOrigin.TryGetValue(arrival.Part.Node, out var waiting) && waiting.TryGetValue(place, out var known))
        {
            waiting[place] = new(
                known.From,
                known.Relayed.Hops <= arrival.Relayed.Hops ? known.Relayed : arrival.Relayed,
                known.IsVerified && arrival.IsVerified);
            return true;
        }

        if (count >= maxPerFirstHop)
        {
            return false;
        }

        if (waiting is null)
        {
            waiting = [];
            _byOrigin.Add(arrival.Part.Node, waiting);
        }

        waiting.Add(place, arrival);
        _counts[arrival.From] = count + 1;
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
        if (--_counts[arrival.From] == 0)
        {
            _counts.Remove(arrival.From);
        }
    }

    private readonly record struct Place(ulong Sequence, int Part, NodeId From, Bytes32 Content) : IComparable<Place>
    {
        public static Place Of(AdvertArrival arrival) =>
            new(arrival.Part.Sequence, arrival.Part.Part, arrival.From, Bytes32.Sha256(arrival.Part.Signed.Span));

        public int CompareTo(Place other) => (Sequence, Part, From, Content).CompareTo((other.Sequence, other.Part, other.From, other.Content));
    }
}
