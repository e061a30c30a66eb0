using Eddy.Engine.Forwarding;
using Eddy.Engine.Ports;
using Eddy.Engine.Views;
using Eddy.Rings;
using Eddy.Simulator;

namespace Eddy.Engine.Tests.Network;

/// <summary>An eddy beside a simulated LND, in virtual time. It can die at any moment and be started again on the same store.</summary>
internal sealed class TestDaemon(SimulatedNode node, EngineOptions options, ISignatureVerifier? verifier = null) : IDisposable
{
    private SimulatedLightningNode? _adapter;
    private EddyEngine? _engine;
    private ScheduledEvent? _timer;
    private int _run;

    public SimulatedNode Node { get; } = node;

    public EngineOptions Options { get; set; } = options;

    public CrashingStore Store { get; } = new();

    public HtlcGate? Gate { get; private set; }

    public bool IsRunning => _engine is not null;

    /// <summary>What it heard of its node.</summary>
    public NodeIdentity? Identity { get; private set; }

    /// <summary>Commands that are never answered.</summary>
    public Predicate<NodeCommand> Loses { get; set; } = static _ => false;

    /// <summary>How often it died by its store's will.</summary>
    public int Crashes { get; private set; }

    /// <summary>If set, it starts again so long after it died.</summary>
    public TimeSpan? RestartAfter { get; set; }

    public EddyEngine Engine => _engine ?? throw new InvalidOperationException($"{Node.Alias}'s eddy does not run.");

    public EngineView View => Engine.View;

    /// <summary>Rings of this node by the store, newest first.</summary>
    public IEnumerable<RingView> Rings => Engine.LatestRings(1_000);

    public void Start(bool canWaive = true)
    {
        var inbox = new Inbox(this, ++_run);
        var adapter = new SimulatedLightningNode(Node, inbox);
        Gate = new HtlcGate(Store, inbox, Node.Network.Time);
        _adapter = adapter;
        _engine = new EddyEngine(Options, new EnginePorts
        {
            Store = Store,
            Node = new LosingNode(this, adapter),
            Messenger = adapter,
            Gate = Gate,
            Time = Node.Network.Time,
            Random = new Random(Node.Index + (1_000 * _run)),
            Entropy = new TestEntropy(Node.Index + (1_000 * _run)),
            Verifier = verifier,
        });
        Step(() => Engine.Start());
        if (IsRunning)
        {
            adapter.Start(canWaive ? Gate : null);
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

    public void Dispose() => Kill();

    public OperatorReply Ask(OperatorRequest request)
    {
        OperatorReply? reply = null;
        Step(() => reply = Engine.Handle(request));
        return reply!;
    }

    public void Handle(NodeEvent nodeEvent) => Step(() => Engine.Handle(nodeEvent));

    public RingView Ring(RingId id) => Engine.FindRing(id) ?? throw new InvalidOperationException($"{Node.Alias} knows no ring {id}.");

    private void Step(Action step)
    {
        try
        {
            step();
        }
        catch (CrashException)
        {
            Crashes++;
            Kill();
            Store.CrashAt = null;
            if (RestartAfter is { } delay)
            {
                Node.Network.Timeline.Schedule(delay, () => Start());
            }

            return;
        }

        Arm();
    }

    private void Arm()
    {
        _timer?.Cancel();
        _timer = Engine.NextTimer is { } due
            ? Node.Network.Timeline.ScheduleAt(due, () => Step(() => Engine.Tick()), isBackground: true)
            : null;
    }

    private sealed class LosingNode(TestDaemon daemon, SimulatedLightningNode adapter) : ILightningNode
    {
        public void Execute(NodeCommand command)
        {
            if (!daemon.Loses(command))
            {
                adapter.Execute(command);
            }
        }
    }

    private sealed class Inbox(TestDaemon daemon, int run) : IEngineInbox
    {
        public void Post(NodeEvent nodeEvent)
        {
            if (daemon._run == run && daemon.IsRunning)
            {
                daemon.Identity = (nodeEvent as NodeEvent.Connected)?.Node ?? daemon.Identity;
                daemon.Handle(nodeEvent);
            }
        }
    }

    private sealed class TestEntropy(int seed) : IEntropy
    {
        private readonly Random _random = new(seed);

        public void Fill(Span<byte> destination) => _random.NextBytes(destination);
    }
}
