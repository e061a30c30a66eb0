using System.Security.Cryptography;
using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>A simulated node's identity key. Not hardened against anything: it guards play money.</summary>
public sealed class NodeKey
{
    private readonly byte[] _secret;

    /// <param name="secret">32 bytes, above 0 and below the order of secp256k1.</param>
    /// <exception cref="ArgumentException">The bytes are no private key.</exception>
    public NodeKey(ReadOnlySpan<byte> secret)
    {
        if (secret.Length != 32 || Secp256k1.ReadScalar(secret) is { IsZero: true } || Secp256k1.ReadScalar(secret) >= Secp256k1.N)
        {
            throw new ArgumentException("A private key is 32 bytes, above 0 and below the order of secp256k1.", nameof(secret));
        }

        _secret = secret.ToArray();
        Span<byte> compressed = stackalloc byte[NodeId.Size];
        Secp256k1.Compress(Secp256k1.MultiplyG(secret), compressed);
        Id = new NodeId(compressed);
    }

    public NodeId Id { get; }

    internal ReadOnlySpan<byte> Secret => _secret;

    /// <summary>The key that follows from a seed and a purpose.</summary>
    public static NodeKey Derive(ulong seed, string purpose)
    {
        Span<byte> secret = stackalloc byte[32];
        SeededRandom.Derive(seed, purpose, secret);

        // Not a key once in 2^128 draws; hashing again is what a wallet would do as well.
        while (Secp256k1.ReadScalar(secret) is var number && (number.IsZero || number >= Secp256k1.N))
        {
            SHA256.HashData(secret, secret);
        }

        return new NodeKey(secret);
    }

    /// <summary>SHA256 of the compressed product of this key and <paramref name="other"/> (signrpc's DeriveSharedKey); null when that is no point.</summary>
    public Bytes32? SharedKey(ReadOnlySpan<byte> other)
    {
        if (!Secp256k1.TryDecompress(other, out var point))
        {
            return null;
        }

        Span<byte> compressed = stackalloc byte[NodeId.Size];
        Secp256k1.Compress(Secp256k1.Multiply(point, _secret), compressed);
        return Bytes32.Sha256(compressed);
    }
}
