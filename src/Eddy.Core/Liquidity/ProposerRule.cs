using Eddy.Lightning;

namespace Eddy.Liquidity;

/// <summary>What the rule needs to know of a member.</summary>
public readonly record struct RingCandidate(NodeId Node, bool CanInitiate, bool CanWaive);

/// <summary>
/// Who proposes a ring, so that no two members propose the same: the lowest id among those that can initiate; the one that cannot waive
/// where there is exactly one, since an initiator needs no waiver; nobody where two cannot.
/// </summary>
public static class ProposerRule
{
    /// <summary>The only member with the right to propose; null where the ring cannot be.</summary>
    public static NodeId? Proposer(ReadOnlySpan<RingCandidate> members)
    {
        RingCandidate? lowest = null;
        RingCandidate? unwaiving = null;
        foreach (var member in members)
        {
            if (!member.CanWaive)
            {
                if (unwaiving is not null)
                {
                    return null;
                }

                unwaiving = member;
            }

            if (member.CanInitiate && (lowest is not { } other || member.Node < other.Node))
            {
                lowest = member;
            }
        }

        return unwaiving is { } only ? (only.CanInitiate ? only.Node : null) : lowest?.Node;
    }

    /// <summary>Whether <paramref name="member"/> may take part in a ring that <paramref name="proposer"/>, who can initiate, proposes.</summary>
    public static bool MayJoin(RingCandidate proposer, RingCandidate member) =>
        member.CanWaive && (!proposer.CanWaive || !member.CanInitiate || member.Node > proposer.Node);
}
