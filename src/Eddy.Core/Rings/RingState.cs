namespace Eddy.Rings;

/// <summary>Where a ring stands at this node: an <see cref="InitiatorState"/> or a <see cref="MemberState"/>.</summary>
public abstract record RingState
{
    private protected RingState()
    {
    }

    /// <summary>The state's name as the operator sees it.</summary>
    public string Name => GetType().Name;

    /// <summary>Over, as far as this node is concerned. One late event still counts: an HTLC that was bound while its waiver was being dropped.</summary>
    public bool IsFinal => Outcome != RingOutcome.Unknown;

    /// <summary><see cref="RingOutcome.Unknown"/> while it is under way.</summary>
    public virtual RingOutcome Outcome => RingOutcome.Unknown;
}
