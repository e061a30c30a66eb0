using System.Collections.Immutable;
using Eddy.Engine.Ports;
using Eddy.Engine.Views;
using Eddy.Engine.Wire;
using Eddy.Forwarding;
using Eddy.Fuzzing.Mutation;
using Eddy.Lightning;
using Eddy.Lnd.Interception;
using Eddy.Protos.Routerrpc;
using Eddy.Protos.Wire;
using Eddy.Rings;
using Google.Protobuf;

namespace Eddy.Fuzzing.Targets;

/// <summary>
/// A whole engine and one hostile peer: what the peer sends, with time and HTLCs between. Fields of the input are steps. Afterwards nothing is
/// reserved or waived that was not agreed to, and all that is not bound to an HTLC comes to an end.
/// </summary>
internal sealed class EngineTarget : FuzzTarget
{
    private const int Message = 1;
    private const int MessageMadeToFit = 2;
    private const int TimePasses = 3;
    private const int Htlc = 4;
    private const int HtlcEnds = 5;
    private const int ReturnProposal = 6;
    private const int HonestAdvert = 7;
    private const int Connection = 8;
    private const int Layout = 9;
    private const int Search = 10;
    /// <summary>Bits of the outcome: a payment of ours left, a waiver was used.</summary>
    public const int HasPaid = 1 << 12;

    public const int HasWaived = 1 << 13;

    private const int MostSteps = 24;
    private const int MostMilliseconds = 120_000;

    private static readonly ulong Sequence = (ulong)FuzzNode.Noon.ToUnixTimeMilliseconds();

    public override string Name => "engine";

    public override string What => "a hostile peer's messages in a row into a whole engine: no money or liquidity promised that the rules do not allow, and all ends";

    public override bool IsProtobuf => true;

    public override int MaxLength => 8192;

    public override int Weight => 6;

    public override AllocationBound Bound => new(32_000_000, 8_192);

    public override IEnumerable<byte[]> Seeds()
    {
        var offer = Samples.Offer(Samples.Hostile, Samples.Self, Samples.Honest);
        var longer = Samples.Offer(Samples.Hostile, Samples.Sybil, Samples.Self, Samples.Honest) with { Nodes = [Samples.Sybil, Samples.Hostile, Samples.Self, Samples.Honest] };
        var hello = Samples.Hello();
        yield return Samples.Steps((Message, hello), (Message, Samples.Proposal(offer)), (Htlc, Request().ToByteArray()), (HtlcEnds, 1), (TimePasses, 1_000));
        yield return Samples.Steps((Message, hello), (MessageMadeToFit, Samples.Proposal(longer, 1)), (TimePasses, 5_000), (Message, WireEncoder.EncodeDone(new(Samples.Hash(2)), RingOutcome.Failed, 2, 15)));
        yield return Samples.Steps(
            (Message, hello),
            (Message, Samples.Proposal(offer)),
            (Message, Samples.Proposal(offer)),
            (Connection, 0),
            (Connection, 1),
            (Message, WireEncoder.EncodeReject(new(Samples.Hash(2)), 2, RejectReason.Busy)));

        // We are the lowest that can initiate: the hostile peer is in a ring of ours.
        var advert = Samples.Advert(Samples.Hostile, Sequence, canInitiate: false, intents: [Samples.Intent(Samples.Self), Samples.Intent(Samples.Honest, 0, 1_000_000) with { MayIn = 2_000_000 }]);
        yield return Samples.Steps(
            (Message, Samples.Hello(canInitiate: false)), (HonestAdvert, 1), (Message, Samples.Adverts((advert, 1))), (TimePasses, 2_000), (Search, 0), (ReturnProposal, Array.Empty<byte>()), (TimePasses, 1_000));
        yield return Samples.Steps([(Layout, 1), .. Samples.Messages().Select(static message => (Message, (object)message))]);
    }

