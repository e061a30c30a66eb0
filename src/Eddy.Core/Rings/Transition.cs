using System.Collections.Immutable;

namespace Eddy.Rings;

/// <summary>The next state, and what has to be done, in this order.</summary>
public sealed record Transition(RingState Next, ImmutableArray<RingEffect> Effects)
{
    public static Transition To(RingState next, params ReadOnlySpan<RingEffect> effects) => new(next, [.. effects]);
}
