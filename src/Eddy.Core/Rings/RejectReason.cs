namespace Eddy.Rings;

/// <summary>Why a member refuses a proposal. Coarse on purpose: balances stay private. Numbers are on the wire; a receiver treats unknown ones as <see cref="Other"/>.</summary>
public enum RejectReason
{
    Other = 0,

    /// <summary>Malformed, wrong network, bad signature, or not from the previous hop.</summary>
    Invalid = 1,

    /// <summary>The initiator has no right to propose this ring.</summary>
    NotProposer = 2,

    /// <summary>The member is paused, stopping or only observing.</summary>
    Paused = 3,

    /// <summary>Another ring holds the liquidity or the peer is at its limit; try again later.</summary>
    Busy = 4,

    /// <summary>A channel of the ring is gone, inactive, or not with that peer.</summary>
    NoChannel = 5,

    /// <summary>Less than the least amount would be left.</summary>
    AmountTooSmall = 6,

    /// <summary>The move would not bring this member nearer its targets.</summary>
    NoConsent = 7,

    /// <summary>LND could move it over a parallel channel on which it is not wanted.</summary>
    ParallelChannel = 8,

    /// <summary>A limit of this member's policy: in flight, per day, per peer, waived fee.</summary>
    Limit = 9,

    /// <summary>The member's interceptor is not available, so it cannot waive.</summary>
    NoInterceptor = 10,

    /// <summary>The initiator or a neighbour is denied or backed off.</summary>
    NotWelcome = 11,

    /// <summary>Lock time above what the member allows.</summary>
    LockTime = 12,

    /// <summary>The next hop cannot be reached.</summary>
    NextHopAway = 13,
}
