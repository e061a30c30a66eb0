namespace Eddy.Liquidity;

/// <summary>
/// Finds any number of cycles, in order. A layered sweep gives for each node and number of hops the widest walk back to the start, with and
/// without a gaining edge on it; a best-first search follows these bounds, which nearly always lead straight to a simple cycle. Works on a
/// copy of that part of the graph which can be reached.
/// </summary>
/// <param name="effort">How many steps may be kept, and how many times <see cref="LooksPerStep"/> edges may be looked at.</param>
internal sealed class CycleSearch(int effort)
{
    /// <summary>Where nodes have more edges than that, looking at them is the larger part of the work.</summary>
    private const int LooksPerStep = 16;

    private readonly CycleFrontier _frontier = new();
    private readonly FairTurns _turns = new();
    private bool _isFair;
    private long _stepsLeft;
    private long _looksLeft;
    private CycleScope _scope = new();
    private int _maxHops;
    private long _floor;

    // By index in the graph: the node's place in the copy, with the number of the query above it.
    private long[] _places = [];
    private long _epoch;

    // The copy, by place, in the order in which nodes are reached; edges of one node side by side.
    private int[] _nodes = new int[256];
    private int[] _distances = new int[256];
    private int[] _firstEdges = new int[257];
    private Edge[] _edges = new Edge[1024];
    private int _count;
    private int _edgeCount;

    // By hops and place: the widest walks back to the start within that many hops, and the widest with a gaining edge on them.
    private TurnWidths[] _widest = [];
    private TurnWidths[] _widestGaining = [];

    /// <summary>False where the last query stopped at its effort limit.</summary>
    public bool WasExhaustive { get; private set; } = true;

    private bool IsSpent => _frontier.Count >= _stepsLeft || _looksLeft <= 0;

    /// <summary>Edges looked at since <see cref="Begin"/>.</summary>
    public long Looks { get; private set; }

    public void Begin()
    {
        Looks = 0;
        Renew();
    }

    /// <summary>Allows the searches that follow, together, the whole effort.</summary>
    public void Renew() => (_stepsLeft, _looksLeft) = (effort, (long)effort * LooksPerStep);

    /// <summary>The best cycles, best first.</summary>
    /// <param name="floor">Narrower ones are not looked for.</param>
    /// <param name="maxHops">Nor longer ones.</param>
    public void Find(CycleScope scope, long floor, int maxHops, List<Cycle> found)
    {
        _frontier.Clear();
        WasExhaustive = !IsSpent;
        if (WasExhaustive)
        {
            Prepare(scope, floor, maxHops);
            _isFair = false;
            Search(found);
            _stepsLeft -= _frontier.Count;
        }
    }

    /// <summary>Some cycle, where there is one that is found with its share of the effort: nothing that lies elsewhere can hide it.</summary>
    public void FindAny(CycleScope scope, List<Cycle> found)
    {
        _frontier.Clear();
        _turns.Clear();
        WasExhaustive = true;
        Prepare(scope, Math.Max(1, scope.Query.MinAmount), scope.Query.MaxHops);
        _isFair = true;
        Offer(First());
        while (found.Count == 0 && _frontier.Count > 0 && _turns.Next(_frontier, out var looks) is var index && index != CycleFrontier.None)
        {
            if (IsSpent)
            {
                WasExhaustive = false;
                break;
            }

            var step = _frontier[index];
            var first = _frontier.Count;
            Expand(index, step);
            Look(looks);
            _turns.Expanded(_frontier, index, first, looks + EdgesFrom(step.Node).Length);
            for (var place = first; place < _frontier.Count && found.Count == 0; place++)
            {
                if (_frontier[place].IsClosed)
                {
                    found.Add(ToCycle(place));
                }
            }
        }

        _stepsLeft -= _frontier.Count;
    }

    private void Prepare(CycleScope scope, long floor, int maxHops)
    {
        _scope = scope;
        _floor = floor;
        _maxHops = maxHops;
        Reach();
        Sweep();
    }

