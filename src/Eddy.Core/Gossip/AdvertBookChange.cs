using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Gossip;

/// <summary>What followed from something that happened to the book.</summary>
/// <param name="Relays">What to send on, and to whom.</param>
/// <param name="Changed">Origins whose advert is new, another or gone: the graph must follow. Ordered.</param>
public sealed record AdvertBookChange(ImmutableArray<AdvertRelay> Relays, ImmutableArray<NodeId> Changed)
{
    public static readonly AdvertBookChange None = new([], []);
}
