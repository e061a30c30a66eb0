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
}
