namespace Eddy.Guarding;

/// <summary>What the system says of this process.</summary>
internal static class ProcessStart
{
    /// <summary>When it began, in the kernel's own count: with the number it tells a process from a later one with the same number.</summary>
    /// <exception cref="IOException">There is no /proc.</exception>
    public static string OfThis()
    {
        var stat = File.ReadAllText("/proc/self/stat");

        // The name, in parentheses, may hold spaces; what follows are the fields from the third on, and this is the twenty-second.
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19];
    }
}
