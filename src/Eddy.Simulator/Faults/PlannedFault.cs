namespace Eddy.Simulator.Faults;

/// <summary>One fault of a run, drawn before the run begins: each can be left out without changing the others.</summary>
/// <param name="Index">Its number in the plan.</param>
/// <param name="At">After the start of the run; one that waits for its moment waits from here on.</param>
/// <param name="Lasts">For how long, where it is not a matter of an instant.</param>
/// <param name="Node">Whom it concerns.</param>
/// <param name="Strength">0 to 1.</param>
/// <param name="Seed">What it draws from.</param>
internal sealed record PlannedFault(
    int Index, FaultKind Kind, FaultMoment Moment, TimeSpan At, TimeSpan Lasts, int Node, double Strength, ulong Seed)
{
    public override string ToString() =>
        $"#{Index} {FaultKinds.NameOf(Kind)} at node {Node} from {At.TotalSeconds:F1} s for {Lasts.TotalSeconds:F1} s"
        + (Moment == FaultMoment.Now ? "" : $", {Moment}");
}

/// <summary>When a fault strikes.</summary>
internal enum FaultMoment
{
    Now = 0,

    /// <summary>When the node sends or passes on a proposal.</summary>
    Proposing = 1,

    /// <summary>When its gate decides to waive.</summary>
    Waiving = 2,

    /// <summary>When it sends a ring's payment.</summary>
    Paying = 3,
}

/// <summary>All that will go wrong in one run.</summary>
internal static class FaultPlan
{
    private const double MostSeconds = 45;

    /// <summary>Whoever lies or cheats does so for longer, or nobody would come to his door.</summary>
    private const int CheatsLast = 4;

    public static List<PlannedFault> Draw(SeededRandom random, IReadOnlyCollection<FaultKind> kinds, int nodes, TimeSpan trouble)
    {
        // Some runs are stormy and in some hardly anything happens: rings that come far meet other faults than those that do not.
        var share = kinds.Count <= 3 ? 1 : random.Next(4) switch { 0 => 0.08, 1 => 0.15, 2 => 0.3, _ => 0.5 };
        var plan = new List<PlannedFault>();
        foreach (var kind in kinds)
        {
            if (!random.Chance(share))
            {
                continue;
            }

            var count = 1 + random.Next(1 + Math.Min(4, nodes / 3));
            for (var time = 0; time < count; time++)
            {
                plan.Add(new(
                    plan.Count,
                    kind,
                    MomentOf(kind, random),
                    StartOf(kind, random, trouble),
                    TimeSpan.FromSeconds(1 + (random.NextDouble() * MostSeconds)) * (IsCheating(kind) ? CheatsLast : 1),
                    random.Next(nodes),
                    random.NextDouble(),
                    random.NextUInt64()));
            }
        }

        return plan;
    }

    private static bool IsCheating(FaultKind kind) => kind is >= FaultKind.StaleAdvert or FaultKind.BindingRefused;

    /// <summary>Half of it falls into the time in which a network without history makes most of its rings.</summary>
    private static TimeSpan StartOf(FaultKind kind, SeededRandom random, TimeSpan trouble)
    {
        var at = new TimeSpan(random.NextLong(trouble.Ticks));
        return random.Next(2) == 0 || IsCheating(kind) ? at / 5 : at;
    }

    private static FaultMoment MomentOf(FaultKind kind, SeededRandom random) => kind switch
    {
        FaultKind.BalanceMoved or FaultKind.PolicyChanged => random.Next(3) == 0 ? FaultMoment.Now : FaultMoment.Proposing,
        FaultKind.LndReplay => random.Next(4) == 0 ? FaultMoment.Now : FaultMoment.Waiving,
        FaultKind.Crash or FaultKind.CrashAfterSaving or FaultKind.CrashBeforeSaving or FaultKind.CrashWhileActing or FaultKind.LndRestart
            or FaultKind.StreamsDrop or FaultKind.LinkFlap or FaultKind.Partition or FaultKind.Blocks or FaultKind.ClockJump =>
            (FaultMoment)random.Next(4),
        _ => FaultMoment.Now,
    };
}