    public override int Execute(byte[] input)
    {
        var isParallel = ProtobufFields.ReadSteps(input).Any(static step => step.Number == Layout && (step.Value & 1) == 1);
        using var node = new FuzzNode(isParallel);
        var waived = new HashSet<PaymentHash>();
        foreach (var (number, value, bytes) in ProtobufFields.ReadSteps(input).Take(MostSteps))
        {
            switch (number)
            {
                case Message:
                    node.Receive(bytes.ToArray());
                    break;
                case MessageMadeToFit:
                    node.Receive(MakeFit(bytes));
                    break;
                case TimePasses:
                    node.Pass(TimeSpan.FromMilliseconds(Math.Min(value, MostMilliseconds)));
                    break;
                case Htlc:
                    Offer(node, bytes, waived);
                    break;
                case HtlcEnds when node.Bound is { } binding:
                    node.Feed((value & 1) == 1 ? new NodeEvent.HtlcSettled(binding.Key) : new NodeEvent.HtlcFailed(binding.Key, null));
                    break;
                case ReturnProposal when node.AtHonest is { } proposal:
                    node.Receive(WireEncoder.Encode(proposal.Offer, proposal.Terms.Add(HostileTerms(proposal.Offer, proposal.Terms, bytes))));
                    break;
                case HonestAdvert:
                    var advert = Samples.Advert(
                        Samples.Honest,
                        Sequence,
                        intents: [Samples.Intent(Samples.Self, 0, 1_000_000) with { MayIn = 2_000_000 }, Samples.Intent(Samples.Hostile)]);
                    node.SignHonestly(advert.Signed.ToArray());
                    node.Feed(new NodeEvent.MessageReceived(Samples.Honest, Samples.Adverts((advert, 1))));
                    break;
                case Connection:
                    node.Feed((value & 1) == 1 ? new NodeEvent.PeerOnline(Samples.Hostile) : new NodeEvent.PeerOffline(Samples.Hostile));
                    break;
                case Search:
                    node.Ask(new OperatorRequest.Propose((value & 1) == 1));
                    break;
            }
        }

        return CheckEnd(node);
    }

    /// <summary>A peer that says the right digest of whatever offer it made up.</summary>
    private static byte[] MakeFit(ReadOnlyMemory<byte> bytes)
    {
        if (WireParser.TryParse(Envelope.Parser, bytes.Span, out _) is not { Proposal: { } proposal } envelope)
        {
            return bytes.ToArray();
        }

        foreach (var signed in proposal.Terms)
        {
            if (WireParser.TryParse(Protos.Wire.MemberTerms.Parser, signed.Terms.Span, out _) is { } terms)
            {
                terms.OfferDigest = ByteString.CopyFrom(Bytes32.Sha256(proposal.Offer.Span).ToArray());
                signed.Terms = terms.ToByteString();
            }
        }

        return envelope.ToByteArray();
    }

    private static SignedBytes HostileTerms(SignedBytes offer, ImmutableArray<SignedBytes> before, ReadOnlyMemory<byte> given)
    {
        if (!given.IsEmpty)
        {
            return Samples.Signed(given.ToArray());
        }

        var amount = WireDecoder.DecodeTerms(before[^1].Bytes) is { } last ? last.Amount : MilliSatoshi.FromSatoshi(50_000);
        return Samples.Signed(WireEncoder.EncodeTerms(Samples.Terms(offer.Bytes.Span, before.Length + 1) with { Amount = amount, MaxHtlc = MilliSatoshi.FromSatoshi(9_000_000) }));
    }

    private static void Offer(FuzzNode node, ReadOnlyMemory<byte> bytes, HashSet<PaymentHash> waived)
    {
        if (WireParser.TryParse(ForwardHtlcInterceptRequest.Parser, bytes.Span, out _) is not { } request
            || OfferedHtlc.IsUnanswerable(request) || !OfferedHtlc.TryRead(request, out var htlc))
        {
            return;
        }

        var verdict = node.Gate.Judge(in htlc);
        if (verdict is { Action: HtlcAction.Waive, Binding: { } binding })
        {
            var ring = node.View.Rings.FirstOrDefault(ring => ring.Id == binding.Ring);
            Check.That(ring is { Role: "member", State: "Accepted" }, $"Waived for a ring that is {ring?.State ?? "unknown"}.");
            Check.That(htlc.IncomingAmount == htlc.OutgoingAmount && htlc.IncomingAmount <= ring!.Amount, "Waived for another amount.");
            Check.That(htlc.Key.Channel.Value == FuzzNode.IncomingChannel, "Waived for another channel.");
            Check.That(waived.Add(htlc.Hash), "Waived twice.");
            Check.That(node.Gate.TryBind(binding), "A first binding that cannot be saved.");
        }

        node.Feed(new NodeEvent.BlockConnected(FuzzNode.Height));
    }

