using System.Globalization;
using Eddy.Benchmarks.Measuring;

namespace Eddy.Benchmarks.Systems;

/// <summary>From the start of the process to LND's greeting: configuration, store, certificate, TLS, version and permissions included.</summary>
internal static class StartFigure
{
    private const int StandardCount = 7;
    private const double AimMilliseconds = 1_000;

    public static async Task RunAsync(Arguments arguments)
    {
        var count = arguments.Take("count", StandardCount);
        var eddy = arguments.Take("eddy");
        arguments.End();

        await using var site = await Hub.StartAsync(1);
        var first = await MeasureAsync(site, "first", eddy);
        var (times, work) = (new Series(), new Series());
        for (var i = 0; i < count; i++)
        {
            var again = await MeasureAsync(site, "again", eddy);
            times.Add(again.Elapsed);
            work.Add(again.Processor);
        }

        var table = new Table("start", "first, new data directory", "starts", "median", "slowest", "fastest", "processor time", "aim", "load", "");
        table.Add(
            "process to connected",
            Table.Milliseconds(first.Elapsed.TotalMilliseconds),
            count.ToString(CultureInfo.InvariantCulture),
            Table.Milliseconds(times.Median),
            Table.Milliseconds(times.Max),
            Table.Milliseconds(times.Min),
            Table.Milliseconds(work.Median),
            Table.Milliseconds(AimMilliseconds),
            Machine.Load.ToString("0.0", CultureInfo.InvariantCulture),
            Table.Verdict(times.Median, AimMilliseconds));
        table.Write(Console.Out);
    }

    private static async Task<(TimeSpan Elapsed, TimeSpan Processor)> MeasureAsync(Site site, string directory, string? eddy)
    {
        await using var daemon = DaemonProcess.Start(site.Lnds[0], Path.Combine(site.Directory, directory), eddy);
        return (await daemon.ConnectedAsync(), daemon.ProcessorTime);
    }
}
