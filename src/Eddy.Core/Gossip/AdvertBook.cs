using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Gossip;

/// <summary>
/// The adverts within this node's radius. An origin is let in only where it is a direct eddy peer or a shown advert names it, and shown and
/// relayed only where it names that one back, so that nobody can make up nodes that hang in the air. What a peer sends is bounded, then
/// limited in rate, then judged by all that costs little, and only plausible news has its signature checked. What is shown does not depend
/// on the order in which adverts came, as long as no quota is reached. Mutable, one owner; time comes in as data.
/// </summary>
public sealed class AdvertBook
{
    /// <summary>Forged parts of one peer that are checked in a row.</summary>
    private const int MostOffences = 4;

    private readonly NodeId _self;
    private readonly Bytes32 _chain;
    private readonly AdvertBookOptions _options;
    private readonly Func<SignedAdvertPart, bool> _verify;
    private readonly AdvertRates _rates;
    private readonly AdvertQuota _quota;
    private readonly AdvertWaitingRoom _waiting;
    private readonly SortedDictionary<NodeId, AdvertOrigin> _origins = [];
    private readonly Dictionary<ulong, AdvertOrigin> _byKey = [];
    private readonly AdvertRoots _roots;
    private readonly SortedDictionary<NodeId, ulong> _gone = [];
    private readonly List<(NodeId Peer, AdvertFault Fault)> _offences = [];
    private readonly SortedDictionary<int, (SignedAdvertPart Part, DateTimeOffset At)> _own = [];

    /// <param name="verify">Whether a part is signed by its node in <see cref="SignatureDomain.Advert"/>; must not throw.</param>
    public AdvertBook(NodeId self, Bytes32 chain, AdvertBookOptions options, Func<SignedAdvertPart, bool> verify)
    {
        _self = self;
        _chain = chain;
        _options = options;
        _verify = verify;
        _rates = new(options);
        _quota = new(options);
        _waiting = new(options);
        _roots = new(_origins);
    }

    /// <summary>The adverts of others, ordered by node.</summary>
    public IEnumerable<Advert> Adverts => Shown.Select(origin => origin.Advert!);

    /// <summary>Origins of which anything is held, shown or not.</summary>
    public int OriginCount => _quota.Origins;

    /// <summary>Roughly what is held.</summary>
    public long Bytes => _quota.Bytes;

    /// <summary>Parts that wait for somebody to name their origin.</summary>
    public int WaitingCount => _waiting.Count;

    private IEnumerable<AdvertOrigin> Shown => _origins.Values.Where(origin => origin.IsRooted);

    public Advert? Find(NodeId node) => _origins.GetValueOrDefault(node) is { IsRooted: true } origin ? origin.Advert : null;

    /// <summary>A part of our own advert as signed, to be offered and sent like any other.</summary>
    public void SetOwn(SignedAdvertPart part, DateTimeOffset now) => _own[part.Part] = (part, now);

    /// <summary>The direct eddy peers: connected channel peers that said hello. What only one that left had rooted is shown no more.</summary>
    public AdvertBookChange SetPeers(IEnumerable<NodeId> peers, DateTimeOffset now)
    {
        var work = new AdvertWork();
        var direct = new SortedSet<NodeId>(peers);
        direct.Remove(_self);
        if (!direct.SetEquals(_roots.Peers))
        {
            _roots.SetPeers(direct, work);
        }

        return Settle(work, now);
    }

    /// <summary>Judges one part that a peer sent, whether of itself or because it was asked to.</summary>
    public AdvertVerdict Receive(NodeId from, RelayedAdvertPart relayed, DateTimeOffset now)
    {
        if (!_roots.Peers.Contains(from))
        {
            return Ignore(AdvertIgnoreReason.NotPeer);
        }

        if (!_rates.TakePart(from, now))
        {
            return Ignore(AdvertIgnoreReason.RateLimited);
        }

        if (AdvertForm.FindFault(from, relayed, _chain) is { } fault)
        {
            return new AdvertVerdict.Penalise(fault);
        }

        var work = new AdvertWork();
        if (Admit(new(from, relayed), work, now) is { } refusal)
        {
            return refusal;
        }

        var change = Settle(work, now);
        return change.Changed.IsEmpty && _origins.TryGetValue(relayed.Part.Node, out var origin) && !origin.IsRooted
            ? Ignore(AdvertIgnoreReason.Unrooted)
            : new AdvertVerdict.Accepted(change.Relays, change.Changed);
    }

