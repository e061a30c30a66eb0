using System.Collections.Immutable;
using Eddy.Engine;
using Eddy.Engine.Forwarding;
using Eddy.Engine.Ports;
using Eddy.Engine.Storage;
using Eddy.Engine.Views;
using Eddy.Engine.Wire;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Fuzzing.Targets;

/// <summary>
/// An engine with everything round it played here, in virtual time: an LND that does as it is told and is watched, an honest peer that signs
/// what it is asked to, and room for a hostile one. Our channels make us want a move from the hostile peer to the honest one.
/// </summary>
internal sealed class FuzzNode : ILightningNode, IPeerMessenger, IEngineInbox, ISignatureVerifier, IEntropy, IDisposable
{
    public const uint Height = 850_000;
    public const ulong IncomingChannel = 700_000UL << 40;
    public const ulong OutgoingChannel = 700_002UL << 40;
    public const ulong ParallelChannel = 700_004UL << 40;

    public static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private const int MostEvents = 4_000;
    private const int MostSent = 20_000;

    private readonly Queue<NodeEvent> _events = new();
    private readonly HashSet<Bytes32> _honestlySigned = [];
    private readonly HashSet<PaymentHash> _paid = [];
    private readonly Dictionary<PaymentHash, MilliSatoshi> _invoices = [];
    private readonly EddyEngine _engine;
    private readonly FuzzClock _clock = new() { Now = Noon };
    private readonly InMemoryStore _store;
    private readonly bool _isSendingAnything;
    private readonly HtlcGate _gate;
    private byte _drawn;
    private int _handled;

    /// <param name="isParallel">There is a second channel with the honest peer.</param>
    /// <param name="store">Null for an empty one.</param>
    /// <param name="isSendingAnything">Messages of an earlier run may be whatever the store says.</param>
    public FuzzNode(bool isParallel, InMemoryStore? store = null, bool isSendingAnything = false)
    {
        _store = store ?? new InMemoryStore();
        _isSendingAnything = isSendingAnything;
        _gate = new HtlcGate(_store, this, _clock);
        _engine = new EddyEngine(
            new EngineOptions { Rings = new RingOptions { MaxLength = 6 } },
            new EnginePorts
            {
                Store = _store,
                Node = this,
                Messenger = this,
                Gate = _gate,
                Time = _clock,
                Random = new Random(1),
                Entropy = this,
                Verifier = this,
            });
        _engine.Start();
        Post(new NodeEvent.Connected(new(Samples.Self, "self", "regtest", Samples.Chain, "0.20.3-beta", Height, 18)));
        Post(new NodeEvent.PeersListed([Samples.Hostile, Samples.Honest]));
        ImmutableArray<Channel> channels = [Open(IncomingChannel, Samples.Hostile, 2_000_000), Open(OutgoingChannel, Samples.Honest, 8_000_000)];
        Post(new NodeEvent.ChannelsListed(isParallel ? channels.Add(Open(ParallelChannel, Samples.Honest, 7_000_000)) : channels));
        Post(new NodeEvent.InterceptorChanged(InterceptorState.Up, ""));
        Post(new NodeEvent.MessageReceived(Samples.Honest, Samples.Hello(isReply: true)));
        Run();
    }

    public DateTimeOffset Now => _clock.Now;

    public EngineView View => _engine.View;

    public HtlcGate Gate => _gate;

    /// <summary>The latest waiver that was used.</summary>
    public WaiverBinding? Bound { get; private set; }

    /// <summary>Proposals of ours as they came to the honest peer, its terms added.</summary>
    public (SignedBytes Offer, ImmutableArray<SignedBytes> Terms)? AtHonest { get; private set; }

    public int Sent { get; private set; }

    public int Payments => _paid.Count;

    public IEddyStore Store => _store;

    public void Receive(ReadOnlyMemory<byte> message) => Feed(new NodeEvent.MessageReceived(Samples.Hostile, message));

    public void Feed(NodeEvent nodeEvent)
    {
        Post(nodeEvent);
        Run();
    }

    public void Post(NodeEvent nodeEvent)
    {
        if (nodeEvent is NodeEvent.WaiverBound bound)
        {
            Bound = bound.Binding;
        }

        _events.Enqueue(nodeEvent);
    }

    public OperatorReply Ask(OperatorRequest request)
    {
        var reply = _engine.Handle(request);
        Run();
        return reply;
    }

    /// <summary>Time goes by from timer to timer; beyond many of them at one go.</summary>
    public void Pass(TimeSpan time)
    {
        var end = _clock.Now + time;
        for (var timers = 0; timers < 30 && _engine.NextTimer is { } due && due <= end; timers++)
        {
            _clock.Now = due > _clock.Now ? due : _clock.Now;
            _engine.Tick();
            Run();
        }

        _clock.Now = end;
        _engine.Tick();
        Run();
    }

    public void Execute(NodeCommand command) => _events.Enqueue(new NodeEvent.Completed(command.Id, Answer(command)));

