using Eddy.Lightning;

namespace Eddy.Gossip;

/// <summary>What the book holds of one node: its latest whole advert, and at most one newer that is not whole yet.</summary>
internal sealed class AdvertOrigin(NodeId node, NodeId chargedTo)
{
    public NodeId Node { get; } = node;

    /// <summary>The direct peer whose quota it uses.</summary>
    public NodeId ChargedTo { get; } = chargedTo;

    public AdvertSet? Current { get; private set; }

    public AdvertSet? Pending { get; private set; }

    /// <summary><see cref="Current"/> put together.</summary>
    public Advert? Advert { get; private set; }

    /// <summary>Hangs together with us; only with a whole advert.</summary>
    public bool IsRooted { get; set; }

    public TokenBucket Sequences { get; set; }

    public ulong HighestSequence => Math.Max(Current?.Sequence ?? 0, Pending?.Sequence ?? 0);

    public long Bytes => (Current?.Bytes ?? 0) + (Pending?.Bytes ?? 0);

    public bool IsEmpty => Current is null && Pending is null;

    public IEnumerable<StoredPart> Stored => (Current?.Stored ?? []).Concat(Pending?.Stored ?? []);

    /// <summary>Why a part is no news; null where it is, or where it is the one already here.</summary>
    public AdvertIgnoreReason? FindObjection(SignedAdvertPart part)
    {
        if (part.Sequence < (Current?.Sequence ?? 0) || (part.Parts > 1 && part.Sequence < (Pending?.Sequence ?? 0)))
        {
            return AdvertIgnoreReason.Older;
        }

        return LosesTo(Current, part) || LosesTo(Pending, part) ? AdvertIgnoreReason.Conflict : null;
    }

    public StoredPart? Find(SignedAdvertPart part) => Set(part)?[part.Part];

    /// <summary>True where the part fills a gap in a sequence that has begun; anything else counts against the origin's rate.</summary>
    public bool IsMissing(SignedAdvertPart part) => Set(part) is { } set && set[part.Part] is null;

    /// <summary>Puts a part in its place, and the whole in the place of the older one once it is complete.</summary>
    public void Put(StoredPart stored, DateTimeOffset expiresAt)
    {
        var part = stored.Part;
        var set = Set(part);
        if (set is null)
        {
            set = new(part.Sequence, part.Parts);
            if (part.Parts > 1)
            {
                Pending = set;
            }
        }

        set.Put(stored, expiresAt);
        if (!set.IsComplete)
        {
            return;
        }

        Current = set;
        Advert = set.ToAdvert(Node);
        if (Pending is not null && Pending.Sequence <= set.Sequence)
        {
            Pending = null;
        }
    }

    public void RemoveExpired(DateTimeOffset now)
    {
        if (Current?.ExpiresAt <= now)
        {
            Current = null;
            Advert = null;
        }

        if (Pending?.ExpiresAt <= now)
        {
            Pending = null;
        }
    }

    private static bool LosesTo(AdvertSet? set, SignedAdvertPart part)
    {
        if (set?.Sequence != part.Sequence)
        {
            return false;
        }

        return set.Parts == part.Parts
            ? set[part.Part] is { } stored && !stored.IsSameContent(part) && stored.WinsOver(part)
            : set.Parts < part.Parts;
    }

    private AdvertSet? Set(SignedAdvertPart part) =>
        IsFor(Current, part) ? Current : IsFor(Pending, part) ? Pending : null;

    private static bool IsFor(AdvertSet? set, SignedAdvertPart part) => set?.Sequence == part.Sequence && set.Parts == part.Parts;
}