    /// <summary>Drops what is over, and shows no more what only that had rooted. The origins whose advert is gone or another.</summary>
    public ImmutableArray<NodeId> Expire(DateTimeOffset now)
    {
        var work = new AdvertWork();
        foreach (var origin in _origins.Values.ToArray())
        {
            var (before, bytes) = (origin.Advert!, origin.Bytes);
            if (!origin.RemoveExpired(now))
            {
                continue;
            }

            _quota.Change(origin.ChargedTo, 0, origin.Bytes - bytes);
            if (!origin.IsEmpty)
            {
                _roots.Follow(origin, before, work);
                continue;
            }

            _roots.Forget(origin, before, work);
            _origins.Remove(origin.Node);
            if (_byKey.GetValueOrDefault(origin.Node.ShortKey) == origin)
            {
                _byKey.Remove(origin.Node.ShortKey);
            }

            _quota.Change(origin.ChargedTo, -1, 0);
            Bury(origin.Node, origin.HighestSequence);
        }

        if (work.Changed.Count > 0)
        {
            _roots.Recompute(work);
        }

        _waiting.RemoveWhere(arrival => IsOver(arrival.Part, now) || !_roots.Peers.Contains(arrival.From));
        foreach (var (node, sequence) in _gone.ToArray())
        {
            if (AdvertForm.TimeOf(sequence, TimeSpan.FromSeconds(AdvertBookOptions.MaxTtlSeconds)) + AdvertBookOptions.MaxBehind <= now)
            {
                _gone.Remove(node);
            }
        }

        _rates.Prune(now);
        return [.. work.Changed];
    }

    /// <summary>What we could send a peer: our own parts and those within its radius, as far as they became known since then.</summary>
    public IEnumerable<AdvertOffer> Offers(NodeId peer, DateTimeOffset since)
    {
        foreach (var (part, at) in _own.Values)
        {
            if (at >= since)
            {
                yield return new(_self.ShortKey, part.Part, part.Sequence, 1);
            }
        }

        foreach (var origin in Shown)
        {
            if (origin.Node == peer)
            {
                continue;
            }

            foreach (var stored in origin.Stored)
            {
                // Whoever gave it to us has it already.
                if (stored.Hops < _options.Radius && stored.At >= since && stored.Via != peer)
                {
                    yield return AdvertOffer.Of(stored);
                }
            }
        }
    }

    /// <summary>What an offer means to us.</summary>
    public AdvertStanding Judge(NodeId from, AdvertOffer offer, DateTimeOffset now)
    {
        if (offer.Hops is < 1 || offer.Hops > _options.Radius || offer.Part is < 0 or >= AdvertBookOptions.MaxParts || offer.Sequence == 0
            || (offer.Hops == 1) != (offer.Origin == from.ShortKey) || offer.Origin == _self.ShortKey
            || AdvertForm.TimeOf(offer.Sequence) > now + AdvertBookOptions.MaxAhead)
        {
            return AdvertStanding.Useless;
        }

        if (_byKey.GetValueOrDefault(offer.Origin)?.Find(offer.Part) is not { } stored || stored.Part.Sequence < offer.Sequence)
        {
            return AdvertStanding.Missing;
        }

        return stored.Part.Sequence > offer.Sequence ? AdvertStanding.Older : offer.Hops < stored.Hops ? AdvertStanding.Nearer : AdvertStanding.Held;
    }

    /// <summary>A peer holds a part that is here already, and is nearer to its origin: what we tell others of its hops falls, as if it had come from there.</summary>
    public AdvertBookChange Approach(NodeId from, AdvertOffer offer, DateTimeOffset now)
    {
        if (!_roots.Peers.Contains(from) || Judge(from, offer, now) != AdvertStanding.Nearer)
        {
            return AdvertBookChange.None;
        }

        var work = new AdvertWork();
        var origin = _byKey[offer.Origin];
        Improve(origin, origin.Find(offer.Part)!, from, offer.Hops, work, now);
        return Settle(work, now);
    }

