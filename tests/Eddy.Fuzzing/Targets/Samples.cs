using System.Collections.Immutable;
using Eddy.Engine.Wire;
using Eddy.Fuzzing.Mutation;
using Eddy.Gossip;
using Eddy.Lightning;
using Eddy.Protos.Wire;
using Eddy.Rings;
using Google.Protobuf;
using CoreIntent = Eddy.Gossip.Intent;
using CoreOffer = Eddy.Rings.RingOffer;
using CoreTerms = Eddy.Rings.MemberTerms;

namespace Eddy.Fuzzing.Targets;

/// <summary>Nodes, secrets and messages that the targets share.</summary>
internal static class Samples
{
    public static readonly Bytes32 Chain = Hash(1);

    /// <summary>What the first member's onion carries in the samples, and what is committed to.</summary>
    public static readonly Bytes32 Record = Hash(77);

    public static readonly NodeId Self = Node(0x80);
    public static readonly NodeId Hostile = Node(0x10);
    public static readonly NodeId Sybil = Node(0x20);
    public static readonly NodeId Honest = Node(0xC0);

    public static Bytes32 Hash(int number) => Bytes32.Sha256(BitConverter.GetBytes(number));

    /// <summary>Ordered as the numbers are.</summary>
    public static NodeId Node(byte number) => new([2, number, .. Hash(number).ToArray().AsSpan(0, 31)]);

    /// <summary>Has the form of a signature, and differs with what is signed.</summary>
    public static byte[] Signature(ReadOnlySpan<byte> payload)
    {
        var hash = Bytes32.Sha256(payload).ToArray();
        hash[0] &= 0x7F;
        return [31, .. hash, .. hash];
    }

    public static SignedBytes Signed(byte[] bytes) => new(bytes, Signature(bytes));

    public static SignedAdvertPart Advert(
        NodeId node, ulong sequence, int part = 0, int ttl = 1_800, bool canInitiate = true, params IEnumerable<CoreIntent> intents)
    {
        ImmutableArray<CoreIntent> ordered = [.. intents.OrderBy(static intent => intent.Peer)];
        var bytes = WireEncoder.EncodeAdvert(Chain, node, sequence, part, ttl, canInitiate, true, ordered);
        return new(Chain, node, sequence, part, ttl, canInitiate, true, ordered, bytes, Signature(bytes));
    }

    public static byte[] Adverts(params IEnumerable<(SignedAdvertPart Part, int Hops)> parts) =>
        WireEncoder.Encode(parts.Select(static part => WireEncoder.ToMessage(new RelayedAdvertPart(part.Part, part.Hops))));

    public static CoreIntent Intent(NodeId peer, long wantOut = 1_000_000, long wantIn = 0) => new(peer, wantOut, 2_000_000, 50_000, wantIn, 1_000_000, 50_000);

    public static byte[] Hello(bool canInitiate = true, bool isReply = false) => WireEncoder.Encode(new Hello
    {
        MinVersion = 1,
        MaxVersion = 1,
        Chain = ByteString.CopyFrom(Chain.ToArray()),
        CanInitiate = canInitiate,
        CanWaive = true,
        IsReply = isReply,
        Agent = "eddy/0.1.0",
    });

    public static CoreOffer Offer(params ImmutableArray<NodeId> nodes) => new()
    {
        Digest = default,
        Chain = Chain,
        Id = new RingId(Hash(2)),
        Nodes = nodes,
        Hash = new PaymentHash(Hash(3)),
        Commitments = [.. Enumerable.Repeat(Record.Hash(), nodes.Length - 1)],
        Amount = MilliSatoshi.FromSatoshi(1_000_000),
        MinAmount = MilliSatoshi.FromSatoshi(50_000),
        TtlSeconds = 60,
        MaxLockBlocks = 800,
    };

    public static CoreTerms Terms(ReadOnlySpan<byte> offer, int position) => new(
        Bytes32.Sha256(offer),
        position,
        new ShortChannelId(123_456_789),
        80,
        new(1_000),
        new(990_000_000),
        MilliSatoshi.FromSatoshi(900_000),
        MilliSatoshi.FromSatoshi(4_096));

    public static byte[] Proposal(CoreOffer offer, int terms = 0)
    {
        var bytes = WireEncoder.EncodeOffer(offer);
        return WireEncoder.Encode(Signed(bytes), [.. Enumerable.Range(1, terms).Select(position => Signed(WireEncoder.EncodeTerms(Terms(bytes, position))))]);
    }

    /// <summary>One of every message.</summary>
    public static IEnumerable<byte[]> Messages()
    {
        yield return Hello();
        yield return Adverts(
            (Advert(Hostile, 1_000, 1, intents: [Intent(Self), Intent(Sybil)]), 1), (Advert(Sybil, 2_000, intents: [Intent(Hostile, 0, 500_000)]), 2));
        yield return WireEncoder.Encode([new AdvertOffer(Hostile.ShortKey, 0, 1_000, 1), new AdvertOffer(Self.ShortKey, 5, 5, 2), new AdvertOffer(Honest.ShortKey, 511, ulong.MaxValue >> 16, 3)]);
        yield return WireEncoder.Encode(new Gossip.AdvertRequest([new(Hostile.ShortKey, 0), new(Self.ShortKey, 1)], [Honest.ShortKey], [Sybil.ShortKey, 0]));
        yield return Proposal(Offer(Hostile, Self, Honest));
        yield return Proposal(Offer(Hostile, Sybil, Self, Honest), 1);
        yield return WireEncoder.EncodeReject(new RingId(Hash(2)), 2, RejectReason.Busy);
        yield return WireEncoder.EncodeDone(new RingId(Hash(2)), RingOutcome.Failed, 2, 15);
    }

    /// <summary>Steps of a sequence as protobuf fields: a number with a value, or with bytes.</summary>
    public static byte[] Steps(params IEnumerable<(int Number, object Content)> steps)
    {
        var fields = steps.Select(static step => step.Content is byte[] bytes
            ? new ProtobufField(((ulong)step.Number << 3) | ProtobufFields.Delimited) { Bytes = bytes }
            : new ProtobufField((ulong)step.Number << 3) { Value = Convert.ToUInt64(step.Content, System.Globalization.CultureInfo.InvariantCulture) });
        return ProtobufFields.Write([.. fields]);
    }
}
