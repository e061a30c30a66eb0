using System.Collections.Immutable;
using Eddy.Engine.Wire;
using Eddy.Gossip;
using Eddy.Lightning;
using Eddy.Protos.Wire;
using Eddy.Rings;
using Eddy.Simulator;
using Google.Protobuf;
using CoreIntent = Eddy.Gossip.Intent;
using CoreRequest = Eddy.Gossip.AdvertRequest;
using CoreOffer = Eddy.Rings.RingOffer;
using CoreTerms = Eddy.Rings.MemberTerms;

namespace Eddy.Hostile;

/// <summary>
/// A channel peer that speaks eddy's protocol as it hurts most: messages for a flood, and proposals that are in order and never come to
/// anything. Also compiled into the engine's tests.
/// </summary>
internal sealed class HostilePeer
{
    private const int Sybils = 48;
    private const int LargestMessage = 60 * 1024;

    private readonly NodeKey _key;
    private readonly NodeId _victim;
    private readonly Bytes32 _chain;
    private readonly Random _random;
    private readonly NodeKey[] _sybils;
    private readonly List<RelayedAdvert> _valid = [];
    private ulong _sequence;
    private int _rings;

    /// <param name="key">Its node's key.</param>
    /// <param name="victim">Whom it has a channel with.</param>
    /// <param name="now">By the network's clock.</param>
    public HostilePeer(NodeKey key, NodeId victim, Bytes32 chain, DateTimeOffset now, int seed)
    {
        _key = key;
        _victim = victim;
        _chain = chain;
        _random = new Random(seed);
        _sequence = (ulong)now.ToUnixTimeMilliseconds();
        _sybils = [.. Enumerable.Range(0, Sybils).Select(index => NodeKey.Derive((ulong)seed, $"sybil {index}")).OrderBy(static sybil => sybil.Id)];
        _valid.Add(Advert(_key, [_victim, .. _sybils.Select(static sybil => sybil.Id)], hops: 1));
        _valid.AddRange(_sybils.Select(sybil => Advert(sybil, [_key.Id], hops: 2)));
    }

    /// <summary>How many of each kind <see cref="Next"/> has made.</summary>
    public SortedDictionary<string, long> Kinds { get; } = [];

    public byte[] Hello() => WireEncoder.Encode(new Hello
    {
        MinVersion = 1,
        MaxVersion = 1,
        Chain = ByteString.CopyFrom(_chain.ToArray()),
        CanInitiate = true,
        CanWaive = true,
        Agent = "eddy/6.6.6",
    });

    /// <summary>A message of the flood.</summary>
    public byte[] Next()
    {
        var (kind, message) = _random.Next(20) switch
        {
            < 4 => ("garbage", Garbage(_random.Next(1, 2_000))),
            < 7 => ("envelope of garbage", new Envelope { Version = 1, Proposal = new RingProposal { Offer = ByteString.CopyFrom(Garbage(300)) } }.ToByteArray()),
            < 10 => ("advert with a bad signature", WireEncoder.Encode([Forged(_key, hops: 1)])),
            < 12 => ("adverts of others with bad signatures", WireEncoder.Encode([.. Enumerable.Range(0, 8).Select(_ => Forged(_sybils[_random.Next(Sybils)], hops: 2))])),
            < 14 => ("valid adverts, once and then again", WireEncoder.Encode(_valid)),
            < 16 => ("proposal with bad signatures", Unsigned()),
            16 => _random.Next(2) == 0
                ? ("offers of what there is not", WireEncoder.Encode([.. Enumerable.Range(0, 1_000).Select(_ => new AdvertOffer((ulong)_random.NextInt64(), 0, _sequence, 2))]))
                : ("request for everything", WireEncoder.Encode(new CoreRequest(
                    [.. _sybils.Select(static sybil => new AdvertPlace(sybil.Id.ShortKey, 0))], [.. _sybils.Select(static sybil => sybil.Id.ShortKey)], [_victim.ShortKey]))),
            17 => ("hello", Hello()),
            18 => ("reject or done", _random.Next(2) == 0
                ? WireEncoder.EncodeReject(RandomRing(), 1, RejectReason.Busy)
                : WireEncoder.EncodeDone(RandomRing(), RingOutcome.Settled, 0, 0)),
            _ => ("60 KiB of nothing", new Envelope { Version = 1, Adverts = new AdvertBatch { Adverts = { new RelayedAdvert { Signed = new SignedAdvert { Advert = ByteString.CopyFrom(Garbage(LargestMessage - 100)) } } } } }.ToByteArray()),
        };
        Kinds[kind] = Kinds.GetValueOrDefault(kind) + 1;
        return message;
    }

