using System.Collections.Immutable;

namespace Eddy.Api;

/// <summary>GET /v1/status.</summary>
/// <param name="LndSilenceMs">Since LND last answered; it is asked every five seconds. Null while it is away.</param>
/// <param name="Interceptor"><c>up</c>, <c>down</c> or <c>taken</c>.</param>
/// <param name="Refusals">Rings of others that this node refused since its start, by what stood against them.</param>
/// <param name="WouldRings">While it only looks on: how many rings it would have been in; see GET /v1/would.</param>
/// <param name="Mode"><c>active</c> or <c>observe</c>.</param>
internal sealed record StatusReport(
    string Version,
    string Commit,
    NodeReport? Node,
    bool Connected,
    string ConnectionReason,
    long? LndSilenceMs,
    string Interceptor,
    string InterceptorReason,
    string Mode,
    bool Paused,
    DateTimeOffset StartedAt,
    int Channels,
    int EddyPeers,
    int Adverts,
    DateTimeOffset? NextSearchAt,
    string LastSearch,
    TotalsReport Totals,
    GuardReport Guard,
    ImmutableArray<RefusalReport> Refusals,
    int WouldRings);

/// <param name="State"><c>running</c> or <c>off</c>.</param>
/// <param name="Reason">Why it is off.</param>
/// <param name="LongestSilenceMs">The longest that the interceptor's read loop took to come round since the start.</param>
/// <param name="LastKillAt">When a daemon of this data directory was last killed because it froze; null for never.</param>
internal sealed record GuardReport(
    string State, string Reason, int? Process, int? TimeoutMs, int? LongestSilenceMs, DateTimeOffset? LastKillAt, string? LastKillReason);

internal sealed record NodeReport(string Pubkey, string Alias, string Network, string LndVersion, uint Height);

internal sealed record TotalsReport(int Settled, int Failed, int UnderWay, long MovedMsat, long WaivedMsat, long SavedMsat);

internal sealed record ChannelsReport(ImmutableArray<ChannelReport> Channels);

/// <param name="Local">Local balance as a share of the capacity; <paramref name="Target"/> and <paramref name="Deadband"/> likewise.</param>
/// <param name="WantOutSat">Offered to be sent out because it brings imbalance down; <paramref name="MayOutSat"/>: harmless.</param>
internal sealed record ChannelReport(
    string Scid,
    string Peer,
    string Alias,
    long CapacitySat,
    long LocalMsat,
    long RemoteMsat,
    double Local,
    double Target,
    double Deadband,
    bool Active,
    bool Private,
    bool Excluded,
    bool PeerIsEddy,
    long WantOutSat,
    long MayOutSat,
    long WantInSat,
    long MayInSat,
    long ReservedOutMsat,
    long ReservedInMsat,
    long MovedOutMsat,
    long MovedInMsat);

/// <param name="Words">What the owner has said of single nodes, peers or not.</param>
internal sealed record PeersReport(ImmutableArray<PeerReport> Peers, ImmutableArray<WordReport> Words);

internal sealed record PeerReport(
    string Pubkey,
    string Alias,
    bool Online,
    uint ProtocolVersion,
    string Agent,
    bool CanInitiate,
    bool CanWaive,
    int Channels,
    DateTimeOffset LastSeen,
    DateTimeOffset? BackedOffUntil,
    string Note,
    long Faults,
    string LastFault,
    DateTimeOffset? MutedUntil);

internal sealed record AdvertsReport(ImmutableArray<AdvertReport> Adverts);

internal sealed record AdvertReport(
    string Node, ulong Sequence, int Hops, string Via, bool CanInitiate, bool CanWaive, DateTimeOffset ExpiresAt, ImmutableArray<IntentReport> Intents);

internal sealed record IntentReport(string Peer, long WantOutSat, long MayOutSat, long WantInSat, long MayInSat);

internal sealed record RingsReport(ImmutableArray<RingReport> Rings);

/// <param name="Outcome"><c>under_way</c>, <c>settled</c>, <c>failed</c>, <c>cancelled</c>, <c>rejected</c> or <c>expired</c>.</param>
/// <param name="FailurePosition">The hop at fault, counted from the initiator's 0; null where there is none or it is not known.</param>
internal sealed record RingReport(
    string Id,
    string Role,
    string State,
    bool Final,
    string Outcome,
    long AmountSat,
    long FeeMsat,
    long WaivedFeeMsat,
    ImmutableArray<RingHopReport> Hops,
    int? FailurePosition,
    string? FailureNode,
    string Reason,
    DateTimeOffset StartedAt,
    DateTimeOffset? EndedAt,
    ImmutableArray<StoryReport> Story);

/// <param name="Scid">What the node sends on; null while it has not said.</param>
internal sealed record RingHopReport(int Position, string Node, string? Scid, long? AmountMsat);

internal sealed record StoryReport(DateTimeOffset At, string What);

/// <summary>GET /v1/why, GET /v1/why/{scid} and GET /v1/why/{peer}: why nothing happens, the weightiest reason first, and what happened.</summary>
/// <param name="Scid">Null where it is not about one channel.</param>
/// <param name="Peer">Null where it is about the node as a whole.</param>
/// <param name="Rings">The latest with the channel's peer; none where it is about the node as a whole.</param>
internal sealed record WhyReport(string? Scid, string? Peer, ImmutableArray<ReasonReport> Reasons, ImmutableArray<RingReport> Rings);

/// <param name="Cause">What of ours stood against it.</param>
/// <param name="Told">What the others were told of it.</param>
internal sealed record RefusalReport(string Cause, string Told, string What, long Count);

internal sealed record ReasonReport(string Code, string What, string Advice);

/// <summary>POST /v1/propose.</summary>
internal sealed record ProposeRequest(bool DryRun);

