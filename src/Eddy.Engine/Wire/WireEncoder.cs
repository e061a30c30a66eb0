using System.Collections.Immutable;
using Eddy.Gossip;
using Eddy.Lightning;
using Eddy.Protos.Wire;
using Eddy.Rings;
using Google.Protobuf;
using CoreRequest = Eddy.Gossip.AdvertRequest;
using CoreIntent = Eddy.Gossip.Intent;
using CoreOffer = Eddy.Rings.RingOffer;
using CoreTerms = Eddy.Rings.MemberTerms;

namespace Eddy.Engine.Wire;

/// <summary>Writes what we send.</summary>
internal static class WireEncoder
{
    public const uint Version = 1;

    public static byte[] Encode(Hello hello) => new Envelope { Version = Version, Hello = hello }.ToByteArray();

    public static byte[] Encode(ReadOnlySpan<AdvertOffer> offers) => new Envelope
    {
        Version = Version,
        Offers = new AdvertOffers { Entries = ByteString.CopyFrom(AdvertEntries.Write(offers)) },
    }.ToByteArray();

    public static byte[] Encode(CoreRequest request) => new Envelope
    {
        Version = Version,
        Request = new Protos.Wire.AdvertRequest
        {
            Parts = ByteString.CopyFrom(AdvertEntries.Write(request.Parts.AsSpan())),
            Follow = ByteString.CopyFrom(AdvertEntries.Write(request.Follow.AsSpan())),
            Stop = ByteString.CopyFrom(AdvertEntries.Write(request.Stop.AsSpan())),
        },
    }.ToByteArray();

    public static RelayedAdvert ToMessage(RelayedAdvertPart relayed) => new()
    {
        Signed = new SignedAdvert { Advert = Wrap(relayed.Part.Signed), Signature = Wrap(relayed.Part.Signature) },
        Hops = (uint)relayed.Hops,
    };

    public static byte[] Encode(IEnumerable<RelayedAdvert> adverts)
    {
        var batch = new AdvertBatch();
        batch.Adverts.AddRange(adverts);
        return new Envelope { Version = Version, Adverts = batch }.ToByteArray();
    }

    public static byte[] Encode(SignedBytes offer, ImmutableArray<SignedBytes> terms)
    {
        var proposal = new RingProposal { Offer = Wrap(offer.Bytes), Signature = Wrap(offer.Signature) };
        proposal.Terms.AddRange(terms.Select(static entry =>
            new SignedTerms { Terms = Wrap(entry.Bytes), Signature = Wrap(entry.Signature) }));
        return new Envelope { Version = Version, Proposal = proposal }.ToByteArray();
    }

    public static byte[] EncodeReject(RingId ring, int position, RejectReason reason) => new Envelope
    {
        Version = Version,
        Reject = new RingReject { RingId = Copy(ring.Value), Position = (uint)position, Reason = (uint)reason },
    }.ToByteArray();

    public static byte[] EncodeDone(RingId ring, RingOutcome outcome, int position, int code) => new Envelope
    {
        Version = Version,
        Done = new RingDone
        {
            RingId = Copy(ring.Value),
            Outcome = (uint)outcome,
            FailurePosition = (uint)position,
            FailureCode = (uint)code,
        },
    }.ToByteArray();

    /// <summary>The bytes of one part of an advert: what is signed.</summary>
    public static byte[] EncodeAdvert(
        Bytes32 chain, NodeId node, ulong sequence, int part, int ttlSeconds, bool canInitiate, bool canWaive, ImmutableArray<CoreIntent> intents)
    {
        var advert = new Protos.Wire.Advert
        {
            Chain = Copy(chain),
            Node = Copy(node),
            Sequence = sequence,
            Part = (uint)part,
            TtlSeconds = (uint)ttlSeconds,
            CanInitiate = canInitiate,
            CanWaive = canWaive,
        };
        advert.Intents.AddRange(intents.Select(static intent => new Protos.Wire.Intent
        {
            Peer = Copy(intent.Peer),
            WantOut = (ulong)intent.WantOut,
            MayOut = (ulong)intent.MayOut,
            LeastOut = (ulong)intent.LeastOut,
            WantIn = (ulong)intent.WantIn,
            MayIn = (ulong)intent.MayIn,
            LeastIn = (ulong)intent.LeastIn,
        }));
        return advert.ToByteArray();
    }

    /// <summary>The bytes of an offer: what is signed. The digest is theirs, and left out of account here.</summary>
    public static byte[] EncodeOffer(CoreOffer offer)
    {
        var message = new Protos.Wire.RingOffer
        {
            Chain = Copy(offer.Chain),
            RingId = Copy(offer.Id.Value),
            PaymentHash = Copy(offer.Hash.Value),
            AmountSat = (ulong)offer.Amount.Satoshi,
            MinAmountSat = (ulong)offer.MinAmount.Satoshi,
            TtlSeconds = offer.TtlSeconds,
            MaxLockBlocks = offer.MaxLockBlocks,
        };
        message.Nodes.AddRange(offer.Nodes.Select(Copy));
        message.Commitments.AddRange(offer.Commitments.Select(Copy));
        return message.ToByteArray();
    }

    /// <summary>The bytes of a member's terms: what is signed.</summary>
    public static byte[] EncodeTerms(CoreTerms terms) => new Protos.Wire.MemberTerms
    {
        OfferDigest = Copy(terms.OfferDigest),
        Position = (uint)terms.Position,
        Scid = terms.Channel.Value,
        CltvDelta = terms.CltvDelta,
        MinHtlcMsat = (ulong)terms.MinHtlc.Value,
        MaxHtlcMsat = (ulong)terms.MaxHtlc.Value,
        AmountSat = (ulong)terms.Amount.Satoshi,
        GainSat = (ulong)terms.Gain.Satoshi,
    }.ToByteArray();

    private static ByteString Copy(Bytes32 value) => ByteString.CopyFrom(value.ToArray());

    private static ByteString Copy(NodeId node) => ByteString.CopyFrom(node.ToArray());

    /// <summary>Without a copy: nobody writes to these bytes any more.</summary>
    private static ByteString Wrap(ReadOnlyMemory<byte> bytes) => UnsafeByteOperations.UnsafeWrap(bytes);
}
