using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Eddy.Lightning;

namespace Eddy.Simulator.Tests.Network;

public sealed class MessageSignatureTests
{
    private static readonly NodeKey One = new([.. new byte[31], 1]);
    private static readonly NodeKey RepeatedOne = new(Enumerable.Repeat((byte)1, 32).ToArray());

    [Theory]
    [InlineData("is this compatible?", "rbgfioj114mh48d8egqx8o9qxqw4fmhe8jbeeabdioxnjk8z3t1ma1hu1fiswpakgucwwzwo6ofycffbsqusqdimugbh41n1g698hr9t", "02b80cabdf82638aac86948e4c06e82064f547768dcef977677b9ea931ea75bab5")]
    [InlineData("hi", "rnrphcjswusbacjnmmmrynh9pqip7sy5cx695h6mfu64iac6qmcmsd8xnsyczwmpqp9shqkth3h4jmkgyqu5z47jfn1q7gpxtaqpx4xg", "02de60d194e1ca5947b59fe8e2efd6aadeabfb67f2e89e13ae1a799c1e08e4a43b")]
    [InlineData("hi", "ry8bbsopmduhxy3dr5d9ekfeabdpimfx95kagdem7914wtca79jwamtbw4rxh69hg7n6x9ty8cqk33knbxaqftgxsfsaeprxkn1k48p3", "022b8ece90ee891cbcdac0c1cc6af46b73c47212d8defbce80265ac81a6b794931")]
    public void The_key_is_recovered_from_signatures_of_real_LND_nodes(string message, string signature, string key)
    {
        Assert.True(MessageSignature.TryRecover(signature, MessageSignature.Digest(Encoding.ASCII.GetBytes(message)), out var signer));
        Assert.Equal(key, signer.ToString());
    }

    [Fact]
    public void Signatures_are_equal_to_the_known_ones_bit_for_bit()
    {
        Assert.Equal("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798", One.Id.ToString());
        Assert.Equal("031b84c5567b126440995d3ed5aaba0565d71e1834604819ff9c17f5e9d5dd078f", RepeatedOne.Id.ToString());
        Assert.Equal(
            "rdqyy1z5r1uxp9jqr17iczxpfgiomanwb41redwihp5759ggd9ikr3umb4korapaomxxdiawmq18m5bwpf3q9cmw1yomma1cihzcjzks",
            MessageSignature.Sign(One, "eddy"u8));
        Assert.Equal(
            "rbjp4fsynq4nrbomdgbgybp3cnryyqobg9r45ix1k5yufakfhatbw75shh81twjyw1pk6wagwheiy1tfy3cifuwmpwzswtnou8ff91h8",
            MessageSignature.Sign(One, "eddy"u8, singleHash: true));
        Assert.Equal(
            "dh78yb8ux5dxhsfmgrubrizjcnrjuzkeqqnnj147pkpzzxexrg7y1ax51gq9u7jkedgmz4uduccsayrkqd4mpe5pxoykfrwxtwzwxd5g",
            MessageSignature.Sign(RepeatedOne, "eddy test message"u8));
    }

    [Fact]
    public void What_any_key_signs_is_recovered_and_verified_by_another_implementation()
    {
        var random = new Random(7);
        for (var i = 0; i < 30; i++)
        {
            var key = NodeKey.Derive((ulong)i, "test");
            var message = new byte[random.Next(1, 200)];
            random.NextBytes(message);

            var signature = MessageSignature.Sign(key, message);
            Assert.Equal(104, signature.Length);
            Assert.True(MessageSignature.TryRecover(signature, MessageSignature.Digest(message), out var signer));
            Assert.Equal(key.Id, signer);

            Assert.True(ZBase32.TryDecode(signature, out var bytes));
            using var other = ECDsa.Create(new ECParameters { Curve = ECCurve.CreateFromValue("1.3.132.0.10"), Q = Decompress(key.Id) });
            Assert.True(other.VerifyHash(MessageSignature.Digest(message).ToArray(), bytes.AsSpan(1)));

            message[0] ^= 1;
            Assert.False(MessageSignature.TryRecover(signature, MessageSignature.Digest(message), out signer) && signer == key.Id);
        }
    }

    [Fact]
    public void A_shared_key_is_the_same_from_both_sides()
    {
        var (a, b) = (NodeKey.Derive(1, "a"), NodeKey.Derive(1, "b"));

        Assert.Equal(a.SharedKey(b.Id.ToArray()), b.SharedKey(a.Id.ToArray()));
        Assert.NotNull(a.SharedKey(b.Id.ToArray()));
        Assert.Null(a.SharedKey([5, .. new byte[32]]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("rdqyy1z5")]
    [InlineData("yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy")]
    public void What_is_no_signature_recovers_no_key(string text) =>
        Assert.False(MessageSignature.TryRecover(text, MessageSignature.Digest("eddy"u8), out _));

    [Fact]
    public void Hundreds_of_signatures_of_one_key_differ_and_all_name_it()
    {
        var key = NodeKey.Derive(3, "many");
        var signatures = new HashSet<string>();
        for (var i = 0; i < 200; i++)
        {
            var message = Encoding.ASCII.GetBytes(i.ToString(CultureInfo.InvariantCulture));
            var signature = MessageSignature.Sign(key, message);
            Assert.True(signatures.Add(signature));
            Assert.True(MessageSignature.TryRecover(signature, MessageSignature.Digest(message), out var signer));
            Assert.Equal(key.Id, signer);
        }
    }

    private static ECPoint Decompress(NodeId id)
    {
        var prime = (BigInteger.One << 256) - (BigInteger.One << 32) - 977;
        var bytes = id.ToArray();
        var x = new BigInteger(bytes.AsSpan(1), isUnsigned: true, isBigEndian: true);
        var y = BigInteger.ModPow((x * x * x) + 7, (prime + 1) / 4, prime);
        y = y.IsEven == (bytes[0] == 2) ? y : prime - y;
        return new() { X = bytes[1..], Y = [.. new byte[32 - y.GetByteCount(isUnsigned: true)], .. y.ToByteArray(isUnsigned: true, isBigEndian: true)] };
    }
}
