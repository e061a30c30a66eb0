namespace Eddy.Benchmarks.Finder;

/// <summary>
/// The floor to compare with: breadth first backwards for what can return in time, then the widest walk of each length by layers, over plain
/// compressed rows. The amount only, no path, no rules but who may take part.
/// </summary>
internal sealed class LayeredDp
{
    private readonly int[] _first;
    private readonly int[] _target;
    private readonly long[] _amount;
    private readonly int[] _firstIn;
    private readonly int[] _source;
    private readonly int[] _toStart;
    private readonly int[] _queue;
    private long[] _layer;
    private long[] _next;

    public LayeredDp(DemandGraph graph)
    {
        var nodes = graph.Nodes.Length;
        (_first, var order) = Rows(nodes, graph.Arcs, static arc => arc.From);
        _target = [.. order.Select(static arc => arc.To)];
        _amount = [.. order.Select(static arc => arc.Amount)];
        (_firstIn, order) = Rows(nodes, graph.Arcs, static arc => arc.To);
        _source = [.. order.Select(static arc => arc.From)];
        _toStart = new int[nodes];
        _queue = new int[nodes];
        _layer = new long[nodes];
        _next = new long[nodes];
    }

    /// <param name="isLeader">Only nodes behind the start in the order of ids take part.</param>
    public long Widest(int start, int maxHops, bool isLeader)
    {
        var lowest = isLeader ? start : 0;
        MeasureWayBack(start, maxHops, lowest);
        Array.Clear(_layer);
        _layer[start] = long.MaxValue;
        long best = 0;
        for (var hop = 1; hop <= maxHops; hop++)
        {
            Array.Clear(_next);
            for (var node = lowest; node < _layer.Length; node++)
            {
                if (_layer[node] > best)
                {
                    for (var edge = _first[node]; edge < _first[node + 1]; edge++)
                    {
                        var target = _target[edge];
                        if (_toStart[target] + hop <= maxHops)
                        {
                            _next[target] = Math.Max(_next[target], Math.Min(_layer[node], _amount[edge]));
                        }
                    }
                }
            }

            best = Math.Max(best, _next[start]);
            _next[start] = 0;
            (_layer, _next) = (_next, _layer);
        }

        return best;
    }

    private void MeasureWayBack(int start, int maxHops, int lowest)
    {
        Array.Fill(_toStart, int.MaxValue / 2);
        _toStart[start] = 0;
        _queue[0] = start;
        for (var (head, tail) = (0, 1); head < tail; head++)
        {
            var node = _queue[head];
            for (var edge = _firstIn[node]; edge < _firstIn[node + 1] && _toStart[node] < maxHops; edge++)
            {
                var source = _source[edge];
                if (source >= lowest && _toStart[source] > maxHops)
                {
                    _toStart[source] = _toStart[node] + 1;
                    _queue[tail++] = source;
                }
            }
        }
    }

    private static (int[] First, DemandArc[] Order) Rows(int nodes, DemandArc[] arcs, Func<DemandArc, int> row)
    {
        var first = new int[nodes + 1];
        foreach (var arc in arcs)
        {
            first[row(arc) + 1]++;
        }

        for (var node = 0; node < nodes; node++)
        {
            first[node + 1] += first[node];
        }

        return (first, [.. arcs.OrderBy(row)]);
    }
}
