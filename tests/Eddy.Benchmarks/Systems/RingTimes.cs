using System.Collections.Immutable;
using Eddy.Benchmarks.Measuring;
using Eddy.Engine.Views;
using Eddy.Rings;

namespace Eddy.Benchmarks.Systems;

/// <summary>What the stories of settled rings say about where the time went.</summary>
internal sealed class RingTimes
{
    /// <summary>Lines of a settled ring's story at its initiator: found, proposed, agreed, sent, came home, settled.</summary>
    private const int InitiatorLines = 6;

    /// <summary>At a member: asked, passed on, HTLC let through, settled.</summary>
    private const int MemberLines = 4;

    public Series Total { get; } = new();

    /// <summary>Between the lines of the initiator's story.</summary>
    public ImmutableArray<Series> Phases { get; } = [.. Enumerable.Range(0, InitiatorLines - 1).Select(static _ => new Series())];

    /// <summary>From a proposal's arrival to its being passed on.</summary>
    public Series MemberTurn { get; } = new();

    /// <summary>From the HTLC's being let through at one member to the same at the next one.</summary>
    public Series Passing { get; } = new();

    public int Unsettled { get; private set; }

    /// <param name="members">The same ring as its members see it, in its order.</param>
    public void Add(RingView initiator, IReadOnlyList<RingView> members)
    {
        if (initiator.Outcome != RingOutcome.Settled || initiator.EndedAt is not { } ended)
        {
            Unsettled++;
            Console.Error.WriteLine($"  not settled: {initiator.Reason}");
            return;
        }

        Total.Add(ended - initiator.StartedAt);
        if (initiator.Story.Length == InitiatorLines)
        {
            for (var i = 0; i < Phases.Length; i++)
            {
                Phases[i].Add(initiator.Story[i + 1].At - initiator.Story[i].At);
            }
        }

        DateTimeOffset? passed = null;
        foreach (var member in members.Where(static member => member.Story.Length == MemberLines))
        {
            MemberTurn.Add(member.Story[1].At - member.Story[0].At);
            if (passed is { } before)
            {
                Passing.Add(member.Story[2].At - before);
            }

            passed = member.Story[2].At;
        }
    }
}
