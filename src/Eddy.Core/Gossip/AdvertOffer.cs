using Eddy.Lightning;

namespace Eddy.Gossip;

/// <summary>What a peer could send.</summary>
/// <param name="Origin">The <see cref="NodeId.ShortKey"/> of the node that signed it.</param>
/// <param name="Hops">How far it will have come when it arrives: 1 from its origin.</param>
public readonly record struct AdvertOffer(ulong Origin, int Part, ulong Sequence, int Hops)
{
    internal static AdvertOffer Of(StoredPart stored) => Of(new RelayedAdvertPart(stored.Part, stored.Hops + 1));

    /// <summary>The offer of a part, hops counted already.</summary>
    public static AdvertOffer Of(RelayedAdvertPart relayed) =>
        new(relayed.Part.Node.ShortKey, relayed.Part.Part, relayed.Part.Sequence, relayed.Hops);
}

/// <summary>What an offer means to the book.</summary>
public enum AdvertStanding
{
    /// <summary>Ours, too far away, or impossible.</summary>
    Useless = 0,

    /// <summary>Not here, or newer than what is here.</summary>
    Missing = 1,

    /// <summary>Here already, with as few hops or fewer.</summary>
    Held = 2,

    /// <summary>Here already, with more hops.</summary>
    Nearer = 3,

    /// <summary>A newer one is here.</summary>
    Older = 4,
}
