using System.Diagnostics;
using System.Globalization;
using Eddy.Benchmarks.Measuring;

namespace Eddy.Benchmarks.Systems;

/// <summary>
/// Ordinary payments over a routing node whose daemon is stopped (SIGSTOP), first with nothing to guard it, then as it comes. The node's
/// LND notices a dead client as LND does by default: after 80 s.
/// </summary>
internal static class FrozenFigure
{
    private const int StandardSeconds = 60;
    private const int StandardTimes = 5;
    private const int StandardCalm = 60;
    private const double MostSeconds = 2.5;
    private const double MiB = 1024 * 1024;
    private const double MostMemory = 20 * MiB;

    /// <summary>So few that all that wait fit into a channel, which takes 483 HTLCs.</summary>
    private const int PerSecond = 5;

    private static readonly TimeSpan Before = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan After = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortWindow = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);

    public static async Task RunAsync(Arguments arguments)
    {
        var seconds = arguments.Take("seconds", StandardSeconds);
        var times = arguments.Take("times", StandardTimes);
        var calm = arguments.Take("calm", StandardCalm);
        var eddy = arguments.Take("eddy");
        arguments.End();

        await using var stream = await PaymentStream.StartAsync();
        var table = new Table("the daemon is stopped", "settled", "failed", "longest stall of a payment", "back at the interceptor", "must, 2.5 s");
        Console.Error.WriteLine($"without the guard: stopped for {seconds} s ...");
        await using (var daemon = await StartAsync(stream, eddy, "off"))
        {
            var freeze = await FreezeAsync(stream, daemon, TimeSpan.FromSeconds(seconds));
            Add(table, $"no guard, {seconds} s", freeze);
        }

        await using var guarded = await StartAsync(stream, eddy, "on");
        var memory = guarded.Helpers.Sum(helper => DaemonProcess.Memory(helper, "VmRSS"));
        await UntilAsync(stream.IsInterceptedAsync);
        Console.Error.WriteLine($"with the guard, for {calm} s not stopped at all ...");
        var (before, load) = (guarded.DaemonId, Machine.Load);
        await stream.RunAsync(PerSecond, TimeSpan.FromSeconds(calm));
        var silence = await guarded.GetLongestSilenceAsync();
        var isKilled = guarded.DaemonId != before;
        for (var i = 0; i < times; i++)
        {
            // Once for as long as without the guard; the others for the many places in which a freeze can find the guard's look.
            var window = i == 0 ? TimeSpan.FromSeconds(seconds) : ShortWindow;
            Console.Error.WriteLine($"with the guard: stopped, {i + 1} of {times} ...");
            Add(table, string.Create(CultureInfo.InvariantCulture, $"guard, {window.TotalSeconds} s"), await FreezeAsync(stream, guarded, window));
        }

        table.Write(Console.Out);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Not stopped for {calm} s, load {load:0.0}: longest silence {silence.TotalMilliseconds:0} ms, {(isKilled ? "**killed without need**" : "not killed")}."));
        Console.WriteLine($"Guard, what it waits with, and supervisor: {Table.Megabytes(memory)} resident in all (must, 20 MiB: {Table.Verdict(memory, MostMemory)}).");
    }

    private static async Task<DaemonProcess> StartAsync(PaymentStream stream, string? eddy, string guard)
    {
        var lnd = stream.Site.Lnds[0];
        var daemon = DaemonProcess.Start(lnd, stream.Site.DirectoryOf(lnd.Node, "eddy"), eddy, null, "--eddy.guard", guard);
        await daemon.ConnectedAsync();
        return daemon;
    }

    private static async Task<Freeze> FreezeAsync(PaymentStream stream, DaemonProcess daemon, TimeSpan window)
    {
        await UntilAsync(stream.IsInterceptedAsync);
        var paying = stream.RunAsync(PerSecond, Before + window + After);
        await Task.Delay(Before);
        var frozen = daemon.DaemonId;
        await SignalAsync(frozen, "STOP");
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAny(Task.Delay(window), UntilAsync(() => Task.FromResult(!Directory.Exists($"/proc/{frozen}"))));
        var isKilled = !Directory.Exists($"/proc/{frozen}");
        if (isKilled)
        {
            await UntilAsync(stream.IsInterceptedAsync);
        }

        var back = Stopwatch.GetElapsedTime(started);
        var left = window - back;
        await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        if (!isKilled)
        {
            await SignalAsync(frozen, "CONT");
        }

        return new(await paying, isKilled ? back : null);
    }

    private static void Add(Table table, string name, Freeze freeze)
    {
        var longest = TimeSpan.FromMilliseconds(freeze.Payments.Latency.Max).TotalSeconds;
        table.Add(
            name,
            freeze.Payments.Latency.Count.ToString(CultureInfo.InvariantCulture),
            freeze.Payments.Failed.ToString(CultureInfo.InvariantCulture),
            string.Create(CultureInfo.InvariantCulture, $"{longest:0.00} s"),
            freeze.Back is { } back ? string.Create(CultureInfo.InvariantCulture, $"after {back.TotalSeconds:0.0} s") : "when it went on",
            Table.Verdict(longest, MostSeconds));
    }

    private static async Task SignalAsync(int process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > LongestWait)
            {
                throw new TimeoutException("The daemon neither ended nor came back.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }

    /// <param name="Back">From the stop until a daemon held the interceptor again; null where the same one went on.</param>
    private sealed record Freeze(PaymentFigures Payments, TimeSpan? Back);
}
