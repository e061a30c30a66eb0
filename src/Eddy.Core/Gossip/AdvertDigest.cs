using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Gossip;

/// <summary>
/// What the sender holds of the nodes from the first entry to the last, in order of their ids; without entries it holds nothing of any node.
/// A sequence of 0 says that the sender holds nothing of that node: such entries mark where a range begins and ends.
/// </summary>
public sealed record AdvertDigest(ImmutableArray<AdvertDigestEntry> Entries);

public readonly record struct AdvertDigestEntry(NodeId Node, ulong Sequence);
