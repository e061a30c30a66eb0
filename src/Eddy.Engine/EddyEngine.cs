using Eddy.Engine.Explanations;
using Eddy.Engine.Gossip;
using Eddy.Engine.Greetings;
using Eddy.Engine.Liquidity;
using Eddy.Engine.Ports;
using Eddy.Engine.Rings;
using Eddy.Engine.Storage;
using Eddy.Engine.Timers;
using Eddy.Engine.Views;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Rings;
using Microsoft.Extensions.Logging;

namespace Eddy.Engine;

/// <summary>
/// A node's eddy: synchronous and deterministic, with one owner. Each call is one step: it takes what happened, saves what that changes
/// and only then acts. Outcomes of what it asks for come back as events. Time comes from the clock it was given and from
/// <see cref="NextTimer"/>: its owner calls <see cref="Tick"/> when that is due. A <see cref="StoreException"/> leaves it unusable: the
/// next engine on the same store goes on from what was saved.
/// </summary>
public sealed partial class EddyEngine : IDisposable
{
    private static readonly TimeSpan HousekeepingInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ListRetry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FailuresKept = TimeSpan.FromDays(7);
    private static readonly TimeSpan ForgetInterval = TimeSpan.FromHours(1);

    /// <summary>Peers can make rings fail for free: rows do not grow without end.</summary>
    private const int MostFailuresKept = 5_000;

    private readonly ILogger<EddyEngine> _logger;
    private readonly EngineContext _context;
    private readonly OfflineVerifier? _ownVerifier;
    private readonly PeerTable _peers = new();
    private readonly Greeter _greeter;
    private readonly PeerConduct _conduct;
    private readonly DailyCounters _counters;
    private readonly BackOffs _backOffs;
    private readonly RingKeeper _rings;
    private readonly OwnLiquidity _liquidity;
    private readonly Gossiper _gossiper;
    private readonly DayBudget _budget;
    private readonly OwnersWord _owner;
    private readonly RingEffects _effects;
    private readonly RingMember _member;
    private readonly RingProposer _proposer;
    private readonly Explainer _explainer;
    private readonly RingDiagnosis _diagnosis;
    private readonly PeerWords _words;
    private readonly WouldBook _would;

    private ForwardingView _forwarding = ForwardingView.Empty;
    private Dictionary<CircuitKey, uint> _bindings = [];
    private HashSet<RingId> _toRestart = [];
    private bool _hasListed;
    private DateTimeOffset _forgottenAt = DateTimeOffset.MinValue;
    private EngineView? _view;

    public EddyEngine(EngineOptions options, EnginePorts ports)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(ports);

        _logger = ports.Logger;
        _context = new EngineContext(options, ports);
        _greeter = new Greeter(_context, _peers);
        _counters = new DailyCounters(_context);
        _backOffs = new BackOffs(_context);
        _conduct = new PeerConduct(_context, _peers, _greeter, _backOffs);
        _rings = new RingKeeper(_context);
        _words = new PeerWords(_context);
        _liquidity = new OwnLiquidity(_context, _counters, _words, () => _rings.Reservations(), channel => _rings.NeutralPromised(channel));
        _budget = new DayBudget(_context, _rings, _counters);
        var verifier = ports.Verifier ?? (_ownVerifier = new OfflineVerifier());
        _gossiper = new Gossiper(_context, _peers, _greeter, _conduct, _liquidity, verifier);
        _owner = new OwnersWord(_context, _rings, _liquidity, _budget);
        _effects = new RingEffects(_context, _rings, _backOffs, _owner);
        _member = new RingMember(_context, _rings, _peers, _conduct, _gossiper, _liquidity, _backOffs, _budget, verifier);
        _would = new WouldBook(_context, _gossiper, _liquidity);
        _proposer = new RingProposer(_context, _rings, _would, _gossiper, _liquidity, _backOffs, _counters, _budget);

        var links = new LinkReasons(_context, _peers, _conduct, _gossiper, _liquidity, _backOffs, _rings);
        _diagnosis = new RingDiagnosis(_context, _rings, _gossiper, _liquidity, _backOffs, _proposer);
        _explainer = new Explainer(_context, _peers, _conduct, _greeter, _liquidity, _budget, _proposer, _member, _would, _diagnosis, links);

