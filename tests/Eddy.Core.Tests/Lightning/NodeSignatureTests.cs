using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Eddy.Lightning;

namespace Eddy.Core.Tests.Lightning;

public sealed class NodeSignatureTests
{
    private const string SecretOneKey = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
    private const string SecretOneSignature = "rdqyy1z5r1uxp9jqr17iczxpfgiomanwb41redwihp5759ggd9ikr3umb4korapaomxxdiawmq18m5bwpf3q9cmw1yomma1cihzcjzks";

    private static readonly BigInteger GroupOrder =
        BigInteger.Parse("0FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141", NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    public static TheoryData<string, string, string> Signed => new()
    {
        { "is this compatible?", "rbgfioj114mh48d8egqx8o9qxqw4fmhe8jbeeabdioxnjk8z3t1ma1hu1fiswpakgucwwzwo6ofycffbsqusqdimugbh41n1g698hr9t", "02b80cabdf82638aac86948e4c06e82064f547768dcef977677b9ea931ea75bab5" },
        { "hi", "rnrphcjswusbacjnmmmrynh9pqip7sy5cx695h6mfu64iac6qmcmsd8xnsyczwmpqp9shqkth3h4jmkgyqu5z47jfn1q7gpxtaqpx4xg", "02de60d194e1ca5947b59fe8e2efd6aadeabfb67f2e89e13ae1a799c1e08e4a43b" },
        { "hi", "ry8bbsopmduhxy3dr5d9ekfeabdpimfx95kagdem7914wtca79jwamtbw4rxh69hg7n6x9ty8cqk33knbxaqftgxsfsaeprxkn1k48p3", "022b8ece90ee891cbcdac0c1cc6af46b73c47212d8defbce80265ac81a6b794931" },
        { "eddy", SecretOneSignature, SecretOneKey },
        { "eddy test message", "dh78yb8ux5dxhsfmgrubrizjcnrjuzkeqqnnj147pkpzzxexrg7y1ax51gq9u7jkedgmz4uduccsayrkqd4mpe5pxoykfrwxtwzwxd5g", "031b84c5567b126440995d3ed5aaba0565d71e1834604819ff9c17f5e9d5dd078f" },
    };

    [Theory]
    [MemberData(nameof(Signed))]
    public void A_signature_of_a_real_node_verifies_against_its_key(string message, string text, string node)
    {
        using var verifier = new NodeSignatureVerifier();

        Assert.True(verifier.Verify(NodeId.Parse(node), Encoding.ASCII.GetBytes(message), Decode(text)));
    }

    [Theory]
    [MemberData(nameof(Signed))]
    public void A_signature_does_not_verify_for_another_message_or_another_key(string message, string text, string node)
    {
        using var verifier = new NodeSignatureVerifier();
        var signature = Decode(text);
        var other = node == SecretOneKey ? "022b8ece90ee891cbcdac0c1cc6af46b73c47212d8defbce80265ac81a6b794931" : SecretOneKey;

        Assert.False(verifier.Verify(NodeId.Parse(node), Encoding.ASCII.GetBytes(message + "."), signature));
        Assert.False(verifier.Verify(NodeId.Parse(other), Encoding.ASCII.GetBytes(message), signature));
    }

    [Fact]
    public void The_digest_is_the_double_hash_of_the_prefixed_message()
    {
        Assert.Equal("94a1341bb06dbb3096a69b6d73809cc850ec4c60471df83abbbc473ebf123c32", NodeSignature.Digest("eddy"u8).ToString());
        Assert.Equal("609594a2eb0d4b54657c2d51b07f086b4cdf7dca1e502db9f2ad82e6516c8795", NodeSignature.Digest("eddy test message"u8).ToString());
    }

    [Fact]
    public void A_signature_over_a_single_hash_is_refused()
    {
        using var verifier = new NodeSignatureVerifier();
        var single = Decode("rbjp4fsynq4nrbomdgbgybp3cnryyqobg9r45ix1k5yufakfhatbw75shh81twjyw1pk6wagwheiy1tfy3cifuwmpwzswtnou8ff91h8");

        Assert.False(verifier.Verify(NodeId.Parse(SecretOneKey), "eddy"u8, single));
    }

    [Fact]
    public void A_high_s_is_as_good_as_a_low_one()
    {
        using var verifier = new NodeSignatureVerifier();
        var signature = Decode(SecretOneSignature);
        var s = GroupOrder - new BigInteger(signature.AsSpan(33), isUnsigned: true, isBigEndian: true);
        s.TryWriteBytes(signature.AsSpan(33), out _, isUnsigned: true, isBigEndian: true);

        Assert.True(verifier.Verify(NodeId.Parse(SecretOneKey), "eddy"u8, signature));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(26, false)]
    [InlineData(27, true)]
    [InlineData(34, true)]
    [InlineData(35, false)]
    [InlineData(255, false)]
    public void Only_headers_of_recoverable_signatures_are_taken(byte header, bool isTaken)
    {
        using var verifier = new NodeSignatureVerifier();
        var signature = Decode(SecretOneSignature);
        signature[0] = header;

        Assert.Equal(isTaken, verifier.Verify(NodeId.Parse(SecretOneKey), "eddy"u8, signature));
    }

    [Theory]
    [InlineData(1, "0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData(33, "0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData(1, "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")]
    [InlineData(33, "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")]
    [InlineData(33, "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    public void Scalars_out_of_range_are_refused(int offset, string scalar)
    {
        using var verifier = new NodeSignatureVerifier();
        var signature = Decode(SecretOneSignature);
        Convert.FromHexString(scalar).CopyTo(signature.AsSpan(offset));

        Assert.False(NodeSignature.HasForm(signature));
        Assert.False(verifier.Verify(NodeId.Parse(SecretOneKey), "eddy"u8, signature));
    }

    [Theory]
    [InlineData("020000000000000000000000000000000000000000000000000000000000000005")] // no square root
    [InlineData("02fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f")] // the field prime
    [InlineData("03ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("020000000000000000000000000000000000000000000000000000000000000000")]
    public void A_node_id_that_is_no_point_of_the_curve_verifies_nothing(string node)
    {
        using var verifier = new NodeSignatureVerifier();

        Assert.False(verifier.Verify(NodeId.Parse(node), "eddy"u8, Decode(SecretOneSignature)));
        Assert.Equal(0, verifier.CachedKeys);
    }

    [Fact]
    public void No_bytes_of_a_peer_make_it_throw() => Property.Holds(300, random =>
    {
        using var verifier = new NodeSignatureVerifier(2);
        var node = new byte[NodeId.Size];
        random.NextBytes(node);
        node[0] = (byte)random.Next(2, 4);
        var signature = new byte[random.Next(4) == 0 ? random.Next(100) : NodeSignature.Size];
        random.NextBytes(signature);
        if (signature.Length > 0 && random.Next(2) == 0)
        {
            signature[0] = 31;
        }

        Assert.False(verifier.Verify(new(node), "eddy"u8, signature));
        Assert.False(verifier.Verify(new(node), SignatureDomain.Advert, "eddy"u8, signature));
        Assert.False(verifier.Verify(default, "eddy"u8, signature));
    });

    [Fact]
    public void Any_bit_changed_makes_a_signature_void() => Property.Holds(100, random =>
    {
        using var verifier = new NodeSignatureVerifier();
        var signature = Decode(SecretOneSignature);
        signature[random.Next(1, NodeSignature.Size)] ^= (byte)(1 << random.Next(8));

        Assert.False(verifier.Verify(NodeId.Parse(SecretOneKey), "eddy"u8, signature));
    });

    [Fact]
    public void The_cache_keeps_the_keys_used_last_and_no_more()
    {
        using var verifier = new NodeSignatureVerifier(2);
        foreach (var row in Signed.Concat(Signed))
        {
            var (message, text, node) = row.Data;
            Assert.True(verifier.Verify(NodeId.Parse(node), Encoding.ASCII.GetBytes(message), Decode(text)));
            Assert.InRange(verifier.CachedKeys, 1, 2);
        }
    }

    [Fact]
    public void A_signature_in_one_domain_says_nothing_in_another()
    {
        using var key = ECDsa.Create(ECCurve.CreateFromValue("1.3.132.0.10"));
        using var verifier = new NodeSignatureVerifier();
        var point = key.ExportParameters(false).Q;
        var node = new NodeId([(byte)(2 + (point.Y![^1] & 1)), .. point.X!]);
        var digest = NodeSignature.Digest(NodeSignature.Message(SignatureDomain.Advert, "payload"u8)).ToArray();
        byte[] signature = [31, .. key.SignHash(digest, DSASignatureFormat.IeeeP1363FixedFieldConcatenation)];

        Assert.True(verifier.Verify(node, SignatureDomain.Advert, "payload"u8, signature));
        Assert.False(verifier.Verify(node, SignatureDomain.Offer, "payload"u8, signature));
        Assert.False(verifier.Verify(node, SignatureDomain.Terms, "payload"u8, signature));
        Assert.False(verifier.Verify(node, SignatureDomain.Advert, "Payload"u8, signature));
    }

    [Fact]
    public void Text_and_bytes_of_a_signature_are_one_to_one()
    {
        var signature = Decode(SecretOneSignature);

        Assert.Equal(SecretOneSignature, NodeSignature.Encode(signature));
        Assert.Equal(104, SecretOneSignature.Length);
    }

    [Fact]
    public void Z_base_32_reads_what_it_wrote() => Property.Holds(300, random =>
    {
        var bytes = new byte[random.Next(70)];
        random.NextBytes(bytes);
        var text = ZBase32.Encode(bytes);
        var read = new byte[bytes.Length];

        Assert.True(ZBase32.TryDecode(text, read));
        Assert.Equal(bytes, read);
        Assert.False(ZBase32.TryDecode(text + "y", read));
    });

    [Theory]
    [InlineData("", 0, true)]
    [InlineData("yy", 1, true)]
    [InlineData("yb", 1, false)] // bits beyond the byte
    [InlineData("y", 1, false)]
    [InlineData("yl", 1, false)] // l is no digit
    [InlineData("YY", 1, false)]
    [InlineData("yé", 1, false)]
    public void Z_base_32_is_read_strictly(string text, int size, bool isRead) =>
        Assert.Equal(isRead, ZBase32.TryDecode(text, new byte[size]));

    private static byte[] Decode(string text)
    {
        var signature = new byte[NodeSignature.Size];
        Assert.True(NodeSignature.TryDecode(text, signature));
        return signature;
    }
}
