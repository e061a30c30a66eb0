using System.Collections.Immutable;
using Eddy.Gossip;
using Eddy.Lightning;

namespace Eddy.Liquidity;

/// <summary>
/// Follows adverts and own offers as they change; each change touches only the pairs of the node that changed. Mutable, one owner.
/// The snapshot depends on what is offered, not on the order in which it came.
/// </summary>
public sealed class LiquidityGraphBuilder
{
    private readonly SortedDictionary<NodeId, NodeEntry> _nodes = [];
    private LiquidityGraph? _snapshot = LiquidityGraph.Empty;

    /// <summary>Puts or replaces what a node offers. Of two intents for one peer the first counts.</summary>
    public void Set(NodeId node, bool canInitiate, bool canWaive, ImmutableArray<Intent> intents)
    {
        var flags = (canInitiate ? NodeFlags.CanInitiate : NodeFlags.None) | (canWaive ? NodeFlags.CanWaive : NodeFlags.None);
        if (!_nodes.TryGetValue(node, out var entry))
        {
            entry = new NodeEntry();
            _nodes.Add(node, entry);
        }

        var touched = new SortedSet<NodeId>(entry.Offers.Keys);
        entry.Flags = flags;
        entry.Offers.Clear();
        foreach (var intent in intents)
        {
            if (intent.Peer != node && entry.Offers.TryAdd(intent.Peer, intent))
            {
                touched.Add(intent.Peer);
            }
        }

        UpdatePairs(node, entry, touched);
        _snapshot = null;
    }

    public void Set(Advert advert) => Set(advert.Node, advert.CanInitiate, advert.CanWaive, advert.Intents);

    public void Remove(NodeId node)
    {
        if (_nodes.Remove(node, out var entry))
        {
            foreach (var peer in entry.Offers.Keys)
            {
                if (_nodes.TryGetValue(peer, out var other))
                {
                    other.Edges.Remove(node);
                }
            }

            _snapshot = null;
        }
    }

    /// <summary>The graph as it is now; the same object until something changes.</summary>
    public LiquidityGraph Snapshot() => _snapshot ??= Assemble();

    private static void UpdateEdge(NodeId from, NodeEntry sender, NodeId to, NodeEntry receiver)
    {
        sender.Edges.Remove(to);
        if (!sender.Offers.TryGetValue(to, out var given) || !receiver.Offers.TryGetValue(from, out var taken))
        {
            return;
        }

        var least = Math.Max(1, Math.Max(given.LeastOut, taken.LeastIn));
        var most = Math.Min(given.Out, taken.In);
        if (least <= most)
        {
            sender.Edges.Add(to, new(from, to, least, most, Math.Min(given.WantOut, most), Math.Min(taken.WantIn, most)));
        }
    }

    private void UpdatePairs(NodeId node, NodeEntry entry, SortedSet<NodeId> peers)
    {
        foreach (var peer in peers)
        {
            if (_nodes.TryGetValue(peer, out var other))
            {
                UpdateEdge(node, entry, peer, other);
                UpdateEdge(peer, other, node, entry);
            }
        }
    }

    private LiquidityGraph Assemble()
    {
        NodeId[] nodes = [.. _nodes.Keys];
        var index = new Dictionary<NodeId, int>(nodes.Length);
        for (var node = 0; node < nodes.Length; node++)
        {
            index.Add(nodes[node], node);
        }

        var flags = new NodeFlags[nodes.Length];
        var start = new int[nodes.Length + 1];
        var edges = new List<LiquidityEdge>();
        var place = 0;
        foreach (var entry in _nodes.Values)
        {
            flags[place] = entry.Flags;
            edges.AddRange(entry.Edges.Values);
            start[++place] = edges.Count;
        }

        var target = new int[edges.Count];
        for (var edge = 0; edge < target.Length; edge++)
        {
            target[edge] = index[edges[edge].To];
        }

        return new(nodes, flags, start, target, [.. edges]);
    }

    private sealed class NodeEntry
    {
        public NodeFlags Flags { get; set; }

        public SortedDictionary<NodeId, Intent> Offers { get; } = [];

        public SortedDictionary<NodeId, LiquidityEdge> Edges { get; } = [];
    }
}
