using System.Collections.Immutable;
using Eddy.Engine.Ports;
using Eddy.Engine.Storage;
using Eddy.Engine.Views;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Protos.Wire;
using Eddy.Rings;
using MemberTerms = Eddy.Protos.Wire.MemberTerms;
using RingOffer = Eddy.Protos.Wire.RingOffer;

namespace Eddy.Simulator.Faults;

/// <summary>
/// Stands next to the engine: writes down what it saves, asks and sends, tells the moments at which faults strike, and lets the process
/// die between saving and acting.
/// </summary>
internal sealed class WatchSeams(FaultRun run, FaultNode node) : DaemonSeams
{
    // Version, then the tag of the body, as our own encoder writes them.
    private const int BodyTagAt = 2;
    private const byte ProposalTag = 0x2A;

    /// <summary>So many acts later the process dies.</summary>
    public int? ActsLeft { get; set; }

    /// <summary>The process dies at the next binding: before it is saved, or after.</summary>
    public FaultKind? DiesAtBinding { get; set; }

    /// <summary>Bindings that will not be saved.</summary>
    public bool RefusesBindings { get; set; }

    public override IEddyStore Around(IEddyStore store) => new Store(this, node, store);

    public override IBindingStore Around(IBindingStore bindings) => new Bindings(this, run, node, bindings);

    public override ILightningNode Around(ILightningNode inner) => new Node(this, run, node, inner);

    public override IPeerMessenger Around(IPeerMessenger messenger) => new Messenger(this, run, node, messenger);

    public override IHtlcGate Around(IHtlcGate gate) => new Gate(this, run, node, gate);

    public override void OnStart()
    {
        run.Log.Add(node.Alias, "starts");
        node.SetServed(false);
    }

    public override void OnEvent(NodeEvent nodeEvent)
    {
        run.OnEngineStep(node);
        switch (nodeEvent)
        {
            case NodeEvent.MessageReceived message:
                run.Log.Add(node.Alias, "hears", new WireText(message.Peer, message.Payload));
                break;
            case NodeEvent.Disconnected:
                node.SetServed(false);
                run.Log.Add(node.Alias, "learns", nodeEvent);
                break;
            case NodeEvent.ChannelsListed:
                node.SetServed(true);
                run.Log.Add(node.Alias, "learns", nodeEvent);
                break;
            default:
                run.Log.Add(node.Alias, "learns", nodeEvent);
                break;
        }
    }

    private void Act()
    {
        if (ActsLeft is { } left)
        {
            ActsLeft = left - 1;
            if (left <= 0)
            {
                ActsLeft = null;
                run.Count(FaultKind.CrashWhileActing, node, "it dies between two acts");
                throw new CrashException();
            }
        }
    }

    private void Promised(ReadOnlyMemory<byte> payload)
    {
        var proposal = Envelope.Parser.ParseFrom(payload.Span).Proposal;
        var offer = RingOffer.Parser.ParseFrom(proposal.Offer);
        var hash = new PaymentHash(new Bytes32(offer.PaymentHash.Span));
        if (proposal.Terms.Count > 0)
        {
            var terms = MemberTerms.Parser.ParseFrom(proposal.Terms[^1].Terms);
            node.Add(new Promise(
                hash,
                new NodeId(offer.Nodes[proposal.Terms.Count - 1].Span),
                MilliSatoshi.FromWireSatoshi(offer.MinAmountSat).Value,
                MilliSatoshi.FromWireSatoshi(terms.AmountSat).Value,
                node.Daemon.Clock.GetUtcNow() + TimeSpan.FromSeconds(offer.TtlSeconds)));
        }
    }

    private void Saved(StoreBatch batch)
    {
        foreach (var ring in batch.Rings)
        {
            run.Log.Add(node.Alias, "saves", ring);
        }

        run.OnCommitted(node, batch);
    }

    private void Die() => node.Daemon.Crash();

