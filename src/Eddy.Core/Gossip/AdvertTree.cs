using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Gossip;

/// <summary>
/// Who sends whom what is new. Each node follows one peer for each origin, the nearest to it that offered something of it first; that one
/// sends what is new at once, all others only offer it. So each part reaches a node about once, over a shortest way, and a part that does not come is
/// asked for where it was offered. Bounded for each peer, whatever it offers, asks for or keeps back. Mutable, one owner; time comes in as data.
/// </summary>
public sealed class AdvertTree(AdvertTreeOptions options)
{
    private readonly SortedDictionary<NodeId, AdvertTreeLink> _links = [];
    private readonly Dictionary<ulong, NodeId> _direct = [];
    private readonly Dictionary<ulong, Branch> _branches = [];
    private readonly Stack<int> _free = new();
    private readonly Dictionary<AdvertPlace, MissingPart> _missing = [];
    private readonly PriorityQueue<AdvertPlace, (DateTimeOffset At, ulong, int)> _due = new();
    private readonly Dictionary<AdvertPlace, ulong> _declined = [];
    private DateTimeOffset _declinedSince = DateTimeOffset.MinValue;

    /// <summary>Parts that were offered and are not here yet.</summary>
    public int MissingCount => _missing.Count;

    /// <summary>Origins that are followed, or that somebody follows.</summary>
    public int BranchCount => _branches.Count;

    /// <summary>When <see cref="Tick"/> has something to do; null where nothing is missing.</summary>
    public DateTimeOffset? NextAt => _missing.Count > 0 && _due.TryPeek(out _, out var first) ? first.At : null;

    public bool HasOffers => _links.Values.Any(static link => link.HasOffers);

    /// <summary>Roughly how much is remembered for a peer: offers both ways, and a bit for each origin.</summary>
    public int HeldFor(NodeId peer) => _links.GetValueOrDefault(peer) is { } link ? link.Held + link.Offers : 0;

    /// <summary>The peer that sends what is new of an origin; null where nobody was asked to.</summary>
    public NodeId? ParentOf(NodeId origin) => _branches.GetValueOrDefault(origin.ShortKey)?.Parent;

    /// <summary>The direct eddy peers, and which of them can be reached. What is remembered of all others goes.</summary>
    public void SetPeers(IReadOnlyCollection<NodeId> peers, Func<NodeId, bool> isOnline)
    {
        foreach (var peer in peers)
        {
            Link(peer).IsOnline = isOnline(peer);
            _direct.TryAdd(peer.ShortKey, peer);
        }

        if (_links.Count == peers.Count)
        {
            return;
        }

        var stay = peers.ToHashSet();
        foreach (var gone in _links.Keys.Where(peer => !stay.Contains(peer)).ToArray())
        {
            Forget(gone);
            _links.Remove(gone);
            if (_direct.GetValueOrDefault(gone.ShortKey) == gone)
            {
                _direct.Remove(gone.ShortKey);
            }
        }
    }

    /// <summary>A peer runs anew: neither side knows any more what it sends the other.</summary>
    public void Forget(NodeId peer)
    {
        if (!_links.TryGetValue(peer, out var link))
        {
            return;
        }

        link.Forget();
        foreach (var branch in _branches.Values)
        {
            branch.Parent = branch.Parent == peer ? null : branch.Parent;
        }

        foreach (var missing in _missing.Values)
        {
            link.Offers -= missing.Offers.RemoveAll(offer => offer.Peer == peer);
            if (missing.Asked == peer)
            {
                missing.Asked = null;
                link.Asked--;
            }
        }
    }

    /// <summary>True where a peer wants what is new of an origin sent at once.</summary>
    public bool IsChild(NodeId peer, ulong origin) =>
        _branches.TryGetValue(origin, out var branch) && _links.TryGetValue(peer, out var link) && link.IsChild(branch.Index);

    /// <summary>To be offered to a peer that does not get it sent.</summary>
    public void Offer(NodeId peer, AdvertOffer offer) => Link(peer).Offer(offer);

    public IEnumerable<(NodeId Peer, ImmutableArray<AdvertOffer> Offers)> TakeOffers()
    {
        foreach (var (peer, link) in _links)
        {
            if (link.HasOffers)
            {
                var offers = link.TakeOffers();
                if (link.IsOnline)
                {
                    yield return (peer, offers);
                }
            }
        }
    }

