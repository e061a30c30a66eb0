using Eddy.Engine.Liquidity;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Engine.Rings;

/// <summary>
/// The owner's limits once more, where a ring was agreed to before and is acted on only now: the configuration may be another one since a
/// restart, and a pause may have come in between.
/// </summary>
internal sealed class OwnersWord(EngineContext context, RingKeeper rings, OwnLiquidity liquidity, DayBudget budget)
{
    /// <summary>Of rings of an earlier run: takes back the waivers that the owner would not grant any more, the latest first.</summary>
    public void OnStart()
    {
        foreach (var ring in rings.Open.Reverse().Where(static ring => ring.State is MemberState.Signing or MemberState.Accepted).ToArray())
        {
            if (FindObjection(ring) is { } objection)
            {
                rings.Tell(ring, $"Taken back after a restart: {objection}");
                rings.Apply(ring, new RingEvent.CancelRequested(context.Now));
            }
        }
    }

    /// <summary>Nobody outside has our word for these yet; every other ring under way may end by itself.</summary>
    public void OnPause()
    {
        foreach (var ring in rings.Open.Where(static ring => ring.State is MemberState.Signing or InitiatorState.Signing).ToArray())
        {
            rings.Apply(ring, new RingEvent.CancelRequested(context.Now));
        }
    }

    /// <summary>Nobody outside has our word for these yet; to the others we stand by what we signed.</summary>
    public void OnOptions()
    {
        foreach (var ring in rings.Open.Where(static ring => ring.State is MemberState.Signing or InitiatorState.Signing).ToArray())
        {
            if (FindObjection(ring) is { } objection)
            {
                rings.Tell(ring, $"Taken back after a change of the configuration: {objection}");
                rings.Apply(ring, new RingEvent.CancelRequested(context.Now));
            }
        }
    }

    /// <summary>A payment of ours that LND has no record of may be sent now.</summary>
    public bool MaySend(Ring ring)
    {
        if (!context.IsPaused && FindObjection(ring) is null)
        {
            return true;
        }

        rings.Tell(ring, "Not sent after the restart: the owner does not want it any more.");
        return false;
    }

    private string? FindObjection(Ring ring)
    {
        if (context.Options.IsObserving)
        {
            return "this node only looks on now.";
        }

        if (ring.Terms.Offer.Nodes.Where((_, position) => position != ring.Position).Any(liquidity.IsUnwelcome))
        {
            return "a node in it is not welcome any more.";
        }

        if (ring.Amount > MilliSatoshi.FromSatoshi(context.Options.Rings.MaxAmountSat)
            || ring.Terms.Offer.MaxLockBlocks > context.Options.Rings.MaxLockBlocks
            || (ring.Terms is RingTerms.Member member && member.Waiver.FeeCap > budget.FeeShare(member.Own.Amount)))
        {
            return "it is above the limits for one ring now.";
        }

        return budget.IsKeptWith(ring) ? null : "it is above a limit of the day now.";
    }
}
