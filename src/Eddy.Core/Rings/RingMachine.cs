namespace Eddy.Rings;

/// <summary>
/// One node's part in one ring. Pure and total: same input, same output, no clock and no I/O; an event that means nothing in a state
/// changes nothing, since peers are late, repeat themselves and lie.
/// </summary>
public static class RingMachine
{
    /// <summary>The initiator's beginning.</summary>
    /// <exception cref="ArgumentException">The secrets are not those behind the offer: a fault of our own.</exception>
    public static Transition Propose(RingTerms.Initiator terms) => InitiatorMachine.Begin(terms);

    /// <summary>A member's beginning, after every check has passed.</summary>
    /// <exception cref="ArgumentException">The waiver or the terms are not for this offer: a fault of our own.</exception>
    public static Transition Accept(RingTerms.Member terms) => MemberMachine.Begin(terms);

    /// <exception cref="ArgumentException">Terms of one half with a state of the other: a fault of our own.</exception>
    public static Transition Apply(RingTerms terms, RingState state, RingEvent ringEvent) => (terms, state) switch
    {
        (RingTerms.Initiator initiator, InitiatorState current) => InitiatorMachine.Apply(initiator, current, ringEvent),
        (RingTerms.Member member, MemberState current) => MemberMachine.Apply(member, current, ringEvent),
        _ => throw new ArgumentException($"A ring cannot be {state.Name} for the {terms}.", nameof(state)),
    };

    /// <summary>When <see cref="RingEvent.TimePassed"/> is next due; null where no clock matters. Earlier and more often does no harm.</summary>
    public static DateTimeOffset? WakeAt(RingTerms terms, RingState state) => (terms, state) switch
    {
        (RingTerms.Initiator initiator, InitiatorState.Signing or InitiatorState.Walking or InitiatorState.Invoicing) => initiator.SendBy,
        (RingTerms.Member member, MemberState.Signing or MemberState.Accepted) => member.Deadline,
        (_, MemberState.Bound bound) => bound.LookupAt,
        _ => null,
    };
}
