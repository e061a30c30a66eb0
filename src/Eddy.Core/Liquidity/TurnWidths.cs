namespace Eddy.Liquidity;

/// <summary>
/// How wide walks between a node and the start are, by the neighbour over which they leave or reach it: the widest, and the widest over
/// another neighbour. Who left by one must not return by it. <see cref="Any"/> stands for neighbours with which that is allowed.
/// </summary>
internal struct TurnWidths
{
    public const int Any = -1;

    private int _via;
    private int _otherVia;

    public long Widest { get; private set; }

    public long Other { get; private set; }

    /// <summary>False where it adds nothing.</summary>
    public bool Add(long width, int via)
    {
        if (Covers(width, via))
        {
            return false;
        }

        if (width <= Widest)
        {
            (Other, _otherVia) = (width, via);
            return true;
        }

        if (via == Any)
        {
            (Other, _otherVia) = (width, Any);
        }
        else if (via != _via)
        {
            (Other, _otherVia) = (Widest, _via);
        }

        (Widest, _via) = (width, via);
        return true;
    }

    /// <summary>True where whoever could go on from such a walk can as well from one that is here.</summary>
    public readonly bool Covers(long width, int via) => width <= Other || (width <= Widest && via == _via);

    /// <summary>True where this walk is one of those here.</summary>
    public readonly bool Holds(long width, int via) => (width == Widest && via == _via) || (width == Other && via == _otherVia);

    /// <summary>Adds walks that begin with one more edge.</summary>
    public void Add(long edge, in TurnWidths onward)
    {
        Add(Math.Min(edge, onward.Widest), onward._via);
        Add(Math.Min(edge, onward.Other), onward._otherVia);
    }

    /// <summary>The widest for one who left by a neighbour.</summary>
    public readonly long Without(int via) => via != Any && via == _via ? Other : Widest;
}