    /// <summary>Breadth first from the start over what may be used, copying each edge once.</summary>
    private void Reach()
    {
        if (_places.Length < _scope.Graph.Slots)
        {
            _places = new long[_scope.Graph.Slots];
        }

        _epoch += 1L << 32;
        _count = _edgeCount = 0;
        AddNode(_scope.Start, 0);
        for (var place = 0; place < _count; place++)
        {
            _firstEdges[place] = _edgeCount;
            if (_distances[place] < _maxHops)
            {
                CopyEdges(place);
            }
        }

        _firstEdges[_count] = _edgeCount;
    }

    private void CopyEdges(int place)
    {
        var query = _scope.Query;
        var node = _nodes[place];
        var floor = Arc.Cut(_floor);
        foreach (var arc in _scope.Out(node))
        {
            if (arc.Most < floor)
            {
                break;
            }

            var offered = new Edge(0, arc.Most, arc.Gaining, arc.Least);
            if (arc.Most == Arc.Vast)
            {
                var edge = _scope.Edge(node, arc.Node);
                offered = new(0, query.OnlyGaining ? edge.BothGain : edge.Most, edge.EitherGains, edge.Least);
            }

            var most = Math.Min(query.MaxAmount, offered.Most);
            if (most < Math.Max(_floor, offered.Least) || !IsOpen(arc.Node) || _scope.IsBlocked(node, arc.Node))
            {
                continue;
            }

            if (_places[arc.Node] < _epoch)
            {
                AddNode(arc.Node, _distances[place] + 1);
            }

            if (_edgeCount == _edges.Length)
            {
                Array.Resize(ref _edges, _edgeCount * 2);
            }

            _edges[_edgeCount++] = new((int)(_places[arc.Node] - _epoch), most, Math.Min(most, offered.Gaining), offered.Least);
        }
    }

    private bool IsOpen(int node) => _places[node] >= _epoch || _scope.MayJoin(node);

    private void AddNode(int node, int distance)
    {
        if (_count == _nodes.Length)
        {
            Array.Resize(ref _nodes, _count * 2);
            Array.Resize(ref _distances, _count * 2);
            Array.Resize(ref _firstEdges, (_count * 2) + 1);
        }

        _places[node] = _epoch + _count;
        _nodes[_count] = node;
        _distances[_count++] = distance;
    }

    /// <summary>Fills the layers. A node matters with so many hops left only where it can be reached with the rest.</summary>
    private void Sweep()
    {
        var cells = (_maxHops + 1) * _count;
        if (_widest.Length < cells)
        {
            _widest = new TurnWidths[cells];
            _widestGaining = new TurnWidths[cells];
        }

        Array.Clear(_widest, 0, cells);
        Array.Clear(_widestGaining, 0, cells);
        for (var hops = 1; hops <= _maxHops; hops++)
        {
            for (var node = 0; node < _count && _distances[node] + hops <= _maxHops; node++)
            {
                Widen(node, (hops * _count) + node, (hops - 1) * _count);
            }
        }
    }

    private void Widen(int node, int cell, int shorter)
    {
        var widest = _widest[shorter + node];
        var widestGaining = _widestGaining[shorter + node];
        foreach (ref readonly var edge in EdgesFrom(node))
        {
            if (edge.Most <= widestGaining.Other)
            {
                // Those beyond what an arc can hold stand first, but in no order.
                if (edge.Most < Arc.Vast)
                {
                    break;
                }
            }
            else if (edge.Target == 0)
            {
                widest.Add(edge.Most, Turn(node));
                widestGaining.Add(edge.Gaining, Turn(node));
            }
            else
            {
                widest.Add(edge.Most, _widest[shorter + edge.Target]);
                widestGaining.Add(edge.Most, _widestGaining[shorter + edge.Target]);
                widestGaining.Add(edge.Gaining, _widest[shorter + edge.Target]);
            }
        }

        _widest[cell] = widest;
        _widestGaining[cell] = widestGaining;
    }

    /// <summary>Where a walk that left over this neighbour of the start may not come back.</summary>
    private int Turn(int neighbour) => _scope.AllowsRingOfTwo(_nodes[neighbour]) ? TurnWidths.Any : neighbour;

