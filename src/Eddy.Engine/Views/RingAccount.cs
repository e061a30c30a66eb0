using System.Collections.Immutable;
using System.Globalization;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Engine.Views;

/// <summary>A ring that has ended, in one piece: what a log line, a measure or a trace of it needs.</summary>
/// <param name="Role">"initiator" or "member".</param>
/// <param name="Hops">Nodes in the ring.</param>
/// <param name="SavedFee">As an initiator: what it would have cost at least.</param>
/// <param name="ReasonCode">One of a fixed set of words, for labels: "none" for a settled one, else a reject reason, LND's failure code, or why it was cancelled.</param>
/// <param name="Reason">The same in a sentence.</param>
/// <param name="Phases">In order; without those of an earlier run of the daemon.</param>
public sealed record RingAccount(
    RingId Id,
    string Role,
    int Hops,
    MilliSatoshi Amount,
    MilliSatoshi Fee,
    MilliSatoshi WaivedFee,
    MilliSatoshi SavedFee,
    RingOutcome Outcome,
    string ReasonCode,
    string Reason,
    DateTimeOffset StartedAt,
    DateTimeOffset EndedAt,
    ImmutableArray<RingPhase> Phases)
{
    /// <summary>The phases for people: "sign 5, walk 94" in milliseconds.</summary>
    public string PhaseText => string.Join(
        ", ", Phases.Select(static phase => string.Create(CultureInfo.InvariantCulture, $"{phase.Name} {phase.Took.TotalMilliseconds:0}")));
}

/// <param name="Name">
/// At the initiator "sign", "walk", "invoice", "payment", "check"; at a member "sign", "wait" (for the HTLC) and "hold" (the HTLC).
/// </param>
public sealed record RingPhase(string Name, DateTimeOffset StartedAt, DateTimeOffset EndedAt)
{
    /// <summary>Never negative, although the clock may be set back meanwhile.</summary>
    public TimeSpan Took => EndedAt > StartedAt ? EndedAt - StartedAt : TimeSpan.Zero;
}
