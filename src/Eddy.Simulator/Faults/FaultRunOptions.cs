using System.Collections.Immutable;

namespace Eddy.Simulator.Faults;

/// <summary>One run: everything random in it follows from <see cref="Seed"/>.</summary>
public sealed record FaultRunOptions
{
    /// <summary>The network's size that the largest simulation has.</summary>
    public const int MostNodes = 50;

    public const int LeastNodes = 3;

    public ulong Seed { get; init; } = 1;

    public ImmutableSortedSet<FaultKind> Kinds { get; init; } = FaultKinds.All;

    public int MinNodes { get; init; } = LeastNodes;

    public int MaxNodes { get; init; } = MostNodes;

    /// <summary>The planned faults by number that are carried out; null for all. A plan does not depend on what of it is left out.</summary>
    public ImmutableSortedSet<int>? Only { get; init; }

    /// <summary>Keeps the whole log instead of its end.</summary>
    public bool KeepsLog { get; init; }

    /// <summary>Called with the network and its daemons before they start: here a test puts in a rule that is broken.</summary>
    internal Action<FaultRun>? Prepare { get; init; }
}

/// <summary>What a run came to.</summary>
/// <param name="Virtual">How long it took in the network's own time.</param>
/// <param name="Steps">Events of the timeline.</param>
/// <param name="RingsSettled">By what their initiators' LNDs say.</param>
/// <param name="RingsFailed">Rings that were begun and did not settle.</param>
/// <param name="MsatLost">By nodes that did not choose to.</param>
/// <param name="Planned">The faults of the plan, in words.</param>
/// <param name="Log">The whole log, or its end.</param>
public sealed record FaultRunResult(
    ulong Seed,
    int Nodes,
    TimeSpan Virtual,
    long Steps,
    int RingsSettled,
    int RingsFailed,
    long MsatLost,
    ImmutableSortedDictionary<FaultKind, long> Faults,
    ImmutableSortedDictionary<FaultTable, int> Sizes,
    Violation? Violation,
    ImmutableArray<string> Planned,
    ImmutableArray<string> Log);

/// <summary>An invariant that did not hold.</summary>
/// <param name="Invariant">Its name.</param>
/// <param name="Step">The event after which it was found broken.</param>
/// <param name="What">What was found.</param>
public sealed record Violation(string Invariant, long Step, string What);
