using System.Globalization;

namespace Eddy.Guarding;

/// <summary>What the system says of a process.</summary>
internal static class ProcessStart
{
    /// <summary>When it began, in the kernel's own count: with the number it tells a process from a later one with the same number.</summary>
    /// <exception cref="IOException">There is no /proc.</exception>
    public static string OfThis() => Read("/proc/self/stat");

    /// <summary>Null where there is no such process any more.</summary>
    public static string? Of(int process)
    {
        try
        {
            return Read(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Read(string path)
    {
        var stat = File.ReadAllText(path);

        // The name, in parentheses, may hold spaces; what follows are the fields from the third on, and this is the twenty-second.
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19];
    }
}
