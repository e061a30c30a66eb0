using Eddy.Lightning;

namespace Eddy.Gossip;

/// <summary>A part that is kept: how it came, on the shortest way known.</summary>
internal sealed record StoredPart(SignedAdvertPart Part, int Hops, NodeId Via)
{
    private const int Overhead = 256;
    private const int IntentSize = 96;

    /// <summary>Sent on with the hops it has.</summary>
    public bool IsRelayed { get; set; }

    /// <summary>Roughly what it takes in memory.</summary>
    public long Bytes => SizeOf(Part);

    public static long SizeOf(SignedAdvertPart part) => Overhead + part.Signed.Length + ((long)part.Intents.Length * IntentSize);

    public bool IsSameContent(SignedAdvertPart other) => Part.Signed.Span.SequenceEqual(other.Signed.Span);

    /// <summary>Of two contents under one sequence one wins, the same one everywhere.</summary>
    public bool WinsOver(SignedAdvertPart other) => Bytes32.Sha256(Part.Signed.Span) < Bytes32.Sha256(other.Signed.Span);
}

/// <summary>The parts of one sequence of one origin, complete or not.</summary>
internal sealed class AdvertSet
{
    private readonly StoredPart?[] _parts;
    private int _missing;

    public AdvertSet(ulong sequence, int parts)
    {
        Sequence = sequence;
        _parts = new StoredPart?[parts];
        _missing = parts;
    }

    public ulong Sequence { get; }

    public int Parts => _parts.Length;

    public bool IsComplete => _missing == 0;

    public long Bytes { get; private set; }

    public DateTimeOffset ExpiresAt { get; private set; } = DateTimeOffset.MaxValue;

    /// <summary>What is there, by number.</summary>
    public IEnumerable<StoredPart> Stored => _parts.OfType<StoredPart>();

    public StoredPart? this[int part] => _parts[part];

    public void Put(StoredPart stored, DateTimeOffset expiresAt)
    {
        ref var place = ref _parts[stored.Part.Part];
        _missing -= place is null ? 1 : 0;
        Bytes += stored.Bytes - (place?.Bytes ?? 0);
        place = stored;
        ExpiresAt = expiresAt < ExpiresAt ? expiresAt : ExpiresAt;
    }

    /// <summary>The whole, once complete. Of two intents for one peer the one in the earlier part counts.</summary>
    public Advert ToAdvert(NodeId node)
    {
        var intents = new SortedDictionary<NodeId, Intent>();
        foreach (var intent in Stored.SelectMany(stored => stored.Part.Intents))
        {
            intents.TryAdd(intent.Peer, intent);
        }

        return new(
            node,
            Sequence,
            Stored.Max(stored => stored.Hops),
            _parts[0]!.Via,
            Stored.All(stored => stored.Part.CanInitiate),
            Stored.All(stored => stored.Part.CanWaive),
            ExpiresAt,
            [.. intents.Values]);
    }
}
