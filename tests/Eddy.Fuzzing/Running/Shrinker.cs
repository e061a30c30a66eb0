namespace Eddy.Fuzzing.Running;

/// <summary>Makes an input smaller that shows a fault, as long as it still shows it.</summary>
internal static class Shrinker
{
    private const int MostAttempts = 3_000;

    public static byte[] Shrink(byte[] input, Predicate<byte[]> stillFails)
    {
        var attempts = 0;
        var best = input;
        bool isSmaller;
        do
        {
            isSmaller = false;
            for (var size = Math.Max(1, best.Length / 2); size >= 1 && attempts < MostAttempts; size /= 2)
            {
                for (var start = 0; start < best.Length && attempts < MostAttempts;)
                {
                    byte[] candidate = [.. best[..start], .. best[Math.Min(best.Length, start + size)..]];
                    if (Fails(candidate))
                    {
                        best = candidate;
                        isSmaller = true;
                    }
                    else
                    {
                        start += size;
                    }
                }
            }
        }
        while (isSmaller && attempts < MostAttempts);

        for (var index = 0; index < best.Length && attempts < MostAttempts; index++)
        {
            if (best[index] != 0)
            {
                byte[] candidate = [.. best];
                candidate[index] = 0;
                best = Fails(candidate) ? candidate : best;
            }
        }

        return best;

        bool Fails(byte[] candidate)
        {
            attempts++;
            return stillFails(candidate);
        }
    }
}
