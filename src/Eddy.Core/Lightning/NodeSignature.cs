using System.Security.Cryptography;
using System.Text;

namespace Eddy.Lightning;

/// <summary>The form of LND's SignMessage (lnd-0.18 to 0.21): 65 bytes, a recovery header, r and s, over a double SHA256 of a prefixed message.</summary>
public static class NodeSignature
{
    public const int Size = 65;

    private const byte FirstHeader = 27;
    private const byte LastHeader = 34;
    private const int ScalarSize = 32;

    private static ReadOnlySpan<byte> Prefix => "Lightning Signed Message:"u8;

    private static ReadOnlySpan<byte> GroupOrder =>
    [
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE,
        0xBA, 0xAE, 0xDC, 0xE6, 0xAF, 0x48, 0xA0, 0x3B, 0xBF, 0xD2, 0x5E, 0x8C, 0xD0, 0x36, 0x41, 0x41,
    ];

    /// <summary>
    /// What eddy gives LND to sign for <paramref name="payload"/>: the domain in clear and the payload's SHA256 in hexadecimal, so that
    /// no signature means anything in another place.
    /// </summary>
    public static byte[] Message(SignatureDomain domain, ReadOnlySpan<byte> payload) =>
        Encoding.ASCII.GetBytes($"{Name(domain)}:{Bytes32.Sha256(payload)}");

    /// <summary>What is signed: SHA256(SHA256(prefix, message)).</summary>
    public static Bytes32 Digest(ReadOnlySpan<byte> message)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Prefix);
        hash.AppendData(message);
        Span<byte> first = stackalloc byte[Bytes32.Size];
        hash.GetHashAndReset(first);
        return Bytes32.Sha256(first);
    }

    /// <summary>LND's text form, 104 characters.</summary>
    public static string Encode(ReadOnlySpan<byte> signature) => ZBase32.Encode(signature);

    /// <summary>Reads LND's text form into <see cref="Size"/> bytes.</summary>
    public static bool TryDecode(string text, Span<byte> signature) => ZBase32.TryDecode(text, signature[..Size]);

    /// <summary>True where the size, the header (27 to 34) and the ranges of r and s are those of a recoverable signature. A high s is as good as a low one.</summary>
    public static bool HasForm(ReadOnlySpan<byte> signature) =>
        signature.Length == Size
        && signature[0] is >= FirstHeader and <= LastHeader
        && IsScalar(signature.Slice(1, ScalarSize))
        && IsScalar(signature.Slice(1 + ScalarSize, ScalarSize));

    private static bool IsScalar(ReadOnlySpan<byte> value) =>
        value.ContainsAnyExcept((byte)0) && value.SequenceCompareTo(GroupOrder) < 0;

    private static string Name(SignatureDomain domain) => domain switch
    {
        SignatureDomain.Advert => "eddy/1/advert",
        SignatureDomain.Offer => "eddy/1/offer",
        SignatureDomain.Terms => "eddy/1/terms",
        _ => throw new ArgumentOutOfRangeException(nameof(domain)),
    };
}

/// <summary>What a signature is for.</summary>
public enum SignatureDomain
{
    Advert = 0,
    Offer = 1,
    Terms = 2,
}
