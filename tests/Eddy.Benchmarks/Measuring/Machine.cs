using System.Globalization;
using System.Runtime.InteropServices;

namespace Eddy.Benchmarks.Measuring;

/// <summary>On what, and beside what else, figures were taken.</summary>
internal static class Machine
{
    private const string LoadPath = "/proc/loadavg";

    /// <summary>Runnable tasks over the last minute; not a number where the system does not say.</summary>
    public static double Load => File.Exists(LoadPath)
        ? double.Parse(File.ReadAllText(LoadPath).Split(' ')[0], CultureInfo.InvariantCulture)
        : double.NaN;

    /// <summary>The most memory that this process has had resident, in bytes.</summary>
    public static long PeakMemory => System.Diagnostics.Process.GetCurrentProcess().PeakWorkingSet64;

    /// <summary>Managed memory in use, in bytes, once all that is dead is gone.</summary>
    public static long LiveMemory()
    {
        for (var pass = 0; pass < 3; pass++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }

    /// <summary>One line, with the load now.</summary>
    public static string Describe() => string.Create(
        CultureInfo.InvariantCulture,
        $"{DateTimeOffset.UtcNow:yyyy-MM-dd HH:mm} UTC, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}, "
        + $"{Environment.ProcessorCount} cores, load {Load:0.0}{(Load > Environment.ProcessorCount ? " (busy: figures are too high)" : "")}");
}
