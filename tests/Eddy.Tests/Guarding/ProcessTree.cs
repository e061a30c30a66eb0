using System.Diagnostics;
using System.Globalization;

namespace Eddy.Tests.Guarding;

/// <summary>Processes as /proc shows them.</summary>
internal static class ProcessTree
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(90);

    public static bool IsKnown { get; } = File.Exists("/proc/self/stat");

    /// <summary>Its state and its fields from the fourth on, the parent's number first; null where there is no such process.</summary>
    public static (char State, string[] Fields)? Look(int id)
    {
        try
        {
            var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/stat"));
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (fields[0][0], fields[1..]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>A process that has ended and is not collected yet does not run any more.</summary>
    public static bool Runs(int id) => Look(id) is { State: not ('Z' or 'X') };

    public static int[] ChildrenOf(int id)
    {
        var parent = id.ToString(CultureInfo.InvariantCulture);
        return
        [
            .. Directory.EnumerateDirectories("/proc")
                .Select(path => int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var child) ? child : 0)
                .Where(child => child > 0 && Look(child) is { State: not ('Z' or 'X') } process && process.Fields[0] == parent),
        ];
    }

    public static async Task SignalAsync(int id, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    public static async Task UntilAsync(string what, Func<Task<bool>> condition)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Longest, $"Waited too long for {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(25), TestContext.Current.CancellationToken);
        }
    }

    public static Task UntilAsync(string what, Func<bool> condition) => UntilAsync(what, () => Task.FromResult(condition()));
}
