using System.Diagnostics;
using Eddy.Forwarding;

namespace Eddy.Engine.Forwarding;

/// <summary>How many HTLCs were judged, how, and how long that took. Written by the judging loop only, read by anybody.</summary>
internal sealed class VerdictStatistics
{
    /// <summary>Bucket k holds what took less than 2^k / 8 microseconds; the last one all the rest.</summary>
    private const int Buckets = 24;
    private const double Fraction = 8;

    private readonly long[] _buckets = new long[Buckets];
    private readonly long[] _actions = new long[3];
    private long _bound;
    private long _unbound;

    public void Count(HtlcAction action, long startedAt)
    {
        var units = Stopwatch.GetElapsedTime(startedAt).TotalMicroseconds * Fraction;
        var bucket = Math.Min(Buckets - 1, units < 1 ? 0 : System.Numerics.BitOperations.Log2((ulong)units) + 1);
        Volatile.Write(ref _buckets[bucket], _buckets[bucket] + 1);
        Volatile.Write(ref _actions[(int)action], _actions[(int)action] + 1);
    }

    public void CountBinding(bool isSaved) => _ = isSaved ? Interlocked.Increment(ref _bound) : Interlocked.Increment(ref _unbound);

    public GateStatistics Read() => new(
        Volatile.Read(ref _actions[(int)HtlcAction.Resume]),
        Volatile.Read(ref _actions[(int)HtlcAction.Silence]),
        Volatile.Read(ref _actions[(int)HtlcAction.Waive]),
        Interlocked.Read(ref _bound),
        Interlocked.Read(ref _unbound),
        Percentile(0.5),
        Percentile(0.99));

    private double Percentile(double share)
    {
        var total = 0L;
        for (var bucket = 0; bucket < Buckets; bucket++)
        {
            total += Volatile.Read(ref _buckets[bucket]);
        }

        var seen = 0L;
        for (var bucket = 0; bucket < Buckets; bucket++)
        {
            seen += Volatile.Read(ref _buckets[bucket]);
            if (total > 0 && seen >= total * share)
            {
                return Math.Pow(2, bucket) / Fraction;
            }
        }

        return 0;
    }
}

/// <summary>The gate's counters since the start.</summary>
/// <param name="BindingsFailed">Waivers that were given up because the binding could not be saved.</param>
/// <param name="MedianMicroseconds">Upper bound of the histogram's bucket; 0 before the first verdict.</param>
/// <param name="P99Microseconds">Likewise.</param>
public sealed record GateStatistics(
    long Resumed, long Silent, long Waived, long BindingsSaved, long BindingsFailed, double MedianMicroseconds, double P99Microseconds);
