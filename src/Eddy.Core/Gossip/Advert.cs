using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Gossip;

/// <summary>What is held of a node's advert: its verified parts put together.</summary>
/// <param name="Node">The origin.</param>
/// <param name="Sequence">That of its newest part.</param>
/// <param name="Hops">How near its origin is: 1 for a direct peer.</param>
/// <param name="Via">The direct peer the nearest part came from first or on the shortest way.</param>
/// <param name="CanInitiate">The node may send ring payments.</param>
/// <param name="CanWaive">The node holds its interceptor.</param>
/// <param name="ExpiresAt">From then on the first of its parts says nothing any more.</param>
/// <param name="Intents">One for each peer, ordered by peer.</param>
public sealed record Advert(
    NodeId Node,
    ulong Sequence,
    int Hops,
    NodeId Via,
    bool CanInitiate,
    bool CanWaive,
    DateTimeOffset ExpiresAt,
    ImmutableArray<Intent> Intents)
{
    /// <summary>True where it has an intent for <paramref name="peer"/>, even one that offers nothing.</summary>
    public bool Names(NodeId peer) => Names(Intents, peer);

    /// <summary>The same for intents in order of their peers.</summary>
    internal static bool Names(ImmutableArray<Intent> intents, NodeId peer)
    {
        var low = 0;
        var high = intents.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = intents[middle].Peer.CompareTo(peer);
            if (order == 0)
            {
                return true;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return false;
    }
}
