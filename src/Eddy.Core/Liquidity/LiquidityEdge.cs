using Eddy.Gossip;
using Eddy.Lightning;

namespace Eddy.Liquidity;

/// <summary>What both ends of a pair offer one way: the sender out and the receiver in. Amounts in sat.</summary>
/// <param name="Least">Smallest amount both offer.</param>
/// <param name="Most">Largest amount both offer.</param>
/// <param name="FromGains">Up to this amount it brings the sender nearer its targets; 0 for never.</param>
/// <param name="ToGains">The same for the receiver.</param>
public readonly record struct LiquidityEdge(NodeId From, NodeId To, long Least, long Most, long FromGains, long ToGains)
{
    /// <summary>Up to this amount at least one end gains.</summary>
    public long EitherGains => Math.Min(Most, Math.Max(FromGains, ToGains));

    /// <summary>Up to this amount both ends gain.</summary>
    public long BothGain => Math.Min(Most, Math.Min(FromGains, ToGains));

    /// <summary>What a sender's intent for the receiver and the receiver's for the sender come to; null where that is nothing.</summary>
    internal static LiquidityEdge? Between(NodeId from, Intent? given, NodeId to, Intent? taken)
    {
        if (given is null || taken is null)
        {
            return null;
        }

        var least = Math.Max(1, Math.Max(given.LeastOut, taken.LeastIn));
        var most = Math.Min(given.Out, taken.In);
        return least <= most ? new(from, to, least, most, Math.Min(given.WantOut, most), Math.Min(taken.WantIn, most)) : null;
    }

    /// <summary>This edge in a row; <paramref name="node"/> is the slot of the other end.</summary>
    internal Arc ToArc(int node) => new(node, Arc.Cut(Most), Arc.Cut(EitherGains), Arc.Cut(Least));

    /// <summary>This edge among those at which both ends gain.</summary>
    internal Arc ToGainingArc(int node) =>
        BothGain >= Least ? new(node, Arc.Cut(BothGain), Arc.Cut(BothGain), Arc.Cut(Least)) : Arc.None;
}
