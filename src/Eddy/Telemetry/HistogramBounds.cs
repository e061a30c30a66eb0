using System.Diagnostics.Metrics;

namespace Eddy.Telemetry;

/// <summary>Upper bounds of the buckets, in seconds.</summary>
internal static class HistogramBounds
{
    public static InstrumentAdvice<double> Verdict { get; } = Of(1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 1e-3, 1e-2, 0.1, 1);

    public static InstrumentAdvice<double> Hold { get; } = Of(1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5);

    public static InstrumentAdvice<double> Ring { get; } = Of(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120);

    public static InstrumentAdvice<double> Search { get; } = Of(1e-5, 5e-5, 1e-4, 5e-4, 1e-3, 5e-3, 1e-2, 5e-2, 0.1, 0.5, 1);

    public static InstrumentAdvice<double> Commit { get; } = Of(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5);

    private static InstrumentAdvice<double> Of(params double[] bounds) => new() { HistogramBucketBoundaries = bounds };
}
