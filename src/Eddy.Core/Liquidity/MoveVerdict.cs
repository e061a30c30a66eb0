using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Liquidity;

/// <summary>Whether this node agrees to a move in from one peer and out to another.</summary>
public abstract record MoveVerdict
{
    private MoveVerdict()
    {
    }

    /// <param name="AmountSat">The most it agrees to, coarse, never above what was asked.</param>
    /// <param name="GainSat">Its imbalance falls by at least this much at every amount down to the least asked; bucketed, 0 for a neutral move.</param>
    /// <param name="Outgoing">The channel to send on.</param>
    /// <param name="Incoming">The channel on which it is best expected; the peer's LND may take another.</param>
    public sealed record Agreed(long AmountSat, long GainSat, ShortChannelId Outgoing, ShortChannelId Incoming) : MoveVerdict;

    public sealed record Refused(RejectReason Reason) : MoveVerdict;
}
