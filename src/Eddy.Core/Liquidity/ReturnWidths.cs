namespace Eddy.Liquidity;

/// <summary>
/// How wide walks back to the start are, by the neighbour over which they end: the widest, and the widest that ends over another one. Who left
/// by a neighbour must not return by it. <see cref="Any"/> stands for neighbours with which that is allowed.
/// </summary>
internal struct ReturnWidths
{
    public const int Any = -1;

    private int _via;
    private int _otherVia;

    public long Widest { get; private set; }

    /// <summary>What is no wider adds nothing.</summary>
    public long Other { get; private set; }

    public void Add(long width, int via)
    {
        if (width <= Other)
        {
            return;
        }

        if (width <= Widest)
        {
            if (via != _via)
            {
                (Other, _otherVia) = (width, via);
            }

            return;
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
    }

    /// <summary>Adds walks that begin with one more edge.</summary>
    public void Add(long edge, in ReturnWidths onward)
    {
        Add(Math.Min(edge, onward.Widest), onward._via);
        Add(Math.Min(edge, onward.Other), onward._otherVia);
    }

    /// <summary>The widest for one who left by a neighbour.</summary>
    public readonly long Without(int via) => via != Any && via == _via ? Other : Widest;
}
