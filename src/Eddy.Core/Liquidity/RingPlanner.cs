using System.Collections.Immutable;
using System.Numerics;
using Eddy.Lightning;

namespace Eddy.Liquidity;

/// <summary>What a planner remembers between searches.</summary>
/// <param name="Threshold">How far the searches have come down, in sat; 0 for starting at the largest.</param>
/// <param name="Waited">How many searches in a row were left to others, with no ring of theirs coming through this node.</param>
public sealed record PlannerState(long Threshold, BackOffBook BackOffs, int Waited = 0)
{
    public static readonly PlannerState Start = new(0, BackOffBook.Empty);

    /// <summary>A ring that another one proposed has settled through this node: what is planned together is kept.</summary>
    public PlannerState Kept() => this with { Waited = 0 };
}

/// <summary>What one search came to.</summary>
public sealed record RingPlan(PlannerState Next, ImmutableArray<Cycle> Rings, PlanOutcome Outcome, DateTimeOffset NextAt);

public enum PlanOutcome
{
    Found = 0,

    /// <summary>As many own rings are under way as may be.</summary>
    Busy = 1,

    /// <summary>No pair of this node on which both ends offer something, both in and out.</summary>
    NothingOffered = 2,

    /// <summary>No ring this large; the next search looks for smaller ones.</summary>
    Falling = 3,

    /// <summary>No ring at all that this node may propose.</summary>
    NoRing = 4,

    /// <summary>What is planned through this node, if anything, is for others to propose.</summary>
    Waiting = 5,
}

/// <summary>
/// Picks the rings to propose next. A search comes down from the largest power of two that the node's own pairs offer, halving; at each threshold it
/// takes the widest ring at which every end gains, or else the widest at which any does. How far down it may come falls from search to
/// search while nothing is found, so that the whole network moves its large amounts first. With a <see cref="CommonPlan"/> a node proposes
/// what is its own in that, and searches by itself only where the plan cannot help it or is not kept.
/// </summary>
public static class RingPlanner
{
    private const int Candidates = 4;

    /// <summary>So many queries of one search may come to their effort limit. Those that follow look for any ring, no longer for the best.</summary>
    private const int MostCuts = 2;

    /// <summary>
    /// So many searches in a row are left to others. Whatever the plan says then: whoever made up offers for it, or does not propose what is
    /// its own, holds us up no longer.
    /// </summary>
    private const int Patience = 3;