    /// <summary>What is to be asked of whom, since it was asked for last.</summary>
    public IEnumerable<(NodeId Peer, AdvertRequest Request)> TakeRequests()
    {
        foreach (var (peer, link) in _links)
        {
            if (link.TakeRequest() is { Count: > 0 } request && link.IsOnline)
            {
                yield return (peer, request);
            }
        }
    }

    /// <summary>What a peer asks for.</summary>
    /// <returns>The parts to send it.</returns>
    public ImmutableArray<RelayedAdvertPart> OnRequest(NodeId peer, AdvertRequest request, AdvertBook book, DateTimeOffset now)
    {
        if (!TryTakeEntries(peer, request.Count, now, out var link))
        {
            return [];
        }

        var answer = ImmutableArray.CreateBuilder<RelayedAdvertPart>();
        foreach (var place in request.Parts)
        {
            if (book.Answer(peer, place.Origin, place.Part, now) is { } part)
            {
                answer.Add(part);
                link.SetChild(Branch(place.Origin).Index, isChild: true);
            }
        }

        foreach (var origin in request.Follow)
        {
            if (book.Knows(origin))
            {
                link.SetChild(Branch(origin).Index, isChild: true);
            }
        }

        foreach (var origin in request.Stop)
        {
            if (_branches.TryGetValue(origin, out var branch))
            {
                link.SetChild(branch.Index, isChild: false);
            }
        }

        return answer.ToImmutable();
    }

    /// <summary>What a peer offers.</summary>
    /// <returns>What follows for others from a peer being nearer to an origin than was known.</returns>
    public ImmutableArray<AdvertBookChange> OnOffers(NodeId peer, ImmutableArray<AdvertOffer> offers, AdvertBook book, DateTimeOffset now)
    {
        if (!TryTakeEntries(peer, offers.Length, now, out var link))
        {
            return [];
        }

        var changes = ImmutableArray.CreateBuilder<AdvertBookChange>();
        foreach (var offer in offers)
        {
            var standing = book.Judge(peer, offer, now);
            if (standing is AdvertStanding.Useless)
            {
                continue;
            }

            link.OnHeld(offer);
            if (standing is AdvertStanding.Missing)
            {
                OnMissing(peer, link, offer, now);
            }
            else if (standing is AdvertStanding.Nearer && !IsFailing(link, now))
            {
                changes.Add(book.Approach(peer, offer, now));
                Follow(peer, link, offer, now);
            }
            else if (standing is AdvertStanding.Held && Usable(offer.Origin, now) is null)
            {
                Follow(peer, link, offer, now);
            }
        }

        return changes.ToImmutable();
    }

    /// <summary>What a peer sent, and what the book made of it.</summary>
    public void OnPart(NodeId from, RelayedAdvertPart relayed, AdvertVerdict verdict, DateTimeOffset now)
    {
        var offer = AdvertOffer.Of(relayed);
        var place = new AdvertPlace(offer.Origin, offer.Part);
        var link = Link(from);
        link.OnHeld(offer);
        var isAwaited = false;
        if (_missing.TryGetValue(place, out var missing) && missing.Sequence <= offer.Sequence)
        {
            isAwaited = missing.Asked == from;
            link.Failures = isAwaited ? 0 : link.Failures;
            Remove(place, missing);
        }

        var isKnown = verdict is AdvertVerdict.Ignored { Reason: AdvertIgnoreReason.Duplicate };
        if (verdict is not AdvertVerdict.Accepted && !isKnown)
        {
            Decline(place, offer.Sequence, now);
            return;
        }

        if (relayed.Hops == 1)
        {
            // What a peer says of itself it sends to all.
            if (_branches.TryGetValue(offer.Origin, out var branch) && branch.Parent is { } other)
            {
                Link(other).Stop(offer.Origin);
                branch.Parent = null;
            }

            return;
        }

        link.HasDelivered = true;
        var parent = Usable(offer.Origin, now);
        if (parent is null || (verdict is AdvertVerdict.Accepted && parent != from))
        {
            Turn(Branch(offer.Origin), offer.Origin, from);
        }
        else if (isKnown && parent != from && !isAwaited)
        {
            link.Stop(offer.Origin);
        }
    }

