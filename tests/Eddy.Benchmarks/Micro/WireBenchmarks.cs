using System.Collections.Immutable;
using BenchmarkDotNet.Attributes;
using Eddy.Engine.Wire;
using Eddy.Gossip;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Benchmarks.Micro;

/// <summary>Messages of peers off the wire, without signature checks.</summary>
public class WireBenchmarks
{
    private const int RingLength = 8;
    private const int Adverts = 8;
    private const int IntentsPerAdvert = 10;
    private const int Ttl = 1_800;

    private static readonly MilliSatoshi Amount = MilliSatoshi.FromSatoshi(1_000_000);

    private readonly byte[] _proposal = EncodeProposal();
    private readonly byte[] _adverts = EncodeAdverts();
    private readonly byte[] _junk = [.. Enumerable.Range(0, 512).Select(static i => unchecked((byte)(i * 37)))];

    [GlobalSetup]
    public void Setup()
    {
        Console.WriteLine($"// proposal {_proposal.Length} B, adverts {_adverts.Length} B, junk {_junk.Length} B");
        if (Proposal() is not DecodeResult.Decoded || AdvertBatch() is not DecodeResult.Decoded || Junk() is DecodeResult.Decoded)
        {
            throw new InvalidOperationException($"The messages are not what they should be: {Proposal()}, {AdvertBatch()}, {Junk()}.");
        }
    }

    /// <summary>As it comes home to the initiator of a ring of eight.</summary>
    [Benchmark]
    public object Proposal() => WireDecoder.Decode(_proposal);

    [Benchmark]
    public object AdvertBatch() => WireDecoder.Decode(_adverts);

    [Benchmark]
    public object Junk() => WireDecoder.Decode(_junk);

    private static byte[] EncodeProposal()
    {
        var offer = WireEncoder.EncodeOffer(new RingOffer
        {
            Digest = default,
            Chain = Generated.Bytes("chain", 0),
            Id = new(Generated.Bytes("ring", 0)),
            Nodes = [.. Enumerable.Range(0, RingLength).Select(Generated.Node)],
            Hash = new(Generated.Bytes("hash", 0)),
            Commitments = [.. Enumerable.Range(1, RingLength - 1).Select(static i => Generated.Bytes("commitment", i))],
            Amount = Amount,
            MinAmount = Amount,
            TtlSeconds = 60,
            MaxLockBlocks = 800,
        });
        var digest = Bytes32.Sha256(offer);
        ImmutableArray<SignedBytes> terms = [.. Enumerable.Range(1, RingLength - 1).Select(position => Sign(WireEncoder.EncodeTerms(new(
            digest, position, ShortChannelId.Create(700_000, (uint)position, 0), 80, new(1_000), Amount, Amount, Amount))))];
        return WireEncoder.Encode(Sign(offer), terms);
    }

    private static byte[] EncodeAdverts() => WireEncoder.Encode(Enumerable.Range(0, Adverts).Select(static number =>
    {
        ImmutableArray<Intent> intents = [.. Enumerable.Range(0, IntentsPerAdvert)
            .Select(static i => new Intent(Generated.Node(i), 1_000_000, 0, 50_000, 0, 500_000, 50_000))
            .OrderBy(static intent => intent.Peer)];
        var (chain, node) = (Generated.Bytes("chain", 0), Generated.Node(100 + number));
        var signed = Sign(WireEncoder.EncodeAdvert(chain, node, 1, 0, Ttl, canInitiate: true, canWaive: true, intents));
        return WireEncoder.ToMessage(new(new(chain, node, 1, 0, Ttl, true, true, intents, signed.Bytes, signed.Signature), 1));
    }));

    /// <summary>The form of a signature is all that decoding looks at.</summary>
    private static SignedBytes Sign(ReadOnlyMemory<byte> bytes)
    {
        var signature = new byte[NodeSignature.Size];
        signature[0] = 31;
        Generated.Bytes("r", 1).CopyTo(signature.AsSpan(1));
        Generated.Bytes("s", 1).CopyTo(signature.AsSpan(1 + Bytes32.Size));
        return new(bytes, signature);
    }
}
