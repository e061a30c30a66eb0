namespace Eddy.Liquidity;

/// <summary>
/// As <see cref="WidestSweep"/>, of walks on which somebody gains and which do not return by the neighbour they left by. Costs more, and is
/// needed only where the widest walk of all is no such walk.
/// </summary>
internal sealed class GainingSweep
{
    private readonly GainingSide _out = new();
    private readonly GainingSide _in = new();
    private CycleScope _scope = new();
    private long _epoch;
    private int _best;
    private int _cap;

    /// <summary>The amount; 0 where there is no such walk.</summary>
    public int Width { get; private set; }

    public int Hops { get; private set; }

    /// <param name="floor">Narrower walks are not looked for.</param>
    /// <param name="cap">No walk is wider.</param>
    public void Run(CycleScope scope, int floor, int cap)
    {
        _scope = scope;
        _best = floor - 1;
        _cap = cap;
        Width = Hops = 0;
        if (cap < floor)
        {
            return;
        }

        _epoch++;
        _out.Begin(scope, _epoch, cap);
        _in.Begin(scope, _epoch, cap);
        for (var hops = 1; hops <= scope.Query.MaxHops && _best < cap; hops++)
        {
            // The first hop of each side comes first: what joins them knows by which neighbours they go.
            var isOut = hops == 1 || (hops > 2 && _out.Prepare() <= _in.Prepare());
            Extend(isOut ? _out : _in, isOut ? _in : _out, isOut, hops);
        }
    }

    private void Extend(GainingSide side, GainingSide other, bool isOut, int hops)
    {
        var (first, end) = side.NextLayer();
        for (var place = first; place < end && _best < _cap; place++)
        {
            var walk = side[place];
            if (walk.Width <= _best)
            {
                continue;
            }

            foreach (var arc in isOut ? _scope.Out(walk.Node) : _scope.In(walk.Node))
            {
                if (arc.Most <= _best)
                {
                    break;
                }

                var width = Math.Min(arc.Most, walk.Width);
                if (arc.Least <= width && IsOpen(side, walk.Node, arc.Node, isOut))
                {
                    var via = walk.Node == _scope.Start ? _scope.Turn(arc.Node) : walk.Via;
                    Reach(side, other, new(arc.Node, walk.IsGaining ? width : Math.Min(arc.Gaining, width), via, IsGaining: true), hops);
                    if (!walk.IsGaining)
                    {
                        Reach(side, other, new(arc.Node, width, via, IsGaining: false), hops);
                    }
                }
            }
        }
    }

    private bool IsOpen(GainingSide side, int near, int far, bool isOut)
    {
        ref var reached = ref side.At(far);
        if (reached.Epoch != _epoch)
        {
            reached = new() { Epoch = _epoch, IsClosed = !_scope.MayJoin(far) };
        }

        return !reached.IsClosed && !(_scope.HasBlocks && (isOut ? _scope.IsBlocked(near, far) : _scope.IsBlocked(far, near)));
    }

    private void Reach(GainingSide side, GainingSide other, Walk walk, int hops)
    {
        ref var reached = ref side.At(walk.Node);
        if (walk.Width <= _best
            || (!walk.IsGaining && reached.Gaining.Covers(walk.Width, walk.Via))
            || !(walk.IsGaining ? ref reached.Gaining : ref reached.Plain).Add(walk.Width, walk.Via))
        {
            return;
        }

        side.Add(walk);
        ref readonly var met = ref other.At(walk.Node);
        if (met.Epoch != _epoch)
        {
            return;
        }

        var onward = met.Gaining.Without(walk.Via);
        if (walk.IsGaining)
        {
            onward = Math.Max(onward, met.Plain.Without(walk.Via));
        }

        if (Math.Min(walk.Width, onward) > _best)
        {
            _best = Width = (int)Math.Min(walk.Width, onward);
            Hops = hops;
        }
    }
}
