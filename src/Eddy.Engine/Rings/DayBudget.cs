using Eddy.Engine.Liquidity;
using Eddy.Lightning;

namespace Eddy.Engine.Rings;

/// <summary>What the limits of the day leave for one more ring: what has moved today counts, and what the rings under way may still move.</summary>
internal sealed class DayBudget(EngineContext context, RingKeeper rings, DailyCounters counters)
{
    /// <summary>In sat; <see cref="long.MaxValue"/> where nothing is limited.</summary>
    /// <param name="previous">The peer it would come from.</param>
    /// <param name="next">The peer it would go to.</param>
    public long Left(NodeId previous, NodeId next)
    {
        var policy = context.Options.Policy;
        var left = Left(policy.MaxPerDaySat, DailyCounters.Moved, static _ => true);
        foreach (var peer in new[] { previous, next })
        {
            left = Math.Min(left, Left(policy.MaxPerPeerPerDaySat, DailyCounters.MovedWith(peer), ring => ring.Previous == peer || ring.Next == peer));
        }

        return left;
    }

    private long Left(long? limitSat, string key, Func<Ring, bool> counts)
    {
        if (limitSat is not { } limit)
        {
            return long.MaxValue;
        }

        var promised = rings.Open.Where(counts).Sum(static ring => ring.Amount.Value);
        return Math.Max(0, limit - new MilliSatoshi(checked(counters.Today(key) + promised)).Satoshi);
    }
}
