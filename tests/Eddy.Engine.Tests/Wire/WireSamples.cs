using System.Collections.Immutable;
using Eddy.Engine.Wire;
using Eddy.Gossip;
using Eddy.Lightning;
using Eddy.Protos.Wire;
using Eddy.Rings;
using Google.Protobuf;
using CoreIntent = Eddy.Gossip.Intent;
using CoreOffer = Eddy.Rings.RingOffer;
using CoreTerms = Eddy.Rings.MemberTerms;

namespace Eddy.Engine.Tests.Wire;

/// <summary>One of everything that goes over the wire.</summary>
internal static class WireSamples
{
    public static readonly Bytes32 Chain = Hash(1);

    public static IEnumerable<byte[]> Messages()
    {
        ImmutableArray<CoreIntent> intents =
            [.. Enumerable.Range(2, 20).Select(static number => new CoreIntent(Node(number), 1_000_000, 2_000_000, 50_000, 0, 3, 1))];
        var advert = Part(intents);
        yield return WireEncoder.Encode(
            new Hello { MinVersion = 1, MaxVersion = 1, Chain = ByteString.CopyFrom(Chain.ToArray()), Agent = "eddy/0.1.0" });
        yield return WireEncoder.Encode(
            [WireEncoder.ToMessage(new RelayedAdvertPart(advert, 1)), WireEncoder.ToMessage(new RelayedAdvertPart(advert, 2))]);
        yield return WireEncoder.Encode([.. Enumerable.Range(1, 40).Select(static number => new AdvertOffer(Node(number).ShortKey, number, (ulong)number, 2))]);
        yield return WireEncoder.Encode(Request());
        yield return WireEncoder.Encode(
            Signed(WireEncoder.EncodeOffer(Offer(6))), [Signed(WireEncoder.EncodeTerms(Terms(1))), Signed(WireEncoder.EncodeTerms(Terms(2)))]);
        yield return WireEncoder.EncodeReject(new RingId(Hash(3)), 2, RejectReason.Busy);
        yield return WireEncoder.EncodeDone(new RingId(Hash(3)), RingOutcome.Failed, 2, 15);
    }

    public static SignedAdvertPart Part(ImmutableArray<CoreIntent> intents)
    {
        var bytes = WireEncoder.EncodeAdvert(Chain, Node(1), ulong.MaxValue, 2, 3_600, true, false, intents);
        return new SignedAdvertPart(Chain, Node(1), ulong.MaxValue, 2, 3_600, true, false, intents, bytes, new byte[65]);
    }

    public static Eddy.Gossip.AdvertRequest Request() => new(
        [new(Node(1).ShortKey, 0), new(Node(1).ShortKey, 511), new(ulong.MaxValue, ushort.MaxValue)], [Node(2).ShortKey], [0, ulong.MaxValue]);

    public static CoreOffer Offer(int nodes) => new()
    {
        Digest = default,
        Chain = Chain,
        Id = new RingId(Hash(2)),
        Nodes = [.. Enumerable.Range(1, nodes).Select(Node)],
        Hash = new PaymentHash(Hash(3)),
        Commitments = [.. Enumerable.Range(1, Math.Max(0, nodes - 1)).Select(Hash)],
        Amount = MilliSatoshi.FromSatoshi(1_000_000),
        MinAmount = MilliSatoshi.FromSatoshi(50_000),
        TtlSeconds = 60,
        MaxLockBlocks = 800,
    };

    public static CoreTerms Terms(int position) => new(
        Hash(4),
        position,
        new ShortChannelId(ulong.MaxValue - 1),
        80,
        new(1_000),
        new(990_000_000),
        MilliSatoshi.FromSatoshi(900_000),
        MilliSatoshi.FromSatoshi(4_096));

    public static SignedBytes Signed(byte[] bytes) => new(bytes, Enumerable.Repeat((byte)7, 65).ToArray());

    public static Bytes32 Hash(int number) => Bytes32.Sha256(BitConverter.GetBytes(number));

    public static NodeId Node(int number) => new([2, .. Hash(number).ToArray()]);
}
