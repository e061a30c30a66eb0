using System.Globalization;
using Eddy.CommandLine;
using Eddy.Simulator.Faults;

namespace Eddy.Simulate;

/// <summary>The tables at the end.</summary>
internal static class SimulateText
{
    public static void WriteTables(Terminal terminal, SimulateReport report)
    {
        var faults = new TextTable { Title = "Faults", Empty = "Nothing went wrong." }.Key("kind").Number("times");
        foreach (var (kind, times) in report.Faults)
        {
            faults.Row(kind, Number(times));
        }

        faults.WriteTo(terminal);
        var results = new TextTable { Title = "Results" }.Key("what").Number("count");
        results.Row("runs", Number(report.Runs));
        results.Row("rings settled", Number(report.RingsSettled));
        results.Row("rings failed", Number(report.RingsFailed));
        results.Row("violations", new Cell(Number(report.Violations), Style: report.Violations == 0 ? "green" : "red"));
        results.Row("msat lost", new Cell(Number(report.MsatLost), Style: report.MsatLost == 0 ? "green" : "red"));
        results.Row("steps, each checked", Number(report.Steps));
        results.Row("hours simulated", report.VirtualHours.ToString(report.VirtualHours < 10 ? "N3" : "N1", CultureInfo.InvariantCulture));
        results.Row("seconds", report.Seconds.ToString("N1", CultureInfo.InvariantCulture));
        results.WriteTo(terminal);
    }

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}

/// <summary>One line that is written over and over on a terminal.</summary>
internal sealed class SimulateProgress(Terminal terminal, int runs)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly System.Diagnostics.Stopwatch _watch = System.Diagnostics.Stopwatch.StartNew();
    private TimeSpan _shownAt = -Interval;

    public void Show(FaultSweepProgress progress)
    {
        if (_watch.Elapsed - Interval < _shownAt)
        {
            return;
        }

        _shownAt = _watch.Elapsed;
        terminal.Output.Write(string.Create(
            CultureInfo.InvariantCulture,
            $"\r{progress.Runs:N0} of {runs:N0} runs, {progress.RingsSettled:N0} rings settled, {progress.Violations} violations, {progress.Runs / _watch.Elapsed.TotalSeconds:F1} runs/s "));
        terminal.Output.Flush();
    }

    public void Clear() => terminal.Output.Write($"\r{new string(' ', 100)}\r");
}
