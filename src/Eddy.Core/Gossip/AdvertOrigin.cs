using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Gossip;

/// <summary>What the book holds of one node: the latest of each of its parts.</summary>
internal sealed class AdvertOrigin(NodeId node, NodeId chargedTo)
{
    private Dictionary<int, ulong>? _over;
    private ImmutableArray<StoredPart> _parts = [];

    public NodeId Node { get; } = node;

    /// <summary>The direct peer whose quota it uses.</summary>
    public NodeId ChargedTo { get; } = chargedTo;

    /// <summary>The parts put together; null where there is none.</summary>
    public Advert? Advert { get; private set; }

    /// <summary>Hangs together with us.</summary>
    public bool IsRooted { get; set; }

    public TokenBucket Sequences { get; set; }

    public ulong HighestSequence { get; private set; }

    public long Bytes { get; private set; }

    public bool IsEmpty => _parts.IsEmpty;

    /// <summary>By number.</summary>
    public ImmutableArray<StoredPart> Stored => _parts;

    /// <summary>Why a part is no news; null where it is, or where it is the one already here.</summary>
    public AdvertIgnoreReason? FindObjection(SignedAdvertPart part)
    {
        if (_over is not null && part.Sequence <= _over.GetValueOrDefault(part.Part))
        {
            return AdvertIgnoreReason.Older;
        }

        if (Find(part.Part) is not { } stored || part.Sequence > stored.Part.Sequence)
        {
            return null;
        }

        if (part.Sequence < stored.Part.Sequence)
        {
            return AdvertIgnoreReason.Older;
        }

        return !stored.IsSameContent(part) && stored.WinsOver(part) ? AdvertIgnoreReason.Conflict : null;
    }

    public StoredPart? Find(int number)
    {
        var place = PlaceOf(number);
        return place < _parts.Length && _parts[place].Part.Part == number ? _parts[place] : null;
    }

    /// <summary>Puts a part in the place of the older one.</summary>
    public void Put(StoredPart stored)
    {
        var place = PlaceOf(stored.Part.Part);
        var isHeld = place < _parts.Length && _parts[place].Part.Part == stored.Part.Part;
        Bytes += stored.Bytes - (isHeld ? _parts[place].Bytes : 0);
        _parts = isHeld ? _parts.SetItem(place, stored) : _parts.Insert(place, stored);
        HighestSequence = Math.Max(HighestSequence, stored.Part.Sequence);
        Advert = PutTogether();
    }

    /// <summary>True where anything went.</summary>
    public bool RemoveExpired(DateTimeOffset now)
    {
        if (!_parts.Any(stored => stored.ExpiresAt <= now))
        {
            return false;
        }

        foreach (var stored in _parts.Where(stored => stored.ExpiresAt <= now))
        {
            // An older word for the same part must not come back from the dead.
            (_over ??= [])[stored.Part.Part] = stored.Part.Sequence;
            Bytes -= stored.Bytes;
        }

        _parts = [.. _parts.Where(stored => stored.ExpiresAt > now)];
        Advert = PutTogether();
        return true;
    }

    private int PlaceOf(int number)
    {
        var low = 0;
        var high = _parts.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _parts[middle].Part.Part < number ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private Advert? PutTogether()
    {
        if (_parts.IsEmpty)
        {
            return null;
        }

        var newest = _parts[0];
        var nearest = _parts[0];
        var end = _parts[0].ExpiresAt;
        foreach (var stored in _parts)
        {
            newest = stored.Part.Sequence > newest.Part.Sequence ? stored : newest;
            nearest = stored.Hops < nearest.Hops ? stored : nearest;
            end = stored.ExpiresAt < end ? stored.ExpiresAt : end;
        }

        return new(
            Node,
            newest.Part.Sequence,
            nearest.Hops,
            nearest.Via,
            newest.Part.CanInitiate,
            newest.Part.CanWaive,
            end,
            _parts.Length == 1 ? _parts[0].Part.Intents : Merge());
    }

    /// <summary>Ordered by peer. Of two intents for one peer the one in the newer part counts.</summary>
    private ImmutableArray<Intent> Merge()
    {
        var all = new List<(Intent Intent, ulong Sequence, int Part)>();
        foreach (var stored in _parts)
        {
            foreach (var intent in stored.Part.Intents)
            {
                all.Add((intent, stored.Part.Sequence, stored.Part.Part));
            }
        }

        all.Sort(static (left, right) => left.Intent.Peer.CompareTo(right.Intent.Peer) is var order && order != 0
            ? order
            : (right.Sequence, right.Part).CompareTo((left.Sequence, left.Part)));
        var intents = ImmutableArray.CreateBuilder<Intent>(all.Count);
        foreach (var (intent, _, _) in all)
        {
            if (intents.Count == 0 || intents[^1].Peer != intent.Peer)
            {
                intents.Add(intent);
            }
        }

        return intents.DrainToImmutable();
    }
}
