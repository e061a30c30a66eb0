using Eddy.Lightning;

namespace Eddy.Gossip;

/// <summary>
/// What one node wants, or would allow, moved between itself and one eddy peer, in sat, as announced (coarse). An amount is offered from
/// the least up to the larger of want and may; up to want it brings the node nearer its targets, above it is merely harmless.
/// </summary>
/// <param name="Peer">The other end of the pair.</param>
/// <param name="WantOut">Largest wanted amount from this node to the peer; 0 for none.</param>
/// <param name="MayOut">Largest harmless amount from this node to the peer; 0 for none.</param>
/// <param name="LeastOut">Smallest amount offered from this node to the peer.</param>
public sealed record Intent(NodeId Peer, long WantOut, long MayOut, long LeastOut, long WantIn, long MayIn, long LeastIn)
{
    /// <summary>More than all bitcoin there will ever be: an intent beyond is malformed.</summary>
    public const long LargestAmount = 2_100_000_000_000_000;

    /// <summary>The most this node sends to the peer at once; 0 for nothing.</summary>
    public long Out => Math.Max(WantOut, MayOut);

    /// <summary>The most this node takes in from the peer at once; 0 for nothing.</summary>
    public long In => Math.Max(WantIn, MayIn);

    /// <summary>True where every amount lies in a sane range.</summary>
    public bool HasForm =>
        IsAmount(WantOut) && IsAmount(MayOut) && IsAmount(LeastOut) && IsAmount(WantIn) && IsAmount(MayIn) && IsAmount(LeastIn);

    private static bool IsAmount(long amount) => amount is >= 0 and <= LargestAmount;
}
