using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Gossip;

/// <summary>What one call to the book brings about.</summary>
internal sealed class AdvertWork
{
    /// <summary>Origins whose shown advert is new, another or gone.</summary>
    public SortedSet<NodeId> Changed { get; } = [];

    /// <summary>Origins of which parts may have to be relayed.</summary>
    public SortedSet<NodeId> Touched { get; } = [];

    /// <summary>Nodes that are named now and were not named so before: what waits for them can come in.</summary>
    public Queue<NodeId> Named { get; } = new();
}

/// <summary>
/// Which of the origins that are held hang together with us: direct peers, and whoever names and is named by one that does. Only these
/// are shown, and only their word lets others in.
/// </summary>
internal sealed class AdvertRoots(SortedDictionary<NodeId, AdvertOrigin> origins)
{
    private readonly Dictionary<NodeId, int> _named = [];

    /// <summary>Direct eddy peers.</summary>
    public SortedSet<NodeId> Peers { get; private set; } = [];

    /// <summary>True where a direct peer or a shown advert vouches that there is such a node.</summary>
    public bool IsNamed(NodeId node) => Peers.Contains(node) || _named.ContainsKey(node);

    public void SetPeers(SortedSet<NodeId> peers, AdvertWork work)
    {
        foreach (var peer in peers)
        {
            if (!Peers.Contains(peer))
            {
                work.Named.Enqueue(peer);
            }
        }

        Peers = peers;
        Recompute(work);
    }

    /// <summary>An origin's advert is new or another.</summary>
    public void Follow(AdvertOrigin origin, Advert? before, AdvertWork work)
    {
        var after = origin.Advert!;
        if (!origin.IsRooted)
        {
            if (HasRoot(after))
            {
                Root(origin, work);
                Spread(origin, work);
            }

            return;
        }

        work.Changed.Add(origin.Node);
        work.Touched.Add(origin.Node);
        Count(after, before, work);
        Uncount(before!);
        if (Parts(origin, before!.Intents, after.Names))
        {
            Recompute(work);
        }
        else
        {
            Spread(origin, work);
        }
    }

    /// <summary>An origin's advert is over; <see cref="Recompute"/> has to follow.</summary>
    public void Forget(AdvertOrigin origin, Advert before, AdvertWork work)
    {
        if (origin.IsRooted)
        {
            Unroot(origin, before, work);
        }
    }

    /// <summary>Walks from the direct peers along pairs that name each other.</summary>
    public void Recompute(AdvertWork work)
    {
        var reached = new HashSet<NodeId>(origins.Count);
        var open = new Queue<Advert>();
        foreach (var peer in Peers)
        {
            if (origins.GetValueOrDefault(peer)?.Advert is { } advert && reached.Add(peer))
            {
                open.Enqueue(advert);
            }
        }

        while (open.TryDequeue(out var advert))
        {
            foreach (var other in Neighbours(advert))
            {
                if (reached.Add(other.Node))
                {
                    open.Enqueue(other.Advert!);
                }
            }
        }

        foreach (var origin in origins.Values)
        {
            if (origin.IsRooted && !reached.Contains(origin.Node))
            {
                Unroot(origin, origin.Advert!, work);
            }
            else if (!origin.IsRooted && reached.Contains(origin.Node))
            {
                Root(origin, work);
            }
        }
    }

    /// <summary>True where taking a part would part the origin from another one, so that somebody may not hang together with us any more.</summary>
    public bool Parts(AdvertOrigin origin, SignedAdvertPart part) =>
        origin is { IsRooted: true } && origin.Find(part.Part) is { } before
        && Parts(origin, before.Part.Intents, node => Advert.Names(part.Intents, node));

    /// <summary>What nobody holds, or does not name the origin back, hangs on nothing; direct peers hang on us.</summary>
    private bool Parts(AdvertOrigin origin, ImmutableArray<Intent> before, Func<NodeId, bool> isStillNamed)
    {
        foreach (var intent in before)
        {
            if (!isStillNamed(intent.Peer) && origins.TryGetValue(intent.Peer, out var other) && other.Advert is { } back && back.Names(origin.Node)
                && !(Peers.Contains(origin.Node) && Peers.Contains(other.Node)))
            {
                return true;
            }
        }

        return false;
    }

    private bool HasRoot(Advert advert) =>
        Peers.Contains(advert.Node) || Neighbours(advert).Any(other => other.IsRooted);

    /// <summary>Origins that an advert names and that name it back.</summary>
    private IEnumerable<AdvertOrigin> Neighbours(Advert advert)
    {
        foreach (var intent in advert.Intents)
        {
            if (origins.TryGetValue(intent.Peer, out var other) && other.Advert is { } back && back.Names(advert.Node))
            {
                yield return other;
            }
        }
    }

    private void Spread(AdvertOrigin from, AdvertWork work)
    {
        var open = new Queue<AdvertOrigin>([from]);
        while (open.TryDequeue(out var origin))
        {
            foreach (var other in Neighbours(origin.Advert!))
            {
                if (!other.IsRooted)
                {
                    Root(other, work);
                    open.Enqueue(other);
                }
            }
        }
    }

    private void Root(AdvertOrigin origin, AdvertWork work)
    {
        origin.IsRooted = true;
        work.Changed.Add(origin.Node);
        work.Touched.Add(origin.Node);
        Count(origin.Advert!, before: null, work);
    }

    private void Unroot(AdvertOrigin origin, Advert shown, AdvertWork work)
    {
        origin.IsRooted = false;
        work.Changed.Add(origin.Node);
        Uncount(shown);
    }

    private void Count(Advert advert, Advert? before, AdvertWork work)
    {
        foreach (var intent in advert.Intents)
        {
            _named[intent.Peer] = _named.GetValueOrDefault(intent.Peer) + 1;
            if (before?.Names(intent.Peer) != true)
            {
                work.Named.Enqueue(intent.Peer);
            }
        }
    }

    private void Uncount(Advert advert)
    {
        foreach (var intent in advert.Intents)
        {
            if (--_named[intent.Peer] == 0)
            {
                _named.Remove(intent.Peer);
            }
        }
    }
}
