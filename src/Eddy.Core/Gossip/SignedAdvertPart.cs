using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Gossip;

/// <summary>One numbered part of a node's advert as it came off the wire: parsed, its signature not checked. Compare by <see cref="Signed"/>, not by record equality.</summary>
/// <param name="Chain">Genesis block hash.</param>
/// <param name="Node">The origin.</param>
/// <param name="Sequence">Unix milliseconds at the origin, or one more than the last sequence of any of its parts, whichever is larger.</param>
/// <param name="Part">0 to <see cref="AdvertBookOptions.MaxParts"/> - 1. Each has sequences of its own, and says what it says without the others.</param>
/// <param name="Signed">The advert's bytes as they came: what is signed and what is relayed.</param>
/// <param name="Signature">65 bytes by the origin in <see cref="SignatureDomain.Advert"/>.</param>
public sealed record SignedAdvertPart(
    Bytes32 Chain,
    NodeId Node,
    ulong Sequence,
    int Part,
    int TtlSeconds,
    bool CanInitiate,
    bool CanWaive,
    ImmutableArray<Intent> Intents,
    ReadOnlyMemory<byte> Signed,
    ReadOnlyMemory<byte> Signature);

/// <summary>A part on its way, and how far it has come: 1 from its origin.</summary>
public sealed record RelayedAdvertPart(SignedAdvertPart Part, int Hops);
