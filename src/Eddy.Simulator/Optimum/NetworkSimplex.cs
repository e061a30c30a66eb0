namespace Eddy.Simulator.Optimum;

/// <summary>
/// The circulation worth most, exactly, by the primal network simplex. The basis is a strongly feasible spanning tree (from every node
/// something more can flow to the root), which keeps degenerate pivots from going round in circles. One use.
/// </summary>
internal sealed class NetworkSimplex
{
    private const int None = -1;
    private const int AtLower = 1;
    private const int InTree = 0;
    private const int AtUpper = -1;
    private const int LeastBlock = 64;

    // By arc; the last ones lead from each node to the root. Nothing leads away from the root, so that nothing ever flows over them.
    private readonly int[] _from;
    private readonly int[] _to;
    private readonly long[] _capacity;
    private readonly int[] _cost;
    private readonly sbyte[] _state;
    private readonly long[] _flow;
    private readonly int _arcs;

    // By node: the tree arc to its parent, and its children as a linked list.
    private readonly int[] _parent;
    private readonly int[] _arc;
    private readonly int[] _depth;
    private readonly long[] _potential;
    private readonly int[] _firstChild;
    private readonly int[] _nextSibling;
    private readonly int[] _lastSibling;
    private readonly int[] _stack;
    private readonly int _block;
    private int _next;

    public NetworkSimplex(int nodes, IReadOnlyList<CirculationArc> arcs)
    {
        _arcs = arcs.Count;
        var all = _arcs + nodes;
        (_from, _to, _capacity, _cost, _state, _flow) = (new int[all], new int[all], new long[all], new int[all], new sbyte[all], new long[all]);
        for (var arc = 0; arc < _arcs; arc++)
        {
            var given = arcs[arc];
            ArgumentOutOfRangeException.ThrowIfNegative(given.Capacity);
            (_from[arc], _to[arc], _capacity[arc], _cost[arc], _state[arc]) = (given.From, given.To, given.Capacity, -given.Worth, AtLower);
        }

        var root = nodes;
        _parent = new int[nodes + 1];
        _arc = new int[nodes + 1];
        _depth = new int[nodes + 1];
        _potential = new long[nodes + 1];
        _firstChild = new int[nodes + 1];
        _nextSibling = new int[nodes + 1];
        _lastSibling = new int[nodes + 1];
        _stack = new int[nodes + 1];
        Array.Fill(_firstChild, None);
        (_parent[root], _arc[root]) = (None, None);
        for (var node = 0; node < nodes; node++)
        {
            var arc = _arcs + node;
            (_from[arc], _to[arc], _capacity[arc], _state[arc]) = (node, root, long.MaxValue, InTree);
            (_arc[node], _depth[node]) = (arc, 1);
            Hang(node, root);
        }

        _block = Math.Max(LeastBlock, (int)Math.Sqrt(_arcs));
    }

    /// <summary>What flows over each arc in the end.</summary>
    public long[] Solve()
    {
        while (FindEntering() is var entering && entering != None)
        {
            Pivot(entering);
        }

        return _flow[.._arcs];
    }

    /// <summary>The worst arc of the first block that has a bad one, going round.</summary>
    private int FindEntering()
    {
        var best = None;
        long worst = 0;
        var left = _block;
        for (var seen = 0; seen < _arcs; seen++)
        {
            var arc = _next;
            _next = _next + 1 == _arcs ? 0 : _next + 1;
            var reduced = _state[arc] * (_cost[arc] + _potential[_from[arc]] - _potential[_to[arc]]);
            if (reduced < worst)
            {
                (worst, best) = (reduced, arc);
            }

            if (--left == 0)
            {
                if (best != None)
                {
                    return best;
                }

                left = _block;
            }
        }

        return best;
    }

