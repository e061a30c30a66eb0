using System.Collections.Immutable;

namespace Eddy.Simulator.Faults;

/// <summary>Looks for the smallest part of a failed run's faults with which the same invariant still breaks.</summary>
public static class FaultShrinker
{
    private const int MostRuns = 200;

    /// <summary>The run with as few faults as were found to be enough: leaving out any one of them would mend it.</summary>
    /// <param name="options">Of the run that failed.</param>
    /// <param name="failed">What it came to.</param>
    public static (ImmutableSortedSet<int> Faults, FaultRunResult Result) Shrink(FaultRunOptions options, FaultRunResult failed)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(failed);

        var runs = 0;
        var best = failed;
        var kept = options.Only?.ToList() ?? [.. Enumerable.Range(0, failed.Planned.Length)];
        for (var size = Math.Max(1, kept.Count / 2); kept.Count > 0; size /= 2)
        {
            for (var start = 0; start < kept.Count && runs < MostRuns;)
            {
                List<int> fewer = [.. kept.Take(start), .. kept.Skip(start + size)];
                runs++;
                if (Break(fewer) is { } result)
                {
                    (kept, best) = (fewer, result);
                }
                else
                {
                    start += size;
                }
            }

            if (size <= 1)
            {
                break;
            }
        }

        return ([.. kept], best);

        FaultRunResult? Break(List<int> faults)
        {
            var result = FaultRun.Run(options with { Only = [.. faults] });
            return result.Violation?.Invariant == failed.Violation?.Invariant ? result : null;
        }
    }

    /// <summary>A failure for people: what broke, how to see it again, what it takes, and what happened last.</summary>
    public static string Describe(FaultRunOptions options, FaultRunResult failed)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(failed);

        var (faults, result) = Shrink(options with { Seed = failed.Seed }, failed);
        var only = string.Join(',', faults);
        return string.Join(
            Environment.NewLine,
            [
                $"Seed {failed.Seed}: {failed.Violation?.Invariant} is broken at step {failed.Violation?.Step} with {failed.Nodes} nodes.",
                failed.Violation?.What ?? "",
                $"Again: EDDY_SEED={failed.Seed} dotnet test --filter FaultSweepTests",
                $"With the fewest faults: EDDY_SEED={failed.Seed} EDDY_FAULTS={(only.Length == 0 ? "none" : only)} dotnet test --filter FaultSweepTests",
                $"Faults that are enough ({faults.Count} of {failed.Planned.Length}):",
                .. result.Planned.Select(static fault => $"  {fault}"),
                $"Then, at step {result.Violation?.Step}: {result.Violation?.What}",
                "What happened last:",
                .. result.Log,
            ]);
    }
}
