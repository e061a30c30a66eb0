using System.Collections.Immutable;
using System.Globalization;
using Eddy.Simulator.Faults;

namespace Eddy.Engine.Tests.Faults;

/// <summary>
/// Whole networks with every kind of fault. One seed: <c>EDDY_SEED=17 dotnet test --filter FaultSweepTests</c>; only some of its faults:
/// <c>EDDY_FAULTS=3,7</c> (or <c>none</c>) beside it; a longer sweep: <c>EDDY_FAULT_RUNS=20000</c>.
/// </summary>
public sealed class FaultSweepTests
{
    /// <summary>A slice: <c>.ci/run</c> has <c>eddy simulate</c> run more of them.</summary>
    private const int Runs = 100;
    private const double Seconds = 12;

    [Fact]
    public void Nothing_that_goes_wrong_costs_anybody_anything()
    {
        if (ulong.TryParse(Environment.GetEnvironmentVariable("EDDY_SEED"), CultureInfo.InvariantCulture, out var seed))
        {
            var options = new FaultRunOptions { Seed = seed, Only = Only(), KeepsLog = false };
            var run = FaultRun.Run(options);
            TestContext.Current.TestOutputHelper?.WriteLine(string.Join(Environment.NewLine, run.Planned));
            Assert.True(run.Violation is null, run.Violation is null ? "" : FaultShrinker.Describe(options, run));
            return;
        }

        var isLong = int.TryParse(Environment.GetEnvironmentVariable("EDDY_FAULT_RUNS"), CultureInfo.InvariantCulture, out var runs);
        var sweep = FaultSweep.Run(
            new FaultSweepOptions { Runs = isLong ? runs : Runs, Limit = isLong ? null : TimeSpan.FromSeconds(Seconds), MostViolations = 1 },
            TestContext.Current.CancellationToken);

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{sweep.Runs} runs in {sweep.Seconds:F1} s, {sweep.RingsSettled} rings settled, {sweep.RingsFailed} not; "
            + string.Join(", ", sweep.Faults.Select(static fault => $"{FaultKinds.NameOf(fault.Key)} {fault.Value}")) + "; "
            + string.Join(", ", sweep.Sizes.Select(static size => $"{size.Key} {size.Value}")));
        Assert.True(sweep.Violations.IsEmpty, sweep.Violations.IsEmpty ? "" : FaultShrinker.Describe(new FaultRunOptions(), sweep.Violations[0]));
        Assert.Equal(0, sweep.MsatLost);
        Assert.True(sweep.RingsSettled > 0, "No ring settled: nothing was tried.");
    }

    [Theory]
    [InlineData(3ul)]
    [InlineData(11ul)]
    public void The_same_seed_gives_the_same_log_to_the_byte(ulong seed)
    {
        var options = new FaultRunOptions { Seed = seed, KeepsLog = true, MaxNodes = 8 };

        var first = FaultRun.Run(options);
        var second = FaultRun.Run(options);

        Assert.True(first.Log.Length > 500, $"{first.Log.Length} lines.");
        Assert.Equal(first.Log, second.Log);
        Assert.Equal(first.Steps, second.Steps);
    }

    [Fact]
    public void Runs_do_not_depend_on_how_many_there_are_at_once()
    {
        var options = new FaultSweepOptions { Runs = 12, Seed = 100, Run = new FaultRunOptions { MaxNodes = 6 } };

        var alone = FaultSweep.Run(options with { Parallelism = 1 }, TestContext.Current.CancellationToken);
        var together = FaultSweep.Run(options with { Parallelism = 4 }, TestContext.Current.CancellationToken);

        Assert.Equal((alone.Steps, alone.RingsSettled, alone.RingsFailed), (together.Steps, together.RingsSettled, together.RingsFailed));
        Assert.Equal(alone.Faults, together.Faults);
    }

    private static ImmutableSortedSet<int>? Only() => Environment.GetEnvironmentVariable("EDDY_FAULTS") switch
    {
        null or "" => null,
        "none" => [],
        var list => [.. list.Split(',').Select(static number => int.Parse(number, CultureInfo.InvariantCulture))],
    };
}
