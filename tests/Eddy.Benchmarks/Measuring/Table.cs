using System.Globalization;

namespace Eddy.Benchmarks.Measuring;

/// <summary>A Markdown table, ready to be pasted into docs/performance.md.</summary>
internal sealed class Table(params string[] heads)
{
    private readonly List<string[]> _rows = [];

    public void Add(params string[] cells) => _rows.Add(cells);

    public void Write(TextWriter output)
    {
        output.WriteLine($"| {string.Join(" | ", heads)} |");
        output.WriteLine($"| {string.Join(" | ", heads.Select(static _ => "---"))} |");
        foreach (var row in _rows)
        {
            output.WriteLine($"| {string.Join(" | ", row)} |");
        }

        output.WriteLine();
    }

    public static string Milliseconds(double value) => Number(value, "0.0", "ms");

    public static string Microseconds(double value) => Number(value, "0.0", "µs");

    public static string Megabytes(double bytes) => Number(bytes / (1024 * 1024), "0", "MiB");

    public static string Verdict(double value, double limit) => value <= limit ? "met" : "**missed**";

    private static string Number(double value, string format, string unit) =>
        double.IsNaN(value) ? "-" : $"{value.ToString(format, CultureInfo.InvariantCulture)} {unit}";
}
