using System.Collections.Immutable;
using Eddy.Engine.Views;
using Eddy.Rings;

namespace Eddy.Engine.Rings;

/// <summary>How long each phase of a ring took, from one state to the next. Not saved: after a restart it begins with the next phase.</summary>
internal sealed class RingPhases
{
    private ImmutableArray<RingPhase> _ended = [];
    private (string Name, DateTimeOffset At)? _current;

    public ImmutableArray<RingPhase> Ended => _ended;

    public void Follow(RingState state, DateTimeOffset now)
    {
        var name = NameOf(state);
        if (name == _current?.Name)
        {
            return;
        }

        if (_current is { } current)
        {
            _ended = _ended.Add(new RingPhase(current.Name, current.At, now));
        }

        _current = name is null ? null : (name, now);
    }

    private static string? NameOf(RingState state) => state switch
    {
        InitiatorState.Signing or MemberState.Signing => "sign",
        InitiatorState.Walking => "walk",
        InitiatorState.Invoicing => "invoice",
        InitiatorState.Paying { Step: PayingStep.Checking } => "check",
        InitiatorState.Paying => "payment",
        MemberState.Accepted => "wait",
        MemberState.Bound => "hold",
        _ => null,
    };
}