    /// <param name="underWay">Nodes of the own rings that are not final.</param>
    /// <param name="ringOfTwoPeers">Peers with which a ring of two may be made.</param>
    /// <param name="common">The plan for this graph; null to search alone.</param>
    public static RingPlan Plan(
        CycleFinder finder,
        LiquidityGraph graph,
        NodeId self,
        PlannerState state,
        PlannerOptions options,
        IReadOnlyCollection<ImmutableArray<NodeId>> underWay,
        ImmutableArray<NodeId> ringOfTwoPeers,
        DateTimeOffset now,
        Random random,
        CommonPlan? common = null)
    {
        var backOffs = state.BackOffs.Prune(now, options);
        var nextAt = now + (options.Interval * Jitter.Factor(random));
        RingPlan End(long threshold, PlanOutcome outcome, ImmutableArray<Cycle> rings = default) =>
            new(new(threshold, backOffs, state.Waited), rings.IsDefault ? [] : rings, outcome, nextAt);

        if (underWay.Count >= options.MaxRings)
        {
            return End(state.Threshold, PlanOutcome.Busy);
        }

        var largest = Math.Min(LargestOffered(graph, self), options.MaxAmount);
        if (largest < options.MinAmount)
        {
            return End(0, PlanOutcome.NothingOffered);
        }

        var used = new SortedSet<Hop>();
        foreach (var ring in underWay)
        {
            Use(used, ring);
        }

        var query = new CycleQuery
        {
            Start = self,
            MaxHops = options.MaxHops,
            MaxAmount = options.MaxAmount,
            MaxResults = Candidates,
            OnlyBest = true,
            RingOfTwoPeers = ringOfTwoPeers,
            IsBlocked = (from, to) => used.Contains(new(from, to)) || backOffs.IsBlocked(from, to, now),
        };
        if (common is not null && graph.CanWaive(graph.IndexOf(self)))
        {
            ImmutableArray<Cycle> own = [.. common.ProposedBy(self).Where(ring => !IsBlocked(ring.Nodes, query.IsBlocked)).Take(options.MaxRings - underWay.Count)];
            if (!own.IsEmpty)
            {
                return new(new(state.Threshold, backOffs), own, PlanOutcome.Found, nextAt);
            }

            if (common.IsWhole && state.Waited < Patience)
            {
                return new(new(state.Threshold, backOffs, state.Waited + 1), [], PlanOutcome.Waiting, nextAt);
            }
        }

        // Between two powers of two a ring that gains everywhere counts for more than a wider one.
        var start = Math.Max(options.MinAmount, (long)BitOperations.RoundUpToPowerOf2((ulong)largest + 1) / 2);
        var floor = Math.Max(options.MinAmount, state.Threshold == 0 ? start : Math.Min(state.Threshold, start));
        for (var halvings = 0; halvings < options.HalvingsPerSearch; halvings++)
        {
            floor = Math.Max(options.MinAmount, floor / 2);
        }

        var rings = ImmutableArray.CreateBuilder<Cycle>();
        var cuts = 0;
        for (var threshold = start; underWay.Count + rings.Count < options.MaxRings;)
        {
            var found = Pick(finder, graph, query with { MinAmount = threshold }, random, ref cuts);
            if (found is not null)
            {
                rings.Add(found);
                Use(used, found.Nodes);
            }
            else if (threshold > floor)
            {
                threshold = Math.Max(floor, threshold / 2);
            }
            else
            {
                break;
            }
        }

        if (rings.Count > 0)
        {
            return End(Math.Max(options.MinAmount, rings.Min(ring => ring.Amount) / 2), PlanOutcome.Found, rings.ToImmutable());
        }

        return End(floor, floor > options.MinAmount ? PlanOutcome.Falling : PlanOutcome.NoRing);
    }

    /// <param name="cuts">How many queries have come to their effort limit.</param>
    private static Cycle? Pick(CycleFinder finder, LiquidityGraph graph, CycleQuery query, Random random, ref int cuts)
    {
        if (cuts >= MostCuts)
        {
            return finder.Find(graph, query with { AnyWillDo = true }).FirstOrDefault();
        }

        var found = finder.Find(graph, query with { OnlyGaining = true });
        cuts += finder.WasExhaustive ? 0 : 1;
        if (found.IsEmpty)
        {
            found = finder.Find(graph, query);
            cuts += finder.WasExhaustive ? 0 : 1;
        }

        // Among equals any will do: a node that always took the first would meet the same refusal again.
        return found.IsEmpty ? null : found[random.Next(found.Length)];
    }

    private static bool IsBlocked(ImmutableArray<NodeId> ring, Func<NodeId, NodeId, bool> isBlocked)
    {
        for (var place = 0; place < ring.Length; place++)
        {
            if (isBlocked(ring[place], ring[(place + 1) % ring.Length]))
            {
                return true;
            }
        }

        return false;
    }

    private static void Use(SortedSet<Hop> used, ImmutableArray<NodeId> ring)
    {
        for (var place = 0; place < ring.Length; place++)
        {
            var from = ring[place];
            var to = ring[(place + 1) % ring.Length];
            used.Add(new(from, to));
            used.Add(new(to, from));
        }
    }

    private static long LargestOffered(LiquidityGraph graph, NodeId self)
    {
        var index = graph.IndexOf(self);
        return index < 0 ? 0 : Math.Min(graph.MostFrom(index), graph.MostTo(index));
    }
}
