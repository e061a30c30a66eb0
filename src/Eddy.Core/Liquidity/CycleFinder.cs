using System.Collections.Immutable;
using System.Diagnostics;

namespace Eddy.Liquidity;

/// <summary>
/// Finds the widest cycles through a node, exactly and in order: larger amount, then fewer hops, then lower node ids. A layered sweep
/// gives for each node and number of hops the widest walk back to the start, with and without a gaining edge on it; a best-first search
/// follows these bounds, which nearly always lead straight to a simple cycle. Keeps its scratch memory between queries: one owner.
/// </summary>
public sealed class CycleFinder
{
    /// <summary>How many partial cycles a query may look at. Only graphs made to mislead the bounds come near it.</summary>
    public const int DefaultEffort = 30_000;

    private readonly int _effort;
    private readonly CycleFrontier _frontier = new();
    private LiquidityGraph _graph = LiquidityGraph.Empty;
    private CycleQuery? _query;
    private int _start;
    private int _maxHops;

    // By node.
    private int[] _distance = [];
    private int[] _reached = [];
    private int _reachedCount;

    // By hops and node: the widest walk back to the start within that many hops, and the widest with a gaining edge on it.
    private long[] _widest = [];
    private long[] _widestGaining = [];

    // By edge: usable up to, gaining up to; only for edges that leave a reached node.
    private long[] _most = [];
    private long[] _gaining = [];

