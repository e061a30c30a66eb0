namespace Eddy.Telemetry;

/// <summary>Counts of one histogram's buckets. Recording takes no lock and no memory.</summary>
internal sealed class HistogramCell(double[] bounds)
{
    private readonly long[] _counts = new long[bounds.Length + 1];
    private double _sum;

    public void Record(double value)
    {
        var bucket = 0;
        while (bucket < bounds.Length && value > bounds[bucket])
        {
            bucket++;
        }

        Interlocked.Increment(ref _counts[bucket]);
        double seen;
        do
        {
            seen = Volatile.Read(ref _sum);
        }
        while (Interlocked.CompareExchange(ref _sum, seen + value, seen) != seen);
    }

    public void Write(PrometheusText text, string name, string labels)
    {
        var prefix = labels.Length > 0 ? labels + "," : "";
        var seen = 0L;
        for (var bucket = 0; bucket < _counts.Length; bucket++)
        {
            seen += Interlocked.Read(ref _counts[bucket]);
            var bound = bucket < bounds.Length ? bounds[bucket] : double.PositiveInfinity;
            text.Sample($"{name}_bucket", $"{prefix}le=\"{PrometheusText.Number(bound)}\"", seen);
        }

        text.Sample($"{name}_sum", labels, Volatile.Read(ref _sum));
        text.Sample($"{name}_count", labels, seen);
    }
}