    private void Search(List<Cycle> found)
    {
        var query = _scope.Query;
        Offer(First());
        while (found.Count < query.MaxResults && _frontier.TryTake(out var index))
        {
            ref readonly var step = ref _frontier[index];
            if (step.IsClosed)
            {
                var cycle = ToCycle(index);
                if (query.OnlyBest && found.Count > 0 && (found[0].Amount != cycle.Amount || found[0].Nodes.Length != cycle.Nodes.Length))
                {
                    break;
                }

                found.Add(cycle);
                continue;
            }

            if (IsSpent)
            {
                WasExhaustive = false;
                break;
            }

            Expand(index, step);
        }
    }

    private void Look(int edges)
    {
        Looks += edges;
        _looksLeft -= edges;
    }

    private Step First() => new()
    {
        Parent = CycleFrontier.None,
        Most = long.MaxValue,
        Least = _scope.Query.MinAmount,
        Id = _scope.Query.Start,
        LeftBy = TurnWidths.Any,
    };

    private void Expand(int index, Step step)
    {
        var edges = EdgesFrom(step.Node);
        Look(edges.Length);
        foreach (ref readonly var edge in edges)
        {
            if (edge.Target == 0 ? !MayClose(step) : _frontier.Visits(index, edge.Target))
            {
                continue;
            }

            Offer(new Step
            {
                Parent = index,
                Node = edge.Target,
                Depth = step.Depth + 1,
                Most = Math.Min(step.Most, edge.Most),
                Gaining = Math.Max(step.Gaining, edge.Gaining),
                Least = Math.Max(step.Least, edge.Least),
                IsClosed = edge.Target == 0,
                Id = _scope.Id(_nodes[edge.Target]),
                LeftBy = step.Depth == 0 ? Turn(edge.Target) : step.LeftBy,
            });
        }
    }

    private bool MayClose(in Step step) => step.Depth >= 2 || (step.Depth == 1 && _scope.AllowsRingOfTwo(_nodes[step.Node]));

    /// <summary>Puts a step among the open ones where it can still become a cycle, with the best that can come of it.</summary>
    private void Offer(Step step)
    {
        if (step.IsClosed)
        {
            step.Best = Math.Min(step.Most, step.Gaining);
            step.BestHops = step.Depth;
        }
        else
        {
            step.Best = Bound(step, _maxHops - step.Depth);
        }

        if (step.Best < Math.Max(_floor, step.Least))
        {
            return;
        }

        if (!step.IsClosed)
        {
            step.BestHops = BestHops(step);
        }

        if (_isFair)
        {
            _frontier.Keep(step);
        }
        else
        {
            _frontier.Add(step);
        }
    }

    /// <summary>The fewest hops with which the best can be had.</summary>
    private int BestHops(in Step step)
    {
        for (var hops = 1; hops <= _maxHops - step.Depth; hops++)
        {
            if (Bound(step, hops) == step.Best)
            {
                return step.Depth + hops;
            }
        }

        return step.Depth;
    }

    private long Bound(in Step step, int hops)
    {
        var cell = (hops * _count) + step.Node;
        var gainedBefore = Math.Min(step.Gaining, _widest[cell].Without(step.LeftBy));
        return Math.Min(step.Most, Math.Max(gainedBefore, _widestGaining[cell].Without(step.LeftBy)));
    }

    private Cycle ToCycle(int index)
    {
        var step = _frontier[index];
        Span<int> path = stackalloc int[step.Depth];
        for (var at = step.Parent; at != CycleFrontier.None; at = _frontier[at].Parent)
        {
            path[_frontier[at].Depth] = _nodes[_frontier[at].Node];
        }

        return _scope.ToCycle(path, step.Best);
    }

    private ReadOnlySpan<Edge> EdgesFrom(int place) => _edges.AsSpan(_firstEdges[place], _firstEdges[place + 1] - _firstEdges[place]);

    private readonly record struct Edge(int Target, long Most, long Gaining, long Least);
}
