using System.Globalization;

namespace Eddy.Guarding;

/// <summary>How the guard is.</summary>
/// <param name="Process">Its process; null while none runs.</param>
/// <param name="Reason">Why none runs.</param>
/// <param name="LongestSilence">The longest that the read loop took to come round since the start.</param>
/// <param name="LastKill">When the guard last ended a daemon of this data directory, and why; null if it never did.</param>
internal sealed record GuardState(int? Process, string Reason, TimeSpan Timeout, TimeSpan LongestSilence, GuardKill? LastKill);

/// <summary>The guard's own word of a kill.</summary>
internal sealed record GuardKill(DateTimeOffset At, string Reason)
{
    public static string PathIn(string dataDirectory) => Path.Combine(dataDirectory, "guard.last");

    /// <summary>Null where there is none that can be read: the guard writes it last, and on a disk that may be full.</summary>
    public static GuardKill? Read(string path)
    {
        try
        {
            var line = File.ReadAllText(path).Trim();
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            return space > 0 && long.TryParse(line.AsSpan(0, space), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < int.MaxValue
                ? new(DateTimeOffset.FromUnixTimeSeconds(seconds), line[(space + 1)..])
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
