using Eddy.Lightning;
using Eddy.Simulator;

namespace Eddy.Fuzzing.Targets;

/// <summary>Signatures of nodes: 33 bytes of key, 65 of signature, and what is signed.</summary>
internal sealed class SignatureTarget : FuzzTarget
{
    private static readonly NodeKey Key = NodeKey.Derive(1, "fuzzing");
    private static readonly byte[] Signed = "what was signed"u8.ToArray();

    public override string Name => "signature";

    public override string What => "keys and signatures: no signature holds for anything but what was signed";

    public override int MaxLength => 256;

    public override int Weight => 1;

    public override AllocationBound Bound => new(256_000, 256);

    public override IEnumerable<byte[]> Seeds()
    {
        var message = NodeSignature.Message(SignatureDomain.Advert, Signed);
        yield return [.. Key.Id.ToArray(), .. Sign(message), .. Signed];
        yield return [.. NodeKey.Derive(2, "fuzzing").Id.ToArray(), .. Sign(message), .. Signed];
    }

    public override int Execute(byte[] input)
    {
        if (input.Length < NodeId.Size + NodeSignature.Size || !NodeId.TryFrom(input.AsSpan(0, NodeId.Size), out var node))
        {
            return 0;
        }

        using var verifier = new NodeSignatureVerifier(capacity: 8);
        var signature = input.AsSpan(NodeId.Size, NodeSignature.Size);
        var payload = input.AsSpan(NodeId.Size + NodeSignature.Size);
        var holds = verifier.Verify(node, SignatureDomain.Advert, payload, signature);
        Check.That(!holds || (node == Key.Id && payload.SequenceEqual(Signed)), "A signature by nobody.");
        return holds ? 2 : 1;
    }

    private static byte[] Sign(byte[] message)
    {
        var bytes = new byte[NodeSignature.Size];
        Check.That(NodeSignature.TryDecode(MessageSignature.Sign(Key, message), bytes), "Our own signature cannot be read.");
        return bytes;
    }
}

/// <summary>Payment requests, as other people's clients give them to a simulated LND.</summary>
internal sealed class PaymentRequestTarget : FuzzTarget
{
    private static readonly NodeKey Key = NodeKey.Derive(1, "fuzzing");

    public override string Name => "bolt11";

    public override string What => "BOLT 11 payment requests, the checksum made right: read, or refused in words";

    public override int MaxLength => 2_048;

    public override int Weight => 1;

    public override AllocationBound Bound => new(512_000, 1_024);

    public override IReadOnlyList<byte[]> Dictionary => Words.Of("lnbcrt", "lnbc", "1", "10u", "2500m", "9223372036854775807p");

    public override IEnumerable<byte[]> Seeds()
    {
        var request = new PaymentRequest
        {
            Currency = "bcrt",
            Payee = Key.Id,
            Amount = new(100_000_000),
            Timestamp = DateTimeOffset.UnixEpoch.AddYears(50),
            Hash = new PaymentHash(Samples.Hash(3)),
            PaymentAddr = Samples.Hash(4),
            Description = "ring",
            Features = PaymentRequest.LndFeatures,
            RouteHints = [[new(Samples.Honest, new(5), 1, 2, 3)]],
        };
        yield return Raw(Bolt11.Encode(request, Key));
        yield return Raw(Bolt11.Encode(request with { Amount = MilliSatoshi.Zero, DescriptionHash = Samples.Hash(8), Description = "" }, Key));
    }

    public override int Execute(byte[] input)
    {
        // The input is the prefix, a NUL, and words: with its checksum made right, the reader sees all of it.
        var end = Array.IndexOf(input, (byte)0);
        if (end < 0)
        {
            return Bolt11.TryDecode(Words.Text(input), out _, out _) ? 1 : 0;
        }

        // A foreign character in the prefix is the reader's business, not the writer's.
        var prefix = new string([.. Words.Text(input[..end]).Where(static character => character is >= '!' and <= '~')]);
        var text = Bech32.Encode(prefix, [.. input[(end + 1)..].Select(static word => (byte)(word & 31))]);
        if (!Bolt11.TryDecode(text, out var request, out var reason))
        {
            return 1_000 + reason.Length;
        }

        Check.That(request.Amount >= MilliSatoshi.Zero, "An amount below nothing.");
        return 2;
    }

    private static byte[] Raw(string text)
    {
        Check.That(Bech32.TryDecode(text, out var prefix, out var words), "Our own request cannot be read.");
        return [.. Words.Bytes(prefix!), 0, .. words!];
    }
}
