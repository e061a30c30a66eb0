using Eddy.Engine.Rings;
using Eddy.Rings;

namespace Eddy.Engine.Explanations;

/// <summary>Refusals in plain words, ours and those of others, and what can be done about each.</summary>
public static class RefusalWords
{
    /// <summary><c>MaxPerDay</c> as <c>max-per-day</c>.</summary>
    public static string Code<T>(T value)
        where T : struct, Enum =>
        string.Concat(value.ToString().Select(static (letter, place) => char.IsUpper(letter) ? (place == 0 ? "" : "-") + char.ToLowerInvariant(letter) : letter.ToString()));

    /// <summary>What stood against a proposal here.</summary>
    public static string Words(RefusalCause cause) => cause switch
    {
        RefusalCause.Malformed => "the proposal did not hold together",
        RefusalCause.HashUsed => "its id or payment hash was used before",
        RefusalCause.NotProposer => "another member should have proposed it",
        RefusalCause.Paused => "eddy is paused",
        RefusalCause.Stopping => "eddy was about to end",
        RefusalCause.Observing => "eddy only looks on",
        RefusalCause.LndAway => "LND was away",
        RefusalCause.NoInterceptor => "the interceptor was not available, so that no fee could be waived",
        RefusalCause.MaxLength => "the ring has more nodes than maxlength",
        RefusalCause.MaxLockBlocks => "it wanted to lock money for longer than is allowed",
        RefusalCause.LockTime => "together the channels' CLTV deltas lock money for too long",
        RefusalCause.Denied => "a member of it is denied, or not on the list of those allowed",
        RefusalCause.Idling => "rings that its initiator began, or its peer brought, came to nothing time after time",
        RefusalCause.Held => "an HTLC with one of its members was held for too long",
        RefusalCause.NoChannel => "there is no active channel with a neighbour in it",
        RefusalCause.NoPolicy => "LND does not know a policy of the channel yet",
        RefusalCause.NextHopAway => "the next member is not connected, or its eddy does not answer",
        RefusalCause.MaxMemberInFlight => "as many rings of others are under way as may be",
        RefusalCause.PeerBusy => "another ring of the same peer was under way",
        RefusalCause.Promised => "what it asked for is promised to another ring",
        RefusalCause.MaxPerDay => "maxperday is used up",
        RefusalCause.MaxPerPeerPerDay => "maxperpeerperday is used up for a peer in it",
        RefusalCause.MaxWaivedFeePerDay => "maxwaivedfeeperday leaves less than the fee to be waived",
        RefusalCause.MaxWaivedFeeShare => "the fee to be waived is more than 5 % of the amount",
        RefusalCause.MinAmount => "it could come to less than minamount",
        RefusalCause.MaxAmount => "it is for more than maxamount",
        RefusalCause.TooLittleLeft => "a channel's reserve, its HTLC limits or what is in flight leave too little",
        RefusalCause.Excluded => "the channel is excluded",
        RefusalCause.NeutralVolume => "the day's volume that brings a channel no nearer its target is used up",
        RefusalCause.Band => "it would move a channel away from its target, or past it",
        RefusalCause.ParallelChannel => "LND could take a parallel channel on which it is not wanted",
        _ => "the peer sends more proposals than anybody needs to",
    };

    /// <summary>What the owner can do about a refusal of ours; empty for nothing.</summary>
    public static string Advice(RefusalCause cause) => cause switch
    {
        RefusalCause.Malformed or RefusalCause.TooMany => "Look at: eddy peers. To have nothing to do with the peer: deny=PUBKEY in [policy].",
        RefusalCause.Paused => "Run: eddy resume",
        RefusalCause.Observing => "Set mode=active in [eddy].",
        RefusalCause.LndAway => "Start LND, or check [lnd] in the configuration.",
        RefusalCause.NoInterceptor => "Stop the other program that holds LND's interceptor, or see LND's log.",
        RefusalCause.MaxLength => "Raise maxlength in [rings].",
        RefusalCause.Denied => "Look at allow and deny in [policy].",
        RefusalCause.Idling or RefusalCause.Held => "It passes by itself. Look at: eddy rings",
        RefusalCause.NoChannel => "Reconnect to the peer; the channel must be active.",
        RefusalCause.NextHopAway => "Reconnect to the peer, or ask its operator to run eddy.",
        RefusalCause.MaxPerDay => "Raise maxperday in [policy], or wait for midnight UTC.",
        RefusalCause.MaxPerPeerPerDay => "Raise maxperpeerperday in [policy], or wait for midnight UTC.",
        RefusalCause.MaxWaivedFeePerDay => "Raise maxwaivedfeeperday in [policy], or wait for midnight UTC.",
        RefusalCause.MaxWaivedFeeShare => "Lower the channel's fees, or raise minamount in [rings].",
        RefusalCause.MinAmount => "Lower minamount in [rings].",
        RefusalCause.MaxAmount => "Raise maxamount in [rings].",
        RefusalCause.TooLittleLeft => "Look at: eddy channels, and the channel's min_htlc and max_htlc in LND.",
        RefusalCause.Excluded => "Remove exclude=true from the channel's or its peer's section.",
        RefusalCause.Band => "Where more should move: another target, or a smaller deadband.",
        RefusalCause.ParallelChannel => "Give the parallel channels to that peer the same target.",
        _ => "",
    };

    /// <summary>What can be done about a refusal by another node; empty for nothing.</summary>
    public static string AdviceToOther(RejectReason reason) => reason switch
    {
        RejectReason.Invalid => "The two eddys differ, or its clock or database does: compare versions in eddy peers.",
        RejectReason.NotProposer => "It knows of a member with a lower key: that one proposes, or an advert is late. It passes by itself.",
        RejectReason.Paused => "Its operator has paused it, or lets it only look on.",
        RejectReason.Busy => "It is tried again by itself. If it stays so, another node holds its liquidity.",
        RejectReason.NoChannel => "Its channel is gone or not active: its operator has to reconnect.",
        RejectReason.AmountTooSmall => "Lower minamount in [rings] here, or ask its operator to.",
        RejectReason.NoConsent => "Its channels are where its operator wants them. Other rings are looked for.",
        RejectReason.ParallelChannel => "Only its operator can change that, with the same target for its parallel channels.",
        RejectReason.Limit => "Its operator has set that limit: per day, per peer, or for waived fees.",
        RejectReason.NoInterceptor => "Another program holds its LND's interceptor, or eddy has none: only its operator can change that.",
        RejectReason.NotWelcome => "It denies a member, or has met failures with one: ask its operator.",
        RejectReason.LockTime => "The CLTV deltas in the ring add up to too much: shorter rings, or a smaller maxlength, avoid it.",
        RejectReason.NextHopAway => "The node after it is not connected, or its eddy does not run.",
        _ => "",
    };
}
