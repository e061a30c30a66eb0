namespace Eddy.Liquidity;

/// <summary>
/// The amount of the widest closed walk through a node, and with how few hops there is one. Walks grow from the node outward and towards
/// it, one hop at a time on the side that has less to look at, and meet in the middle; what is no wider than the best so far is left out.
/// A walk that visits a node twice may be cut short without becoming narrower, so the widest walk stands for the widest cycle.
/// </summary>
internal sealed class WidestSweep
{
    private CycleScope _scope = new();
    private long _epoch;

    /// <summary>Walks from the start.</summary>
    public SweepSide Out { get; } = new();

    /// <summary>Walks to the start.</summary>
    public SweepSide In { get; } = new();

    /// <summary>The amount; 0 where there is no closed walk.</summary>
    public int Width { get; private set; }

    public int Hops { get; private set; }

    /// <summary>What the start's own edges allow at most.</summary>
    public int Cap { get; private set; }

    /// <summary>How many of the hops lie in complete layers of walks from the start; one hop joins them to those towards it.</summary>
    public int HopsOut { get; private set; }

    /// <summary>
    /// How wide a neighbour can be reached and left again with which a ring of two is not allowed. What is wider is found as if there were no
    /// such neighbour; a cycle that is no wider may have been missed for the way there and back.
    /// </summary>
    public int FalseTurn { get; private set; }

    /// <summary>A number that is larger than all labels before.</summary>
    public long NextEpoch() => _epoch += 1L << SweepSide.WidthBits;

    public void Run(CycleScope scope)
    {
        _scope = scope;
        var query = scope.Query;
        Width = Hops = HopsOut = 0;
        FalseTurn = 0;
        var floor = (int)Math.Max(1, query.MinAmount) - 1;
        var cap = Arc.Cut(query.MaxAmount);
        cap = Math.Min(cap, Math.Min(WidestUsable(scope.Out(scope.Start), isOut: true), WidestUsable(scope.In(scope.Start), isOut: false)));
        Cap = cap;
        if (cap <= floor)
        {
            return;
        }

        var epoch = NextEpoch();
        Out.Begin(scope, epoch, cap);
        In.Begin(scope, epoch, cap);
        var best = floor;
        Extend(Out, In, isOut: true, isLast: false, cap, ref best);
        Extend(In, Out, isOut: false, isLast: query.MaxHops == 2, cap, ref best);
        for (var hops = 3; hops <= query.MaxHops && best < cap; hops++)
        {
            var isOut = Out.Prepare(best) <= In.Prepare(best);
            Extend(isOut ? Out : In, isOut ? In : Out, isOut, hops == query.MaxHops, cap, ref best);
        }
    }

    private int WidestUsable(Arc[] row, bool isOut)
    {
        foreach (var arc in row)
        {
            if (_scope.MayJoin(arc.Node) && !IsBlocked(_scope.Start, arc.Node, isOut))
            {
                return arc.Most;
            }
        }

        return 0;
    }

    private bool IsBlocked(int near, int far, bool isOut) =>
        _scope.HasBlocks && (isOut ? _scope.IsBlocked(near, far) : _scope.IsBlocked(far, near));

    /// <summary>One more hop on one side.</summary>
    private void Extend(SweepSide side, SweepSide other, bool isOut, bool isLast, int cap, ref int best)
    {
        var (first, end) = side.NextLayer();
        var labels = side.Labels;
        var others = other.Labels;
        var epoch = _epoch;
        var isTurn = side.Layers == 1 && other.Layers == 1;
        for (var place = first; place < end; place++)
        {
            var (node, reach) = side[place];
            if (reach <= best)
            {
                continue;
            }

            foreach (var arc in isOut ? _scope.Out(node) : _scope.In(node))
            {
                if (arc.Most <= best)
                {
                    break;
                }

                var width = Math.Min(arc.Most, reach);
                var label = labels[arc.Node];
                if (epoch + width <= label || arc.Least > width)
                {
                    continue;
                }

                var met = others[arc.Node] - epoch;
                if (isLast && met <= best)
                {
                    continue;
                }

                if (label < epoch && !_scope.MayJoin(arc.Node))
                {
                    labels[arc.Node] = epoch + SweepSide.Closed;
                    continue;
                }

                if (IsBlocked(node, arc.Node, isOut))
                {
                    continue;
                }

                labels[arc.Node] = epoch + width;
                side.Add(arc.Node, width);
                if (met <= best)
                {
                    continue;
                }

                if (isTurn && !_scope.AllowsRingOfTwo(arc.Node))
                {
                    FalseTurn = Math.Max(FalseTurn, (int)Math.Min(width, met));
                    continue;
                }

                best = Width = (int)Math.Min(width, met);
                Hops = side.Layers + other.Layers;
                HopsOut = isOut ? side.Layers - 1 : other.Layers;
                if (best == cap)
                {
                    return;
                }
            }
        }
    }
}
