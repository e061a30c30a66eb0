using System.Collections.Immutable;

namespace Eddy.Gossip;

/// <summary>A numbered part of an origin, by <see cref="Eddy.Lightning.NodeId.ShortKey"/>.</summary>
public readonly record struct AdvertPlace(ulong Origin, int Part);

/// <summary>What one node asks of a peer.</summary>
/// <param name="Parts">Send these, and from now on whatever is new of their origins.</param>
/// <param name="Follow">Send from now on whatever is new of these origins.</param>
/// <param name="Stop">Only offer from now on what is new of these origins: somebody else sends it.</param>
public sealed record AdvertRequest(ImmutableArray<AdvertPlace> Parts, ImmutableArray<ulong> Follow, ImmutableArray<ulong> Stop)
{
    public static readonly AdvertRequest Nothing = new([], [], []);

    public int Count => Parts.Length + Follow.Length + Stop.Length;
}
