using Eddy.Gossip;
using Eddy.Lightning;

namespace Eddy.Liquidity;

/// <summary>What can move one way between this node and one peer, in sat, exact: nothing of this leaves the node before it is bucketed.</summary>
/// <param name="Least">Smallest amount for which this holds.</param>
/// <param name="Want">Largest amount that brings the node nearer its targets whichever channel LND takes; 0 for none.</param>
/// <param name="May">Largest harmless amount where it is above <paramref name="Want"/>; 0 for none.</param>
/// <param name="Channel">The channel to name.</param>
public sealed record DirectionOffer(long Least, long Want, long May, ShortChannelId? Channel)
{
    public static readonly DirectionOffer Nothing = new(0, 0, 0, null);

    public long Most => Math.Max(Want, May);
}

/// <summary>What can move over all own channels with one peer together.</summary>
/// <param name="AllowsRingOfTwo">Out over one channel and in over another, where LND can take the wrong one at neither end of ours.</param>
public sealed record PairOffer(NodeId Peer, DirectionOffer Out, DirectionOffer In, bool AllowsRingOfTwo)
{
    /// <summary>The offer as an intent, rounded down to buckets (the least amounts up), without hysteresis.</summary>
    public Intent ToIntent() => new(
        Peer,
        LiquidityBucket.Floor(Out.Want), LiquidityBucket.Floor(Out.May), Out.Least,
        LiquidityBucket.Floor(In.Want), LiquidityBucket.Floor(In.May), In.Least);
}
