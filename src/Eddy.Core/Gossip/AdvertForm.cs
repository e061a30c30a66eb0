using Eddy.Lightning;

namespace Eddy.Gossip;

/// <summary>What can be said of a part without looking at the book.</summary>
internal static class AdvertForm
{
    /// <summary>Null where there is nothing to object to.</summary>
    public static AdvertFault? FindFault(NodeId from, RelayedAdvertPart relayed, Bytes32 chain)
    {
        var part = relayed.Part;
        if (!HasForm(part) || relayed.Hops is < 1 or > AdvertBookOptions.LargestRadius)
        {
            return AdvertFault.Malformed;
        }

        if (part.Chain != chain)
        {
            return AdvertFault.WrongChain;
        }

        return (relayed.Hops == 1) == (part.Node == from) ? null : AdvertFault.FalseHops;
    }

    /// <summary>When the origin says it ends, by its own clock; beyond the calendar the end of it.</summary>
    public static DateTimeOffset EndsAt(SignedAdvertPart part) => TimeOf(part.Sequence, TimeSpan.FromSeconds(part.TtlSeconds));

    /// <summary>A sequence read as unix milliseconds.</summary>
    public static DateTimeOffset TimeOf(ulong sequence, TimeSpan plus = default)
    {
        var last = (ulong)(DateTimeOffset.MaxValue - TimeSpan.FromDays(1)).ToUnixTimeMilliseconds();
        return DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Min(sequence, last)) + plus;
    }

    private static bool HasForm(SignedAdvertPart part)
    {
        if (part.Part is < 0 or >= AdvertBookOptions.MaxParts
            || part.TtlSeconds is < 1 or > AdvertBookOptions.MaxTtlSeconds
            || part.Sequence == 0
            || part.Intents.IsDefault || part.Intents.Length > AdvertBookOptions.MaxIntentsPerPart
            || part.Signed.Length is 0 or > AdvertBookOptions.MaxPartSize
            || !NodeSignature.HasForm(part.Signature.Span))
        {
            return false;
        }

        for (var place = 0; place < part.Intents.Length; place++)
        {
            var intent = part.Intents[place];
            var isAscending = place == 0 || part.Intents[place - 1].Peer < intent.Peer;
            if (!isAscending || !intent.HasForm || intent.Peer == part.Node)
            {
                return false;
            }
        }

        return true;
    }
}