    /// <summary>Asks for what is missing and due.</summary>
    public void Tick(DateTimeOffset now)
    {
        while (_due.TryPeek(out var place, out var first) && first.At <= now)
        {
            _due.Dequeue();
            if (_missing.TryGetValue(place, out var missing) && missing.Due == first.At)
            {
                AskSomebody(place, missing, now);
            }
        }
    }

    /// <summary>Forgets origins that nobody knows any more.</summary>
    public void Tidy(AdvertBook book, DateTimeOffset now)
    {
        if (now - _declinedSince >= options.DeclinedMemory)
        {
            _declined.Clear();
            _declinedSince = now;
        }

        var awaited = _missing.Keys.Select(static place => place.Origin).ToHashSet();
        foreach (var (origin, branch) in _branches.ToArray())
        {
            if (!book.Knows(origin) && !awaited.Contains(origin))
            {
                _branches.Remove(origin);
                _free.Push(branch.Index);
                foreach (var link in _links.Values)
                {
                    link.SetChild(branch.Index, isChild: false);
                }
            }
        }
    }

    private static bool IsFailing(AdvertTreeLink link, DateTimeOffset now) => link.FailingUntil > now;

    private AdvertTreeLink Link(NodeId peer)
    {
        if (!_links.TryGetValue(peer, out var link))
        {
            link = new AdvertTreeLink();
            _links.Add(peer, link);
        }

        return link;
    }

    private Branch Branch(ulong origin)
    {
        if (!_branches.TryGetValue(origin, out var branch))
        {
            branch = new Branch(_free.TryPop(out var index) ? index : _branches.Count);
            _branches.Add(origin, branch);
        }

        return branch;
    }

    private bool TryTakeEntries(NodeId peer, int count, DateTimeOffset now, out AdvertTreeLink link)
    {
        link = Link(peer);
        var isTaken = link.Entries.TryTake(options.EntryRate, now, count, out var next);
        link.Entries = next;
        return isTaken;
    }

    /// <summary>The peer that sends what is new of an origin, as long as it can be relied on; the origin itself where it is a peer.</summary>
    private NodeId? Usable(ulong origin, DateTimeOffset now)
    {
        if (_direct.TryGetValue(origin, out var direct) && IsReliable(direct, now))
        {
            return direct;
        }

        return _branches.GetValueOrDefault(origin)?.Parent is { } parent && IsReliable(parent, now) ? parent : null;
    }

    private bool IsReliable(NodeId peer, DateTimeOffset now) =>
        _links.GetValueOrDefault(peer) is { IsOnline: true } link && !IsFailing(link, now);

    /// <summary>From now on this peer is to send what is new, and no longer the one before; as soon as it is known to send anything.</summary>
    private void Follow(NodeId peer, AdvertTreeLink link, AdvertOffer offer, DateTimeOffset now)
    {
        if (offer.Hops == 1 || IsFailing(link, now))
        {
            return;
        }

        if (!link.HasDelivered)
        {
            // Who only offers is followed by nobody: one copy more is the price for knowing.
            if (!link.IsTested)
            {
                link.IsTested = true;
                link.Ask(new(offer.Origin, offer.Part));
            }
        }
        else if (Branch(offer.Origin) is var branch && branch.Parent != peer)
        {
            Turn(branch, offer.Origin, peer);
            link.Follow(offer.Origin);
        }
    }

    private void Turn(Branch branch, ulong origin, NodeId to)
    {
        if (branch.Parent is { } before && before != to && _links.TryGetValue(before, out var link))
        {
            link.Stop(origin);
        }

        branch.Parent = to;
    }