    private void Pivot(int entering)
    {
        // More flows over the entering arc from tail to head, and back through the tree.
        var isForward = _state[entering] == AtLower;
        var (tail, head) = isForward ? (_from[entering], _to[entering]) : (_to[entering], _from[entering]);
        var join = Join(tail, head);

        // Of the arcs that let no more through, the last one on the way round from the join leaves: that keeps the tree strongly feasible.
        var most = _capacity[entering];
        var leaving = None;
        var isOnHeadSide = false;
        for (var node = tail; node != join; node = _parent[node])
        {
            if (Room(node, isUp: false) is var room && room < most)
            {
                (most, leaving) = (room, node);
            }
        }

        for (var node = head; node != join; node = _parent[node])
        {
            if (Room(node, isUp: true) is var room && room <= most)
            {
                (most, leaving, isOnHeadSide) = (room, node, true);
            }
        }

        if (most > 0)
        {
            Push(entering, isForward, tail, head, join, most);
        }

        if (leaving == None)
        {
            _state[entering] = (sbyte)-_state[entering];
            return;
        }

        var dropped = _arc[leaving];
        _state[dropped] = (sbyte)(_flow[dropped] == 0 ? AtLower : AtUpper);
        _state[entering] = InTree;
        if (isOnHeadSide)
        {
            Rehang(head, leaving, tail, entering);
        }
        else
        {
            Rehang(tail, leaving, head, entering);
        }
    }

    private int Join(int left, int right)
    {
        while (left != right)
        {
            if (_depth[left] >= _depth[right])
            {
                left = _parent[left];
            }
            else
            {
                right = _parent[right];
            }
        }

        return left;
    }

    /// <summary>How much more may flow between a node and its parent, up to the parent or down from it.</summary>
    private long Room(int node, bool isUp)
    {
        var arc = _arc[node];
        return (_from[arc] == node) == isUp ? _capacity[arc] - _flow[arc] : _flow[arc];
    }

    private void Push(int entering, bool isForward, int tail, int head, int join, long amount)
    {
        _flow[entering] += isForward ? amount : -amount;
        for (var node = tail; node != join; node = _parent[node])
        {
            _flow[_arc[node]] += _from[_arc[node]] == node ? -amount : amount;
        }

        for (var node = head; node != join; node = _parent[node])
        {
            _flow[_arc[node]] += _from[_arc[node]] == node ? amount : -amount;
        }
    }

    /// <summary>The subtree of <paramref name="top"/> hangs from <paramref name="node"/> in it from now on, by the entering arc.</summary>
    private void Rehang(int node, int top, int parent, int entering)
    {
        var at = node;
        var arc = entering;
        while (true)
        {
            var (next, nextArc) = (_parent[at], _arc[at]);
            Unhang(at);
            Hang(at, parent);
            _arc[at] = arc;
            if (at == top)
            {
                break;
            }

            (parent, at, arc) = (at, next, nextArc);
        }

        // All of the subtree moves by the same amount: what makes the entering arc worth nothing more.
        var over = _parent[node];
        var rise = _from[entering] == node
            ? _potential[over] - _cost[entering] - _potential[node]
            : _potential[over] + _cost[entering] - _potential[node];
        var count = 0;
        _stack[count++] = node;
        while (count > 0)
        {
            var below = _stack[--count];
            _potential[below] += rise;
            _depth[below] = _depth[_parent[below]] + 1;
            for (var child = _firstChild[below]; child != None; child = _nextSibling[child])
            {
                _stack[count++] = child;
            }
        }
    }

    private void Hang(int node, int parent)
    {
        var first = _firstChild[parent];
        (_parent[node], _nextSibling[node], _lastSibling[node]) = (parent, first, None);
        if (first != None)
        {
            _lastSibling[first] = node;
        }

        _firstChild[parent] = node;
    }

    private void Unhang(int node)
    {
        var (last, next) = (_lastSibling[node], _nextSibling[node]);
        if (last == None)
        {
            _firstChild[_parent[node]] = next;
        }
        else
        {
            _nextSibling[last] = next;
        }

        if (next != None)
        {
            _lastSibling[next] = last;
        }
    }
}
