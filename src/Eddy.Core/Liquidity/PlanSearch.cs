namespace Eddy.Liquidity;

/// <summary>
/// The shortest ring over one edge on which every edge carries some amount, and of those of that length one of the widest. Grows from both
/// ends of the edge, a layer at a time on the side that has fewer nodes to grow from.
/// </summary>
internal sealed class PlanSearch(int nodes, int[] from, int[] to, long[] offered, int[] outStart, int[] inStart, int[] inEdge)
{
    private readonly Side _out = new(nodes);
    private readonly Side _in = new(nodes);
    private readonly int[] _path = new int[CycleQuery.LongestRing];
    private int _stamp;

    /// <summary>Edges looked at since the start.</summary>
    public long Effort { get; private set; }

    /// <summary>The edges of a ring, the given one first; empty where there is none. Valid until the next call.</summary>
    public ReadOnlySpan<int> Find(int anchor, long[] amounts, long[] least, long level, int maxHops)
    {
        _stamp++;
        var (start, goal) = (to[anchor], from[anchor]);
        _out.Begin(start, _stamp);
        _in.Begin(goal, _stamp);
        for (var hops = 1; hops < maxHops; hops++)
        {
            var isOut = _out.Count <= _in.Count;
            var side = isOut ? _out : _in;
            if (side.Count == 0)
            {
                return [];
            }

            var met = Grow(side, isOut ? _in : _out, isOut, amounts, least, level, start, goal);
            if (met >= 0)
            {
                return Path(anchor, met);
            }
        }

        return [];
    }

    /// <summary>One more hop on one side; the node where the two meet, by the widest way, or -1.</summary>
    private int Grow(Side side, Side other, bool isOut, long[] amounts, long[] least, long level, int start, int goal)
    {
        var met = -1;
        long widest = 0;
        foreach (var node in side.NextLayer())
        {
            var width = side.Width[node];
            var (first, end) = isOut ? (outStart[node], outStart[node + 1]) : (inStart[node], inStart[node + 1]);
            for (var place = first; place < end; place++)
            {
                var edge = isOut ? place : inEdge[place];
                Effort++;
                if (offered[edge] < level)
                {
                    break;
                }

                var amount = amounts[edge];
                if (amount < level || least[edge] > level)
                {
                    continue;
                }

                var next = isOut ? to[edge] : from[edge];
                if (isOut ? node == start && next == goal : node == goal && next == start)
                {
                    // There and back over one pair is no ring.
                    continue;
                }

                if (!side.Reach(next, edge, Math.Min(width, amount), _stamp))
                {
                    continue;
                }

                if (other.Stamp[next] == _stamp && Math.Min(side.Width[next], other.Width[next]) is var both && both > widest)
                {
                    (met, widest) = (next, both);
                }
            }
        }

        return met;
    }

    private ReadOnlySpan<int> Path(int anchor, int met)
    {
        var depth = _out.Depth[met];
        var length = 1 + depth + _in.Depth[met];
        _path[0] = anchor;
        var at = met;
        for (var place = depth; place >= 1; place--)
        {
            _path[place] = _out.Edge[at];
            at = from[_path[place]];
        }

        at = met;
        for (var place = depth + 1; place < length; place++)
        {
            _path[place] = _in.Edge[at];
            at = to[_path[place]];
        }

        return _path.AsSpan(0, length);
    }

    private sealed class Side(int nodes)
    {
        private int[] _layer = new int[64];
        private int[] _next = new int[64];
        private int _depth;

        public int[] Stamp { get; } = new int[nodes];

        public int[] Depth { get; } = new int[nodes];

        public int[] Edge { get; } = new int[nodes];

        public long[] Width { get; } = new long[nodes];

        /// <summary>Nodes to grow from.</summary>
        public int Count { get; private set; }

        public void Begin(int node, int stamp)
        {
            _depth = 0;
            (Stamp[node], Depth[node], Width[node], Edge[node]) = (stamp, 0, long.MaxValue, -1);
            _next[0] = node;
            Count = 1;
        }

        public ReadOnlySpan<int> NextLayer()
        {
            (_layer, _next) = (_next, _layer);
            var count = Count;
            Count = 0;
            _depth++;
            return _layer.AsSpan(0, count);
        }

        /// <summary>True where this is the first way to a node, or a wider one as short.</summary>
        public bool Reach(int node, int edge, long width, int stamp)
        {
            if (Stamp[node] == stamp)
            {
                if (Depth[node] < _depth || Width[node] >= width)
                {
                    return false;
                }
            }
            else
            {
                if (Count == _next.Length)
                {
                    Array.Resize(ref _next, 2 * Count);
                }

                _next[Count++] = node;
            }

            (Stamp[node], Depth[node], Width[node], Edge[node]) = (stamp, _depth, width, edge);
            return true;
        }
    }
}
