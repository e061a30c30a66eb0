using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Liquidity;

/// <summary>What to search for. Amounts in sat.</summary>
public sealed record CycleQuery
{
    /// <summary>The longest ring the protocol knows.</summary>
    public const int LongestRing = 12;

    /// <summary>The proposer: every cycle goes through it, and only nodes it may propose to take part.</summary>
    public required NodeId Start { get; init; }

    /// <summary>3 to <see cref="LongestRing"/>.</summary>
    public int MaxHops { get; init; } = 6;

    public long MinAmount { get; init; } = 1;

    /// <summary>More than this is worth no more: among such cycles the shorter comes first.</summary>
    public long MaxAmount { get; init; } = long.MaxValue;

    public int MaxResults { get; init; } = 1;

    /// <summary>Only cycles with the amount and the number of hops of the best one: what there is to choose among.</summary>
    public bool OnlyBest { get; init; }

    /// <summary>
    /// One cycle of at least <see cref="MinAmount"/>, not the best: each way on is tried with its share of the effort, so that offers made to
    /// mislead a search keep it from rings that lie elsewhere no more than they keep it from the first of many.
    /// </summary>
    public bool AnyWillDo { get; init; }

    /// <summary>Only edges at which both ends gain: nobody's patience is used up.</summary>
    public bool OnlyGaining { get; init; }

    /// <summary>Whoever may propose the ring, or nobody: for saying what there is, not for proposing it.</summary>
    public bool AnyProposer { get; init; }

    /// <summary>Peers with which a ring of two may be made: LND can take the wrong channel at neither end.</summary>
    public ImmutableArray<NodeId> RingOfTwoPeers { get; init; } = [];

    /// <summary>True for an edge that must not be used now (backed off, reserved), by sender and receiver; null for none.</summary>
    public Func<NodeId, NodeId, bool>? IsBlocked { get; init; }
}

/// <summary>A ring that could be: distinct nodes in the direction of the payment, the proposer first.</summary>
/// <param name="Amount">The most every edge offers, and with which at least one end gains; in sat.</param>
/// <param name="Least">The least every edge offers.</param>
/// <param name="GainingEnds">How many of the channel ends gain at <paramref name="Amount"/>.</param>
public sealed record Cycle(ImmutableArray<NodeId> Nodes, long Amount, long Least, int GainingEnds);
