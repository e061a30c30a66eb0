using Eddy.Rings;

namespace Eddy.Engine.Rings;

/// <summary>
/// What of ours stood against a proposal. The others are told no more than the <see cref="RejectReason"/> it comes under, for limits and
/// balances are nobody's business; the owner is told which of them it was.
/// </summary>
public enum RefusalCause
{
    /// <summary>It does not hold together, or a signature does not fit.</summary>
    Malformed = 0,

    /// <summary>A ring with its id or payment hash was here before.</summary>
    HashUsed,

    /// <summary>Another member should have proposed it.</summary>
    NotProposer,

    Paused,

    /// <summary>The process is about to end.</summary>
    Stopping,

    Observing,

    /// <summary>LND is away.</summary>
    LndAway,

    NoInterceptor,

    /// <summary><c>rings.maxlength</c>.</summary>
    MaxLength,

    /// <summary>It asks for a longer lock time than we allow.</summary>
    MaxLockBlocks,

    /// <summary>The members' lock times together are more than the proposal allows.</summary>
    LockTime,

    /// <summary><c>policy.allow</c> and <c>policy.deny</c>.</summary>
    Denied,

    /// <summary>Rings that the initiator began, or the peer brought, came to nothing time after time.</summary>
    Idling,

    /// <summary>An HTLC of a ring with the initiator or a neighbour was held too long.</summary>
    Held,

    /// <summary>No active channel with a neighbour in it.</summary>
    NoChannel,

    /// <summary>LND does not know a policy of the channel.</summary>
    NoPolicy,

    /// <summary>The next member is not connected, or its eddy does not answer.</summary>
    NextHopAway,

    /// <summary>As many rings of others are under way as may be.</summary>
    MaxMemberInFlight,

    /// <summary>Another ring of the same peer is under way.</summary>
    PeerBusy,

    /// <summary>What it asks for is promised to another ring.</summary>
    Promised,

    /// <summary><c>policy.maxperday</c>.</summary>
    MaxPerDay,

    /// <summary><c>policy.maxperpeerperday</c>.</summary>
    MaxPerPeerPerDay,

    /// <summary><c>policy.maxwaivedfeeperday</c>.</summary>
    MaxWaivedFeePerDay,

    /// <summary>The fee to waive is too large a share of the amount.</summary>
    MaxWaivedFeeShare,

    /// <summary><c>rings.minamount</c>: the initiator would go below it.</summary>
    MinAmount,

    /// <summary><c>rings.maxamount</c>: the initiator wants at least more than that.</summary>
    MaxAmount,

    /// <summary>Reserves and the channel's HTLC limits leave less than the least amount.</summary>
    TooLittleLeft,

    /// <summary><c>exclude=true</c>.</summary>
    Excluded,

    /// <summary>The day's volume that brings a channel no nearer its target is used up.</summary>
    NeutralVolume,

    /// <summary>It would move a channel away from its target.</summary>
    Band,

    /// <summary>LND could take a parallel channel on which it is not wanted.</summary>
    ParallelChannel,

    /// <summary>The peer sends more proposals than anybody needs to: dropped, and not answered.</summary>
    TooMany,
}

/// <summary>What others are told of a cause.</summary>
public static class RefusalCauses
{
    public static RejectReason Told(this RefusalCause cause) => cause switch
    {
        RefusalCause.Malformed or RefusalCause.HashUsed => RejectReason.Invalid,
        RefusalCause.NotProposer => RejectReason.NotProposer,
        RefusalCause.Paused or RefusalCause.Stopping or RefusalCause.Observing or RefusalCause.LndAway => RejectReason.Paused,
        RefusalCause.NoInterceptor => RejectReason.NoInterceptor,
        RefusalCause.MaxLockBlocks or RefusalCause.LockTime => RejectReason.LockTime,
        RefusalCause.Denied or RefusalCause.Idling or RefusalCause.Held => RejectReason.NotWelcome,
        RefusalCause.NoChannel or RefusalCause.NoPolicy => RejectReason.NoChannel,
        RefusalCause.NextHopAway => RejectReason.NextHopAway,
        RefusalCause.MaxMemberInFlight or RefusalCause.PeerBusy or RefusalCause.Promised => RejectReason.Busy,
        RefusalCause.MaxLength or RefusalCause.MaxPerDay or RefusalCause.MaxPerPeerPerDay or RefusalCause.MaxWaivedFeePerDay
            or RefusalCause.MaxWaivedFeeShare => RejectReason.Limit,
        RefusalCause.MinAmount or RefusalCause.MaxAmount or RefusalCause.TooLittleLeft => RejectReason.AmountTooSmall,
        RefusalCause.Excluded or RefusalCause.NeutralVolume or RefusalCause.Band => RejectReason.NoConsent,
        RefusalCause.ParallelChannel => RejectReason.ParallelChannel,
        _ => RejectReason.Other,
    };
}