    /// <summary>A part to send to a peer that asked for it, hops counted already; null where there is none for it, or it asks too often.</summary>
    public RelayedAdvertPart? Answer(NodeId peer, ulong key, int number, DateTimeOffset now)
    {
        if (!_roots.Peers.Contains(peer) || FindFor(peer, key, number) is not { } answer || !_rates.TakeAnswer(peer, now))
        {
            return null;
        }

        return answer;
    }

    /// <summary>True where we hold anything of this origin, ourselves included.</summary>
    public bool Knows(ulong key) => _byKey.ContainsKey(key) || key == _self.ShortKey;

    /// <summary>What was found out about peers beside the verdicts on what they had just sent; once each.</summary>
    public ImmutableArray<(NodeId Peer, AdvertFault Fault)> TakeOffences()
    {
        ImmutableArray<(NodeId, AdvertFault)> offences = [.. _offences];
        _offences.Clear();
        return offences;
    }

    private static AdvertVerdict.Ignored Ignore(AdvertIgnoreReason reason) => new(reason);

    private static bool IsOver(SignedAdvertPart part, DateTimeOffset now) => AdvertForm.EndsAt(part) + AdvertBookOptions.MaxBehind <= now;

    /// <summary>Takes a well-formed part in; null where that changed something, else why not.</summary>
    private AdvertVerdict? Admit(AdvertArrival arrival, AdvertWork work, DateTimeOffset now)
    {
        var part = arrival.Part;
        var origin = _origins.GetValueOrDefault(part.Node);
        if ((FindObjection(arrival, now) ?? origin?.FindObjection(part)) is { } objection)
        {
            return Ignore(objection);
        }

        if (origin?.Find(part.Part) is { } stored && stored.IsSameContent(part))
        {
            return Improve(origin, stored, arrival.From, arrival.Relayed.Hops, work, now);
        }

        if (origin is null && !_roots.IsNamed(part.Node))
        {
            return Ignore(_waiting.TryAdd(arrival) ? AdvertIgnoreReason.Unrooted : AdvertIgnoreReason.Quota);
        }

        var sequences = origin?.Sequences ?? default;
        if ((origin is null || origin.Find(part.Part) is not null) && !sequences.TryTake(RateOf(origin), now, 1, out sequences))
        {
            return Ignore(AdvertIgnoreReason.OriginRateLimited);
        }

        var heldUntil = now + TimeSpan.FromSeconds(part.TtlSeconds);
        var endsAt = AdvertForm.EndsAt(part) + AdvertBookOptions.MaxBehind;
        var news = new StoredPart(part, arrival.Relayed.Hops, arrival.From, endsAt < heldUntil ? endsAt : heldUntil, now);
        if (!HasRoom(origin, news))
        {
            return Ignore(AdvertIgnoreReason.Quota);
        }

        if ((origin is not null && _roots.Parts(origin, part) && !_rates.TakeParting(arrival.From, now)) || !_rates.TakeVerification(arrival.From, now))
        {
            return Ignore(AdvertIgnoreReason.RateLimited);
        }

        if (!_verify(part))
        {
            return new AdvertVerdict.Penalise(AdvertFault.BadSignature);
        }

        origin ??= Add(part.Node, arrival.From);
        origin.Sequences = sequences;
        Store(origin, news, work);
        return null;
    }

    /// <summary>Of somebody whose parts are forged nothing more is looked at until the owner of the book has heard of it.</summary>
    private bool IsBearable(NodeId peer) => _offences.Count(offence => offence.Peer == peer) < MostOffences;

    private AdvertIgnoreReason? FindObjection(AdvertArrival arrival, DateTimeOffset now)
    {
        var part = arrival.Part;
        if (part.Node == _self)
        {
            return AdvertIgnoreReason.Own;
        }

        if (arrival.Relayed.Hops > _options.Radius)
        {
            return AdvertIgnoreReason.TooFar;
        }

        if (AdvertForm.TimeOf(part.Sequence) > now + AdvertBookOptions.MaxAhead)
        {
            return AdvertIgnoreReason.Future;
        }

        if (IsOver(part, now))
        {
            return AdvertIgnoreReason.Expired;
        }

        return _gone.TryGetValue(part.Node, out var gone) && part.Sequence <= gone ? AdvertIgnoreReason.Older : null;
    }

    /// <summary>A node with many peers has many parts, and as many reasons to say something.</summary>
    private TokenRate RateOf(AdvertOrigin? origin)
    {
        var more = (origin?.Stored.Length ?? 1) - 1;
        return new(_options.OriginRate.Burst + (2 * more), _options.OriginRate.PerSecond * (1 + (more / 8.0)));
    }

