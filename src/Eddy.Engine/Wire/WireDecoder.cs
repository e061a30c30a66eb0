using System.Collections.Immutable;
using Eddy.Engine.Ports;
using Eddy.Gossip;
using Eddy.Lightning;
using Eddy.Protos.Wire;
using Eddy.Rings;
using Google.Protobuf;
using CoreIntent = Eddy.Gossip.Intent;
using CoreOffer = Eddy.Rings.RingOffer;
using CoreTerms = Eddy.Rings.MemberTerms;

namespace Eddy.Engine.Wire;

/// <summary>
/// Reads what peers send. Sizes and counts are bounded before anything is parsed; unknown fields and bodies are passed over; every fault is
/// a value. Signed parts are kept as the very bytes that came.
/// </summary>
internal static class WireDecoder
{
    public const int MaxAdvertsPerBatch = 512;

    /// <summary>Room for fields of later versions.</summary>
    private const int SpareFields = 32;

    private const int MaxOfferFields = (2 * CoreOffer.MaxLength) + SpareFields;
    private const int MaxProposalFields = CoreOffer.MaxLength + SpareFields;
    private const int MaxAdvertFields = AdvertBookOptions.MaxIntentsPerPart + SpareFields;

    private static readonly DecodeResult Unknown = new DecodeResult.Unknown();

    public static DecodeResult Decode(ReadOnlyMemory<byte> payload)
    {
        if (payload.Length > IPeerMessenger.MaxMessageSize)
        {
            return Malformed($"It has {payload.Length} bytes.");
        }

        if (!WireScan.HasAtMost(payload.Span, SpareFields, MostFields))
        {
            return Malformed("It is no envelope, or has too many parts.");
        }

        return TryParse(Envelope.Parser, payload) is { } envelope ? Decode(envelope) : Malformed("It cannot be parsed.");
    }

    /// <summary>The offer that these bytes are; null where they are none.</summary>
    public static CoreOffer? DecodeOffer(ReadOnlyMemory<byte> bytes)
    {
        if (!WireScan.HasAtMost(bytes.Span, MaxOfferFields) || TryParse(Protos.Wire.RingOffer.Parser, bytes) is not { } offer
            || offer.Nodes.Count > CoreOffer.MaxLength || offer.Commitments.Count > CoreOffer.MaxLength)
        {
            return null;
        }

        var nodes = ImmutableArray.CreateBuilder<NodeId>(offer.Nodes.Count);
        foreach (var node in offer.Nodes)
        {
            if (!NodeId.TryFrom(node.Span, out var id))
            {
                return null;
            }

            nodes.Add(id);
        }

        var commitments = ImmutableArray.CreateBuilder<Bytes32>(offer.Commitments.Count);
        foreach (var commitment in offer.Commitments)
        {
            if (!Bytes32.TryFrom(commitment.Span, out var value))
            {
                return null;
            }

            commitments.Add(value);
        }

        if (nodes.Count < CoreOffer.MinLength || !Bytes32.TryFrom(offer.Chain.Span, out var chain)
            || !Bytes32.TryFrom(offer.RingId.Span, out var ring) || !Bytes32.TryFrom(offer.PaymentHash.Span, out var hash))
        {
            return null;
        }

        return new CoreOffer
        {
            Digest = Bytes32.Sha256(bytes.Span),
            Chain = chain,
            Id = new RingId(ring),
            Nodes = nodes.MoveToImmutable(),
            Hash = new PaymentHash(hash),
            Commitments = commitments.MoveToImmutable(),
            Amount = MilliSatoshi.FromWireSatoshi(offer.AmountSat),
            MinAmount = MilliSatoshi.FromWireSatoshi(offer.MinAmountSat),
            TtlSeconds = offer.TtlSeconds,
            MaxLockBlocks = offer.MaxLockBlocks,
        };
    }

    /// <summary>The terms that these bytes are; null where they are none.</summary>
    public static CoreTerms? DecodeTerms(ReadOnlyMemory<byte> bytes)
    {
        if (!WireScan.HasAtMost(bytes.Span, SpareFields) || TryParse(Protos.Wire.MemberTerms.Parser, bytes) is not { } terms
            || !Bytes32.TryFrom(terms.OfferDigest.Span, out var digest) || terms.Position > CoreOffer.MaxLength)
        {
            return null;
        }

        return new CoreTerms(
            digest,
            (int)terms.Position,
            new ShortChannelId(terms.Scid),
            terms.CltvDelta,
            MilliSatoshi.FromWire(terms.MinHtlcMsat),
            MilliSatoshi.FromWire(terms.MaxHtlcMsat),
            MilliSatoshi.FromWireSatoshi(terms.AmountSat),
            MilliSatoshi.FromWireSatoshi(terms.GainSat));
    }

    private static int MostFields(int body) => body switch
    {
        Envelope.HelloFieldNumber or Envelope.ProposalFieldNumber or Envelope.RejectFieldNumber or Envelope.DoneFieldNumber => MaxProposalFields,
        Envelope.AdvertsFieldNumber => MaxAdvertsPerBatch,
        Envelope.OffersFieldNumber or Envelope.RequestFieldNumber => SpareFields,
        _ => -1,
    };

