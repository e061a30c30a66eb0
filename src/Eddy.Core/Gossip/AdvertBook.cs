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
    private readonly AdvertRoots _roots;
    private readonly SortedDictionary<NodeId, ulong> _gone = [];
    private readonly List<(NodeId Peer, AdvertFault Fault)> _offences = [];
    private ImmutableArray<SignedAdvertPart> _own = [];

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

    /// <summary>Whole adverts of others, ordered by node.</summary>
    public IEnumerable<Advert> Adverts => Shown.Select(origin => origin.Advert!);

    /// <summary>Origins of which anything is held, shown or not.</summary>
    public int OriginCount => _quota.Origins;

    /// <summary>Roughly what is held.</summary>
    public long Bytes => _quota.Bytes;

    /// <summary>Parts that wait for somebody to name their origin.</summary>
    public int WaitingCount => _waiting.Count;

    private IEnumerable<AdvertOrigin> Shown => _origins.Values.Where(origin => origin.IsRooted);

    public Advert? Find(NodeId node) => _origins.GetValueOrDefault(node) is { IsRooted: true } origin ? origin.Advert : null;

    /// <summary>Our own advert as signed: part of digests and of the answers to them.</summary>
    public void SetOwn(ImmutableArray<SignedAdvertPart> parts) => _own = parts;

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

    /// <summary>Judges one part that a peer sent, whether as news or in answer to a digest.</summary>
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
        return change.Changed.IsEmpty && _origins.TryGetValue(relayed.Part.Node, out var origin) && !MayRelay(origin)
            ? Ignore(AdvertIgnoreReason.Unrooted)
            : new AdvertVerdict.Accepted(change.Relays, change.Changed);
    }

    /// <summary>Drops what is over, and shows no more what only that had rooted. The origins whose whole advert is gone.</summary>
    public ImmutableArray<NodeId> Expire(DateTimeOffset now)
    {
        var work = new AdvertWork();
        foreach (var origin in _origins.Values.ToArray())
        {
            var (before, bytes, sequence) = (origin.Advert, origin.Bytes, origin.HighestSequence);
            origin.RemoveExpired(now);
            _quota.Change(origin.ChargedTo, 0, origin.Bytes - bytes);
            if (before is not null && origin.Advert is null)
            {
                _roots.Forget(origin, before, work);
            }

            if (origin.IsEmpty)
            {
                _origins.Remove(origin.Node);
                _quota.Change(origin.ChargedTo, -1, 0);
                Bury(origin.Node, sequence);
            }
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

    /// <summary>What we hold, ourselves included, in messages of limited size whose ranges together cover every node.</summary>
    public ImmutableArray<AdvertDigest> Digest()
    {
        var entries = Adverts.Select(advert => new AdvertDigestEntry(advert.Node, advert.Sequence));
        if (!_own.IsEmpty)
        {
            entries = entries.Append(new(_self, _own[0].Sequence)).OrderBy(entry => entry.Node);
        }

        return AdvertDigests.Split([.. entries]);
    }

    /// <summary>What a peer that sent a digest misses, nearest origins first, hops counted already. Nothing where it asks too often.</summary>
    public ImmutableArray<RelayedAdvertPart> Answer(NodeId peer, AdvertDigest digest, DateTimeOffset now)
    {
        if (!_roots.Peers.Contains(peer) || !_rates.TakeDigest(peer, now) || AdvertDigests.Read(digest) is not { } held)
        {
            return [];
        }

        var answer = new List<RelayedAdvertPart>();
        if (!_own.IsEmpty && held.Misses(_self, _own[0].Sequence))
        {
            answer.AddRange(_own.Select(part => new RelayedAdvertPart(part, 1)));
        }

        foreach (var origin in Shown.OrderBy(origin => origin.Advert!.Hops))
        {
            if (origin.Node != peer && held.Misses(origin.Node, origin.Current!.Sequence))
            {
                answer.AddRange(origin.Current.Stored
                    .Where(stored => stored.Hops < _options.Radius)
                    .Select(stored => new RelayedAdvertPart(stored.Part, stored.Hops + 1)));
            }
        }

        return [.. answer.TakeWhile(_ => _rates.TakeAnswer(peer, now))];
    }

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

        if (origin?.Find(part) is { } stored && stored.IsSameContent(part))
        {
            return Improve(origin, stored, arrival, work);
        }

        if (origin is null && !_roots.IsNamed(part.Node))
        {
            return Ignore(_waiting.TryAdd(arrival) ? AdvertIgnoreReason.Unrooted : AdvertIgnoreReason.Quota);
        }

        var sequences = origin?.Sequences ?? default;
        if (origin?.IsMissing(part) != true && !sequences.TryTake(_options.OriginRate, now, 1, out sequences))
        {
            return Ignore(AdvertIgnoreReason.OriginRateLimited);
        }

        var news = new StoredPart(part, arrival.Relayed.Hops, arrival.From);
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
        Store(origin, news, work, now);
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

    private void Store(AdvertOrigin origin, StoredPart news, AdvertWork work, DateTimeOffset now)
    {
        var before = origin.Advert;
        var bytes = origin.Bytes;
        var heldUntil = now + TimeSpan.FromSeconds(news.Part.TtlSeconds);
        var endsAt = AdvertForm.EndsAt(news.Part) + AdvertBookOptions.MaxBehind;
        origin.Put(news, endsAt < heldUntil ? endsAt : heldUntil);
        _quota.Change(origin.ChargedTo, 0, origin.Bytes - bytes);
        work.Touched.Add(origin.Node);
        if (!ReferenceEquals(origin.Advert, before))
        {
            _roots.Follow(origin, before, work);
        }
    }

    /// <summary>A part that is here already: news only where it came on a shorter way than before.</summary>
    private static AdvertVerdict.Ignored? Improve(AdvertOrigin origin, StoredPart stored, AdvertArrival arrival, AdvertWork work)
    {
        var isNearer = arrival.Relayed.Hops < stored.Hops;
        if (isNearer || (arrival.Relayed.Hops == stored.Hops && arrival.From < stored.Via))
        {
            var better = stored with { Hops = arrival.Relayed.Hops, Via = arrival.From, IsRelayed = stored.IsRelayed && !isNearer };
            origin.Put(better, DateTimeOffset.MaxValue);
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
            if (_origins.TryGetValue(node, out var origin) && MayRelay(origin))
            {
                foreach (var stored in origin.Stored)
                {
                    Relay(stored, relays);
                }
            }
        }

        return new(relays.ToImmutable(), [.. work.Changed]);
    }

    /// <summary>What is shown is relayed; of an origin that is not whole yet the parts are, or they would reach nobody.</summary>
    private bool MayRelay(AdvertOrigin origin) => origin.IsRooted || (origin.Advert is null && _roots.IsNamed(origin.Node));

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
            relays.Add(new(new(stored.Part, stored.Hops + 1), to));
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
