using System.Collections.Immutable;
using Eddy.Simulator.Faults;

namespace Eddy.Engine.Tests.Faults;

/// <summary>
/// The checkers checked: for each invariant at least one rule that is broken on purpose, which the sweep must catch within a few seeds, and
/// must name rightly. docs/reliability.md lists them.
/// </summary>
public sealed class MutantTests
{
    private const int MostSeeds = 200;

    private static readonly ImmutableSortedSet<FaultKind> Replays =
        [FaultKind.LndReplay, FaultKind.LndRestart, FaultKind.LinkFlap, FaultKind.HtlcStalled, FaultKind.StreamsDrop, FaultKind.Crash];

    private static readonly ImmutableSortedSet<FaultKind> Deaths = [FaultKind.LinkFlap, FaultKind.Crash];

    private static readonly ImmutableSortedDictionary<string, Mutant> All = new Mutant[]
    {
        new("money-is-conserved", nameof(Mutants.LosingSwitch), Mutants.LosingSwitch, FaultKinds.All),
        new("nobody-pays", nameof(Mutants.PayingInitiator), Mutants.PayingInitiator, FaultKinds.All),
        new("waiver-needs-acceptance", nameof(Mutants.GenerousGate), Mutants.GenerousGate, FaultKinds.All),
        new("waiver-is-used-once", nameof(Mutants.ForgetfulGate), Mutants.ForgetfulGate, Replays),
        new("waiver-is-used-once", nameof(Mutants.UnsavedBinding), Mutants.UnsavedBinding, Deaths) { Or = "books-agree" },
        new("waiver-covers-what-came", nameof(Mutants.UncheckedAmount), Mutants.UncheckedAmount, FaultKinds.All),
        new("reservations-end", nameof(Mutants.NeverReleased), Mutants.NeverReleased, FaultKinds.All),
        new("reservations-end", nameof(Mutants.NegativeReservation), Mutants.NegativeReservation, FaultKinds.All),
        new("paid-once", nameof(Mutants.SendingTwice), Mutants.SendingTwice, FaultKinds.All),
        new("tables-are-bounded", nameof(Mutants.UnansweredSends), Mutants.UnansweredSends, FaultKinds.All),
        new("every-ring-ends", nameof(Mutants.LostAnswer), Mutants.LostAnswer, FaultKinds.All),
        new("books-agree", nameof(Mutants.EmptyLedger), Mutants.EmptyLedger, FaultKinds.All),
        new("nothing-throws", nameof(Mutants.ThrowingPort), Mutants.ThrowingPort, FaultKinds.All),
    }.ToImmutableSortedDictionary(static mutant => mutant.Name, static mutant => mutant, StringComparer.Ordinal);

    public static TheoryData<string> Names => [.. All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_broken_rule_is_caught(string name)
    {
        var mutant = All[name];
        for (var seed = 1ul; seed <= MostSeeds; seed++)
        {
            var run = FaultRun.Run(new FaultRunOptions { Seed = seed, Kinds = mutant.Kinds, MaxNodes = 6, Prepare = mutant.Prepare });
            if (run.Violation is { } violation)
            {
                TestContext.Current.TestOutputHelper?.WriteLine($"Seed {seed}, step {violation.Step}: {violation.Invariant}: {violation.What}");
                Assert.True(violation.Invariant == mutant.Invariant || violation.Invariant == mutant.Or, violation.Invariant);
                return;
            }
        }

        Assert.Fail($"{name} went unnoticed for {MostSeeds} seeds.");
    }

    [Fact]
    public void Every_invariant_has_a_mutant() =>
        Assert.Equal(
            FaultRun.Invariants.Select(static invariant => invariant.Name).Order(StringComparer.Ordinal),
            All.Values.Select(static mutant => mutant.Invariant).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void A_failure_is_shrunk_to_the_faults_that_it_takes_and_can_be_seen_again()
    {
        var options = new FaultRunOptions { MaxNodes = 5, Prepare = Mutants.ForgetfulGate };
        var failed = Enumerable.Range(1, 400).Select(seed => FaultRun.Run(options with { Seed = (ulong)seed }))
            .First(static run => run is { Violation: not null, Planned.Length: > 6 });

        var (faults, shrunk) = FaultShrinker.Shrink(options with { Seed = failed.Seed }, failed);

        Assert.Equal(failed.Violation!.Invariant, shrunk.Violation?.Invariant);
        Assert.True(faults.Count < failed.Planned.Length, $"{faults.Count} of {failed.Planned.Length}");
        Assert.Equal(shrunk.Log, FaultRun.Run(options with { Seed = failed.Seed, Only = faults }).Log);
        var text = FaultShrinker.Describe(options, failed);
        Assert.Contains($"EDDY_SEED={failed.Seed}", text, StringComparison.Ordinal);
        Assert.Contains(failed.Violation.Invariant, text, StringComparison.Ordinal);
        Assert.Contains("FAULT", text, StringComparison.Ordinal);
    }

    private sealed record Mutant(string Invariant, string Name, Action<FaultRun> Prepare, ImmutableSortedSet<FaultKind> Kinds)
    {
        /// <summary>Another invariant that the same rule protects, which may be the first to break.</summary>
        public string Or { get; init; } = "";
    }
}