    private static DecodeResult Decode(Envelope envelope) => envelope.BodyCase switch
    {
        // A hello is read in any version: it is what the versions are agreed by.
        Envelope.BodyOneofCase.Hello => Decoded(new WireMessage.Greeting(envelope.Hello)),
        Envelope.BodyOneofCase.None => Unknown,
        _ when envelope.Version != WireEncoder.Version => Unknown,
        Envelope.BodyOneofCase.Adverts => DecodeAdverts(envelope.Adverts),
        Envelope.BodyOneofCase.Offers => DecodeOffers(envelope.Offers),
        Envelope.BodyOneofCase.Request => DecodeRequest(envelope.Request),
        Envelope.BodyOneofCase.Proposal => DecodeProposal(envelope.Proposal),
        Envelope.BodyOneofCase.Reject => Bytes32.TryFrom(envelope.Reject.RingId.Span, out var rejected)
            ? Decoded(new WireMessage.Reject(new RingId(rejected), Small(envelope.Reject.Position), Reason(envelope.Reject.Reason)))
            : Malformed("A reject without a ring."),
        Envelope.BodyOneofCase.Done => Bytes32.TryFrom(envelope.Done.RingId.Span, out var done)
            ? Decoded(new WireMessage.Done(
                new RingId(done), Outcome(envelope.Done.Outcome), Small(envelope.Done.FailurePosition), Small(envelope.Done.FailureCode)))
            : Malformed("A done without a ring."),
        _ => Unknown,
    };

    private static DecodeResult DecodeAdverts(AdvertBatch batch)
    {
        var parts = ImmutableArray.CreateBuilder<RelayedAdvertPart>(batch.Adverts.Count);
        foreach (var relayed in batch.Adverts)
        {
            if (relayed.Signed is not { } signed || DecodeAdvert(signed) is not { } part)
            {
                return Malformed("An advert cannot be read.");
            }

            parts.Add(new RelayedAdvertPart(part, Small(relayed.Hops)));
        }

        return Decoded(new WireMessage.Adverts(parts.MoveToImmutable()));
    }

    private static SignedAdvertPart? DecodeAdvert(SignedAdvert signed)
    {
        var bytes = signed.Advert.Memory;
        if (!WireScan.HasAtMost(bytes.Span, MaxAdvertFields) || TryParse(Protos.Wire.Advert.Parser, bytes) is not { } advert
            || !Bytes32.TryFrom(advert.Chain.Span, out var chain) || !NodeId.TryFrom(advert.Node.Span, out var node))
        {
            return null;
        }

        var intents = ImmutableArray.CreateBuilder<CoreIntent>(advert.Intents.Count);
        foreach (var intent in advert.Intents)
        {
            if (!NodeId.TryFrom(intent.Peer.Span, out var peer))
            {
                return null;
            }

            intents.Add(new CoreIntent(
                peer, Sat(intent.WantOut), Sat(intent.MayOut), Sat(intent.LeastOut), Sat(intent.WantIn), Sat(intent.MayIn), Sat(intent.LeastIn)));
        }

        return new SignedAdvertPart(
            chain,
            node,
            advert.Sequence,
            Small(advert.Part),
            Small(advert.TtlSeconds),
            advert.CanInitiate,
            advert.CanWaive,
            intents.MoveToImmutable(),
            bytes,
            signed.Signature.Memory);
    }

    private static DecodeResult DecodeOffers(AdvertOffers offers) => AdvertEntries.TryReadOffers(offers.Entries.Span, out var entries)
        ? Decoded(new WireMessage.Offers(entries))
        : Malformed("Offers that do not end with an entry.");

    private static DecodeResult DecodeRequest(Protos.Wire.AdvertRequest request) =>
        AdvertEntries.TryReadPlaces(request.Parts.Span, out var parts)
        && AdvertEntries.TryReadOrigins(request.Follow.Span, out var follow)
        && AdvertEntries.TryReadOrigins(request.Stop.Span, out var stop)
            ? Decoded(new WireMessage.Request(new(parts, follow, stop)))
            : Malformed("A request that does not end with an entry.");

    private static DecodeResult DecodeProposal(RingProposal proposal)
    {
        if (proposal.Terms.Count >= CoreOffer.MaxLength || DecodeOffer(proposal.Offer.Memory) is not { } offer)
        {
            return Malformed("A proposal whose offer cannot be read.");
        }

        return Decoded(new WireMessage.Proposal(
            new SignedBytes(proposal.Offer.Memory, proposal.Signature.Memory),
            offer,
            [.. proposal.Terms.Select(static terms => new SignedBytes(terms.Terms.Memory, terms.Signature.Memory))]));
    }

    private static T? TryParse<T>(MessageParser<T> parser, ReadOnlyMemory<byte> bytes)
        where T : class, IMessage<T>, new() =>
        WireParser.TryParse(parser, bytes.Span, out _);

    private static DecodeResult.Decoded Decoded(WireMessage message) => new DecodeResult.Decoded(message);

    private static DecodeResult.Malformed Malformed(string fault) => new DecodeResult.Malformed(fault);

    /// <summary>Where a larger number cannot mean anything, it need not be told from the largest.</summary>
    private static int Small(uint value) => (int)Math.Min(value, int.MaxValue);

    private static long Sat(ulong value) => (long)Math.Min(value, long.MaxValue);

    private static RejectReason Reason(uint value) =>
        value <= int.MaxValue && Enum.IsDefined((RejectReason)value) ? (RejectReason)value : RejectReason.Other;

    private static RingOutcome Outcome(uint value) =>
        value <= int.MaxValue && Enum.IsDefined((RingOutcome)value) ? (RingOutcome)value : RingOutcome.Unknown;
}
