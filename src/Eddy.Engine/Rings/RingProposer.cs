using System.Collections.Immutable;
using System.Globalization;
using Eddy.Engine.Gossip;
using Eddy.Engine.Liquidity;
using Eddy.Engine.Timers;
using Eddy.Engine.Views;
using Eddy.Engine.Wire;
using Eddy.Gossip;
using Eddy.Lightning;
using Eddy.Liquidity;
using Eddy.Rings;

namespace Eddy.Engine.Rings;

/// <summary>Looks for rings in which we are the proposer, and begins them.</summary>
internal sealed class RingProposer(
    EngineContext context, RingKeeper rings, WouldBook would, Gossiper gossiper, OwnLiquidity liquidity, BackOffs backOffs, DailyCounters counters, DayBudget budget)
{
    /// <summary>A payment that failed for want of liquidity is tried with half of it, so many times.</summary>
    private const int MostRetries = 2;

    /// <summary>Enough to come from the largest amount down to the smallest in one search.</summary>
    private const int AllHalvings = 40;

    /// <summary>Edges from which on a plan is kept for a while.</summary>
    private const int LargeGraph = 5_000;

    private const string Full = "As many rings of ours are under way as may be.";

    /// <summary>Searches that news alone brings about; beyond it the next regular one has to do.</summary>
    private static readonly TokenRate NewsRate = new(60, 0.5);

    private static readonly TimeSpan Trigger = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan LargePlanKept = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);

    /// <summary>Scratch memory only: one for each thread serves any number of engines.</summary>
    [ThreadStatic]
    private static CycleFinder? _finder;

    private readonly List<Retry> _retries = [];
    private TokenBucket _news;
    private PlannerState _state = PlannerState.Start;
    private (LiquidityGraph Graph, PlannerOptions Options, CommonPlan Plan, DateTimeOffset At)? _common;

    /// <summary>What the last search came to, in words.</summary>
    public string LastSearch { get; private set; } = "";

    public DateTimeOffset? NextSearchAt => context.Timers.DueAt(new EngineTimer(TimerKind.Search));

    public static CycleFinder Finder => _finder ??= new CycleFinder();

    /// <summary>As many rings of ours are under way as may be.</summary>
    public bool IsFull => rings.Open.Count(static ring => ring.IsInitiator) >= context.Options.Policy.MaxInFlight;

    public void Start()
    {
        if (context.Options.Rings.SearchesByItself)
        {
            context.Timers.Set(new EngineTimer(TimerKind.Search), context.Now + context.Jittered(context.Planner.Interval / 2));
        }
    }

    /// <summary>The owner wants something else now.</summary>
    public void OnOptions()
    {
        // How far the searches have come down says nothing about other amounts.
        _state = PlannerState.Start;
        Start();
        SearchSoon();
    }

    /// <summary>What others offer has changed. A search costs more than an advert: those who advertise all the time do not make us search all the time.</summary>
    public void OnNews()
    {
        if (NextSearchAt is { } at && at <= context.Now + Trigger)
        {
            return;
        }

        if (_news.TryTake(NewsRate, context.Now, 1, out var left))
        {
            _news = left;
            SearchSoon();
        }
    }

    /// <summary>Something changed that could make a ring possible.</summary>
    public void SearchSoon()
    {
        if (context.Options.Rings.SearchesByItself)
        {
            context.Timers.SetNoLaterThan(new EngineTimer(TimerKind.Search), context.Now + context.Jittered(Trigger));
        }
    }

    public void OnSearchDue()
    {
        context.Timers.Set(new EngineTimer(TimerKind.Search), context.Now + context.Jittered(context.Planner.Interval));
        if (WhyNot() is { } reason)
        {
            LastSearch = reason;
            if (context.Options.IsObserving && context.Node is not null && context.IsConnected)
            {
                would.Search();
            }

            return;
        }

        var plan = Plan(context.Planner, Common());
        _state = plan.Next;
        backOffs.Book = plan.Next.BackOffs;
        LastSearch = Describe(plan);
        foreach (var cycle in plan.Rings)
        {
            Propose(cycle, retries: 0);
        }

        if (plan.Outcome == PlanOutcome.Falling)
        {
            SearchSoon();
        }
    }

    public OperatorReply Propose(bool isDryRun)
    {
        if (WhyNot() is { } reason)
        {
            return new OperatorReply(OperatorStatus.Refused, reason);
        }

        // An operator who asks wants the best ring there is now, not a share in the network's patience.
        var plan = Plan(context.Planner with { HalvingsPerSearch = AllHalvings }, common: null);
        backOffs.Book = plan.Next.BackOffs;
        LastSearch = Describe(plan);
        if (plan.Rings.IsEmpty)
        {
            return new OperatorReply(plan.Outcome == PlanOutcome.Busy ? OperatorStatus.Refused : OperatorStatus.NotFound, LastSearch);
        }

        var cycle = plan.Rings[0];
        if (isDryRun)
        {
            var (agreed, _, obstacle) = Check(cycle, retries: 0);
            return agreed is not null
                ? new OperatorReply(
                    OperatorStatus.Done, $"The best ring now has {cycle.Nodes.Length} nodes and moves {agreed.AmountSat} sat at most.", null, agreed.AmountSat, cycle.Nodes)
                : new OperatorReply(OperatorStatus.NotFound, obstacle!.What); // without an agreement there is one
        }

        return Propose(cycle, retries: 0) is { } ring
            ? new OperatorReply(
                OperatorStatus.Done,
                $"Proposed a ring of {cycle.Nodes.Length} nodes for {ring.Amount.Satoshi} sat.",
                ring.Id,
                ring.Amount.Satoshi,
                ring.Terms.Offer.Nodes)
            : new OperatorReply(OperatorStatus.NotFound, LastSearch);
    }

    /// <summary>A ring that another one proposed has settled through this node.</summary>
    public void OnMemberSettled() => _state = _state.Kept();

    /// <summary>A ring of ours ended: others may be possible now, or the same one with less.</summary>
    public void OnEnded(Ring ring)
    {
        switch (ring.State)
        {
            case InitiatorState.Settled:
                backOffs.Settled(ring.Terms.Offer.Nodes);
                SearchSoon();
                break;
            case InitiatorState.Failed { Code: FailureCode.TemporaryChannelFailure } failed when ring.Retries < MostRetries
                && failed.Amount.Satoshi / 2 >= ring.Terms.Offer.MinAmount.Satoshi:
                var smaller = new Retry(ring.Terms.Offer.Nodes, failed.Amount.Satoshi / 2, ring.Retries + 1);
                _retries.Add(smaller);
                context.Timers.SetNoLaterThan(new EngineTimer(TimerKind.Retry), context.Now + context.Jittered(RetryDelay));
                break;
            default:
                SearchSoon();
                break;
        }
    }

    public void OnRetryDue()
    {
        foreach (var retry in Take(_retries))
        {
            if (WhyNot() is not null || IsFull)
            {
                // A search in between found another ring, and will come back to this one.
                return;
            }

            Propose(new Cycle(retry.Nodes, retry.AmountSat, retry.AmountSat, 0), retry.Count);
        }
    }

    private static Retry[] Take(List<Retry> retries)
    {
        Retry[] taken = [.. retries];
        retries.Clear();
        return taken;
    }

    private static string Describe(RingPlan plan) => plan.Outcome switch
    {
        PlanOutcome.Found => $"Found {plan.Rings.Length} of at most {plan.Rings.Max(static ring => ring.Amount)} sat.",
        PlanOutcome.Busy => Full,
        PlanOutcome.NothingOffered => "No peer takes what we would send, or none sends what we would take.",
        PlanOutcome.Waiting => "What is planned through this node is for others to propose.",
        PlanOutcome.Falling => "No ring as large as that; looking for smaller ones.",
        _ => "There is no ring now in which this node is the proposer.",
    };

    private string? WhyNot()
    {
        if (context.Node is null || !context.IsConnected)
        {
            return "LND is away.";
        }

        if (context.Options.IsObserving)
        {
            return "This node only looks on (mode=observe).";
        }

        if (context.IsStopping)
        {
            return "Stopping.";
        }

        if (context.IsPaused)
        {
            return "Paused.";
        }

        return IsDayOver() ? "The limit of what may be moved in a day is reached." : null;
    }

    private bool IsDayOver() =>
        context.Options.Policy.MaxPerDaySat is { } limit
        && counters.Today(DailyCounters.Moved) + MilliSatoshi.FromSatoshi(context.Options.Rings.MinAmountSat).Value > MilliSatoshi.FromSatoshi(limit).Value;

    /// <summary>What all who see the same adverts plan; worked out once for each graph, and on a large one, where it costs something, not at every advert.</summary>
    private CommonPlan Common()
    {
        var (graph, planner) = (gossiper.Graph(), context.Planner);
        if (_common is not { } known
            || known.Options != planner
            || (!ReferenceEquals(known.Graph, graph) && (graph.EdgeCount < LargeGraph || context.Now - known.At >= LargePlanKept)))
        {
            _common = known = (graph, planner, CommonPlan.Find(graph, planner), context.Now);
        }

        return known.Plan;
    }

    private RingPlan Plan(PlannerOptions planner, CommonPlan? common)
    {
        var started = context.Ports.Time.GetTimestamp();
        var plan = PlanWith(planner, common);
        context.Ports.Watch.Searched(plan.Outcome, plan.Rings.Length, context.Ports.Time.GetElapsedTime(started));
        return plan;
    }

    private RingPlan PlanWith(PlannerOptions planner, CommonPlan? common) => RingPlanner.Plan(
        Finder,
        gossiper.Graph(),
        context.Node!.Id,
        _state with { BackOffs = backOffs.Book },
        planner,
        [.. rings.Open.Where(static ring => ring.IsInitiator).Select(static ring => ring.Terms.Offer.Nodes)],
        [.. liquidity.Pairs.Where(static pair => pair.Offer.AllowsRingOfTwo).Select(static pair => pair.Peer)],
        context.Now,
        context.Ports.Random,
        common);

    private Ring? Propose(Cycle cycle, int retries)
    {
        if (IsFull)
        {
            LastSearch = Full;
            return null;
        }

        var (agreed, least, obstacle) = Check(cycle, retries);
        if (agreed is null)
        {
            LastSearch = obstacle!.What; // without an agreement there is one
            return null;
        }

        var ring = Create(cycle.Nodes, agreed, least, retries);
        rings.Begin(ring, RingMachine.Propose((RingTerms.Initiator)ring.Terms));
        return ring;
    }

    /// <summary>What would keep us from proposing a ring that was found; null for nothing.</summary>
    public WhyReason? FindObstacle(Cycle cycle) => IsFull ? FullReason() : Check(cycle, retries: 0).Obstacle;

    public WhyReason FullReason() => new(
        "maxinflight",
        string.Create(CultureInfo.InvariantCulture, $"As many rings of ours are under way as maxinflight={context.Options.Policy.MaxInFlight} allows."),
        "Wait for them to end (eddy rings), or raise maxinflight in [policy].");

    /// <summary>What we would move ourselves in such a ring, and the least that makes sense; or what is in its way.</summary>
    private (MoveVerdict.Agreed? Agreed, long Least, WhyReason? Obstacle) Check(Cycle cycle, int retries)
    {
        var least = Math.Max(context.Options.Rings.MinAmountSat, LeastOffered(cycle.Nodes));
        var (next, previous) = (cycle.Nodes[1], cycle.Nodes[^1]);
        if (cycle.Nodes.Any(liquidity.IsUnwelcome))
        {
            return (null, least, new("denied", "The ring found has a member with whom we want none.", "Look at allow and deny in [policy]."));
        }

        if (liquidity.Find(next) is not { } outgoing || liquidity.Find(previous) is not { } incoming)
        {
            return (null, least, new("inactive", "A channel of the ring found is gone or not active.", "Wait for the peer, or reconnect to it."));
        }

        var left = budget.Left(previous, next);
        if (left < least)
        {
            var isOfDay = budget.LeftOfDay() <= left;
            return (null, least, new(
                isOfDay ? "maxperday" : "maxperpeerperday",
                $"The ring found needs at least {RingStory.Sat(MilliSatoshi.FromSatoshi(least))}, and {(isOfDay ? "maxperday" : "maxperpeerperday")} leaves {RingStory.Sat(MilliSatoshi.FromSatoshi(left))} today.",
                $"Raise {(isOfDay ? "maxperday" : "maxperpeerperday")} in [policy], or wait for midnight UTC."));
        }

        // What was announced is rounded down: somewhat more may be there, and members say what.
        var asked = retries == 0 ? Math.Min(LiquidityBucket.Top(cycle.Amount), context.Options.Rings.MaxAmountSat) : cycle.Amount;
        return PairLiquidity.CheckMove(incoming, outgoing, least, Math.Min(asked, left), isInitiator: true) is MoveVerdict.Agreed agreed
            ? (agreed, least, null)
            : (null, least, new("no-gain", "The ring found would not bring our own channels nearer their targets.", "Nothing: balances have changed since it was advertised."));
    }

    /// <summary>
    /// The least that every hop offers, in sat. A cycle found says how far down the search had come; a member that shrinks the amount may go
    /// below that.
    /// </summary>
    private long LeastOffered(ImmutableArray<NodeId> nodes)
    {
        var graph = gossiper.Graph();
        var least = 0L;
        for (var place = 0; place < nodes.Length; place++)
        {
            least = Math.Max(least, graph.Find(nodes[place], nodes[(place + 1) % nodes.Length])?.Least ?? 0);
        }

        return least;
    }

    private Ring Create(ImmutableArray<NodeId> nodes, MoveVerdict.Agreed agreed, long least, int retries)
    {
        var node = context.Node!;
        var preimage = new Preimage(context.FreshBytes());
        ImmutableArray<Bytes32> records = [.. Enumerable.Range(1, nodes.Length - 1).Select(_ => context.FreshBytes())];
        var offer = new RingOffer
        {
            Digest = default,
            Chain = node.Chain,
            Id = new RingId(context.FreshBytes()),
            Nodes = nodes,
            Hash = preimage.Hash(),
            Commitments = [.. records.Select(static record => record.Hash())],
            Amount = MilliSatoshi.FromSatoshi(agreed.AmountSat),
            MinAmount = MilliSatoshi.FromSatoshi(least),
            TtlSeconds = (uint)context.Options.Rings.ProposalTtl.TotalSeconds,
            MaxLockBlocks = context.Options.Rings.MaxLockBlocks,
        };
        var bytes = WireEncoder.EncodeOffer(offer);
        offer = offer with { Digest = Bytes32.Sha256(bytes) };
        var terms = new RingTerms.Initiator(
            offer,
            context.Now + context.Options.Rings.ProposalTtl,
            bytes,
            preimage,
            records,
            agreed.Outgoing,
            node.MinFinalCltv,
            MilliSatoshi.FromSatoshi(agreed.GainSat));
        return new Ring(terms, new InitiatorState.Signing(), context.Now)
        {
            ComesInOn = agreed.Incoming,
            Retries = retries,
            Neutral = NeutralChannels.Of(liquidity, context.Channels, agreed),
        };
    }

    private sealed record Retry(ImmutableArray<NodeId> Nodes, long AmountSat, int Count);
}
