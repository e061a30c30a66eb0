using System.Collections.Immutable;
using Eddy.Engine.Forwarding;
using Eddy.Engine.Ports;
using Eddy.Engine.Rings;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Engine.Views;

/// <summary>What the engine shows: an immutable picture, replaced after every step. Reading it disturbs nothing.</summary>
public sealed record EngineView
{
    public required DateTimeOffset At { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Null until LND has answered once.</summary>
    public NodeIdentity? Node { get; init; }

    public bool IsConnected { get; init; }

    /// <summary>Why LND is away, for the operator.</summary>
    public string ConnectionReason { get; init; } = "";

    public InterceptorState Interceptor { get; init; }

    public string InterceptorReason { get; init; } = "";

    public bool IsPaused { get; init; }

    public uint Height { get; init; }

    public ImmutableArray<ChannelView> Channels { get; init; } = [];

    public ImmutableArray<PeerView> Peers { get; init; } = [];

    public ImmutableArray<AdvertView> Adverts { get; init; } = [];

    /// <summary>Sequence of our own advert; 0 where there is none yet.</summary>
    public ulong AdvertSequence { get; init; }

    /// <summary>Our own advert says what we would say now; if not, another follows as soon as its floor allows.</summary>
    public bool IsAdvertCurrent { get; init; }

    /// <summary>Rings under way and the latest final ones, newest first; older ones are in the store.</summary>
    public ImmutableArray<RingView> Rings { get; init; } = [];

    public RingTotals Totals { get; init; } = new(0, 0, 0, MilliSatoshi.Zero, MilliSatoshi.Zero, MilliSatoshi.Zero);

    /// <summary>When the next search for a ring is due.</summary>
    public DateTimeOffset? NextSearchAt { get; init; }

    /// <summary>What the last search came to, in words.</summary>
    public string LastSearch { get; init; } = "";

    /// <summary>Verdicts on intercepted HTLCs since the start.</summary>
    public GateStatistics Gate { get; init; } = new(0, 0, 0, 0, 0, 0, 0);

    public LimitsView Limits { get; init; } = new(1, 0, 1, 0, null, null, null, null, null, null);

    /// <summary>Proposals refused since the start, by reason.</summary>
    public ImmutableSortedDictionary<RejectReason, long> Refusals { get; init; } = ImmutableSortedDictionary<RejectReason, long>.Empty;

    /// <summary>What a node that only looks on has seen itself miss since its start.</summary>
    public WouldView Would { get; init; } = new(0, MilliSatoshi.Zero, MilliSatoshi.Zero, MilliSatoshi.Zero, []);

    /// <summary>What the owner has said of single nodes; peers or not.</summary>
    public ImmutableArray<PeerWordView> Words { get; init; } = [];

    /// <summary>The same by what it was: of this the others are not told.</summary>
    public ImmutableSortedDictionary<RefusalCause, long> RefusalCauses { get; init; } = ImmutableSortedDictionary<RefusalCause, long>.Empty;
}

/// <param name="Target">Wanted local share, 0 to 1.</param>
/// <param name="Deadband">Half the width of the band round the target, as a share of the capacity.</param>
/// <param name="WantOut">What eddy offers to send out, bucketed, in sat; see Intent in protos/eddy.</param>
public sealed record ChannelView(
    Channel Channel,
    double Target,
    double Deadband,
    bool IsExcluded,
    bool IsPeerEddy,
    long WantOut,
    long MayOut,
    long WantIn,
    long MayIn,
    MilliSatoshi ReservedOut,
    MilliSatoshi ReservedIn,
    MilliSatoshi MovedOut,
    MilliSatoshi MovedIn);

/// <param name="BackedOffUntil">Set after failures at this peer.</param>
/// <param name="Faults">How often it sent what an honest and up-to-date peer does not send, since the start.</param>
/// <param name="LastFault">The latest of these, in words.</param>
/// <param name="MutedUntil">Nothing of it is looked at until then; null where it is listened to.</param>
public sealed record PeerView(
    NodeId Id,
    string Alias,
    bool IsOnline,
    uint ProtocolVersion,
    string Agent,
    bool CanInitiate,
    bool CanWaive,
    int Channels,
    DateTimeOffset LastSeen,
    DateTimeOffset? BackedOffUntil,
    string Note,
    long Faults = 0,
    string LastFault = "",
    DateTimeOffset? MutedUntil = null);

public sealed record AdvertView(
    NodeId Node, ulong Sequence, int Hops, NodeId Via, bool CanInitiate, bool CanWaive, DateTimeOffset ExpiresAt, ImmutableArray<IntentView> Intents);

/// <summary>Amounts in sat.</summary>
public sealed record IntentView(NodeId Peer, long WantOut, long MayOut, long WantIn, long MayIn);

/// <param name="Position">0 for the initiator.</param>
/// <param name="Channel">What the node sends on; null while it has not said.</param>
public sealed record RingHopView(int Position, NodeId Node, ShortChannelId? Channel, MilliSatoshi? Amount);

/// <param name="At">When.</param>
/// <param name="What">One plain sentence.</param>
public sealed record RingStoryLine(DateTimeOffset At, string What);

/// <param name="Role">"initiator" or "member".</param>
/// <param name="State">Name of the state in the ring machine.</param>
/// <param name="Outcome">Unknown while it is under way.</param>
/// <param name="FailurePosition">The hop at fault; null where there is none or it is not known.</param>
/// <param name="Reason">Why it ended as it did, in words.</param>
public sealed record RingView(
    RingId Id,
    string Role,
    string State,
    bool IsFinal,
    RingOutcome Outcome,
    MilliSatoshi Amount,
    MilliSatoshi Fee,
    MilliSatoshi WaivedFee,
    ImmutableArray<RingHopView> Hops,
    int? FailurePosition,
    string Reason,
    DateTimeOffset StartedAt,
    DateTimeOffset? EndedAt,
    ImmutableArray<RingStoryLine> Story);

/// <param name="Saved">Fees that the rings would have cost by the members' policies: what paid rebalancing of the same would have paid at least.</param>
public sealed record RingTotals(int Settled, int Failed, int UnderWay, MilliSatoshi Moved, MilliSatoshi Waived, MilliSatoshi Saved);

/// <summary>A proposal that this node refused.</summary>
/// <param name="Previous">Who brought it.</param>
/// <param name="Next">Who would have been next.</param>
/// <param name="Amount">What the initiator wanted to move.</param>
public sealed record RefusalView(DateTimeOffset At, NodeId Previous, NodeId Next, NodeId Initiator, MilliSatoshi Amount, RefusalCause Cause);

/// <summary>Rings that a node which only looks on would have been in.</summary>
/// <param name="Saved">What the last hop alone would have asked for as much, paid for.</param>
/// <param name="Waived">What it would have waived itself, had it been a member in all of them.</param>
/// <param name="Latest">Newest first.</param>
public sealed record WouldView(int Count, MilliSatoshi Moved, MilliSatoshi Saved, MilliSatoshi Waived, ImmutableArray<WouldRingView> Latest);

/// <param name="Nodes">In the direction of the payment, this node first.</param>
public sealed record WouldRingView(DateTimeOffset At, ImmutableArray<NodeId> Nodes, long AmountSat, MilliSatoshi Saved, MilliSatoshi Waived);
