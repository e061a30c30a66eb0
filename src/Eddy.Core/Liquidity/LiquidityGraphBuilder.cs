using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Eddy.Gossip;
using Eddy.Lightning;

namespace Eddy.Liquidity;

/// <summary>
/// Follows adverts and own offers as they change; each change costs what it changes, whatever the size of the graph. Mutable, one owner.
/// The snapshot depends on what is offered, not on the order in which it came.
/// </summary>
public sealed class LiquidityGraphBuilder
{
    private readonly NodeTable _nodes = new();
    private readonly Rows _out = new();
    private readonly Rows _in = new();
    private ImmutableSortedDictionary<NodeId, int> _slots = ImmutableSortedDictionary<NodeId, int>.Empty;
    private int _edges;
    private int _partlyGaining;
    private LiquidityGraph? _snapshot = LiquidityGraph.Empty;

    /// <summary>Puts or replaces what a node offers. Of two intents for one peer the first counts.</summary>
    public void Set(NodeId node, bool canInitiate, bool canWaive, ImmutableArray<Intent> intents)
    {
        var flags = (canInitiate ? NodeFlags.CanInitiate : NodeFlags.None) | (canWaive ? NodeFlags.CanWaive : NodeFlags.None);
        var offers = Ordered(node, intents);
        if (_slots.TryGetValue(node, out var slot))
        {
            var before = _nodes[slot]!;
            if (before.Flags != flags || !before.Offers.SequenceEqual(offers))
            {
                Replace(slot, before, before with { Flags = flags, Offers = offers });
            }
        }
        else
        {
            var fresh = new LiquidityNode(node, flags, []);
            slot = _nodes.Add(fresh);
            _slots = _slots.Add(node, slot);
            Replace(slot, fresh, fresh with { Offers = offers });
        }
    }

    public void Set(Advert advert) => Set(advert.Node, advert.CanInitiate, advert.CanWaive, advert.Intents);

    public void Remove(NodeId node)
    {
        if (_slots.TryGetValue(node, out var slot))
        {
            var before = _nodes[slot]!;
            Replace(slot, before, before with { Offers = [] });
            _slots = _slots.Remove(node);
            _nodes.Remove(slot);
        }
    }

    /// <summary>The graph as it is now; the same object until something changes.</summary>
    public LiquidityGraph Snapshot() => _snapshot ??= new(_nodes.Share(), _slots, _edges, _partlyGaining);

    private static ImmutableArray<Intent> Ordered(NodeId node, ImmutableArray<Intent> intents)
    {
        for (var place = 0; place < intents.Length; place++)
        {
            if (intents[place].Peer == node || (place > 0 && intents[place - 1].Peer >= intents[place].Peer))
            {
                return [.. intents.Where(intent => intent.Peer != node).DistinctBy(static intent => intent.Peer).OrderBy(static intent => intent.Peer)];
            }
        }

        return intents;
    }

    /// <summary>Brings the edges in line with what a node offers now. Both lists are in order of the peers.</summary>
    private void Replace(int slot, LiquidityNode before, LiquidityNode after)
    {
        _snapshot = null;
        var (old, fresh) = (before.Offers, after.Offers);
        for (var (left, right) = (0, 0); left < old.Length || right < fresh.Length;)
        {
            var order = left == old.Length ? 1 : right == fresh.Length ? -1 : old[left].Peer.CompareTo(fresh[right].Peer);
            var was = order <= 0 ? old[left++] : null;
            var now = order >= 0 ? fresh[right++] : null;
            var peer = (was ?? now)!.Peer;
            if (was != now && _slots.TryGetValue(peer, out var other))
            {
                Follow(slot, after, was, now, other);
            }
        }

        _nodes.Put(slot, _out.ApplyOut(_in.ApplyIn(after)));
    }

