namespace Eddy.Liquidity;

/// <summary>
/// An edge as a search reads it, in a row of its sender or of its receiver. Amounts in sat; those beyond <see cref="Vast"/> (21.47 BTC) are
/// cut to it, and a search whose answer is that large asks the graph for the edge itself.
/// </summary>
/// <param name="Node">The slot of the other end.</param>
/// <param name="Most">Largest amount offered.</param>
/// <param name="Gaining">Up to this amount at least one end gains.</param>
/// <param name="Least">Smallest amount offered.</param>
internal readonly record struct Arc(int Node, int Most, int Gaining, int Least)
{
    public const int Vast = int.MaxValue;

    public static readonly Arc None = new(-1, 0, 0, 0);

    public bool Exists => Node >= 0;

    public static int Cut(long amount) => (int)Math.Min(amount, Vast);
}

/// <summary>What becomes of one arc of a row; <see cref="Arc.None"/> for an arc that was not there, or is no more.</summary>
internal readonly record struct ArcChange(Arc Before, Arc After);

/// <summary>Rows of arcs, widest first, so that a search that needs an amount stops early. Never changed once made.</summary>
internal static class ArcRow
{
    /// <summary>More changes than this are cheaper to sort in than to insert.</summary>
    private const int FewChanges = 8;

    private static readonly Comparison<Arc> Widest = static (a, b) => b.Most.CompareTo(a.Most);

    public static Arc[] With(Arc[] row, ReadOnlySpan<ArcChange> changes)
    {
        if (changes.Length > FewChanges)
        {
            return Rebuilt(row, changes);
        }

        foreach (var change in changes)
        {
            row = With(row, change);
        }

        return row;
    }

    public static Arc[] With(Arc[] row, ArcChange change)
    {
        var (before, after) = change;
        if (before == after)
        {
            return row;
        }

        var hole = before.Exists ? PlaceOf(row, before) : row.Length;
        var gap = after.Exists ? PlaceFor(row, after.Most) : row.Length;
        if (before.Exists && !after.Exists)
        {
            var shorter = row.Length == 1 ? [] : new Arc[row.Length - 1];
            row.AsSpan(0, hole).CopyTo(shorter);
            row.AsSpan(hole + 1).CopyTo(shorter.AsSpan(hole));
            return shorter;
        }

        if (!before.Exists)
        {
            var longer = new Arc[row.Length + 1];
            row.AsSpan(0, gap).CopyTo(longer);
            longer[gap] = after;
            row.AsSpan(gap).CopyTo(longer.AsSpan(gap + 1));
            return longer;
        }

        var moved = row.AsSpan().ToArray();
        if (gap > hole)
        {
            row.AsSpan(hole + 1, gap - hole - 1).CopyTo(moved.AsSpan(hole));
            moved[gap - 1] = after;
        }
        else
        {
            row.AsSpan(gap, hole - gap).CopyTo(moved.AsSpan(gap + 1));
            moved[gap] = after;
        }

        return moved;
    }

    private static Arc[] Rebuilt(Arc[] row, ReadOnlySpan<ArcChange> changes)
    {
        var rest = row.AsSpan().ToArray();
        var added = 0;
        var removed = 0;
        foreach (var (before, after) in changes)
        {
            added += after.Exists ? 1 : 0;
            if (before.Exists)
            {
                rest[PlaceOf(row, before)] = Arc.None;
                removed++;
            }
        }

        var rebuilt = new Arc[row.Length - removed + added];
        var place = 0;
        foreach (var arc in rest)
        {
            if (arc.Exists)
            {
                rebuilt[place++] = arc;
            }
        }

        foreach (var (_, after) in changes)
        {
            if (after.Exists)
            {
                rebuilt[place++] = after;
            }
        }

        Array.Sort(rebuilt, Widest);
        return rebuilt;
    }

    private static int PlaceOf(Arc[] row, Arc arc)
    {
        var place = PlaceFor(row, arc.Most);
        do
        {
            place--;
        }
        while (row[place].Node != arc.Node);

        return place;
    }

    /// <summary>Behind all that are as wide.</summary>
    private static int PlaceFor(Arc[] row, int most)
    {
        var (low, high) = (0, row.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = row[middle].Most >= most ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
