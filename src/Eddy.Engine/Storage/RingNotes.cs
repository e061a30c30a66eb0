using System.Collections.Immutable;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Engine.Storage;

/// <summary>What is kept of a ring beside its machine's terms and state. Rings saved by an earlier version have only the first.</summary>
/// <param name="Agreed">The members' terms, as far as they are known: they are told of the ring when its state has forgotten them.</param>
/// <param name="LeftOn">Where LND sent our HTLC, as a member.</param>
/// <param name="ComesInOn">Where the move comes in, as far as it is known.</param>
/// <param name="Neutral">The channels that the ring does not bring nearer their targets.</param>
/// <param name="Retries">How often it was tried with a larger amount before.</param>
internal sealed record RingNotes(
    ImmutableArray<MemberTerms> Agreed, ShortChannelId? LeftOn, ShortChannelId? ComesInOn, ImmutableArray<ShortChannelId> Neutral, int Retries);
