using System.Numerics;
using System.Security.Cryptography;
using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>ECDSA over secp256k1 with RFC 6979 nonces, low s, and the recovery id that lets anybody find the key.</summary>
internal static class RecoverableSignature
{
    /// <summary>r and s.</summary>
    public const int Size = 64;

    private const int ScalarSize = 32;
    private static readonly BigInteger HalfN = Secp256k1.N / 2;

    /// <summary>Signs a digest; writes r and s and returns the recovery id (0 to 3).</summary>
    public static int Sign(NodeKey key, Bytes32 digest, Span<byte> destination)
    {
        Span<byte> digestBytes = stackalloc byte[ScalarSize];
        digest.CopyTo(digestBytes);
        var e = Secp256k1.ReadScalar(digestBytes) % Secp256k1.N;
        var secret = Secp256k1.ReadScalar(key.Secret);
        Span<byte> nonce = stackalloc byte[ScalarSize];
        var nonces = new NonceGenerator(key.Secret, e);
        while (true)
        {
            nonces.Next(nonce);
            var k = Secp256k1.ReadScalar(nonce);
            if (k.IsZero || k >= Secp256k1.N)
            {
                continue;
            }

            var (x, y) = Secp256k1.MultiplyG(nonce).ToAffine();
            x.Write(destination);
            var xNumber = Secp256k1.ReadScalar(destination[..ScalarSize]);
            var r = xNumber % Secp256k1.N;
            var s = Secp256k1.InvertScalar(k) * (e + (r * secret)) % Secp256k1.N;
            if (r.IsZero || s.IsZero)
            {
                continue;
            }

            var recoveryId = (xNumber >= Secp256k1.N ? 2 : 0) | (y.IsOdd ? 1 : 0);
            if (s > HalfN)
            {
                s = Secp256k1.N - s;
                recoveryId ^= 1;
            }

            Secp256k1.WriteScalar(r, destination);
            Secp256k1.WriteScalar(s, destination[ScalarSize..]);
            return recoveryId;
        }
    }

    /// <summary>The key that made this signature; null when there is none.</summary>
    public static NodeId? Recover(Bytes32 digest, ReadOnlySpan<byte> signature, int recoveryId)
    {
        var r = Secp256k1.ReadScalar(signature[..ScalarSize]);
        var s = Secp256k1.ReadScalar(signature[ScalarSize..]);
        if (r.IsZero || s.IsZero || r >= Secp256k1.N || s >= Secp256k1.N)
        {
            return null;
        }

        var xNumber = (recoveryId & 2) == 0 ? r : r + Secp256k1.N;
        Span<byte> bytes = stackalloc byte[ScalarSize];
        if (xNumber >= Secp256k1.P)
        {
            return null;
        }

        Secp256k1.WriteScalar(xNumber, bytes);
        if (!FieldElement.TryRead(bytes, out var x) || !CurvePoint.TryFromX(x, (recoveryId & 1) == 1, out var point))
        {
            return null;
        }

        digest.CopyTo(bytes);
        var e = Secp256k1.ReadScalar(bytes) % Secp256k1.N;
        var inverse = Secp256k1.InvertScalar(r);
        Span<byte> minusE = stackalloc byte[ScalarSize];
        Secp256k1.WriteScalar((Secp256k1.N - e) * inverse % Secp256k1.N, minusE);
        Secp256k1.WriteScalar(s * inverse % Secp256k1.N, bytes);
        var key = Secp256k1.MultiplyG(minusE).Add(Secp256k1.Multiply(point, bytes));
        if (key.IsInfinity)
        {
            return null;
        }

        Span<byte> compressed = stackalloc byte[NodeId.Size];
        Secp256k1.Compress(key, compressed);
        return new NodeId(compressed);
    }

    /// <summary>RFC 6979, section 3.2, with HMAC-SHA256.</summary>
    private sealed class NonceGenerator
    {
        private readonly byte[] _v = new byte[ScalarSize];
        private byte[] _k = new byte[ScalarSize];
        private bool _isFirst = true;

        public NonceGenerator(ReadOnlySpan<byte> secret, BigInteger digest)
        {
            _v.AsSpan().Fill(1);
            var e = new byte[ScalarSize];
            Secp256k1.WriteScalar(digest, e);
            _k = Mac([.. _v, 0, .. secret, .. e]);
            HMACSHA256.HashData(_k, _v, _v);
            _k = Mac([.. _v, 1, .. secret, .. e]);
            HMACSHA256.HashData(_k, _v, _v);
        }

        private byte[] Mac(byte[] input) => HMACSHA256.HashData(_k, input);

        public void Next(Span<byte> nonce)
        {
            if (!_isFirst)
            {
                _k = Mac([.. _v, 0]);
                HMACSHA256.HashData(_k, _v, _v);
            }

            _isFirst = false;
            HMACSHA256.HashData(_k, _v, _v);
            _v.CopyTo(nonce);
        }
    }
}
