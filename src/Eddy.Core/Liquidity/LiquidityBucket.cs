using System.Numerics;

namespace Eddy.Liquidity;

/// <summary>
/// Coarse amounts, so that adverts show willingness and not balances: 1, 1.25, 1.5 and 1.75 times a power of two, in sat. An announced
/// amount is never above the true one when it is announced: it goes down at once, and up only when the true one is a sixteenth clear of
/// the higher bucket.
/// </summary>
public static class LiquidityBucket
{
    private const int DigitsKept = 3;
    private const int FineDigits = 6;
    private const int ClearShare = 16;

    /// <summary>The bucket at or below <paramref name="amount"/>; 0 for 0 and less.</summary>
    public static long Floor(long amount) => Floor(amount, DigitsKept);

    /// <summary>The same with another number of significant binary digits, to see what that would give and give away.</summary>
    public static long Floor(long amount, int digits)
    {
        if (amount <= 0)
        {
            return 0;
        }

        var shift = Math.Max(0, BitOperations.Log2((ulong)amount) - digits + 1);
        return amount >> shift << shift;
    }

    /// <summary>
    /// At most a thirty-second below: what a member of a ring agrees to where that is less than was asked. It is told to the ring alone, in the
    /// moment in which it moves; a coarse one would leave a rest behind that needs another ring.
    /// </summary>
    public static long Fine(long amount) => Floor(amount, FineDigits);

    /// <summary>The most that the true amount may be where this was announced.</summary>
    public static long Top(long announced) => announced <= 0 ? 0 : checked(Ceiling(checked(announced + 1)) - 1);

    /// <summary>The bucket at or above <paramref name="amount"/>; 0 for 0 and less.</summary>
    public static long Ceiling(long amount)
    {
        var floor = Floor(amount);
        if (floor == Math.Max(0, amount))
        {
            return floor;
        }

        var shift = Math.Max(0, BitOperations.Log2((ulong)floor) - DigitsKept + 1);
        return checked(floor + (1L << shift));
    }

    /// <summary>What to announce for <paramref name="amount"/> after <paramref name="announced"/> (0 for nothing yet).</summary>
    public static long Announce(long announced, long amount)
    {
        var floor = Floor(amount);
        if (floor <= announced || announced <= 0)
        {
            return floor;
        }

        return Math.Max(announced, Floor(amount - (amount / ClearShare)));
    }
}
