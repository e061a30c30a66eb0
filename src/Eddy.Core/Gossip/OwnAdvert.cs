using System.Collections.Immutable;
using Eddy.Liquidity;

namespace Eddy.Gossip;

/// <summary>What this node has announced last.</summary>
/// <param name="Sequence">Must survive a restart where the clock may be set back.</param>
/// <param name="NotBefore">The earliest next advert.</param>
/// <param name="NotAfter">When the next is due even if nothing changes.</param>
public sealed record OwnAdvertState(
    ulong Sequence,
    bool CanInitiate,
    bool CanWaive,
    ImmutableArray<Intent> Intents,
    DateTimeOffset NotBefore,
    DateTimeOffset NotAfter)
{
    /// <summary>Nothing announced yet; <paramref name="sequence"/> is the last one known to have been used.</summary>
    public static OwnAdvertState Start(ulong sequence = 0) =>
        new(sequence, false, false, [], DateTimeOffset.MinValue, DateTimeOffset.MinValue);
}

/// <summary>One part to encode and have signed.</summary>
public sealed record AdvertDraft(
    ulong Sequence, int Part, int Parts, int TtlSeconds, bool CanInitiate, bool CanWaive, ImmutableArray<Intent> Intents);

/// <param name="Drafts">All parts of a new advert; empty where none is due.</param>
/// <param name="NextAt">When to look again at the latest.</param>
public sealed record OwnAdvertStep(OwnAdvertState Next, ImmutableArray<AdvertDraft> Drafts, DateTimeOffset NextAt);

/// <summary>
/// Decides when this node advertises and what: at a change of what is announced, that is of a bucket, a peer or a flag, but not more
/// often than a jittered floor allows, and well before the last advert ends.
/// </summary>
public static class OwnAdvert
{
    private const double HeartbeatShare = 0.5;
    private static readonly TimeSpan FarAhead = TimeSpan.FromDays(2);
    private const int MostIntents = AdvertBookOptions.MaxParts * OwnAdvertOptions.IntentsPerPart;

    /// <param name="offers">One for each eddy peer, also where nothing is offered: being named is what lets a peer's advert pass.</param>
    public static OwnAdvertStep Step(
        OwnAdvertState state,
        IEnumerable<PairOffer> offers,
        bool canInitiate,
        bool canWaive,
        OwnAdvertOptions options,
        DateTimeOffset now,
        Random random)
    {
        var intents = Announce(state.Intents, offers);
        var due = IsNews(state, intents, canInitiate, canWaive) ? state.NotBefore : state.NotAfter;
        if (now < due)
        {
            return new(state, [], due);
        }

        var sequence = NextSequence(state.Sequence, now);
        var next = new OwnAdvertState(
            sequence,
            canInitiate,
            canWaive,
            intents,
            now + (options.Floor * Jitter.Factor(random)),
            now + (TimeSpan.FromSeconds(options.TtlSeconds) * HeartbeatShare * Jitter.Factor(random)));
        return new(next, Split(next, options), next.NotAfter);
    }

    /// <summary>True where what would be announced now is not what was announced last.</summary>
    public static bool HasNews(OwnAdvertState state, IEnumerable<PairOffer> offers, bool canInitiate, bool canWaive) =>
        IsNews(state, Announce(state.Intents, offers), canInitiate, canWaive);

    /// <summary>
    /// One more than the last, or the time. A clock that is set back a little changes nothing. One that was once far ahead must not keep us
    /// silent until that time comes: nobody has taken a sequence so far ahead, so that nobody misses it.
    /// </summary>
    private static ulong NextSequence(ulong last, DateTimeOffset now)
    {
        var time = (ulong)Math.Max(0, now.ToUnixTimeMilliseconds());
        return AdvertForm.TimeOf(last) > now + FarAhead ? time : Math.Max(checked(last + 1), time);
    }

    private static bool IsNews(OwnAdvertState state, ImmutableArray<Intent> intents, bool canInitiate, bool canWaive) =>
        state.NotAfter == DateTimeOffset.MinValue
        || canInitiate != state.CanInitiate
        || canWaive != state.CanWaive
        || !intents.SequenceEqual(state.Intents);

    private static ImmutableArray<Intent> Announce(ImmutableArray<Intent> announced, IEnumerable<PairOffer> offers)
    {
        var before = announced.ToDictionary(intent => intent.Peer);
        return [.. offers.OrderBy(offer => offer.Peer).Take(MostIntents).Select(offer => Announce(before.GetValueOrDefault(offer.Peer), offer))];
    }

    private static Intent Announce(Intent? before, PairOffer offer)
    {
        var (wantOut, mayOut, leastOut) = Announce(before?.WantOut ?? 0, before?.MayOut ?? 0, offer.Out);
        var (wantIn, mayIn, leastIn) = Announce(before?.WantIn ?? 0, before?.MayIn ?? 0, offer.In);
        return new(offer.Peer, wantOut, mayOut, leastOut, wantIn, mayIn, leastIn);
    }

    private static (long Want, long May, long Least) Announce(long wantBefore, long mayBefore, DirectionOffer offer)
    {
        var want = FromLeast(LiquidityBucket.Announce(wantBefore, offer.Want), offer.Least);
        var may = FromLeast(LiquidityBucket.Announce(mayBefore, offer.May), offer.Least);
        return want == 0 && may == 0 ? default : (want, may, offer.Least);
    }

    private static long FromLeast(long amount, long least) => amount >= least ? amount : 0;

    private static ImmutableArray<AdvertDraft> Split(OwnAdvertState state, OwnAdvertOptions options)
    {
        var parts = Math.Max(1, (state.Intents.Length + OwnAdvertOptions.IntentsPerPart - 1) / OwnAdvertOptions.IntentsPerPart);
        return
        [
            .. Enumerable.Range(0, parts).Select(part => new AdvertDraft(
                state.Sequence,
                part,
                parts,
                options.TtlSeconds,
                state.CanInitiate,
                state.CanWaive,
                [.. state.Intents.Skip(part * OwnAdvertOptions.IntentsPerPart).Take(OwnAdvertOptions.IntentsPerPart)])),
        ];
    }
}