    public void Send(CommandId id, NodeId peer, ReadOnlyMemory<byte> payload)
    {
        Sent++;
        Check.That(Sent <= MostSent, "It sends without end.");
        Check.That(payload.Length <= IPeerMessenger.MaxMessageSize, "A message over the limit.");
        Check.That(_isSendingAnything || peer == Samples.Hostile || peer == Samples.Honest, "A message to nobody we have a channel with.");
        Check.That(_isSendingAnything || WireDecoder.Decode(payload) is DecodeResult.Decoded, "What we send cannot be read.");
        if (peer == Samples.Honest && WireDecoder.Decode(payload) is DecodeResult.Decoded { Message: WireMessage.Proposal proposal })
        {
            AtHonest = (proposal.SignedOffer, proposal.Terms.Add(HonestTerms(proposal)));
        }

        _events.Enqueue(new NodeEvent.Completed(id, new CommandOutcome.Done()));
    }

    /// <summary>The hostile peer has all keys but ours and the honest peer's.</summary>
    public bool Verify(NodeId node, SignatureDomain domain, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> signature) =>
        NodeSignature.HasForm(signature)
        && node != Samples.Self
        && (node != Samples.Honest || _honestlySigned.Contains(Bytes32.Sha256(payload)));

    public void Fill(Span<byte> destination) => destination.Fill(++_drawn);

    public void Dispose() => _engine.Dispose();

    /// <summary>Signs as the honest peer.</summary>
    public byte[] SignHonestly(byte[] payload)
    {
        _honestlySigned.Add(Bytes32.Sha256(payload));
        return Samples.Signature(payload);
    }

    private SignedBytes HonestTerms(WireMessage.Proposal proposal)
    {
        var asked = proposal.Terms.Length > 0 && WireDecoder.DecodeTerms(proposal.Terms[^1].Bytes) is { } last ? last.Amount : proposal.Offer.Amount;
        var terms = WireEncoder.EncodeTerms(
            new(proposal.Offer.Digest, proposal.Offer.Nodes.IndexOf(Samples.Honest), new(12_345), 40, new(1_000), MilliSatoshi.FromSatoshi(5_000_000), asked, MilliSatoshi.Zero));
        return new(terms, SignHonestly(terms));
    }

    private void Run()
    {
        while (_events.TryDequeue(out var next))
        {
            Check.That(++_handled <= MostEvents, "Events without end.");
            _engine.Handle(next);
        }
    }

    private CommandOutcome Answer(NodeCommand command)
    {
        switch (command)
        {
            case NodeCommand.SignMessage sign:
                return new CommandOutcome.Signed(Samples.Signature(sign.Message.Span));
            case NodeCommand.AddInvoice invoice:
                Check.That(invoice.Amount > MilliSatoshi.Zero && invoice.Amount <= MilliSatoshi.FromSatoshi(5_000_000), $"An invoice over {invoice.Amount}.");
                _invoices[new PaymentHash(invoice.Preimage.Value.Hash())] = invoice.Amount;
                return new CommandOutcome.InvoiceAdded(new byte[32], 18);
            case NodeCommand.SendToRoute send:
                CheckRoute(send);
                return new CommandOutcome.PaymentSettled(MilliSatoshi.Zero);
            case NodeCommand.LookupInvoice lookup:
                return _invoices.TryGetValue(lookup.Hash, out var amount)
                    ? new CommandOutcome.InvoiceFound(_paid.Contains(lookup.Hash) ? InvoiceState.Settled : InvoiceState.Open, amount, new byte[32], 18)
                    : new CommandOutcome.NotFound("No invoice.");
            case NodeCommand.TrackPayment track:
                return _paid.Contains(track.Hash) ? new CommandOutcome.PaymentSettled(MilliSatoshi.Zero) : new CommandOutcome.NotFound("No payment.");
            case NodeCommand.LookupCircuits circuits:
                return new CommandOutcome.CircuitsFound([.. circuits.Keys.Select(static key => new CircuitStatus(key, CircuitFate.Pending))]);
            default:
                return new CommandOutcome.Done();
        }
    }

    /// <summary>Once for a hash, nothing for anybody on the way, and no longer locked than we allow.</summary>
    private void CheckRoute(NodeCommand.SendToRoute send)
    {
        Check.That(_paid.Add(send.Hash), "Paid twice.");
        Check.That(_invoices.TryGetValue(send.Hash, out var invoiced), "Paid without an invoice.");
        var route = send.Route;
        Check.Same(invoiced, route.TotalAmount, "amount");
        Check.That(route.Hops.All(hop => hop.AmountToForward == route.TotalAmount), "Somebody is paid.");
        Check.That(route.Hops[^1].Node == Samples.Self, "It does not come home.");
        Check.That(route.TotalTimeLock >= Height && route.TotalTimeLock <= Height + 800, $"Locked until {route.TotalTimeLock}.");
    }

    private static Channel Open(ulong id, NodeId peer, long localSat) => new()
    {
        Id = new(id),
        ChannelPoint = $"{id}:0",
        Peer = peer,
        Capacity = MilliSatoshi.FromSatoshi(10_000_000),
        Local = MilliSatoshi.FromSatoshi(localSat),
        Remote = MilliSatoshi.FromSatoshi(10_000_000 - localSat),
        Spendable = MilliSatoshi.FromSatoshi(localSat - 150_000),
        Receivable = MilliSatoshi.FromSatoshi(9_850_000 - localSat),
        IsActive = true,
        Policy = new(1_000, 250, 80, new(1_000), new(9_900_000_000)),
        PeerPolicy = new(1_000, 300, 80, new(1_000), new(9_900_000_000)),
    };
}
