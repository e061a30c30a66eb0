using System.Collections.Immutable;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Liquidity;

/// <summary>Which of the lanes to one peer to name, and how much, so that no lane LND could take instead breaks the consent rule.</summary>
/// <param name="Limit">The rule holds for every amount from the least asked up to this.</param>
/// <param name="Gain">The imbalance falls by at least this much, whichever lane is taken and whatever the amount.</param>
/// <param name="Reason">Set where there is no choice.</param>
internal readonly record struct LaneChoice(ShortChannelId Channel, long Limit, MilliSatoshi Gain, RejectReason? Reason)
{
    /// <param name="isPinned">LND takes the lane named and no other.</param>
    /// <param name="isAlone">No other lane may be able to carry the amount at all.</param>
    public static LaneChoice Find(ImmutableArray<Lane> lanes, long min, long max, bool isPinned, bool isAlone)
    {
        var best = new LaneChoice(default, 0, MilliSatoshi.Zero, Refusal(lanes, min));
        foreach (var lane in lanes)
        {
            if (lane.Low > min)
            {
                continue;
            }

            var limit = Math.Min(max, Math.Min(lane.Sure, lane.Allowed));
            foreach (var other in lanes)
            {
                if (!isPinned && other.Id != lane.Id)
                {
                    limit = Math.Min(limit, LimitBeside(other, min, isAlone));
                }
            }

            if (limit >= min && limit > best.Limit)
            {
                var gain = isPinned ? lane.Gain(min) : LeastGain(lanes, min, limit);
                best = new(lane.Id, limit, gain, null);
            }
        }

        return best;
    }

    /// <summary>The best range of amounts one way: wanted by every lane that could be taken, and harmless on every one.</summary>
    public static DirectionOffer Offer(ImmutableArray<Lane> lanes, LiquidityOptions options)
    {
        var want = Widest(lanes, options, onlyWanted: true);
        var may = Widest(lanes, options, onlyWanted: false);
        if (want.Top == 0)
        {
            return may.Top == 0 ? DirectionOffer.Nothing : new(may.Bottom, 0, may.Top, may.Channel);
        }

        var least = Math.Max(want.Bottom, may.Bottom);
        return may.Top <= want.Top || least > LiquidityBucket.Floor(want.Top)
            ? new(want.Bottom, want.Top, 0, want.Channel)
            : new(least, want.Top, may.Top, want.Channel);
    }

    private static (long Bottom, long Top, ShortChannelId Channel) Widest(ImmutableArray<Lane> lanes, LiquidityOptions options, bool onlyWanted)
    {
        (long Bottom, long Top, ShortChannelId Channel) best = default;
        foreach (var lane in lanes)
        {
            if (onlyWanted && !lane.IsWanted)
            {
                continue;
            }

            var least = Math.Max(lane.Low, options.MinAmount);
            var top = TopClearOf(lanes, lane, Math.Min(lane.Sure, lane.Allowed), onlyWanted);
            var bottom = BottomClearOf(lanes, lane, top, onlyWanted);
            if (bottom > least)
            {
                // Where another lane's balance is the bound, it must not show either.
                least = LiquidityBucket.Ceiling(bottom);
            }

            if (LiquidityBucket.Floor(top) >= least && top > best.Top)
            {
                best = (least, top, lane.Id);
            }
        }

        return best;
    }

    private static long TopClearOf(ImmutableArray<Lane> lanes, Lane lane, long top, bool onlyWanted)
    {
        // Going below one lane's forbidden range can only lead into another's: each pass clears at least one of them for good.
        for (var pass = 0; pass < lanes.Length; pass++)
        {
            foreach (var other in lanes)
            {
                var from = other.ForbiddenFrom(onlyWanted);
                if (other.Id != lane.Id && from <= top && top <= other.Outer)
                {
                    top = from - 1;
                }
            }
        }

        return top;
    }

    private static long BottomClearOf(ImmutableArray<Lane> lanes, Lane lane, long top, bool onlyWanted)
    {
        var bottom = 0L;
        foreach (var other in lanes)
        {
            if (other.Id != lane.Id && other.ForbiddenFrom(onlyWanted) <= other.Outer && other.Outer < top)
            {
                bottom = Math.Max(bottom, other.Outer + 1);
            }
        }

        return bottom;
    }

    private static long LimitBeside(Lane other, long min, bool isAlone)
    {
        var from = isAlone ? other.Low : other.ForbiddenFrom(onlyWanted: false);
        return other.Outer < min || from > other.Outer ? long.MaxValue : Math.Max(from, min) - 1;
    }

    private static MilliSatoshi LeastGain(ImmutableArray<Lane> lanes, long min, long max)
    {
        MilliSatoshi? least = null;
        foreach (var lane in lanes)
        {
            if (lane.Low <= max && lane.Outer >= min)
            {
                var gain = lane.Gain(Math.Max(min, lane.Low));
                least = least is { } known ? MilliSatoshi.Min(known, gain) : gain;
            }
        }

        return least ?? MilliSatoshi.Zero;
    }

    private static RejectReason Refusal(ImmutableArray<Lane> lanes, long min)
    {
        var reason = RejectReason.NoChannel;
        foreach (var lane in lanes)
        {
            if (lane.Allowed < min)
            {
                reason = reason is RejectReason.Busy or RejectReason.ParallelChannel ? reason : RejectReason.NoConsent;
            }
            else if (lane.Low > min || lane.Unreserved < min)
            {
                reason = reason == RejectReason.NoChannel ? RejectReason.AmountTooSmall : reason;
            }
            else if (lane.Sure < min)
            {
                reason = reason == RejectReason.ParallelChannel ? reason : RejectReason.Busy;
            }
            else
            {
                reason = RejectReason.ParallelChannel;
            }
        }

        return reason;
    }
}
