namespace Eddy.Benchmarks.Measuring;

/// <summary>Figures of one kind, in whatever order they came.</summary>
internal sealed class Series
{
    private readonly List<double> _values = [];

    public int Count => _values.Count;

    public double Median => Percentile(0.5);

    public double Min => Percentile(0);

    public double Max => Percentile(1);

    public void Add(double value) => _values.Add(value);

    public void Add(TimeSpan value) => Add(value.TotalMilliseconds);

    /// <summary>The smallest figure that at least this share of all do not exceed; not a number where there is none.</summary>
    public double Percentile(double share)
    {
        if (_values.Count == 0)
        {
            return double.NaN;
        }

        double[] sorted = [.. _values.Order()];
        return sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)];
    }
}