    public CycleFinder(int effort = DefaultEffort)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(effort);
        _effort = effort;
    }

    /// <summary>False where the last query stopped at its effort limit: what it returned is in order, but there may be more.</summary>
    public bool WasExhaustive { get; private set; } = true;

    /// <summary>The best cycles that <see cref="CycleQuery.Start"/> may propose, best first.</summary>
    public ImmutableArray<Cycle> Find(LiquidityGraph graph, CycleQuery query)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.MaxHops, CycleQuery.LongestRing);
        WasExhaustive = true;
        _start = graph.IndexOf(query.Start);
        if (_start < 0 || !graph.CanInitiate(_start) || query.MaxHops < 2 || query.MaxResults < 1)
        {
            return [];
        }

        _graph = graph;
        _query = query;
        _maxHops = query.MaxHops;
        Reserve();
        Reach();
        Sweep();
        return Search();
    }

    private void Reserve()
    {
        var nodes = _graph.NodeCount;
        if (_distance.Length < nodes)
        {
            _distance = new int[nodes];
            _reached = new int[nodes];
        }

        var cells = (_maxHops + 1) * nodes;
        if (_widest.Length < cells)
        {
            _widest = new long[cells];
            _widestGaining = new long[cells];
        }

        if (_most.Length < _graph.EdgeCount)
        {
            _most = new long[_graph.EdgeCount];
            _gaining = new long[_graph.EdgeCount];
        }

        Array.Fill(_distance, int.MaxValue, 0, nodes);
        Array.Clear(_widest, 0, cells);
        Array.Clear(_widestGaining, 0, cells);
    }

    /// <summary>Breadth first from the start over what may be used, measuring each edge once.</summary>
    private void Reach()
    {
        _distance[_start] = 0;
        _reached[0] = _start;
        _reachedCount = 1;
        for (var next = 0; next < _reachedCount; next++)
        {
            var node = _reached[next];
            if (_distance[node] == _maxHops)
            {
                break;
            }

            var (first, end) = _graph.OutRange(node);
            for (var edge = first; edge < end; edge++)
            {
                var target = _graph.Target(edge);
                Measure(edge, target);
                if (_most[edge] > 0 && _distance[target] == int.MaxValue)
                {
                    _distance[target] = _distance[node] + 1;
                    _reached[_reachedCount++] = target;
                }
            }
        }
    }

    private void Measure(int edge, int target)
    {
        var query = _query!;
        ref readonly var offered = ref _graph.Edge(edge);
        var most = Math.Min(query.MaxAmount, query.OnlyGaining ? offered.BothGain : offered.Most);
        var isUsable = most >= Math.Max(1, Math.Max(query.MinAmount, offered.Least))
            && (target == _start || MayJoin(target))
            && query.IsBlocked?.Invoke(offered.From, offered.To) != true;
        _most[edge] = isUsable ? most : 0;
        _gaining[edge] = isUsable ? Math.Min(most, offered.EitherGains) : 0;
    }

    private bool MayJoin(int node) => ProposerRule.MayJoin(Candidate(_start), Candidate(node));

    private RingCandidate Candidate(int node) => new(_graph.Nodes[node], _graph.CanInitiate(node), _graph.CanWaive(node));

    /// <summary>Fills the layers. A node matters with so many hops left only where it can be reached with the rest.</summary>
    private void Sweep()
    {
        var nodes = _graph.NodeCount;
        for (var hops = 1; hops <= _maxHops; hops++)
        {
            var shorter = (hops - 1) * nodes;
            var layer = hops * nodes;
            for (var place = 0; place < _reachedCount; place++)
            {
                var node = _reached[place];
                if (_distance[node] + hops > _maxHops)
                {
                    break;
                }

                var widest = _widest[shorter + node];
                var widestGaining = _widestGaining[shorter + node];
                var (first, end) = _graph.OutRange(node);
                for (var edge = first; edge < end; edge++)
                {
                    var most = _most[edge];
                    if (most <= widestGaining)
                    {
                        continue;
                    }

                    var target = _graph.Target(edge);
                    var onward = target == _start ? long.MaxValue : _widest[shorter + target];
                    var onwardGaining = target == _start ? 0 : _widestGaining[shorter + target];
                    widest = Math.Max(widest, Math.Min(most, onward));
                    widestGaining = Math.Max(widestGaining, Math.Max(Math.Min(most, onwardGaining), Math.Min(_gaining[edge], onward)));
                }

                _widest[layer + node] = widest;
                _widestGaining[layer + node] = widestGaining;
            }
        }
    }

    private ImmutableArray<Cycle> Search()
    {
        var found = ImmutableArray.CreateBuilder<Cycle>();
        _frontier.Clear();
        Offer(new Step { Parent = CycleFrontier.None, Node = _start, Depth = 0, Most = long.MaxValue, Gaining = 0, Least = _query!.MinAmount });
        while (found.Count < _query!.MaxResults && _frontier.TryTake(out var index))
        {
            ref readonly var step = ref _frontier[index];
            if (step.IsClosed)
            {
                found.Add(ToCycle(index));
                continue;
            }

            if (_frontier.Count >= _effort)
            {
                WasExhaustive = false;
                break;
            }

            Expand(index, step);
        }

        return found.ToImmutable();
    }

    private void Expand(int index, Step step)
    {
        var (first, end) = _graph.OutRange(step.Node);
        for (var edge = first; edge < end; edge++)
        {
            var most = _most[edge];
            var target = _graph.Target(edge);
            if (most == 0 || (target == _start ? !MayClose(step) : _frontier.Visits(index, target)))
            {
                continue;
            }

            Offer(new Step
            {
                Parent = index,
                Node = target,
                Depth = step.Depth + 1,
                Most = Math.Min(step.Most, most),
                Gaining = Math.Max(step.Gaining, _gaining[edge]),
                Least = Math.Max(step.Least, _graph.Edge(edge).Least),
                IsClosed = target == _start,
            });
        }
    }

    private bool MayClose(in Step step) =>
        step.Depth >= 2 || (step.Depth == 1 && _query!.RingOfTwoPeers.Contains(_graph.Nodes[step.Node]));

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
            var left = _maxHops - step.Depth;
            step.Best = Bound(step, left);
            step.BestHops = step.Depth;
            for (var hops = 1; hops <= left; hops++)
            {
                if (Bound(step, hops) == step.Best)
                {
                    step.BestHops = step.Depth + hops;
                    break;
                }
            }
        }

        if (step.Best >= Math.Max(1, step.Least))
        {
            _frontier.Add(step);
        }
    }

    private long Bound(in Step step, int hops)
    {
        var cell = (hops * _graph.NodeCount) + step.Node;
        var gainedBefore = Math.Min(step.Gaining, _widest[cell]);
        return Math.Min(step.Most, Math.Max(gainedBefore, _widestGaining[cell]));
    }

    private Cycle ToCycle(int index)
    {
        var step = _frontier[index];
        var nodes = new Lightning.NodeId[step.Depth];
        var gaining = 0;
        var to = _start;
        for (var at = step.Parent; at != CycleFrontier.None; at = _frontier[at].Parent)
        {
            var from = _frontier[at].Node;
            nodes[_frontier[at].Depth] = _graph.Nodes[from];
            gaining += GainingEnds(from, to, step.Best);
            to = from;
        }

        Debug.Assert(nodes.Length > 0 && nodes[0] == _graph.Nodes[_start]);
        return new(ImmutableArray.Create(nodes), step.Best, step.Least, gaining);
    }

    private int GainingEnds(int from, int to, long amount)
    {
        foreach (var edge in _graph.EdgesFrom(from))
        {
            if (edge.To == _graph.Nodes[to])
            {
                return (edge.FromGains >= amount ? 1 : 0) + (edge.ToGains >= amount ? 1 : 0);
            }
        }

        return 0;
    }
}
