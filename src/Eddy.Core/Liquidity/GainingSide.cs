namespace Eddy.Liquidity;

/// <param name="Via">The neighbour by which it leaves or reaches the start.</param>
internal readonly record struct Walk(int Node, int Width, int Via, bool IsGaining);

/// <summary>The walks between one node and the start, on one side.</summary>
internal struct Reached
{
    public long Epoch;
    public bool IsClosed;
    public TurnWidths Plain;
    public TurnWidths Gaining;
}

/// <summary>The walks of one side, in layers of as many hops.</summary>
internal sealed class GainingSide
{
    private Reached[] _reached = [];
    private Walk[] _log = new Walk[256];
    private int _first;
    private int _count;
    private int _end;
    private bool _isGrown;

    public Walk this[int place] => _log[place];

    public ref Reached At(int node) => ref _reached[node];

    public void Begin(CycleScope scope, long epoch, int cap)
    {
        if (_reached.Length < scope.Graph.Slots)
        {
            _reached = new Reached[scope.Graph.Slots];
        }

        _reached[scope.Start] = new() { Epoch = epoch, IsClosed = true };
        _log[0] = new(scope.Start, cap, TurnWidths.Any, IsGaining: false);
        _first = 0;
        _count = _end = 1;
        _isGrown = false;
    }

    /// <summary>Drops from the outermost layer what something wider has taken the place of. How much is left.</summary>
    public int Prepare()
    {
        if (_isGrown)
        {
            var kept = _end;
            for (var place = _end; place < _count; place++)
            {
                var walk = _log[place];
                ref readonly var reached = ref _reached[walk.Node];
                if ((walk.IsGaining ? reached.Gaining : reached.Plain).Holds(walk.Width, walk.Via))
                {
                    _log[kept++] = walk;
                }
            }

            (_first, _count, _end) = (_end, kept, kept);
            _isGrown = false;
        }

        return _count - _first;
    }

    /// <summary>Opens a new layer; the range of the one it grows from.</summary>
    public (int First, int End) NextLayer()
    {
        Prepare();
        _isGrown = true;
        return (_first, _count);
    }

    public void Add(Walk walk)
    {
        if (_count == _log.Length)
        {
            Array.Resize(ref _log, _count * 2);
        }

        _log[_count++] = walk;
    }
}
