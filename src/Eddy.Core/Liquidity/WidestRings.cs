namespace Eddy.Liquidity;

/// <summary>
/// All cycles as wide and as short as a sweep found that there are, in order of their node ids. Since none is shorter, a node has one place
/// in them: as many hops from the start as it takes at least, or so many from the end. Nodes that lead nowhere are looked at once. Beside a
/// false turn there may be shorter walks, and all that is found is one cycle or another.
/// </summary>
internal sealed class WidestRings
{
    /// <summary>In a label beside the number of hops: nothing came of this node, reached with or without a gain.</summary>
    private const long BarrenBit = 1 << 8;

    private readonly Comparison<int> _byId;
    private readonly int[] _path = new int[CycleQuery.LongestRing];
    private CycleScope _scope = new();
    private WidestSweep _sweep = new();
    private long _epoch;
    private int[] _candidates = new int[256];
    private int _candidateCount;
    private Action<WidestRings> _found = static _ => { };
    private int _left;

    public WidestRings() => _byId = (left, right) => _scope.CompareIds(left, right);

    public ReadOnlySpan<int> Path => _path.AsSpan(0, _sweep.Hops);

    /// <summary>Calls back with each, at most so many. How many there were.</summary>
    public int Find(CycleScope scope, WidestSweep sweep, int most, Action<WidestRings> found)
    {
        _scope = scope;
        _sweep = sweep;
        _found = found;
        _left = most;
        _candidateCount = 0;
        _epoch = sweep.NextEpoch();
        Mark(sweep.Out, sweep.HopsOut);
        Mark(sweep.In, sweep.Hops - 1 - sweep.HopsOut);
        Walk(0, scope.Start, scope.IsGainCertain);
        return most - _left;
    }

    /// <summary>Labels nodes with the least hops at the width sought.</summary>
    private void Mark(SweepSide side, int layers)
    {
        for (var hops = 0; hops <= layers; hops++)
        {
            foreach (var (node, width) in side.Layer(hops))
            {
                if (width >= _sweep.Width && side.Labels[node] < _epoch)
                {
                    side.Labels[node] = _epoch + hops;
                }
            }
        }
    }

    /// <summary>True where a cycle goes on from here.</summary>
    private bool Walk(int hops, int node, bool gains)
    {
        _path[hops] = node;
        var first = _candidateCount;
        Collect(hops + 1, node, gains);
        var end = _candidateCount;
        _candidates.AsSpan(first, end - first).Sort(_byId);
        var isFruitful = false;
        for (var place = first; place < end && _left > 0; place++)
        {
            var next = _candidates[place];
            if (_path.AsSpan(1, hops).Contains(next) || _scope.IsBlocked(node, next) || (_sweep.Hops == 2 && hops == 0 && !_scope.AllowsRingOfTwo(next)))
            {
                continue;
            }

            var gainsNow = gains || GainsOn(node, next);
            if (next == _scope.Start)
            {
                if (gainsNow)
                {
                    isFruitful = true;
                    _left--;
                    _found(this);
                }
            }
            else if (Walk(hops + 1, next, gainsNow))
            {
                isFruitful = true;
            }
            else if (_left > 0)
            {
                Label(hops + 1, next) |= gainsNow ? BarrenBit << 1 : BarrenBit;
            }
        }

        _candidateCount = first;
        return isFruitful;
    }

    private ref long Label(int hops, int node) => ref (hops <= _sweep.HopsOut ? _sweep.Out : _sweep.In).Labels[node];

    private void Collect(int hops, int node, bool gains)
    {
        var place = hops <= _sweep.HopsOut ? hops : _sweep.Hops - hops;
        foreach (var arc in _scope.Out(node))
        {
            if (arc.Most < _sweep.Width)
            {
                break;
            }

            if (arc.Least > _sweep.Width)
            {
                continue;
            }

            var label = Label(hops, arc.Node) - _epoch;
            var barren = gains || arc.Gaining >= _sweep.Width ? BarrenBit << 1 : BarrenBit;
            if (label >= 0 && (label & (BarrenBit - 1)) == place && (label & barren) == 0)
            {
                Add(arc.Node);
            }
        }
    }

    private bool GainsOn(int node, int next) => _scope.Edge(node, next).EitherGains >= _sweep.Width;

    private void Add(int node)
    {
        if (_candidateCount == _candidates.Length)
        {
            Array.Resize(ref _candidates, _candidateCount * 2);
        }

        _candidates[_candidateCount++] = node;
    }
}
