using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;

namespace Eddy.Lightning;

/// <summary>
/// Verifies node signatures against the key that is expected, without asking LND, and keeps the latest imported keys. Equivalent to
/// recovering a key and comparing it, except that the recovery bits of the header are not held against a signature that verifies.
/// One owner: not safe for concurrent use.
/// </summary>
public sealed class NodeSignatureVerifier : IDisposable
{
    public const int DefaultCapacity = 4096;

    private const string Secp256k1 = "1.3.132.0.10";
    private const int CoordinateSize = 32;

    private static readonly BigInteger FieldPrime =
        BigInteger.Parse("0FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC2F", NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static readonly BigInteger CurveB = 7;
    private static readonly BigInteger SquareRootExponent = (FieldPrime + 1) / 4;

    private readonly int _capacity;
    private readonly Dictionary<NodeId, LinkedListNode<(NodeId Node, ECDsa Key)>> _byNode = [];
    private readonly LinkedList<(NodeId Node, ECDsa Key)> _latestFirst = new();

    /// <param name="capacity">How many imported keys to keep; the one used longest ago goes first.</param>
    public NodeSignatureVerifier(int capacity = DefaultCapacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        _capacity = capacity;
    }

    /// <summary>Keys held now.</summary>
    public int CachedKeys => _byNode.Count;

    /// <summary>True where <paramref name="signature"/> is one by <paramref name="node"/> over <paramref name="message"/>. Takes any bytes.</summary>
    public bool Verify(NodeId node, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (!NodeSignature.HasForm(signature) || !TryGetKey(node, out var key))
        {
            return false;
        }

        Span<byte> digest = stackalloc byte[Bytes32.Size];
        NodeSignature.Digest(message).CopyTo(digest);
        return key.VerifyHash(digest, signature[1..], DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    /// <summary>True where <paramref name="signature"/> is one by <paramref name="node"/> over <paramref name="payload"/> in <paramref name="domain"/>.</summary>
    public bool Verify(NodeId node, SignatureDomain domain, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> signature) =>
        NodeSignature.HasForm(signature) && Verify(node, NodeSignature.Message(domain, payload), signature);

    public void Dispose()
    {
        foreach (var (_, key) in _latestFirst)
        {
            key.Dispose();
        }

        _latestFirst.Clear();
        _byNode.Clear();
    }

    private bool TryGetKey(NodeId node, out ECDsa key)
    {
        if (_byNode.TryGetValue(node, out var cached))
        {
            _latestFirst.Remove(cached);
            _latestFirst.AddFirst(cached);
            key = cached.Value.Key;
            return true;
        }

        if (!TryDecompress(node, out var point))
        {
            key = null!;
            return false;
        }

        key = ECDsa.Create(new ECParameters { Curve = ECCurve.CreateFromOid(new Oid(Secp256k1)), Q = point });
        if (_byNode.Count == _capacity)
        {
            var oldest = _latestFirst.Last!;
            _latestFirst.RemoveLast();
            _byNode.Remove(oldest.Value.Node);
            oldest.Value.Key.Dispose();
        }

        _byNode.Add(node, _latestFirst.AddFirst((node, key)));
        return true;
    }

    private static bool TryDecompress(NodeId node, out ECPoint point)
    {
        Span<byte> compressed = stackalloc byte[NodeId.Size];
        node.CopyTo(compressed);
        point = default;
        var x = new BigInteger(compressed[1..], isUnsigned: true, isBigEndian: true);
        if (x >= FieldPrime || compressed[0] is not (2 or 3))
        {
            return false;
        }

        var square = ((x * x * x) + CurveB) % FieldPrime;
        var y = BigInteger.ModPow(square, SquareRootExponent, FieldPrime);
        if (y * y % FieldPrime != square)
        {
            return false;
        }

        if (y.IsEven != (compressed[0] == 2))
        {
            y = FieldPrime - y;
        }

        point = new ECPoint { X = compressed[1..].ToArray(), Y = ToCoordinate(y) };
        return true;
    }

    private static byte[] ToCoordinate(BigInteger value)
    {
        var coordinate = new byte[CoordinateSize];
        var size = value.GetByteCount(isUnsigned: true);
        value.TryWriteBytes(coordinate.AsSpan(CoordinateSize - size), out _, isUnsigned: true, isBigEndian: true);
        return coordinate;
    }
}