    /// <summary>Changes the edges with one peer: in the peer's rows now, in the node's own once all of them are known.</summary>
    private void Follow(int slot, LiquidityNode node, Intent? was, Intent? now, int other)
    {
        var peer = _nodes[other]!;
        if (peer.OfferFor(node.Id) is not { } theirs)
        {
            return;
        }

        var changed = peer;
        var outBefore = LiquidityEdge.Between(node.Id, was, peer.Id, theirs);
        var outAfter = LiquidityEdge.Between(node.Id, now, peer.Id, theirs);
        if (outBefore != outAfter)
        {
            Count(outBefore, -1);
            Count(outAfter, 1);
            _out.Add(outBefore, outAfter, other);
            changed = Rows.WithIn(changed, outBefore, outAfter, slot);
        }

        var inBefore = LiquidityEdge.Between(peer.Id, theirs, node.Id, was);
        var inAfter = LiquidityEdge.Between(peer.Id, theirs, node.Id, now);
        if (inBefore != inAfter)
        {
            Count(inBefore, -1);
            Count(inAfter, 1);
            _in.Add(inBefore, inAfter, other);
            changed = Rows.WithOut(changed, inBefore, inAfter, slot);
        }

        if (!ReferenceEquals(changed, peer))
        {
            _nodes.Put(other, changed);
        }
    }

    private void Count(LiquidityEdge? edge, int change)
    {
        if (edge is { } counted)
        {
            _edges += change;
            _partlyGaining += counted.EitherGains < counted.Most ? change : 0;
        }
    }

    /// <summary>Changes of a node's rows of one direction, gathered until all are known.</summary>
    private sealed class Rows
    {
        private readonly List<ArcChange> _all = [];
        private readonly List<ArcChange> _gaining = [];

        public static LiquidityNode WithOut(LiquidityNode node, LiquidityEdge? before, LiquidityEdge? after, int other)
        {
            var (all, gaining) = Changed(node.Out, node.GainingOut, [Wide(before, after, other)], [Gaining(before, after, other)]);
            return node with { Out = all, GainingOut = gaining };
        }

        public static LiquidityNode WithIn(LiquidityNode node, LiquidityEdge? before, LiquidityEdge? after, int other)
        {
            var (all, gaining) = Changed(node.In, node.GainingIn, [Wide(before, after, other)], [Gaining(before, after, other)]);
            return node with { In = all, GainingIn = gaining };
        }

        public void Add(LiquidityEdge? before, LiquidityEdge? after, int other)
        {
            _all.Add(Wide(before, after, other));
            _gaining.Add(Gaining(before, after, other));
        }

        public LiquidityNode ApplyOut(LiquidityNode node)
        {
            var (all, gaining) = Apply(node.Out, node.GainingOut);
            return ReferenceEquals(all, node.Out) && ReferenceEquals(gaining, node.GainingOut) ? node : node with { Out = all, GainingOut = gaining };
        }

        public LiquidityNode ApplyIn(LiquidityNode node)
        {
            var (all, gaining) = Apply(node.In, node.GainingIn);
            return ReferenceEquals(all, node.In) && ReferenceEquals(gaining, node.GainingIn) ? node : node with { In = all, GainingIn = gaining };
        }

        private static ArcChange Wide(LiquidityEdge? before, LiquidityEdge? after, int other) =>
            new(before?.ToArc(other) ?? Arc.None, after?.ToArc(other) ?? Arc.None);

        private static ArcChange Gaining(LiquidityEdge? before, LiquidityEdge? after, int other) =>
            new(before?.ToGainingArc(other) ?? Arc.None, after?.ToGainingArc(other) ?? Arc.None);

        /// <summary>Where every edge gains at both ends, one row serves as both.</summary>
        private static (Arc[] All, Arc[] Gaining) Changed(Arc[] all, Arc[] gaining, ReadOnlySpan<ArcChange> changes, ReadOnlySpan<ArcChange> gainingChanges)
        {
            var changed = ArcRow.With(all, changes);
            return (changed, ReferenceEquals(all, gaining) && changes.SequenceEqual(gainingChanges) ? changed : ArcRow.With(gaining, gainingChanges));
        }

        private (Arc[] All, Arc[] Gaining) Apply(Arc[] all, Arc[] gaining)
        {
            if (_all.Count == 0)
            {
                return (all, gaining);
            }

            var changed = Changed(all, gaining, CollectionsMarshal.AsSpan(_all), CollectionsMarshal.AsSpan(_gaining));
            _all.Clear();
            _gaining.Clear();
            return changed;
        }
    }
}
