using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Liquidity;

/// <summary>
/// What is offered within this node's radius, at one moment. Immutable; one moment's graph shares with the next all that did not change. An
/// edge exists only where the sender offers out and the receiver takes in.
/// </summary>
public sealed class LiquidityGraph
{
    public static readonly LiquidityGraph Empty = new([], ImmutableSortedDictionary<NodeId, int>.Empty, 0, 0);

    private readonly LiquidityNode?[][] _chunks;
    private readonly ImmutableSortedDictionary<NodeId, int> _slots;

    internal LiquidityGraph(LiquidityNode?[][] chunks, ImmutableSortedDictionary<NodeId, int> slots, int edges, int partlyGaining)
    {
        _chunks = chunks;
        _slots = slots;
        EdgeCount = edges;
        PartlyGaining = partlyGaining;
    }

    public int NodeCount => _slots.Count;

    public int EdgeCount { get; }

    /// <summary>Node ids, ascending.</summary>
    public IEnumerable<NodeId> Nodes => _slots.Keys;

    /// <summary>All edges, by sender and then by receiver.</summary>
    public IEnumerable<LiquidityEdge> Edges => _slots.Values.SelectMany(node => EdgesFrom(node));

    /// <summary>Edges that may move more than brings any end nearer its targets.</summary>
    internal int PartlyGaining { get; }

    /// <summary>One more than the largest index.</summary>
    internal int Slots => _chunks.Length << NodeTable.ChunkBits;

    /// <summary>The index of a node in this graph; negative where it is not there. Says nothing about the order of ids.</summary>
    public int IndexOf(NodeId node) => _slots.TryGetValue(node, out var slot) ? slot : -1;

    /// <summary>What a node sends to others, by receiver.</summary>
    public ImmutableArray<LiquidityEdge> EdgesFrom(int node)
    {
        var sender = this[node];
        return [.. sender.Out.Select(arc => EdgeBetween(sender, this[arc.Node])!.Value).OrderBy(static edge => edge.To)];
    }

    /// <summary>What is offered from one node to another; null for nothing.</summary>
    public LiquidityEdge? Find(NodeId from, NodeId to) =>
        _slots.TryGetValue(from, out var sender) && _slots.TryGetValue(to, out var receiver) ? EdgeBetween(this[sender], this[receiver]) : null;

    /// <summary>The most that any edge from a node offers, in sat.</summary>
    public long MostFrom(int node) => Widest(this[node].Out, (first, other) => EdgeBetween(first, other), node);

    /// <summary>The most that any edge to a node offers, in sat.</summary>
    public long MostTo(int node) => Widest(this[node].In, (first, other) => EdgeBetween(other, first), node);

    public bool CanInitiate(int node) => this[node].CanInitiate;

    public bool CanWaive(int node) => this[node].CanWaive;

    internal LiquidityNode this[int slot] => _chunks[slot >> NodeTable.ChunkBits][slot & NodeTable.ChunkMask]!;

    internal static LiquidityEdge? EdgeBetween(LiquidityNode from, LiquidityNode to) =>
        LiquidityEdge.Between(from.Id, from.OfferFor(to.Id), to.Id, to.OfferFor(from.Id));

    /// <summary>The first of a row, or of those too large for one the largest.</summary>
    private long Widest(Arc[] row, Func<LiquidityNode, LiquidityNode, LiquidityEdge?> edge, int node)
    {
        if (row.Length == 0 || row[0].Most < Arc.Vast)
        {
            return row.Length == 0 ? 0 : row[0].Most;
        }

        return row.TakeWhile(static arc => arc.Most == Arc.Vast).Max(arc => edge(this[node], this[arc.Node])!.Value.Most);
    }
}
