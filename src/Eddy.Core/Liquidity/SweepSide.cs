namespace Eddy.Liquidity;

/// <summary>
/// How wide each node can be reached from one side, and the layers in which that grew. A label holds the number of the sweep above the
/// width: whatever an earlier sweep left counts as nothing, and nothing is ever cleared.
/// </summary>
internal sealed class SweepSide
{
    public const int WidthBits = 32;

    /// <summary>The label of a node that no walk may visit: wider than any.</summary>
    public const long Closed = (1L << WidthBits) - 1;

    private readonly int[] _layerEnds = new int[CycleQuery.LongestRing + 2];
    private (int Node, int Width)[] _log = new (int, int)[256];
    private int _count;
    private int _wide;
    private bool _isPrepared;

    /// <summary>By node.</summary>
    public long[] Labels { get; private set; } = [];

    /// <summary>How many hops walks have grown.</summary>
    public int Layers { get; private set; }

    public (int Node, int Width) this[int place] => _log[place];

    public void Begin(CycleScope scope, long epoch, int cap)
    {
        if (Labels.Length < scope.Graph.Slots)
        {
            Labels = new long[scope.Graph.Slots];
        }

        Labels[scope.Start] = epoch + Closed;
        _log[0] = (scope.Start, cap);
        _count = 1;
        Layers = 0;
        _layerEnds[0] = 1;
        _isPrepared = true;
    }

    /// <summary>The nodes first reached, or reached wider than before, with so many hops.</summary>
    public ReadOnlySpan<(int Node, int Width)> Layer(int hops) => _log.AsSpan(StartOf(hops), (hops == Layers ? _count : _layerEnds[hops]) - StartOf(hops));

    /// <summary>Ends the outermost layer, keeping of each node the widest entry. How many of them are wider than the best so far.</summary>
    public int Prepare(int best)
    {
        var first = StartOf(Layers);
        if (_isPrepared)
        {
            return _wide;
        }

        _wide = 0;
        var kept = first;
        for (var place = first; place < _count; place++)
        {
            var (node, width) = _log[place];
            if ((Labels[node] & Closed) == width)
            {
                _wide += width > best ? 1 : 0;
                _log[kept++] = (node, width);
            }
        }

        _layerEnds[Layers] = _count = kept;
        _isPrepared = true;
        return _wide;
    }

    /// <summary>Opens a new layer; the range of the one it grows from.</summary>
    public (int First, int End) NextLayer()
    {
        Prepare(0);
        var range = (StartOf(Layers), _count);
        Layers++;
        _layerEnds[Layers] = _count;
        _isPrepared = false;
        return range;
    }

    public void Add(int node, int width)
    {
        if (_count == _log.Length)
        {
            Array.Resize(ref _log, _count * 2);
        }

        _log[_count++] = (node, width);
    }

    private int StartOf(int hops) => hops == 0 ? 0 : _layerEnds[hops - 1];
}
