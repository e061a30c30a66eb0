using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Gossip;

/// <summary>What the book made of one part a peer sent.</summary>
public abstract record AdvertVerdict
{
    private AdvertVerdict()
    {
    }

    /// <summary>It was news.</summary>
    /// <param name="Relays">What to send on, and to whom; more than the part itself where it rooted others that were waiting.</param>
    /// <param name="Changed">Origins whose advert is new, another or gone: the graph must follow. Ordered.</param>
    public sealed record Accepted(ImmutableArray<AdvertRelay> Relays, ImmutableArray<NodeId> Changed) : AdvertVerdict;

    /// <summary>Nothing came of it, and nobody is to blame.</summary>
    public sealed record Ignored(AdvertIgnoreReason Reason) : AdvertVerdict;

    /// <summary>An honest and up-to-date peer does not send this.</summary>
    public sealed record Penalise(AdvertFault Fault) : AdvertVerdict;
}

/// <summary>Send <paramref name="Part"/> on to <paramref name="To"/>; its hops are counted already.</summary>
/// <param name="IsNews">False where it was sent on before, from a node further from its origin: only the hops are new.</param>
public sealed record AdvertRelay(RelayedAdvertPart Part, ImmutableArray<NodeId> To, bool IsNews = true);

public enum AdvertIgnoreReason
{
    /// <summary>Not from a direct eddy peer.</summary>
    NotPeer = 0,
    RateLimited = 1,
    Own = 2,
    Duplicate = 3,
    Older = 4,
    Expired = 5,

    /// <summary>Sequence too far ahead of our clock.</summary>
    Future = 6,

    /// <summary>It came further than our radius.</summary>
    TooFar = 7,

    /// <summary>No known node names the origin as a peer; kept for a while in case one does.</summary>
    Unrooted = 8,

    /// <summary>The first hop it came over has used up its share, or the book is full.</summary>
    Quota = 9,

    /// <summary>The origin advertises too often.</summary>
    OriginRateLimited = 10,

    /// <summary>The origin signed two different things under one sequence, and this is the one that loses.</summary>
    Conflict = 11,
}

public enum AdvertFault
{
    Malformed = 0,
    WrongChain = 1,
    BadSignature = 2,

    /// <summary>It claims to have come one hop and is not the sender's own, or the other way round.</summary>
    FalseHops = 3,
}