        _greeter.Met = _gossiper.OnMet;
        _greeter.Changed = _ => _gossiper.OnOwnChange();
        _conduct.Changed = OnConductChanged;
        _gossiper.Changed = _proposer.OnNews;
        _rings.Do = _effects.Do;
        _rings.Changed = OnRingChanged;
        _effects.WaiversChanged = PublishWaivers;
        StartedAt = _context.Now;
    }

    public DateTimeOffset StartedAt { get; }

    /// <summary>The peers whose messages are worth handing over; null for everybody's. Another object where it has changed.</summary>
    public IReadOnlySet<NodeId>? ListenedTo => _conduct.ListenedTo;

    /// <summary>When <see cref="Tick"/> has something to do; null while no timer is set.</summary>
    public DateTimeOffset? NextTimer => _context.Timers.Next;

    /// <summary>How many steps it took; between two of them nothing that it shows changes.</summary>
    public long Steps { get; private set; }

    /// <summary>What the engine shows now; made when it is asked for.</summary>
    public EngineView View => _view ??= BuildView();

    /// <summary>Reads the store and takes up again what was under way. Called once, before anything else.</summary>
    public void Start() => Step(() =>
    {
        var contents = _context.Ports.Store.Load();
        _context.IsPaused = contents.Settings.GetValueOrDefault(StoreSettings.Paused) == bool.TrueString;
        _counters.Load(contents.Counters);
        _backOffs.Load(contents.BackOffs);
        _words.Load(contents.BackOffs);
        _conduct.Load();
        _gossiper.Start(contents.Settings);
        _effects.Load(contents.Outbox);
        _rings.Load(contents);
        _bindings = contents.Bindings.ToDictionary(static binding => binding.Key, static binding => binding.IncomingExpiry);
        foreach (var binding in contents.Bindings)
        {
            OnBound(binding);
        }

        _owner.OnStart();
        StartMemory(contents.Settings);
        _toRestart = [.. _rings.Open.Select(static ring => ring.Id)];
        _forwarding = _forwarding.WithWaivers(LiveWaivers());
        _context.Ports.Gate.Open(contents.Bindings, _forwarding);
        _context.Timers.Set(new EngineTimer(TimerKind.Housekeeping), _context.Now + HousekeepingInterval);
        _proposer.Start();
    });

    public void Handle(NodeEvent nodeEvent)
    {
        ArgumentNullException.ThrowIfNull(nodeEvent);
        Step(() => Apply(nodeEvent));
    }

    public OperatorReply Handle(OperatorRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        OperatorReply? reply = null;
        Step(() => reply = Apply(request));
        return reply!; // the step has run
    }

    /// <summary>Runs the timers that are due.</summary>
    public void Tick()
    {
        var now = _context.Ports.Time.GetUtcNow();
        while (_context.Timers.TryTakeDue(now, out var timer))
        {
            Step(() => Apply(timer));
        }
    }

    /// <summary>Frees what it holds outside of memory. The store belongs to whoever made it.</summary>
    public void Dispose() => _ownVerifier?.Dispose();

    private void Step(Action apply)
    {
        _context.BeginStep();
        while (_context.Ports.Gate.TryTakeFree(out var binding))
        {
            OnBound(binding);
        }

        apply();
        _context.EndStep();
        _view = null;
        Steps++;
    }

    private void Apply(EngineTimer timer)
    {
        switch (timer.Kind)
        {
            case TimerKind.Search:
                _proposer.OnSearchDue();
                break;
            case TimerKind.PublishAdvert:
                _gossiper.OnPublishDue();
                break;
            case TimerKind.RelayAdverts:
                _gossiper.OnRelayDue();
                break;
            case TimerKind.OfferAdverts:
                _gossiper.OnOfferDue();
                break;
            case TimerKind.AskForAdverts:
                _gossiper.OnAskDue();
                break;
            case TimerKind.RepeatHello:
                _greeter.OnRepeatDue(timer.Peer);
                break;
            case TimerKind.RingDeadline:
                _rings.OnDeadline(timer.Ring);
                break;
            case TimerKind.AskAgain:
                _effects.AskAgainNow(timer.Ring);
                break;
            case TimerKind.Retry:
                _proposer.OnRetryDue();
                break;
            case TimerKind.MuteOver:
                _conduct.OnMuteOver(timer.Peer);
                break;
            case TimerKind.ListAgain:
                if (_rings.HasUnlisted)
                {
                    List();
                }

                break;
            case TimerKind.Housekeeping:
                OnHousekeeping();
                break;
        }
    }

    private void OnConductChanged(PeerState peer)
    {
        _gossiper.OnPeersChanged();
        _gossiper.OnOwnChange();
        if (!_conduct.IsMuted(peer.Id))
        {
            _greeter.OnHeardAgain(peer);
        }
    }

    private void OnHousekeeping()
    {
        _context.Timers.Set(new EngineTimer(TimerKind.Housekeeping), _context.Now + HousekeepingInterval);
        _gossiper.OnHousekeeping();
        _backOffs.Prune();
        _counters.Forget();
        if (_words.Prune())
        {
            OnWelcomeChanged();
        }

        ForgetBindings();
        if (_context.Now - _forgottenAt >= ForgetInterval)
        {
            _forgottenAt = _context.Now;
            _context.Batch.MostFailures = MostFailuresKept;
            _context.Batch.ForgetFailuresBefore = _context.Now - FailuresKept;
        }
    }

    /// <summary>Keys that LND cannot offer again; the gate forgets them at the same height.</summary>
    private void ForgetBindings()
    {
        foreach (var (key, expiry) in _bindings.Where(entry => (ulong)entry.Value + WaiverBook.KeptBlocks < _context.Height).ToArray())
        {
            _bindings.Remove(key);
            _context.Batch.BindingsEnded.Add(key);
        }
    }

    private IEnumerable<Waiver> LiveWaivers() => _rings.Open
        .Where(static ring => ring.State is MemberState.Accepted)
        .Select(static ring => ((RingTerms.Member)ring.Terms).Waiver);

    private void PublishWaivers()
    {
        _forwarding = _forwarding.WithWaivers(LiveWaivers());
        _context.Ports.Gate.Publish(_forwarding);
    }

    private void OnRingChanged(Ring ring, RingState before)
    {
        Log(ring, before);
        _liquidity.Invalidate();
        _gossiper.OnOwnChange();
        if (!ring.State.IsFinal || before.IsFinal)
        {
            return;
        }

        if (ring.State.Outcome == RingOutcome.Settled)
        {
            CountMove(ring);
            List();
        }

        if (ring.IsInitiator)
        {
            _proposer.OnEnded(ring);
        }
        else
        {
            _member.OnEnded(ring, before);
            if (ring.State.Outcome == RingOutcome.Settled)
            {
                _proposer.OnMemberSettled();
            }
        }
    }

    /// <summary>Asks LND for its channels, again and again while it does not say them: what has settled stays promised until then.</summary>
    private void List() => _context.Execute(static id => new NodeCommand.Refresh(id), outcome =>
    {
        if (outcome is CommandOutcome.Refused or CommandOutcome.Unavailable && _rings.HasUnlisted)
        {
            _context.Timers.Set(new EngineTimer(TimerKind.ListAgain), _context.Now + ListRetry);
        }
    });

    private void CountMove(Ring ring)
    {
        _counters.AddToday(DailyCounters.Moved, ring.Amount);
        _counters.AddToday(DailyCounters.MovedWith(ring.Previous), ring.Amount);
        if (ring.Next != ring.Previous)
        {
            _counters.AddToday(DailyCounters.MovedWith(ring.Next), ring.Amount);
        }

        if (ring.WaivedFee > MilliSatoshi.Zero)
        {
            _counters.AddToday(DailyCounters.Waived, ring.WaivedFee);
        }

        var binding = (ring.State as MemberState.Settled)?.Binding;
        var outgoing = ring.LeftOn ?? binding?.Outgoing ?? (ring.Terms as RingTerms.Initiator)?.FirstChannel;
        if (outgoing is { } left)
        {
            _counters.AddForGood(DailyCounters.MovedOut(left), ring.Amount);
        }

        if ((binding?.Key.Channel ?? ring.ComesInOn) is { } came)
        {
            _counters.AddForGood(DailyCounters.MovedIn(came), ring.Amount);
        }

        foreach (var channel in ring.Neutral)
        {
            _counters.AddToday(DailyCounters.Neutral(channel), ring.Amount);
        }
    }
}
