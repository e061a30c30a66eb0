using System.Security.Cryptography;
using System.Text;
using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>Signatures in the format of LND's SignMessage: 65 bytes (header, r, s) in z-base-32, 104 characters.</summary>
public static class MessageSignature
{
    public const int Size = 65;

    // 27 for a recoverable signature, 4 for a compressed key.
    private const int CompressedHeader = 31;
    private const int FirstHeader = 27;
    private const int LastHeader = 34;

    private static readonly byte[] Prefix = Encoding.ASCII.GetBytes("Lightning Signed Message:");

    /// <summary>What is signed: SHA256 over LND's prefix and the message, twice unless <paramref name="singleHash"/>.</summary>
    public static Bytes32 Digest(ReadOnlySpan<byte> message, bool singleHash = false)
    {
        var text = new byte[Prefix.Length + message.Length];
        Prefix.CopyTo(text.AsSpan());
        message.CopyTo(text.AsSpan(Prefix.Length));
        var once = Bytes32.Sha256(text);
        return singleHash ? once : once.Hash();
    }

    public static string Sign(NodeKey key, ReadOnlySpan<byte> message, bool singleHash = false)
    {
        Span<byte> signature = stackalloc byte[Size];
        SignDigest(key, Digest(message, singleHash), signature);
        return ZBase32.Encode(signature);
    }

    /// <summary>Writes the 65 bytes over a digest that was made elsewhere.</summary>
    public static void SignDigest(NodeKey key, Bytes32 digest, Span<byte> destination) =>
        destination[0] = (byte)(CompressedHeader + RecoverableSignature.Sign(key, digest, destination[1..]));

    /// <summary>Writes r and s (64 bytes) and the recovery id over SHA256 of <paramref name="text"/>, as BOLT 11 has it.</summary>
    internal static int SignRaw(NodeKey key, ReadOnlySpan<byte> text, Span<byte> destination)
    {
        Span<byte> hash = stackalloc byte[Bytes32.Size];
        SHA256.HashData(text, hash);
        return RecoverableSignature.Sign(key, new Bytes32(hash), destination);
    }

    /// <summary>The key that signed; false when the text is no signature. Some key nearly always comes out: compare it.</summary>
    public static bool TryRecover(string signature, Bytes32 digest, out NodeId signer)
    {
        signer = default;
        return ZBase32.TryDecode(signature, out var bytes) && TryRecover(bytes, digest, out signer);
    }

    /// <inheritdoc cref="TryRecover(string, Bytes32, out NodeId)"/>
    public static bool TryRecover(ReadOnlySpan<byte> signature, Bytes32 digest, out NodeId signer)
    {
        signer = default;
        if (signature.Length != Size || signature[0] is < FirstHeader or > LastHeader)
        {
            return false;
        }

        var recovered = RecoverableSignature.Recover(digest, signature[1..], (signature[0] - FirstHeader) & 3);
        signer = recovered.GetValueOrDefault();
        return recovered is not null;
    }
}