    private void OnMissing(NodeId peer, AdvertTreeLink link, AdvertOffer offer, DateTimeOffset now)
    {
        var place = new AdvertPlace(offer.Origin, offer.Part);
        if (_declined.GetValueOrDefault(place) >= offer.Sequence || link.Offers >= options.MostOffers)
        {
            return;
        }

        if (!_missing.TryGetValue(place, out var missing))
        {
            missing = new MissingPart();
            _missing.Add(place, missing);
            SetDue(place, missing, now + (Usable(offer.Origin, now) is { } parent && parent != peer ? options.Patience : options.Gathering));
        }

        if (offer.Sequence < missing.Sequence)
        {
            return;
        }

        if (offer.Sequence > missing.Sequence)
        {
            Release(missing);
            missing.Sequence = offer.Sequence;
            missing.Asked = null;
        }

        if (!missing.Offers.Exists(known => known.Peer == peer))
        {
            missing.Offers.Add(new(peer, offer.Hops, IsTried: false));
            link.Offers++;
        }
    }

    private void AskSomebody(AdvertPlace place, MissingPart missing, DateTimeOffset now)
    {
        if (missing.Asked is { } silent)
        {
            missing.Asked = null;
            OnSilence(silent, now);
        }

        var isBusy = false;
        var best = -1;
        for (var number = 0; number < missing.Offers.Count; number++)
        {
            var offer = missing.Offers[number];
            if (offer.IsTried || _links.GetValueOrDefault(offer.Peer) is not { IsOnline: true } link)
            {
                continue;
            }

            if (link.Asked >= options.MostAsked)
            {
                isBusy = true;
            }
            else if (best < 0 || Rank(offer, now) < Rank(missing.Offers[best], now))
            {
                best = number;
            }
        }

        if (best >= 0)
        {
            Ask(place, missing, best);
            SetDue(place, missing, now + options.AnswerTime);
        }
        else if (isBusy)
        {
            SetDue(place, missing, now + options.Gathering);
        }
        else
        {
            Remove(place, missing);
        }
    }

    /// <summary>The nearest first, and last of all who failed before.</summary>
    private int Rank(PartOffer offer, DateTimeOffset now) =>
        (IsFailing(_links[offer.Peer], now) ? AdvertBookOptions.LargestRadius + 1 : 0) + offer.Hops;

    private void Ask(AdvertPlace place, MissingPart missing, int number)
    {
        var offer = missing.Offers[number];
        missing.Offers[number] = offer with { IsTried = true };
        missing.Asked = offer.Peer;
        var link = _links[offer.Peer];
        link.Asked++;
        link.Ask(place);
        if (offer.Hops > 1)
        {
            Turn(Branch(place.Origin), place.Origin, offer.Peer);
        }
    }

    private void OnSilence(NodeId peer, DateTimeOffset now)
    {
        if (_links.TryGetValue(peer, out var link))
        {
            link.Asked--;
            if (link.IsOnline && ++link.Failures >= options.MostFailures)
            {
                link.FailingUntil = now + options.FailureMemory;
            }
        }
    }

    private void Decline(AdvertPlace place, ulong sequence, DateTimeOffset now)
    {
        if (_declined.Count < options.MostDeclined || _declined.ContainsKey(place))
        {
            _declinedSince = _declined.Count == 0 ? now : _declinedSince;
            _declined[place] = sequence;
        }
    }

    private void SetDue(AdvertPlace place, MissingPart missing, DateTimeOffset at)
    {
        missing.Due = at;
        _due.Enqueue(place, (at, place.Origin, place.Part));
    }

    private void Remove(AdvertPlace place, MissingPart missing)
    {
        Release(missing);
        _missing.Remove(place);
    }

    private void Release(MissingPart missing)
    {
        foreach (var offer in missing.Offers)
        {
            var link = _links[offer.Peer];
            link.Offers--;
            link.Asked -= missing.Asked == offer.Peer ? 1 : 0;
        }

        missing.Offers.Clear();
    }
}

/// <summary>An origin's place in the tree.</summary>
/// <param name="index">Of its bit in the links.</param>
internal sealed class Branch(int index)
{
    public int Index { get; } = index;

    public NodeId? Parent { get; set; }
}

/// <summary>A part that was offered and is not here.</summary>
internal sealed class MissingPart
{
    public ulong Sequence { get; set; }

    /// <summary>In the order in which they came; none of a peer that is forgotten.</summary>
    public List<PartOffer> Offers { get; } = [];

    public NodeId? Asked { get; set; }

    public DateTimeOffset Due { get; set; }
}

internal readonly record struct PartOffer(NodeId Peer, int Hops, bool IsTried);