    private sealed class Store(WatchSeams seams, FaultNode node, IEddyStore inner) : IEddyStore
    {
        public StoreContents Load() => inner.Load();

        public void Commit(StoreBatch batch)
        {
            var store = node.Daemon.Store.Inner;
            var commits = store.Commits;
            try
            {
                inner.Commit(batch);
            }
            finally
            {
                // The process may die of it, before or after.
                if (store.Commits > commits)
                {
                    seams.Saved(batch);
                }
            }
        }

        public RingRecord? FindRing(RingId ring) => inner.FindRing(ring);

        public bool KnowsHash(PaymentHash hash) => inner.KnowsHash(hash);

        public ImmutableArray<RingRecord> LatestRings(int count) => inner.LatestRings(count);

        public ImmutableArray<RingStoryLine> Story(RingId ring) => inner.Story(ring);

        public ImmutableArray<PhantomFee> PhantomFees(DateTimeOffset since, int count) => inner.PhantomFees(since, count);

        public ImmutableArray<DayFigures> Days(DateOnly first) => inner.Days(first);

        public void Dispose() => inner.Dispose();
    }

    private sealed class Bindings(WatchSeams seams, FaultRun run, FaultNode node, IBindingStore inner) : IBindingStore
    {
        public bool TrySave(WaiverBinding binding, TimeSpan timeout)
        {
            if (seams.RefusesBindings)
            {
                run.Count(FaultKind.BindingRefused, node, $"the binding of {EventText.Short(binding.Hash)} is not saved");
                return false;
            }

            return inner.TrySave(binding, timeout);
        }
    }

    private sealed class Node(WatchSeams seams, FaultRun run, FaultNode node, ILightningNode inner) : ILightningNode
    {
        public void Execute(NodeCommand command)
        {
            seams.Act();
            run.Log.Add(node.Alias, "asks", command);
            if (command is NodeCommand.SendToRoute)
            {
                run.Injector.OnMoment(FaultMoment.Paying, node, (NodeCommand.SendToRoute)command);
            }

            inner.Execute(command);
        }
    }

    private sealed class Messenger(WatchSeams seams, FaultRun run, FaultNode node, IPeerMessenger inner) : IPeerMessenger
    {
        public void Send(CommandId id, NodeId peer, ReadOnlyMemory<byte> payload)
        {
            seams.Act();
            run.Log.Add(node.Alias, "sends", new WireText(peer, payload));
            if (payload.Length > BodyTagAt && payload.Span[BodyTagAt] == ProposalTag)
            {
                seams.Promised(payload);
                run.Injector.OnMoment(FaultMoment.Proposing, node, peer);
            }

            inner.Send(id, peer, payload);
        }
    }

    private sealed class Gate(WatchSeams seams, FaultRun run, FaultNode node, IHtlcGate inner) : IHtlcGate
    {
        public HtlcVerdict Judge(in InterceptedHtlc htlc)
        {
            var verdict = inner.Judge(in htlc);
            if (verdict.Binding is not null)
            {
                node.Decided(htlc.Key);
                run.Log.Add(node.Alias, "judges", $"{EventText.Of(htlc.Key)} {verdict.Action} of {EventText.Short(htlc.Hash)}");
                run.Injector.OnMoment(FaultMoment.Waiving, node, null);
            }

            return verdict;
        }

        public bool TryBind(WaiverBinding binding)
        {
            if (seams.DiesAtBinding is not { } kind)
            {
                return inner.TryBind(binding);
            }

            // The engine dies with its gate, and LND's stream with both: nobody is there to answer.
            seams.DiesAtBinding = null;
            run.Count(kind, node, $"it dies at the binding of {EventText.Short(binding.Hash)}");
            if (kind == FaultKind.CrashAfterBinding)
            {
                node.Daemon.Store.TrySave(binding, TimeSpan.Zero);
            }

            seams.Die();
            return false;
        }
    }
}
