using System.Collections.Immutable;

namespace Eddy.Simulator.Faults;

/// <summary>Many runs, each on one thread, several at once. What comes of them does not depend on how many at once.</summary>
public sealed record FaultSweepOptions
{
    public int Runs { get; init; } = 100;

    /// <summary>The first run's seed; the others follow it.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Runs at once.</summary>
    public int Parallelism { get; init; } = Environment.ProcessorCount;

    public FaultRunOptions Run { get; init; } = new();

    /// <summary>No new run begins after this much real time; null for no limit.</summary>
    public TimeSpan? Limit { get; init; }

    /// <summary>After this many violations no new run begins.</summary>
    public int MostViolations { get; init; } = 10;

    /// <summary>Called after each run, one call at a time.</summary>
    public Action<FaultSweepProgress>? Progress { get; init; }
}

/// <param name="Runs">Done so far.</param>
public sealed record FaultSweepProgress(int Runs, int Violations, long RingsSettled, long RingsFailed);

/// <summary>What a sweep came to.</summary>
/// <param name="Violations">The runs in which an invariant broke, by seed.</param>
/// <param name="Sizes">The most that was seen of each table.</param>
/// <param name="Seconds">Of real time.</param>
public sealed record FaultSweepResult(
    int Runs,
    ImmutableArray<FaultRunResult> Violations,
    long RingsSettled,
    long RingsFailed,
    long MsatLost,
    long Steps,
    TimeSpan Virtual,
    ImmutableSortedDictionary<FaultKind, long> Faults,
    ImmutableSortedDictionary<FaultTable, int> Sizes,
    double Seconds);

/// <inheritdoc cref="FaultSweepOptions"/>
public static class FaultSweep
{
    public static FaultSweepResult Run(FaultSweepOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);

        var watch = System.Diagnostics.Stopwatch.StartNew();
        var total = new Total(options);
        var next = -1;
        Parallel.For(0, Math.Max(1, options.Parallelism), new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, options.Parallelism) }, _ =>
        {
            while (!cancellationToken.IsCancellationRequested && !total.IsEnough && !(watch.Elapsed >= options.Limit))
            {
                var number = Interlocked.Increment(ref next);
                if (number >= options.Runs)
                {
                    return;
                }

                total.Add(FaultRun.Run(options.Run with { Seed = unchecked(options.Seed + (ulong)number) }));
            }
        });
        cancellationToken.ThrowIfCancellationRequested();
        return total.ToResult(watch.Elapsed);
    }

    private sealed class Total(FaultSweepOptions options)
    {
        private readonly Lock _lock = new();
        private readonly List<FaultRunResult> _violations = [];
        private readonly SortedDictionary<FaultKind, long> _faults = [];
        private readonly SortedDictionary<FaultTable, int> _sizes = [];
        private int _runs;
        private long _settled;
        private long _failed;
        private long _lost;
        private long _steps;
        private TimeSpan _virtual;

        public bool IsEnough
        {
            get
            {
                lock (_lock)
                {
                    return _violations.Count >= options.MostViolations;
                }
            }
        }

        public void Add(FaultRunResult run)
        {
            lock (_lock)
            {
                _runs++;
                _settled += run.RingsSettled;
                _failed += run.RingsFailed;
                _lost += run.MsatLost;
                _steps += run.Steps;
                _virtual += run.Virtual;
                foreach (var (kind, count) in run.Faults)
                {
                    _faults[kind] = _faults.GetValueOrDefault(kind) + count;
                }

                foreach (var (what, size) in run.Sizes)
                {
                    _sizes[what] = Math.Max(size, _sizes.GetValueOrDefault(what));
                }

                if (run.Violation is not null)
                {
                    _violations.Add(run);
                }

                options.Progress?.Invoke(new(_runs, _violations.Count, _settled, _failed));
            }
        }

        public FaultSweepResult ToResult(TimeSpan elapsed) => new(
            _runs,
            [.. _violations.OrderBy(static run => run.Seed)],
            _settled,
            _failed,
            _lost,
            _steps,
            _virtual,
            _faults.ToImmutableSortedDictionary(),
            _sizes.ToImmutableSortedDictionary(),
            elapsed.TotalSeconds);
    }
}
