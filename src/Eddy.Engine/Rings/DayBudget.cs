using Eddy.Engine.Liquidity;
using Eddy.Engine.Views;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Engine.Rings;

/// <summary>
/// What the owner's limits of the day leave for one more ring: what has moved today counts, and what the rings under way may still move.
/// Each ring is counted from the moment it is agreed to, so that what is counted never exceeds a limit later on, over midnight and
/// restarts too.
/// </summary>
internal sealed class DayBudget(EngineContext context, RingKeeper rings, DailyCounters counters)
{
    /// <summary>
    /// A waiver may have been used in its last moment, and the news be on its way from the disk: longer than the gate may take to save a
    /// binding.
    /// </summary>
    private static readonly TimeSpan News = TimeSpan.FromSeconds(5);

    /// <summary>Under way, or ended so lately that an HTLC may still be found to have passed.</summary>
    private IEnumerable<Ring> Promised => rings.Open.Concat(rings.Latest.Where(ring =>
        ring is { State: MemberState.Expired or MemberState.Released, Terms: RingTerms.Member } && context.Now - ring.EndedAt < News));

    /// <summary>In sat; <see cref="long.MaxValue"/> where nothing is limited.</summary>
    /// <param name="previous">The peer it would come from.</param>
    /// <param name="next">The peer it would go to.</param>
    public long Left(NodeId previous, NodeId next) => Math.Max(0, Rest(previous, next));

    /// <summary>As <see cref="Left"/>, by the limit of the whole day alone.</summary>
    public long LeftOfDay() => Math.Max(0, Rest(context.Options.Policy.MaxPerDaySat, DailyCounters.Moved, static _ => true));

    /// <summary>As <see cref="Left"/>, by the limit for one peer alone.</summary>
    public long LeftWith(NodeId peer) => Math.Max(0, RestWith(peer));

    /// <summary>What may still be waived today, with all that is agreed to counted as waived; null where nothing is limited.</summary>
    public MilliSatoshi? WaivedFeeLeft()
    {
        if (context.Options.Policy.MaxWaivedFeePerDaySat is not { } limit)
        {
            return null;
        }

        var promised = Promised.Sum(static ring => (ring.Terms as RingTerms.Member)?.Waiver.FeeCap.Value ?? 0);
        return MilliSatoshi.FromSatoshi(limit) - new MilliSatoshi(checked(counters.Today(DailyCounters.Waived) + promised));
    }

    /// <summary>The most that may be waived for one HTLC of this amount.</summary>
    public MilliSatoshi FeeShare(MilliSatoshi amount)
    {
        const long Million = 1_000_000;
        return new MilliSatoshi((long)((Int128)amount.Value * context.Options.Policy.MaxWaivedFeePpm / Million));
    }

    /// <summary>With what is agreed to, this ring included, the limits of the day are kept.</summary>
    public bool IsKeptWith(Ring ring) => Rest(ring.Previous, ring.Next) >= 0 && WaivedFeeLeft() is not { Value: < 0 };

    /// <summary>The limits, for people.</summary>
    /// <param name="eddyPeers">Peers with which a ring could be had.</param>
    public LimitsView ToView(IEnumerable<NodeId> eddyPeers)
    {
        var policy = context.Options.Policy;
        long? tightest = null;
        foreach (var peer in policy.MaxPerPeerPerDaySat is null ? [] : eddyPeers)
        {
            var left = RestWith(peer);
            tightest = tightest is { } least && least <= left ? least : left;
        }

        var own = rings.Open.Count(static ring => ring.IsInitiator);
        return new LimitsView(
            policy.MaxInFlight,
            own,
            policy.MaxMemberInFlight,
            rings.OpenCount - own,
            policy.MaxPerDaySat,
            policy.MaxPerDaySat is null ? null : Math.Max(0, Rest(policy.MaxPerDaySat, DailyCounters.Moved, static _ => true)),
            policy.MaxPerPeerPerDaySat,
            tightest is { } sat ? Math.Max(0, sat) : null,
            policy.MaxWaivedFeePerDaySat,
            WaivedFeeLeft() is { } fee ? Math.Max(0, fee.Satoshi) : null);
    }

    private long Rest(NodeId previous, NodeId next)
    {
        var policy = context.Options.Policy;
        var left = Rest(policy.MaxPerDaySat, DailyCounters.Moved, static _ => true);
        return Math.Min(left, Math.Min(RestWith(previous), RestWith(next)));
    }

    private long RestWith(NodeId peer) =>
        Rest(context.Options.Policy.MaxPerPeerPerDaySat, DailyCounters.MovedWith(peer), ring => ring.Previous == peer || ring.Next == peer);

    private long Rest(long? limitSat, string key, Func<Ring, bool> counts)
    {
        if (limitSat is not { } limit)
        {
            return long.MaxValue;
        }

        var promised = Promised.Where(counts).Sum(static ring => ring.Amount.Value);
        var taken = checked(counters.Today(key) + promised);

        // An HTLC may carry any msat: a satoshi that has begun is gone.
        return limit - checked((taken + MilliSatoshi.PerSatoshi - 1) / MilliSatoshi.PerSatoshi);
    }
}