    /// <summary>A ring that is in order in all respects: initiator, this peer, the victim, an accomplice. Nobody will ever pay it.</summary>
    public byte[] EndlessProposal(NodeId accomplice, long amountSat, uint ttlSeconds)
    {
        // Initiators cost nothing: another one each time, below all the others.
        var initiator = LowKey();
        var offer = Offer([initiator.Id, _key.Id, _victim, accomplice]) with
        {
            Amount = MilliSatoshi.FromSatoshi(amountSat),
            MinAmount = MilliSatoshi.FromSatoshi(amountSat),
            TtlSeconds = ttlSeconds,
        };
        var bytes = WireEncoder.EncodeOffer(offer);
        var terms = WireEncoder.EncodeTerms(new CoreTerms(
            Bytes32.Sha256(bytes), 1, new ShortChannelId(42), 40, new MilliSatoshi(1), MilliSatoshi.Zero, offer.Amount, MilliSatoshi.Zero));
        return WireEncoder.Encode(Sign(initiator, SignatureDomain.Offer, bytes), [Sign(_key, SignatureDomain.Terms, terms)]);
    }

    private static SignedBytes Sign(NodeKey key, SignatureDomain domain, byte[] bytes) => new(bytes, Signature(key, domain, bytes));

    private static byte[] Signature(NodeKey key, SignatureDomain domain, byte[] bytes)
    {
        var signature = new byte[NodeSignature.Size];
        MessageSignature.SignDigest(key, NodeSignature.Digest(NodeSignature.Message(domain, bytes)), signature);
        return signature;
    }

    private byte[] Unsigned() => WireEncoder.Encode(
        new SignedBytes(WireEncoder.EncodeOffer(Offer([_key.Id, _victim, _sybils[0].Id])), Junk()), []);

    private CoreOffer Offer(ImmutableArray<NodeId> nodes) => new()
    {
        Digest = default,
        Chain = _chain,
        Id = RandomRing(),
        Nodes = nodes,
        Hash = new PaymentHash(RandomRing().Value),
        Commitments = [.. Enumerable.Range(1, nodes.Length - 1).Select(_ => RandomRing().Value)],
        Amount = MilliSatoshi.FromSatoshi(100_000),
        MinAmount = MilliSatoshi.FromSatoshi(50_000),
        TtlSeconds = 60,
        MaxLockBlocks = 800,
    };

    private NodeKey LowKey()
    {
        while (true)
        {
            var key = NodeKey.Derive((ulong)++_rings, "initiator");
            if (key.Id < _key.Id && key.Id < _victim)
            {
                return key;
            }
        }
    }

    private RelayedAdvert Advert(NodeKey key, NodeId[] names, int hops)
    {
        ImmutableArray<CoreIntent> intents = [.. names.Order().Select(static name => new CoreIntent(name, 1_000_000, 1_000_000, 50_000, 1_000_000, 1_000_000, 50_000))];
        var bytes = WireEncoder.EncodeAdvert(_chain, key.Id, _sequence, 0, 3_600, true, true, intents);
        return ToMessage(key, bytes, intents, Signature(key, SignatureDomain.Advert, bytes), hops);
    }

    private RelayedAdvert Forged(NodeKey key, int hops)
    {
        ImmutableArray<CoreIntent> intents = [new CoreIntent(_victim, 1_000_000, 1_000_000, 50_000, 0, 0, 0)];
        var bytes = WireEncoder.EncodeAdvert(_chain, key.Id, ++_sequence, 0, 3_600, true, true, intents);
        return ToMessage(key, bytes, intents, Junk(), hops);
    }

    private RelayedAdvert ToMessage(NodeKey key, byte[] bytes, ImmutableArray<CoreIntent> intents, byte[] signature, int hops) =>
        WireEncoder.ToMessage(new RelayedAdvertPart(new SignedAdvertPart(_chain, key.Id, _sequence, 0, 3_600, true, true, intents, bytes, signature), hops));

    private RingId RandomRing() => new(Bytes32.Sha256(Garbage(16)));

    private byte[] Junk() => [31, .. Garbage(NodeSignature.Size - 1)];

    private byte[] Garbage(int size)
    {
        var bytes = new byte[size];
        _random.NextBytes(bytes);
        return bytes;
    }
}
