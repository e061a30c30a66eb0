using Eddy.Engine;
using Eddy.Engine.Forwarding;
using Eddy.Engine.Ports;
using Eddy.Engine.Views;
using Eddy.Rings;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eddy.Simulator;

/// <summary>An eddy beside a simulated LND, in virtual time. It can die at any moment and be started again on the same store.</summary>
public sealed class SimulatedDaemon : IDisposable
{
    private const int SeedsPerRun = 1_000;

    private readonly ISignatureVerifier? _verifier;
    private readonly List<DaemonSeams> _seams = [];
    private SimulatedLightningNode? _adapter;
    private EddyEngine? _engine;
    private ScheduledEvent? _timer;
    private int _run;

    public SimulatedDaemon(SimulatedNode node, EngineOptions options, ISignatureVerifier? verifier = null)
    {
        Node = node;
        Options = options;
        Clock = new DaemonClock(node.Network.Timeline);
        _verifier = verifier;
    }

    public SimulatedNode Node { get; }

    public EngineOptions Options { get; set; }

    public CrashingStore Store { get; } = new();

    public DaemonClock Clock { get; }

    public HtlcGate? Gate { get; private set; }

    public bool IsRunning => _engine is not null;

    /// <summary>What it heard of its node.</summary>
    public NodeIdentity? Identity { get; private set; }

    /// <summary>How far its engine is behind: it hears of a binding when the answer to LND has long left, and may die before.</summary>
    public TimeSpan MailboxDelay { get; set; }

    /// <summary>Commands that are never answered.</summary>
    public Predicate<NodeCommand> Loses { get; set; } = static _ => false;

    public ILogger<EddyEngine> Logger { get; set; } = NullLogger<EddyEngine>.Instance;

    /// <summary>How often it died in the middle of a step.</summary>
    public int Crashes { get; private set; }

    /// <summary>If set, it starts again so long after it died in the middle of a step.</summary>
    public TimeSpan? RestartAfter { get; set; }

    /// <summary>What it draws from besides its node's number and the number of its starts.</summary>
    public int Seed { get; init; }

    public EddyEngine Engine => _engine ?? throw new InvalidOperationException($"{Node.Alias}'s eddy does not run.");

    public EngineView View => Engine.View;

    /// <summary>Rings of this node by the store, newest first.</summary>
    public IEnumerable<RingView> Rings => Engine.LatestRings(1_000);

    /// <summary>From the engine outwards: the first is nearest to it.</summary>
    internal IReadOnlyList<DaemonSeams> Seams => _seams;

    internal void Add(DaemonSeams seams) => _seams.Add(seams);

    public void Start(bool canWaive = true)
    {
        foreach (var seams in _seams)
        {
            seams.OnStart();
        }

        var inbox = new Inbox(this, ++_run);
        var adapter = new SimulatedLightningNode(Node, inbox);
        var clock = Wrap<TimeProvider>(Clock, static (seams, clock) => seams.Around(clock));
        var seed = unchecked(Seed + Node.Index + (SeedsPerRun * _run));
        Gate = new HtlcGate(Wrap<IBindingStore>(Store, static (seams, bindings) => seams.Around(bindings)), new GateInbox(this, inbox), clock);
        _adapter = adapter;
        _engine = new EddyEngine(Options, new EnginePorts
        {
            Store = Wrap<IEddyStore>(Store, static (seams, store) => seams.Around(store)),
            Node = Wrap<ILightningNode>(new LosingNode(this, adapter), static (seams, node) => seams.Around(node)),
            Messenger = Wrap<IPeerMessenger>(adapter, static (seams, messenger) => seams.Around(messenger)),
            Gate = Gate,
            Time = clock,
            Random = new Random(seed),
            Entropy = new SeededEntropy(seed),
            Verifier = _verifier,
            Logger = Logger,
        });
        Step(() => Engine.Start());
        if (IsRunning)
        {
            adapter.Start(canWaive ? Wrap<IHtlcGate>(Gate, static (seams, gate) => seams.Around(gate)) : null);
        }
    }

