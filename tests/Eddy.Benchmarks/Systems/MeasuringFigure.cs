using System.Globalization;
using Eddy.Benchmarks.Measuring;

namespace Eddy.Benchmarks.Systems;

/// <summary>What measuring costs an idle daemon: the page for Prometheus, and sending to a collector.</summary>
internal static class MeasuringFigure
{
    private const int StandardSeconds = 60;
    private const int StandardPages = 500;

    public static async Task RunAsync(Arguments arguments)
    {
        var seconds = arguments.Take("seconds", StandardSeconds);
        var pages = arguments.Take("pages", StandardPages);
        arguments.End();

        await using var site = await Hub.StartAsync(2);
        await using var plain = DaemonProcess.Start(site.Lnds[0], Path.Combine(site.Directory, "plain"), null);

        // Nobody listens at the port: what is loaded and gathered is the same, and tried again and again.
        await using var sending = DaemonProcess.Start(
            site.Lnds[1], Path.Combine(site.Directory, "sending"), null, null, "--telemetry.otlp", "http://127.0.0.1:9", "--telemetry.interval", "15s");
        await plain.ConnectedAsync();
        await sending.ConnectedAsync();
        await Task.Delay(TimeSpan.FromSeconds(seconds));

        var table = new Table($"idle for {seconds} s, {Hub.Channels} channels", "resident", "processor time since the start");
        table.Add("as configured", Table.Megabytes(plain.Memory("VmRSS")), Table.Milliseconds(plain.ProcessorTime.TotalMilliseconds));
        table.Add("sends to a collector every 15 s", Table.Megabytes(sending.Memory("VmRSS")), Table.Milliseconds(sending.ProcessorTime.TotalMilliseconds));

        using var client = await plain.OpenApiAsync();
        await client.GetStringAsync(new Uri("metrics", UriKind.Relative));
        table.Add("after the first page", Table.Megabytes(plain.Memory("VmRSS")), Table.Milliseconds(plain.ProcessorTime.TotalMilliseconds));
        var (before, bytes) = (plain.ProcessorTime, 0);
        for (var page = 0; page < pages; page++)
        {
            bytes = (await client.GetStringAsync(new Uri("metrics", UriKind.Relative))).Length;
        }

        var each = (plain.ProcessorTime - before).TotalMilliseconds / pages;
        table.Add($"after {pages} more of {bytes} bytes", Table.Megabytes(plain.Memory("VmRSS")), $"{Table.Milliseconds(each)} a page");
        table.Write(Console.Out);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Load {Machine.Load:0.0}."));
    }
}
