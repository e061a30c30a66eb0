using Eddy.Engine.Ports;
using Eddy.Engine.Storage;
using Eddy.Engine.Views;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Rings;
using Eddy.Simulator;
using Eddy.Simulator.Faults;

namespace Eddy.Engine.Tests.Faults;

/// <summary>Rules that are broken on purpose, put in from outside: between an engine and its ports, or into the simulated LND.</summary>
internal static class Mutants
{
    /// <summary>A switch that keeps one msat of what it settles.</summary>
    public static void LosingSwitch(FaultRun run) => run.Network.Watch = new LosingWatch(run);

    /// <summary>A gate that waives whatever comes.</summary>
    public static void GenerousGate(FaultRun run) => Add(run, static _ => new GenerousSeams());

    /// <summary>A gate that answers a replay as it answered the first time.</summary>
    public static void ForgetfulGate(FaultRun run) => Add(run, static _ => new ForgetfulSeams());

    /// <summary>A binding that is said to be saved and is not: a process that dies before its engine has heard of it knows nothing of it.</summary>
    public static void UnsavedBinding(FaultRun run)
    {
        Add(run, static _ => new UnsavedBindingSeams());
        foreach (var node in run.Nodes)
        {
            node.Daemon.MailboxDelay = TimeSpan.FromMilliseconds(700);
        }
    }

    /// <summary>A member that does not compare what comes in with what goes out, and an initiator that sends it less than it is to pass on.</summary>
    public static void UncheckedAmount(FaultRun run)
    {
        Add(run, static _ => new BlindSeams());
        Add(run, static _ => new RouteSeams(static route => route with
        {
            TotalAmount = route.TotalAmount - new MilliSatoshi(7_000),
        }));
    }

    /// <summary>An initiator that offers the first member a fee.</summary>
    public static void PayingInitiator(FaultRun run) => Add(run, static _ => new RouteSeams(static route => route with
    {
        TotalAmount = route.TotalAmount + new MilliSatoshi(route.TotalAmount.Value / 50),
    }));

    /// <summary>An initiator that pays once more when a payment failed.</summary>
    public static void SendingTwice(FaultRun run) => Add(run, static node => new SendingTwiceSeams(node.Daemon));

    /// <summary>A step that ends a ring is not saved, so that its reservation stays.</summary>
    public static void NeverReleased(FaultRun run) => Add(run, static _ => new StoreSeams(static batch =>
        batch.Rings.RemoveAll(static ring => ring.State is "Expired" or "Cancelled" or "Rejected" or "Released")));

    /// <summary>A reservation below zero.</summary>
    public static void NegativeReservation(FaultRun run) => Add(run, static _ => new StoreSeams(static batch =>
    {
        for (var i = 0; i < batch.Rings.Count; i++)
        {
            batch.Rings[i] = batch.Rings[i] with { Amount = -batch.Rings[i].Amount };
        }
    }));

    /// <summary>Sent messages whose outcome nobody hears of, so that the table of open commands grows and grows.</summary>
    public static void UnansweredSends(FaultRun run) => Add(run, static _ => new UnansweredSeams());

    /// <summary>LND's answer to a payment gets lost in the adapter.</summary>
    public static void LostAnswer(FaultRun run)
    {
        foreach (var node in run.Nodes)
        {
            node.Daemon.Loses = static command => command is NodeCommand.SendToRoute or NodeCommand.TrackPayment;
        }
    }

    /// <summary>A ledger that books nothing.</summary>
    public static void EmptyLedger(FaultRun run) => Add(run, static _ => new StoreSeams(static batch => batch.PhantomFees.Clear()));

    /// <summary>A port that throws into the engine.</summary>
    public static void ThrowingPort(FaultRun run) => Add(run, static _ => new ThrowingSeams());

    private static void Add(FaultRun run, Func<FaultNode, DaemonSeams> create)
    {
        foreach (var node in run.Nodes)
        {
            node.Daemon.Add(create(node));
        }
    }

    private sealed class LosingWatch(INetworkWatch inner) : INetworkWatch
    {
        public void OnAdded(Htlc htlc) => inner.OnAdded(htlc);

        public void OnRemoved(Htlc htlc, bool isSettled)
        {
            if (isSettled)
            {
                htlc.Receiver.Misbook(-1);
            }

            inner.OnRemoved(htlc, isSettled);
        }

        public void OnModified(SimulatedNode node, Htlc incoming, BelievedAmounts believed) => inner.OnModified(node, incoming, believed);
    }

    private abstract class GateSeams : DaemonSeams
    {
        public override IHtlcGate Around(IHtlcGate gate) => new Gate(this, gate);

        protected abstract HtlcVerdict Judge(IHtlcGate gate, in InterceptedHtlc htlc);

        protected virtual bool TryBind(IHtlcGate gate, WaiverBinding binding) => gate.TryBind(binding);

        protected static HtlcVerdict Waive(in InterceptedHtlc htlc, RingId ring) => new(
            HtlcAction.Waive,
            htlc.OutgoingAmount + new MilliSatoshi(50_000_000),
            new WaiverBinding(ring, htlc.Hash, htlc.Key, htlc.RequestedChannel, htlc.OutgoingAmount, new MilliSatoshi(50_000_000), htlc.IncomingExpiry));