    private static int CheckEnd(FuzzNode node)
    {
        var view = node.View;
        CheckReservations(view);
        CheckConsent(view);
        var outcome = view.Rings.Aggregate(0, static (bits, ring) => bits ^ (ring.State.Sum(static letter => letter) * 7));
        outcome ^= view.Refusals.Aggregate(0, static (bits, refusal) => bits | (1 << (int)refusal.Key));

        // Longer than any TTL: only what is bound to an HTLC may still stand.
        node.Pass(TimeSpan.FromSeconds(Eddy.Rings.RingOffer.MaxTtlSeconds + 1));
        view = node.View;
        CheckReservations(view);
        CheckConsent(view);
        Check.That(
            view.Rings.All(static ring => ring.IsFinal || ring.State is "Bound" || ring.Role == "initiator"),
            "A ring without an HTLC outlives its time.");
        Check.That(view.Peers.Length <= 3 && view.Adverts.Length <= 10_000, "Tables grow.");
        Check.That(view.Rings.Length <= 64, "Too many rings.");
        return (outcome & 0x3FF) | (node.Payments > 0 ? HasPaid : 0) | (node.Bound is null ? 0 : HasWaived);
    }

    private static void CheckReservations(EngineView view)
    {
        var open = view.Rings.Where(static ring => !ring.IsFinal).ToArray();
        Check.That(open.Count(static ring => ring.Role == "member") <= 8, "More rings of others than allowed.");
        Check.That(open.Count(static ring => ring.Role == "initiator") <= 1, "More own rings than allowed.");

        // What has settled stays promised until LND lists its channels, which it never does here.
        var promised = new MilliSatoshi(view.Rings.Where(static ring => !ring.IsFinal || ring.Outcome == Eddy.Rings.RingOutcome.Settled).Sum(static ring => ring.Amount.Value));
        foreach (var channel in view.Channels)
        {
            Check.That(channel.ReservedIn >= MilliSatoshi.Zero && channel.ReservedOut >= MilliSatoshi.Zero, "Less than nothing is reserved.");
            Check.That(channel.ReservedIn <= promised && channel.ReservedOut <= promised, "More is reserved than promised.");
        }

        foreach (var ring in open)
        {
            Check.That(ring.Amount > MilliSatoshi.Zero && ring.Amount <= MilliSatoshi.FromSatoshi(5_000_000), $"A ring over {ring.Amount}.");
        }
    }

    /// <summary>
    /// Consent said again for these channels: the only move that brings neither further from its target is from the hostile peer to the honest
    /// one, and it ends where the first of the two reaches its target: the one with 2 of 10 million sat at 5, whether the other has 8 of 10 or,
    /// its parallel channels counted together, 15 of 20.
    /// </summary>
    private static void CheckConsent(EngineView view)
    {
        var most = MilliSatoshi.FromSatoshi(3_000_000);
        foreach (var ring in view.Rings)
        {
            var nodes = ring.Hops.Select(static hop => hop.Node).ToList();
            var self = nodes.IndexOf(Samples.Self);
            Check.That(self >= 0, "A ring without us.");
            Check.That(
                nodes[(self + nodes.Count - 1) % nodes.Count] == Samples.Hostile && nodes[(self + 1) % nodes.Count] == Samples.Honest,
                "A move away from our targets.");
            Check.That(ring.Amount > MilliSatoshi.Zero && ring.Amount <= most, $"A move of {ring.Amount}, past our targets.");
        }
    }

    private static ForwardHtlcInterceptRequest Request() => new()
    {
        IncomingCircuitKey = new Protos.Routerrpc.CircuitKey { ChanId = FuzzNode.IncomingChannel, HtlcId = 7 },
        IncomingAmountMsat = 1_000_000_000,
        IncomingExpiry = FuzzNode.Height + 200,
        PaymentHash = ByteString.CopyFrom(Samples.Hash(3).ToArray()),
        OutgoingRequestedChanId = FuzzNode.OutgoingChannel,
        OutgoingAmountMsat = 1_000_000_000,
        OutgoingExpiry = FuzzNode.Height + 120,
        AutoFailHeight = (int)FuzzNode.Height + 180,
        CustomRecords = { [InterceptedHtlc.RecordType] = ByteString.CopyFrom(Samples.Record.ToArray()) },
    };
}