    /// <summary>The process dies.</summary>
    public void Kill()
    {
        _timer?.Cancel();
        _adapter?.Dispose();
        _engine?.Dispose();
        _adapter = null;
        _engine = null;
    }

    /// <summary>The process dies in the middle of something, and may come back by itself.</summary>
    public void Crash()
    {
        Crashes++;
        Kill();
        Store.CrashAt = null;
        if (RestartAfter is { } delay)
        {
            Node.Network.Timeline.Schedule(delay, () =>
            {
                if (!IsRunning)
                {
                    Start();
                }
            });
        }
    }

    public void Dispose() => Kill();

    public OperatorReply Ask(OperatorRequest request)
    {
        OperatorReply? reply = null;
        Step(() => reply = Engine.Handle(request));
        return reply ?? new OperatorReply(OperatorStatus.Refused, "It died of it.");
    }

    public void Handle(NodeEvent nodeEvent) => Step(() => Engine.Handle(nodeEvent));

    public RingView Ring(RingId id) => Engine.FindRing(id) ?? throw new InvalidOperationException($"{Node.Alias} knows no ring {id}.");

    /// <summary>Its streams from LND break, and are opened again.</summary>
    public void DropStreams() => _adapter?.DropStreams();

    /// <summary>Somebody sets its clock.</summary>
    public void SetClock(TimeSpan ahead)
    {
        Clock.Offset = ahead;
        if (IsRunning)
        {
            Arm();
        }
    }

    private void Step(Action step)
    {
        try
        {
            step();
        }
        catch (CrashException)
        {
            Crash();
            return;
        }

        // A gate that died with its process takes the engine with it.
        if (IsRunning)
        {
            Arm();
        }
    }

    private void Arm()
    {
        _timer?.Cancel();
        _timer = Engine.NextTimer is { } due
            ? Node.Network.Timeline.ScheduleAt(due - Clock.Offset, () => Step(() => Engine.Tick()), isBackground: true)
            : null;
    }

    private T Wrap<T>(T port, Func<DaemonSeams, T, T> around)
    {
        // The last one is outermost, so that the first stands next to the engine.
        for (var i = _seams.Count - 1; i >= 0; i--)
        {
            port = around(_seams[i], port);
        }

        return port;
    }

    private sealed class LosingNode(SimulatedDaemon daemon, SimulatedLightningNode adapter) : ILightningNode
    {
        public void Execute(NodeCommand command)
        {
            if (!daemon.Loses(command))
            {
                adapter.Execute(command);
            }
        }
    }

    private sealed class Inbox(SimulatedDaemon daemon, int run) : IEngineInbox
    {
        public void Post(NodeEvent nodeEvent)
        {
            if (daemon.MailboxDelay == TimeSpan.Zero)
            {
                Take(nodeEvent);
            }
            else
            {
                daemon.Node.Network.Timeline.Schedule(daemon.MailboxDelay, () => Take(nodeEvent));
            }
        }

        public void Take(NodeEvent nodeEvent)
        {
            if (daemon._run == run && daemon.IsRunning)
            {
                daemon.Identity = (nodeEvent as NodeEvent.Connected)?.Node ?? daemon.Identity;
                foreach (var seams in daemon._seams)
                {
                    seams.OnEvent(nodeEvent);
                }

                daemon.Handle(nodeEvent);
            }
        }
    }

    /// <summary>From the gate's loop to the engine's: never in the middle of the gate's own work.</summary>
    private sealed class GateInbox(SimulatedDaemon daemon, Inbox inbox) : IEngineInbox
    {
        public void Post(NodeEvent nodeEvent) => daemon.Node.Network.Timeline.Schedule(daemon.MailboxDelay, () => inbox.Take(nodeEvent));
    }

    private sealed class SeededEntropy(int seed) : IEntropy
    {
        private readonly Random _random = new(seed);

        public void Fill(Span<byte> destination) => _random.NextBytes(destination);
    }
}