        private sealed class Gate(GateSeams seams, IHtlcGate inner) : IHtlcGate
        {
            public HtlcVerdict Judge(in InterceptedHtlc htlc) => seams.Judge(inner, in htlc);

            public bool TryBind(WaiverBinding binding) => seams.TryBind(inner, binding);
        }
    }

    private sealed class GenerousSeams : GateSeams
    {
        protected override HtlcVerdict Judge(IHtlcGate gate, in InterceptedHtlc htlc) => Waive(in htlc, default);

        protected override bool TryBind(IHtlcGate gate, WaiverBinding binding) => true;
    }

    private sealed class BlindSeams : GateSeams
    {
        protected override HtlcVerdict Judge(IHtlcGate gate, in InterceptedHtlc htlc) => gate.Judge(htlc with { IncomingAmount = htlc.OutgoingAmount });
    }

    private sealed class ForgetfulSeams : GateSeams
    {
        private readonly Dictionary<CircuitKey, HtlcVerdict> _given = [];

        protected override HtlcVerdict Judge(IHtlcGate gate, in InterceptedHtlc htlc)
        {
            if (_given.TryGetValue(htlc.Key, out var before))
            {
                return before;
            }

            var verdict = gate.Judge(in htlc);
            if (verdict.Action == HtlcAction.Waive)
            {
                _given.Add(htlc.Key, verdict);
            }

            return verdict;
        }

        protected override bool TryBind(IHtlcGate gate, WaiverBinding binding) => gate.TryBind(binding) || true;
    }

    private sealed class UnsavedBindingSeams : DaemonSeams
    {
        public override IBindingStore Around(IBindingStore bindings) => new Bindings();

        private sealed class Bindings : IBindingStore
        {
            public bool TrySave(WaiverBinding binding, TimeSpan timeout) => true;
        }
    }

    private sealed class RouteSeams(Func<PaymentRoute, PaymentRoute> change) : DaemonSeams
    {
        public override ILightningNode Around(ILightningNode node) => new Node(this, node);

        private sealed class Node(RouteSeams seams, ILightningNode inner) : ILightningNode
        {
            public void Execute(NodeCommand command) => inner.Execute(
                command is NodeCommand.SendToRoute send ? send with { Route = seams.Change(send.Route) } : command);
        }

        private PaymentRoute Change(PaymentRoute route) => change(route);
    }

    private sealed class SendingTwiceSeams(SimulatedDaemon daemon) : DaemonSeams
    {
        private const long Apart = 1_000_000;

        private static readonly TimeSpan Later = TimeSpan.FromSeconds(5);

        public override ILightningNode Around(ILightningNode node) => new Node(daemon, node);

        private sealed class Node(SimulatedDaemon daemon, ILightningNode inner) : ILightningNode
        {
            public void Execute(NodeCommand command)
            {
                inner.Execute(command);
                if (command is NodeCommand.SendToRoute send)
                {
                    daemon.Node.Network.Timeline.Schedule(Later, () => inner.Execute(new NodeCommand.SendToRoute(new CommandId(send.Id.Value + Apart), send.Hash, send.Route)));
                }
            }
        }
    }

    private sealed class UnansweredSeams : DaemonSeams
    {
        public override IPeerMessenger Around(IPeerMessenger messenger) => new Messenger(messenger);

        private sealed class Messenger(IPeerMessenger inner) : IPeerMessenger
        {
            public void Send(CommandId id, NodeId peer, ReadOnlyMemory<byte> payload) => inner.Send(new CommandId(-id.Value), peer, payload);
        }
    }

    private sealed class ThrowingSeams : DaemonSeams
    {
        public override ILightningNode Around(ILightningNode node) => new Node(node);

        private sealed class Node(ILightningNode inner) : ILightningNode
        {
            public void Execute(NodeCommand command)
            {
                if (command is NodeCommand.LookupInvoice)
                {
                    throw new InvalidOperationException("A port must never throw.");
                }

                inner.Execute(command);
            }
        }
    }

    /// <summary>Changes what is saved.</summary>
    private sealed class StoreSeams(Action<StoreBatch> change) : DaemonSeams
    {
        public override IEddyStore Around(IEddyStore store) => new Store(change, store);

        internal sealed class Store(Action<StoreBatch> change, IEddyStore inner) : IEddyStore
        {
            public StoreContents Load() => inner.Load();

            public void Commit(StoreBatch batch)
            {
                change(batch);
                inner.Commit(batch);
            }

            public RingRecord? FindRing(RingId ring) => inner.FindRing(ring);

            public bool KnowsHash(PaymentHash hash) => inner.KnowsHash(hash);

            public System.Collections.Immutable.ImmutableArray<RingRecord> LatestRings(int count) => inner.LatestRings(count);

            public System.Collections.Immutable.ImmutableArray<RingStoryLine> Story(RingId ring) => inner.Story(ring);

            public System.Collections.Immutable.ImmutableArray<PhantomFee> PhantomFees(DateTimeOffset since, int count) => inner.PhantomFees(since, count);

            public System.Collections.Immutable.ImmutableArray<DayFigures> Days(DateOnly first) => inner.Days(first);

            public void Dispose() => inner.Dispose();
        }
    }
}
