using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Eddy.Lnd.Interception;

/// <summary>
/// Counts durations in buckets that double, from a quarter of a microsecond up: a few nanoseconds per record, no lock, exact counts.
/// </summary>
public sealed class LatencyHistogram
{
    private const int BucketCount = 28;
    private const double NanosecondsPerTick = 1e9;
    private const int FirstBucketBits = 8;

    private readonly long[] _counts = new long[BucketCount];
    private long _totalNanoseconds;
    private long _longestNanoseconds;

    /// <summary>Told each duration as well, in seconds; null where nobody measures.</summary>
    public Histogram<double>? Instrument { get; set; }

    /// <summary>The durations recorded.</summary>
    public long Count
    {
        get
        {
            long count = 0;
            for (var bucket = 0; bucket < BucketCount; bucket++)
            {
                count += Interlocked.Read(ref _counts[bucket]);
            }

            return count;
        }
    }

    public TimeSpan Total => TimeSpan.FromTicks(Interlocked.Read(ref _totalNanoseconds) / TimeSpan.NanosecondsPerTick);

    public TimeSpan Longest => TimeSpan.FromTicks(Interlocked.Read(ref _longestNanoseconds) / TimeSpan.NanosecondsPerTick);

    /// <summary>The buckets: how many took at most so long and longer than the bucket before; the last has no bound.</summary>
    public IReadOnlyList<(TimeSpan UpTo, long Count)> Buckets =>
        [.. Enumerable.Range(0, BucketCount).Select(bucket => (UpperBound(bucket), Interlocked.Read(ref _counts[bucket])))];

    /// <summary>The bound that this share (0 to 1) of the durations did not exceed; zero while there are none.</summary>
    public TimeSpan Quantile(double share)
    {
        var buckets = Buckets;
        var rank = (long)Math.Ceiling(share * buckets.Sum(bucket => bucket.Count));
        long seen = 0;
        foreach (var (upTo, count) in buckets)
        {
            seen += count;
            if (seen >= rank)
            {
                return rank == 0 ? TimeSpan.Zero : upTo < Longest || upTo == TimeSpan.MaxValue ? upTo : Longest;
            }
        }

        return TimeSpan.Zero;
    }

    /// <summary>Records the time since <paramref name="timestamp"/> (<see cref="Stopwatch.GetTimestamp"/>).</summary>
    internal void RecordSince(long timestamp)
    {
        var nanoseconds = (long)((Stopwatch.GetTimestamp() - timestamp) * (NanosecondsPerTick / Stopwatch.Frequency));
        Interlocked.Increment(ref _counts[BucketOf(nanoseconds)]);
        Interlocked.Add(ref _totalNanoseconds, nanoseconds);

        Instrument?.Record(nanoseconds / NanosecondsPerTick);
        var longest = Interlocked.Read(ref _longestNanoseconds);
        while (nanoseconds > longest)
        {
            longest = Interlocked.CompareExchange(ref _longestNanoseconds, nanoseconds, longest);
        }
    }

    private static int BucketOf(long nanoseconds) =>
        Math.Clamp(64 - FirstBucketBits - (int)long.LeadingZeroCount(Math.Max(nanoseconds - 1, 0)), 0, BucketCount - 1);

    private static TimeSpan UpperBound(int bucket) => bucket == BucketCount - 1
        ? TimeSpan.MaxValue
        : TimeSpan.FromTicks(Math.Max(1, (1L << (bucket + FirstBucketBits)) / TimeSpan.NanosecondsPerTick));
}
