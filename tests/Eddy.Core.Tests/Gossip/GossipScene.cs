using System.Text;
using Eddy.Gossip;
using Eddy.Lightning;

namespace Eddy.Core.Tests.Gossip;

/// <summary>A book as tests use it. Signatures are a marker that the book's verifier knows; verifications are counted.</summary>
internal sealed class GossipScene
{
    public const int Self = 50;

    public static readonly Bytes32 Chain = Bytes32.Sha256("chain"u8);

    public static readonly DateTimeOffset Start = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private static readonly byte[] GoodSignature = [31, .. Enumerable.Repeat((byte)1, 64)];
    private static readonly byte[] BadSignature = [31, .. Enumerable.Repeat((byte)2, 64)];

    public GossipScene(params int[] peers)
        : this(new AdvertBookOptions(), peers)
    {
    }

    public GossipScene(AdvertBookOptions options, params int[] peers)
    {
        Book = new(Nodes.Number(Self), Chain, options, part =>
        {
            Verifications++;
            return part.Signature.Span.SequenceEqual(GoodSignature);
        });
        Book.SetPeers(peers.Select(Nodes.Number), Start);
    }

    public AdvertBook Book { get; }

    public DateTimeOffset Now { get; set; } = Start;

    public int Verifications { get; private set; }

    public IEnumerable<int> Known => Book.Adverts.Select(advert => Nodes.NumberOf(advert.Node));

    /// <summary>An advert of one part.</summary>
    public static SignedAdvertPart Advert(int node, params int[] names) => Part(node, 0, 0, names);

    public static SignedAdvertPart Part(int node, int part, long sequence, params int[] names) => Sign(new(
        Chain,
        Nodes.Number(node),
        (ulong)(Start.ToUnixTimeMilliseconds() + sequence),
        part,
        3600,
        CanInitiate: true,
        CanWaive: true,
        [.. names.Order().Select(name => new Intent(Nodes.Number(name), 1000, 0, 1, 1000, 0, 1))],
        default,
        GoodSignature));

    /// <summary>Gives a part the bytes that belong to its content.</summary>
    public static SignedAdvertPart Sign(SignedAdvertPart part)
    {
        var intents = string.Join(',', part.Intents.IsDefault ? [] : part.Intents.Select(intent => intent.ToString()));
        var text = $"{part.Node} {part.Sequence} {part.Part} {part.TtlSeconds} {part.CanInitiate} {part.CanWaive} {intents}";
        return part with { Signed = Bytes32.Sha256(Encoding.UTF8.GetBytes(text)).ToArray() };
    }

    public static SignedAdvertPart Forge(SignedAdvertPart part) => part with { Signature = BadSignature };

    public AdvertVerdict Receive(int from, SignedAdvertPart part, int? hops = null) =>
        Book.Receive(Nodes.Number(from), new(part, hops ?? (part.Node == Nodes.Number(from) ? 1 : 2)), Now);

    public AdvertVerdict.Accepted Accept(int from, SignedAdvertPart part, int? hops = null) =>
        Assert.IsType<AdvertVerdict.Accepted>(Receive(from, part, hops));

    public AdvertIgnoreReason Ignore(int from, SignedAdvertPart part, int? hops = null) =>
        Assert.IsType<AdvertVerdict.Ignored>(Receive(from, part, hops)).Reason;

    public AdvertFault Penalise(int from, SignedAdvertPart part, int? hops = null) =>
        Assert.IsType<AdvertVerdict.Penalise>(Receive(from, part, hops)).Fault;

    /// <summary>Everything the book shows, as text.</summary>
    public string Describe() => string.Join('\n', Book.Adverts.Select(advert =>
        $"{Nodes.NumberOf(advert.Node)} {advert.Sequence} {advert.Hops} via {Nodes.NumberOf(advert.Via)} {advert.CanInitiate} {advert.CanWaive} {advert.ExpiresAt:O} {string.Join(',', advert.Intents)}"));
}
