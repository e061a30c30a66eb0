using System.Collections.Immutable;
using Eddy.Lightning;
using Eddy.Liquidity;

namespace Eddy.Gossip;

/// <summary>A part of our own advert as announced last.</summary>
/// <param name="Intents">Ordered by peer; empty where its peers are gone, until others come.</param>
/// <param name="NotAfter">When it is due even if nothing changes.</param>
public sealed record OwnAdvertPart(ulong Sequence, ImmutableArray<Intent> Intents, DateTimeOffset NotAfter);

/// <summary>What this node has announced last.</summary>
/// <param name="Sequence">The highest used. Must survive a restart where the clock may be set back.</param>
/// <param name="Parts">By number; none before anything was announced.</param>
/// <param name="NotBefore">The earliest next advert.</param>
public sealed record OwnAdvertState(
    ulong Sequence, bool CanInitiate, bool CanWaive, ImmutableArray<OwnAdvertPart> Parts, DateTimeOffset NotBefore)
{
    /// <summary>All of them, ordered by peer.</summary>
    public ImmutableArray<Intent> Intents => [.. Parts.SelectMany(static part => part.Intents).OrderBy(static intent => intent.Peer)];

    /// <summary>
    /// Nothing announced yet; <paramref name="sequence"/> is the last one known to have been used, and so many parts: all of these are due, so that what
    /// an earlier run said in them counts no more.
    /// </summary>
    public static OwnAdvertState Start(ulong sequence = 0, int parts = 0) => new(
        sequence, false, false, [.. Enumerable.Repeat(new OwnAdvertPart(0, [], DateTimeOffset.MinValue), Math.Min(parts, AdvertBookOptions.MaxParts))], DateTimeOffset.MinValue);
}

/// <summary>One part to encode and have signed.</summary>
public sealed record AdvertDraft(
    ulong Sequence, int Part, int TtlSeconds, bool CanInitiate, bool CanWaive, ImmutableArray<Intent> Intents);

/// <param name="Drafts">The parts that have changed or are due; empty where none is.</param>
/// <param name="NextAt">When to look again at the latest.</param>
public sealed record OwnAdvertStep(OwnAdvertState Next, ImmutableArray<AdvertDraft> Drafts, DateTimeOffset NextAt);

/// <summary>
/// Decides when this node advertises and what: the parts in which something changes, that is a bucket, a peer or a flag, but not more
/// often than a jittered floor allows, and each part well before its time ends. A peer stays in its part.
/// </summary>
public static class OwnAdvert
{
    private const double HeartbeatShare = 0.5;
    private const int MostIntents = AdvertBookOptions.MaxParts * OwnAdvertOptions.IntentsPerPart;
    private static readonly TimeSpan FarAhead = TimeSpan.FromDays(2);

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
        var intents = Assign(state, offers);
        var hasNewFlags = canInitiate != state.CanInitiate || canWaive != state.CanWaive;
        var isNews = state.Parts.IsEmpty || hasNewFlags || HasChanged(state, intents);
        var due = isNews ? state.NotBefore : DateTimeOffset.MaxValue;
        due = state.Parts.Select(static part => part.NotAfter).Append(due).Min();
        if (now < due)
        {
            return new(state, [], due);
        }

        var isTimeForNews = now >= state.NotBefore;
        var sequence = state.Sequence;
        var drafts = ImmutableArray.CreateBuilder<AdvertDraft>();
        var parts = state.Parts.ToBuilder();
        for (var number = 0; number < intents.Count; number++)
        {
            var before = number < state.Parts.Length ? state.Parts[number] : null;
            var isChanged = before is null || !before.Intents.SequenceEqual(intents[number]);

            // The newest part's flags count: one part is enough to tell them.
            if ((isTimeForNews && (isChanged || (hasNewFlags && number == 0))) || before?.NotAfter <= now)
            {
                sequence = NextSequence(sequence, now);
                drafts.Add(new(sequence, number, options.TtlSeconds, canInitiate, canWaive, intents[number]));
                var isNeeded = number == 0 || intents[number].Length > 0;

                // The first time comes anywhere in the interval: what began together must not be said again together.
                var factor = before is null ? random.NextDouble() : Jitter.Factor(random);
                var part = new OwnAdvertPart(
                    sequence,
                    intents[number],
                    isNeeded ? now + (TimeSpan.FromSeconds(options.TtlSeconds) * HeartbeatShare * factor) : DateTimeOffset.MaxValue);
                if (before is null)
                {
                    parts.Add(part);
                }
                else
                {
                    parts[number] = part;
                }
            }
        }

        var next = new OwnAdvertState(
            sequence, canInitiate, canWaive, parts.ToImmutable(), isTimeForNews ? now + (options.Floor * Jitter.Factor(random)) : state.NotBefore);
        return new(next, drafts.ToImmutable(), next.Parts.Min(static part => part.NotAfter));
    }

    /// <summary>True where what would be announced now is not what was announced last.</summary>
    public static bool HasNews(OwnAdvertState state, IEnumerable<PairOffer> offers, bool canInitiate, bool canWaive) =>
        state.Parts.IsEmpty || canInitiate != state.CanInitiate || canWaive != state.CanWaive || HasChanged(state, Assign(state, offers));

    /// <summary>
    /// One more than the last, or the time. A clock that is set back a little changes nothing. One that was once far ahead must not keep us
    /// silent until that time comes: nobody has taken a sequence so far ahead, so that nobody misses it.
    /// </summary>
    private static ulong NextSequence(ulong last, DateTimeOffset now)
    {
        var time = (ulong)Math.Max(0, now.ToUnixTimeMilliseconds());
        return AdvertForm.TimeOf(last) > now + FarAhead ? time : Math.Max(checked(last + 1), time);
    }

    private static bool HasChanged(OwnAdvertState state, List<ImmutableArray<Intent>> intents)
    {
        if (intents.Count != state.Parts.Length)
        {
            return true;
        }

        for (var number = 0; number < intents.Count; number++)
        {
            if (!intents[number].SequenceEqual(state.Parts[number].Intents))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What to announce, part by part: a peer stays where it is, a new one goes where there is room.</summary>
    private static List<ImmutableArray<Intent>> Assign(OwnAdvertState state, IEnumerable<PairOffer> offers)
    {
        var before = new Dictionary<NodeId, (int Part, Intent Intent)>();
        for (var number = 0; number < state.Parts.Length; number++)
        {
            foreach (var intent in state.Parts[number].Intents)
            {
                before[intent.Peer] = (number, intent);
            }
        }

        var parts = new List<List<Intent>>(state.Parts.Length);
        for (var number = 0; number < Math.Max(1, state.Parts.Length); number++)
        {
            parts.Add([]);
        }

        var come = new List<Intent>();
        foreach (var offer in offers.OrderBy(static offer => offer.Peer).Take(MostIntents))
        {
            if (before.TryGetValue(offer.Peer, out var known))
            {
                parts[known.Part].Add(Announce(known.Intent, offer));
            }
            else
            {
                come.Add(Announce(null, offer));
            }
        }

        var place = 0;
        foreach (var intent in come)
        {
            while (place < parts.Count && parts[place].Count >= OwnAdvertOptions.IntentsPerPart)
            {
                place++;
            }

            if (place == parts.Count)
            {
                parts.Add([]);
            }

            parts[place].Add(intent);
        }

        return [.. parts.Select(static part => part.OrderBy(static intent => intent.Peer).ToImmutableArray())];
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
}
