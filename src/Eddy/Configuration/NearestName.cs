namespace Eddy.Configuration;

/// <summary>Finds the known name that a mistyped one most likely stands for.</summary>
internal static class NearestName
{
    private const int LongestName = 64;

    /// <summary>The name with the fewest edits (insertion, deletion, replacement, swap of neighbours); the earlier one in a tie.</summary>
    public static string? Of(string typed, IEnumerable<string> known) =>
        known.MinBy(name => Distance(typed.ToUpperInvariant(), name.ToUpperInvariant()));

    /// <summary>As <see cref="Of"/>, but null where even the nearest is too far to be what was meant.</summary>
    public static string? LikelyOf(string typed, IEnumerable<string> known) =>
        Of(typed, known) is { } nearest && Distance(typed.ToUpperInvariant(), nearest.ToUpperInvariant()) <= Math.Max(2, nearest.Length / 3)
            ? nearest
            : null;

    internal static int Distance(string left, string right)
    {
        // Longer than any name there is: nothing is near it, and the table would grow with the product of both.
        left = left.Length > LongestName ? left[..LongestName] : left;
        right = right.Length > LongestName ? right[..LongestName] : right;
        var rows = new int[left.Length + 1, right.Length + 1];
        for (var i = 0; i <= left.Length; i++)
        {
            rows[i, 0] = i;
        }

        for (var j = 0; j <= right.Length; j++)
        {
            rows[0, j] = j;
        }

        for (var i = 1; i <= left.Length; i++)
        {
            for (var j = 1; j <= right.Length; j++)
            {
                var cost = left[i - 1] == right[j - 1] ? 0 : 1;
                rows[i, j] = Math.Min(Math.Min(rows[i - 1, j] + 1, rows[i, j - 1] + 1), rows[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
                }
            }
        }

        return rows[left.Length, right.Length];
    }
}