/// <summary>What an operator's request came to.</summary>
/// <param name="Status"><c>done</c>, <c>not_found</c>, <c>refused</c>, or <c>unavailable</c> where LND is away.</param>
internal sealed record ReplyReport(string Status, string Message, string? Ring, long AmountSat, ImmutableArray<string> Nodes)
{
    public const string Done = "done";
    public const string NotFound = "not_found";
    public const string Refused = "refused";
    public const string Unavailable = "unavailable";
}

/// <summary>GET /v1/loglevel.</summary>
/// <param name="Categories">Those with a level of their own.</param>
/// <param name="Known">All that can have one.</param>
internal sealed record LogLevelReport(string Level, ImmutableArray<CategoryLevelReport> Categories, ImmutableArray<string> Known);

internal sealed record CategoryLevelReport(string Category, string Level);

/// <summary>POST /v1/loglevel.</summary>
/// <param name="Category">Null or empty for everything.</param>
internal sealed record LogLevelRequest(string? Level, string? Category = null);

/// <summary>GET /v1/limits: the owner's limits, and what is left of them today (UTC); null where nothing is limited.</summary>
/// <param name="LeftForTightestPeerSat">With the eddy peer with which the least is left.</param>
internal sealed record LimitsReport(
    int MaxInFlight,
    int InFlight,
    int MaxMemberInFlight,
    int MemberInFlight,
    long? MaxPerDaySat,
    long? LeftPerDaySat,
    long? MaxPerPeerPerDaySat,
    long? LeftForTightestPeerSat,
    long? MaxWaivedFeePerDaySat,
    long? LeftWaivedFeePerDaySat);

/// <summary>GET /v1/history.</summary>
internal sealed record HistoryReport(ImmutableArray<DayReport> Days);

/// <param name="Day">UTC, as 2026-01-31.</param>
/// <param name="SavedMsat">What the rings proposed here would have cost at least.</param>
/// <param name="PhantomMsat">Fees that LND books as income and nobody received: to be subtracted from what LND says was earned.</param>
internal sealed record DayReport(string Day, int Settled, int Failed, long MovedMsat, long SavedMsat, long PhantomMsat);

/// <summary>GET /v1/logs.</summary>
internal sealed record LogsReport(ImmutableArray<LogLineReport> Lines);

/// <param name="Number">Counted since the daemon's start.</param>
/// <param name="Level"><c>info</c>, <c>warn</c>, <c>error</c> or <c>fatal</c>.</param>
internal sealed record LogLineReport(long Number, DateTimeOffset At, string Level, string Category, string Message);

/// <summary>POST /v1/login: a link that lets one browser in.</summary>
internal sealed record LoginReport(string Url, DateTimeOffset ExpiresAt);

/// <summary>POST /v1/session.</summary>
internal sealed record SessionRequest(string? Code);

/// <param name="Key">Goes with every request of the session, in the header X-Eddy-Key.</param>
internal sealed record SessionReport(string Key, DateTimeOffset ExpiresAt);

/// <summary>Anything that went wrong, on the API and as <c>--json</c> shows it.</summary>
internal sealed record ErrorReport(string Error);

/// <summary>POST /v1/config/reload.</summary>
/// <param name="Applied">False where there are mistakes: then nothing has changed.</param>
internal sealed record ReloadReport(bool Applied, ImmutableArray<ChangeReport> Changes, ImmutableArray<ConfigMistakeReport> Mistakes);

/// <param name="NeedsRestart">It has no effect before the daemon is started again.</param>
internal sealed record ChangeReport(string Key, string From, string To, bool NeedsRestart);

internal sealed record ConfigMistakeReport(string Where, string What);

/// <summary>POST /v1/peers/{peer}/word.</summary>
/// <param name="Word"><c>allow</c>, <c>deny</c>, <c>mute</c>, <c>unmute</c> or <c>forget</c>.</param>
/// <param name="ForSeconds">Null for until it is taken back.</param>
internal sealed record WordRequest(string Word, long? ForSeconds);

/// <param name="Until">Null for until it is taken back.</param>
internal sealed record WordReport(string Pubkey, string Word, DateTimeOffset? Until);

/// <summary>GET /v1/would: rings that a node which only looks on would have been in, since its start.</summary>
/// <param name="SavedMsat">What the last hop alone would have asked for as much, paid for.</param>
/// <param name="WaivedMsat">What this node would have waived, had it been a member in all of them.</param>
internal sealed record WouldReport(int Rings, long MovedMsat, long SavedMsat, long WaivedMsat, ImmutableArray<WouldRingReport> Latest);

internal sealed record WouldRingReport(DateTimeOffset At, long AmountSat, long SavedMsat, long WaivedMsat, ImmutableArray<string> Nodes);

/// <summary>GET /v1/ledger: what LND books as income for waived forwards, and nobody received.</summary>
/// <param name="Days">By day (UTC) on which they settled.</param>
/// <param name="Channels">By the two channels that they came and left on.</param>
internal sealed record LedgerReport(
    int Forwards,
    long AmountMsat,
    long PhantomFeeMsat,
    ImmutableArray<LedgerDayReport> Days,
    ImmutableArray<LedgerChannelReport> Channels,
    ImmutableArray<LedgerEntryReport> Entries);

internal sealed record LedgerDayReport(string Day, int Forwards, long AmountMsat, long PhantomFeeMsat);

internal sealed record LedgerChannelReport(string IncomingScid, string OutgoingScid, int Forwards, long AmountMsat, long PhantomFeeMsat);

internal sealed record LedgerEntryReport(
    DateTimeOffset SettledAt, string IncomingScid, ulong HtlcId, string OutgoingScid, long AmountMsat, long PhantomFeeMsat, string Ring);