    private void Store(AdvertOrigin origin, StoredPart news, AdvertWork work)
    {
        var before = origin.Advert;
        var bytes = origin.Bytes;
        origin.Put(news);
        _quota.Change(origin.ChargedTo, 0, origin.Bytes - bytes);
        work.Touched.Add(origin.Node);
        _roots.Follow(origin, before, work);
    }

    /// <summary>A part that is here already: news only where it came on a shorter way than before.</summary>
    private static AdvertVerdict.Ignored? Improve(AdvertOrigin origin, StoredPart stored, NodeId from, int hops, AdvertWork work, DateTimeOffset now)
    {
        var isNearer = hops < stored.Hops;
        if (isNearer || (hops == stored.Hops && from < stored.Via))
        {
            origin.Put(stored with
            {
                Hops = hops,
                Via = from,
                At = isNearer ? now : stored.At,
                IsRelayed = stored.IsRelayed && !isNearer,
                WasRelayed = stored.IsRelayed || stored.WasRelayed,
            });
            work.Touched.Add(origin.Node);
        }

        return isNearer ? null : Ignore(AdvertIgnoreReason.Duplicate);
    }

    /// <summary>Takes in what waited for the nodes that are named now, and what that names in its turn; then relays what is due.</summary>
    private AdvertBookChange Settle(AdvertWork work, DateTimeOffset now)
    {
        while (work.Named.TryDequeue(out var node))
        {
            if (_roots.IsNamed(node))
            {
                foreach (var arrival in _waiting.Take(node))
                {
                    if (_roots.Peers.Contains(arrival.From) && IsBearable(arrival.From)
                        && Admit(arrival, work, now) is AdvertVerdict.Penalise { Fault: var fault })
                    {
                        _offences.Add((arrival.From, fault));
                    }
                }
            }
        }

        var relays = ImmutableArray.CreateBuilder<AdvertRelay>();
        foreach (var node in work.Touched)
        {
            if (_origins.TryGetValue(node, out var origin) && origin.IsRooted)
            {
                foreach (var stored in origin.Stored)
                {
                    Relay(stored, relays);
                }
            }
        }

        return new(relays.ToImmutable(), [.. work.Changed]);
    }

    private RelayedAdvertPart? FindFor(NodeId peer, ulong key, int number)
    {
        if (key == _self.ShortKey)
        {
            return _own.TryGetValue(number, out var own) ? new(own.Part, 1) : null;
        }

        return _byKey.GetValueOrDefault(key) is { } origin && origin.Node != peer && origin.IsRooted
            && origin.Find(number) is { } stored && stored.Hops < _options.Radius
            ? new(stored.Part, stored.Hops + 1)
            : null;
    }

    private void Relay(StoredPart stored, ImmutableArray<AdvertRelay>.Builder relays)
    {
        if (stored.IsRelayed || stored.Hops >= _options.Radius)
        {
            return;
        }

        stored.IsRelayed = true;
        ImmutableArray<NodeId> to = [.. _roots.Peers.Where(peer => peer != stored.Via && peer != stored.Part.Node)];
        if (!to.IsEmpty)
        {
            relays.Add(new(new(stored.Part, stored.Hops + 1), to, IsNews: !stored.WasRelayed));
        }
    }

    private bool HasRoom(AdvertOrigin? origin, StoredPart news)
    {
        var firstHop = origin?.ChargedTo ?? news.Via;
        return _quota.HasRoomFor(firstHop, news.Bytes)
            && (origin is not null || _roots.Peers.Contains(news.Part.Node) || _quota.HasRoomForOrigin(firstHop));
    }

    private AdvertOrigin Add(NodeId node, NodeId firstHop)
    {
        var origin = new AdvertOrigin(node, firstHop);
        _origins.Add(node, origin);
        _byKey.TryAdd(node.ShortKey, origin);
        _quota.Change(firstHop, 1, 0);
        return origin;
    }

    /// <summary>Remembers the sequence, so that an older advert cannot come back from the dead.</summary>
    private void Bury(NodeId node, ulong sequence)
    {
        if (_gone.Count < _options.MaxOrigins || _gone.ContainsKey(node))
        {
            _gone[node] = sequence;
        }
    }
}
