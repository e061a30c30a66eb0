using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Gossip;

/// <summary>Writes and reads digests.</summary>
internal static class AdvertDigests
{
    private static readonly NodeId First = new([2, .. new byte[NodeId.Size - 1]]);
    private static readonly NodeId Last = new([3, .. Enumerable.Repeat(byte.MaxValue, NodeId.Size - 1)]);

    /// <summary>Each message begins with the last node of the one before, the first at the lowest possible id and the last at the highest.</summary>
    public static ImmutableArray<AdvertDigest> Split(ImmutableArray<AdvertDigestEntry> entries)
    {
        if (entries.IsEmpty)
        {
            return [new([])];
        }

        var digests = ImmutableArray.CreateBuilder<AdvertDigest>();
        var message = ImmutableArray.CreateBuilder<AdvertDigestEntry>();
        if (entries[0].Node != First)
        {
            message.Add(new(First, 0));
        }

        foreach (var entry in entries)
        {
            message.Add(entry);
            if (message.Count == AdvertBookOptions.DigestEntries)
            {
                digests.Add(new(message.ToImmutable()));
                message.Clear();
                message.Add(entry);
            }
        }

        if (entries[^1].Node != Last)
        {
            message.Add(new(Last, 0));
        }

        digests.Add(new(message.ToImmutable()));
        return digests.ToImmutable();
    }

    /// <summary>Null where the entries are not in ascending order.</summary>
    public static HeldAdverts? Read(AdvertDigest digest)
    {
        var sequences = new Dictionary<NodeId, ulong>();
        for (var place = 0; place < digest.Entries.Length; place++)
        {
            var entry = digest.Entries[place];
            if (place > 0 && entry.Node <= digest.Entries[place - 1].Node)
            {
                return null;
            }

            sequences.Add(entry.Node, entry.Sequence);
        }

        return digest.Entries.IsEmpty ? new(First, Last, sequences) : new(digest.Entries[0].Node, digest.Entries[^1].Node, sequences);
    }
}

/// <summary>What a peer says it holds of the nodes in a range.</summary>
internal sealed record HeldAdverts(NodeId First, NodeId Last, Dictionary<NodeId, ulong> Sequences)
{
    public bool Misses(NodeId node, ulong sequence) =>
        First <= node && node <= Last && Sequences.GetValueOrDefault(node) < sequence;
}
