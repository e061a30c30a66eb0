using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Gossip;

/// <summary>
/// The adverts within this node's radius. An origin is kept only where it is a direct eddy peer, or where it and a kept node name each
/// other, so that nobody can make up nodes that hang in the air. What a peer sends is bounded, then limited in rate, then judged by all
/// that costs little, and only plausible news has its signature checked. The book does not depend on the order in which adverts came,
/// as long as no quota is reached. Mutable, one owner; time comes in as data and must be the same clock throughout.
/// </summary>
public sealed class AdvertBook
{
    private readonly NodeId _self;
    private readonly Bytes32 _chain;
    private readonly AdvertBookOptions _options;
    private readonly Func<SignedAdvertPart, bool> _verify;
    private readonly AdvertRates _rates;
    private readonly AdvertQuota _quota;
    private readonly AdvertWaitingRoom _waiting;
    private readonly SortedDictionary<NodeId, AdvertOrigin> _origins = [];
    private readonly Dictionary<NodeId, int> _named = [];
    private readonly SortedDictionary<NodeId, ulong> _gone = [];
    private SortedSet<NodeId> _peers = [];
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
        _waiting = new(options.MaxWaitingPerFirstHop);
    }

    /// <summary>Whole adverts of others, ordered by node.</summary>
    public IEnumerable<Advert> Adverts => _origins.Values.Select(origin => origin.Advert).OfType<Advert>();

    /// <summary>Origins of which anything is kept.</summary>
    public int OriginCount => _quota.Origins;

    /// <summary>Roughly what is kept.</summary>
    public long Bytes => _quota.Bytes;

    /// <summary>Parts that wait for somebody to name their origin.</summary>
    public int WaitingCount => _waiting.Count;

    public Advert? Find(NodeId node) => _origins.GetValueOrDefault(node)?.Advert;

    /// <summary>Our own advert as signed: part of digests and of the answers to them.</summary>
    public void SetOwn(ImmutableArray<SignedAdvertPart> parts) => _own = parts;

    /// <summary>
    /// The direct eddy peers: connected channel peers that said hello. A peer that is away for a moment had better stay: what only it
    /// roots is gone with it.
    /// </summary>
    public AdvertBookChange SetPeers(IEnumerable<NodeId> peers, DateTimeOffset now)
    {
        var before = _peers;
        _peers = new(peers);
        _peers.Remove(_self);
        var work = new Work();
        if (!before.IsSubsetOf(_peers))
        {
            Reroot(work);
        }

        foreach (var peer in _peers.Except(before).Order())
        {
            work.Named.Enqueue(peer);
        }

        Settle(work, now);
        return work.ToChange();
    }

    /// <summary>Judges one part that a peer sent, whether as news or in answer to a digest.</summary>
    public AdvertVerdict Receive(NodeId from, RelayedAdvertPart relayed, DateTimeOffset now)
    {
        if (!_peers.Contains(from))
        {
            return new AdvertVerdict.Ignored(AdvertIgnoreReason.NotPeer);
        }

        if (!_rates.TakePart(from, now))
        {
            return new AdvertVerdict.Ignored(AdvertIgnoreReason.RateLimited);
        }

        if (AdvertForm.FindFault(from, relayed, _chain) is { } fault)
        {
            return new AdvertVerdict.Penalise(fault);
        }

        var work = new Work();
        if (Admit(new(from, relayed, IsVerified: false), work, now) is { } refusal)
        {
            return refusal;
        }

        Settle(work, now);
        var change = work.ToChange();
        return new AdvertVerdict.Accepted(change.Relays, change.Changed);
    }

    /// <summary>Drops what is over, and what only that had rooted. The origins whose whole advert is gone.</summary>
    public ImmutableArray<NodeId> Expire(DateTimeOffset now)
    {
        var work = new Work();
        var isRerooting = false;
        foreach (var origin in _origins.Values.ToArray())
        {
            var before = origin.Advert;
            var bytes = origin.Bytes;
            var sequence = origin.HighestSequence;
            origin.RemoveExpired(now);
            _quota.Change(origin.ChargedTo, 0, origin.Bytes - bytes);
            if (before is not null && origin.Advert is null)
            {
                Unname(before);
                work.Changed.Add(origin.Node);
                isRerooting = true;
            }

            if (origin.IsEmpty)
            {
                Remove(origin);
                Bury(origin.Node, sequence);
            }
        }

        if (isRerooting)
        {
            Reroot(work);
        }

        _waiting.RemoveWhere(arrival => IsOver(arrival.Part, now) || (!arrival.IsVerified && !_peers.Contains(arrival.From)));
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
        var own = _own.IsEmpty ? [] : new[] { new AdvertDigestEntry(_self, _own[0].Sequence) };
        return AdvertDigests.Split([.. Adverts.Select(advert => new AdvertDigestEntry(advert.Node, advert.Sequence)).Concat(own).OrderBy(entry => entry.Node)]);
    }

    /// <summary>What a peer that sent a digest misses, nearest origins first, hops counted already. Nothing where it asks too often.</summary>
    public ImmutableArray<RelayedAdvertPart> Answer(NodeId peer, AdvertDigest digest, DateTimeOffset now)
    {
        if (!_peers.Contains(peer) || !_rates.TakeDigest(peer, now) || AdvertDigests.Read(digest) is not { } held)
        {
            return [];
        }

        var answer = ImmutableArray.CreateBuilder<RelayedAdvertPart>();
        if (!_own.IsEmpty && held.Misses(_self, _own[0].Sequence))
        {
            answer.AddRange(_own.Select(part => new RelayedAdvertPart(part, 1)));
        }

        foreach (var origin in _origins.Values.Where(origin => origin.Advert is not null).OrderBy(origin => origin.Advert!.Hops))
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

    private static bool IsOver(SignedAdvertPart part, DateTimeOffset now) => AdvertForm.EndsAt(part) + AdvertBookOptions.MaxBehind <= now;

    private static AdvertVerdict.Ignored Ignore(AdvertIgnoreReason reason) => new(reason);

    /// <summary>Takes a well-formed part in; null where it is now in the book, else why not.</summary>
    private AdvertVerdict? Admit(AdvertArrival arrival, Work work, DateTimeOffset now)
    {
        var part = arrival.Part;
        if (FindObjection(arrival, now) is { } objection)
        {
            return Ignore(objection);
        }

        var origin = _origins.GetValueOrDefault(part.Node);
        if (origin?.FindObjection(part) is { } stale)
        {
            return Ignore(stale);
        }

        if (origin?.Find(part) is { } stored && stored.IsSameContent(part))
        {
            return Improve(origin, stored, arrival, work);
        }

        if (origin is null && !IsNamed(part.Node))
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

        if (!arrival.IsVerified)
        {
            if (!_rates.TakeVerification(arrival.From, now))
            {
                return Ignore(AdvertIgnoreReason.RateLimited);
            }

            if (!_verify(part))
            {
                return new AdvertVerdict.Penalise(AdvertFault.BadSignature);
            }
        }

        origin ??= Add(part.Node, arrival.From);
        origin.Sequences = sequences;
        return Store(origin, news, work, now);
    }

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

    private AdvertVerdict.Ignored? Store(AdvertOrigin origin, StoredPart news, Work work, DateTimeOffset now)
    {
        var before = origin.Advert;
        var bytes = origin.Bytes;
        var heldUntil = now + TimeSpan.FromSeconds(news.Part.TtlSeconds);
        var endsAt = AdvertForm.EndsAt(news.Part) + AdvertBookOptions.MaxBehind;
        origin.Put(news, endsAt < heldUntil ? endsAt : heldUntil);
        _quota.Change(origin.ChargedTo, 0, origin.Bytes - bytes);
        if (ReferenceEquals(origin.Advert, before))
        {
            Relay(news, news.Part.Node, work);
            return null;
        }

        if (!ReplaceNames(origin, before, work))
        {
            return Ignore(AdvertIgnoreReason.Unrooted);
        }

        work.Changed.Add(origin.Node);
        Relay(news, news.Part.Node, work);
        return null;
    }

    /// <summary>Follows what a new whole advert names; false where that leaves its origin without a root.</summary>
    private bool ReplaceNames(AdvertOrigin origin, Advert? before, Work work)
    {
        var after = origin.Advert!;
        var isRerooting = before is not null && before.Intents.Any(intent => !Names(after, intent.Peer));
        foreach (var intent in after.Intents)
        {
            ref var count = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_named, intent.Peer, out _);
            count++;
            if (before is null || !Names(before, intent.Peer))
            {
                work.Named.Enqueue(intent.Peer);
            }
        }

        if (before is not null)
        {
            Unname(before);
        }

        if (isRerooting)
        {
            Reroot(work);
            return _origins.ContainsKey(origin.Node);
        }

        if (before is not null || IsRooted(after))
        {
            return true;
        }

        Unroot(origin, work);
        return false;
    }

    /// <summary>A part that is here already: news only where it came on a shorter way than before.</summary>
    private AdvertVerdict.Ignored? Improve(AdvertOrigin origin, StoredPart stored, AdvertArrival arrival, Work work)
    {
        var isNearer = arrival.Relayed.Hops < stored.Hops;
        if (isNearer || (arrival.Relayed.Hops == stored.Hops && arrival.From < stored.Via))
        {
            var better = stored with { Hops = arrival.Relayed.Hops, Via = arrival.From };
            origin.Put(better, DateTimeOffset.MaxValue);
            if (isNearer)
            {
                Relay(better, arrival.From, work);
                return null;
            }
        }

        return Ignore(AdvertIgnoreReason.Duplicate);
    }

    private void Relay(StoredPart stored, NodeId origin, Work work)
    {
        if (stored.Hops < _options.Radius)
        {
            ImmutableArray<NodeId> to = [.. _peers.Where(peer => peer != stored.Via && peer != origin && peer != stored.Part.Node)];
            if (!to.IsEmpty)
            {
                work.Relays.Add(new(new(stored.Part, stored.Hops + 1), to));
            }
        }
    }

    private bool HasRoom(AdvertOrigin? origin, StoredPart news)
    {
        var firstHop = origin?.ChargedTo ?? news.Via;
        return _quota.HasRoomFor(firstHop, news.Bytes)
            && (origin is not null || _peers.Contains(news.Part.Node) || _quota.HasRoomForOrigin(firstHop));
    }

    /// <summary>Takes in what waited for the nodes that are named now, and what that names in its turn.</summary>
    private void Settle(Work work, DateTimeOffset now)
    {
        while (work.Named.TryDequeue(out var node))
        {
            if (!IsNamed(node))
            {
                continue;
            }

            foreach (var arrival in _waiting.Take(node))
            {
                if (arrival.IsVerified || _peers.Contains(arrival.From))
                {
                    Admit(arrival, work, now);
                }
            }
        }
    }

    private bool IsNamed(NodeId node) => _peers.Contains(node) || _named.ContainsKey(node);

    private bool IsRooted(Advert advert) =>
        _peers.Contains(advert.Node)
        || advert.Intents.Any(intent => Find(intent.Peer) is { } other && Names(other, advert.Node));

    private static bool Names(Advert advert, NodeId peer)
    {
        var low = 0;
        var high = advert.Intents.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = advert.Intents[middle].Peer.CompareTo(peer);
            if (order == 0)
            {
                return true;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return false;
    }

    /// <summary>Walks from the direct peers along pairs that name each other, and puts aside what it does not come to.</summary>
    private void Reroot(Work work)
    {
        var reached = new HashSet<NodeId>();
        var open = new Queue<AdvertOrigin>();
        foreach (var peer in _peers)
        {
            if (_origins.TryGetValue(peer, out var origin) && reached.Add(peer))
            {
                open.Enqueue(origin);
            }
        }

        while (open.TryDequeue(out var origin))
        {
            foreach (var intent in origin.Advert?.Intents ?? [])
            {
                if (_origins.TryGetValue(intent.Peer, out var other)
                    && (other.Advert is not { } advert || Names(advert, origin.Node))
                    && reached.Add(other.Node))
                {
                    open.Enqueue(other);
                }
            }
        }

        foreach (var origin in _origins.Values.Where(origin => !reached.Contains(origin.Node)).ToArray())
        {
            Unroot(origin, work);
        }
    }

    /// <summary>Back to waiting: its signatures are known to be good.</summary>
    private void Unroot(AdvertOrigin origin, Work work)
    {
        Remove(origin);
        if (origin.Advert is { } advert)
        {
            Unname(advert);
            work.Changed.Add(origin.Node);
        }

        foreach (var stored in origin.Stored)
        {
            _waiting.TryAdd(new(stored.Via, new(stored.Part, stored.Hops), IsVerified: true));
        }
    }

    private AdvertOrigin Add(NodeId node, NodeId firstHop)
    {
        var origin = new AdvertOrigin(node, firstHop);
        _origins.Add(node, origin);
        _quota.Change(firstHop, 1, 0);
        return origin;
    }

    private void Remove(AdvertOrigin origin)
    {
        _origins.Remove(origin.Node);
        _quota.Change(origin.ChargedTo, -1, -origin.Bytes);
    }

    /// <summary>Remembers the sequence, so that an older advert cannot come back from the dead.</summary>
    private void Bury(NodeId node, ulong sequence)
    {
        if (_gone.Count < _options.MaxOrigins)
        {
            _gone[node] = sequence;
        }
    }

    private void Unname(Advert advert)
    {
        foreach (var intent in advert.Intents)
        {
            if (--_named[intent.Peer] == 0)
            {
                _named.Remove(intent.Peer);
            }
        }
    }

    /// <summary>What one call brings about.</summary>
    private sealed class Work
    {
        public List<AdvertRelay> Relays { get; } = [];

        public SortedSet<NodeId> Changed { get; } = [];

        public Queue<NodeId> Named { get; } = new();

        public AdvertBookChange ToChange() => new([.. Relays], [.. Changed]);
    }
}
