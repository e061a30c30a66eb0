using System.Diagnostics.CodeAnalysis;

namespace Eddy.Lightning;

/// <summary>A node's identity: its compressed secp256k1 public key, 33 bytes (BOLT 7). Ordered by those bytes.</summary>
public readonly struct NodeId : IEquatable<NodeId>, IComparable<NodeId>
{
    public const int Size = 33;

    private readonly ulong _first;
    private readonly ulong _second;
    private readonly ulong _third;
    private readonly ulong _fourth;
    private readonly byte _last;

    /// <param name="bytes">33 bytes, the first of them 2 or 3.</param>
    /// <exception cref="ArgumentException">The bytes do not have the form of a compressed point.</exception>
    public NodeId(ReadOnlySpan<byte> bytes)
    {
        if (!HasForm(bytes))
        {
            throw new ArgumentException("A node id is 33 bytes that begin with 02 or 03.", nameof(bytes));
        }

        _first = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _second = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _third = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]);
        _fourth = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]);
        _last = bytes[32];
    }

    /// <summary>The first eight bytes of the point's x coordinate: short for the id where a mistake of one in 2^64 may cost a message and nothing more.</summary>
    public ulong ShortKey => unchecked((_first << 8) | (_second >> 56));

    public static bool operator ==(NodeId left, NodeId right) => left.Equals(right);

    public static bool operator !=(NodeId left, NodeId right) => !left.Equals(right);

    public static bool operator <(NodeId left, NodeId right) => left.CompareTo(right) < 0;

    public static bool operator >(NodeId left, NodeId right) => left.CompareTo(right) > 0;

    public static bool operator <=(NodeId left, NodeId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(NodeId left, NodeId right) => left.CompareTo(right) >= 0;

    /// <summary>Reads 33 bytes from a peer; false where they cannot be a compressed point. The point itself is not checked.</summary>
    public static bool TryFrom(ReadOnlySpan<byte> bytes, out NodeId id)
    {
        id = default;
        if (!HasForm(bytes))
        {
            return false;
        }

        id = new NodeId(bytes);
        return true;
    }

    /// <summary>Reads 66 hexadecimal digits.</summary>
    public static bool TryParse([NotNullWhen(true)] string? hex, out NodeId id)
    {
        id = default;
        Span<byte> bytes = stackalloc byte[Size];
        return hex is { Length: 2 * Size }
            && Convert.FromHexString(hex, bytes, out _, out var written) == System.Buffers.OperationStatus.Done
            && written == Size
            && TryFrom(bytes, out id);
    }

    /// <exception cref="FormatException">The text is not a node id.</exception>
    public static NodeId Parse(string hex) =>
        TryParse(hex, out var id) ? id : throw new FormatException($"'{hex}' is not a node's public key (66 hex digits that begin with 02 or 03).");

    /// <summary>Writes the 33 bytes.</summary>
    public void CopyTo(Span<byte> destination)
    {
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(destination, _first);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _second);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(destination[16..], _third);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(destination[24..], _fourth);
        destination[32] = _last;
    }

    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    public int CompareTo(NodeId other)
    {
        var order = _first.CompareTo(other._first);
        if (order == 0)
        {
            order = _second.CompareTo(other._second);
        }

        if (order == 0)
        {
            order = _third.CompareTo(other._third);
        }

        if (order == 0)
        {
            order = _fourth.CompareTo(other._fourth);
        }

        return order == 0 ? _last.CompareTo(other._last) : order;
    }

    public bool Equals(NodeId other) =>
        _second == other._second && _first == other._first && _third == other._third && _fourth == other._fourth && _last == other._last;

    public override bool Equals(object? obj) => obj is NodeId other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_first, _second, _third, _fourth, _last);

    /// <summary>66 lower-case hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(ToArray());

    /// <summary>The first 10 digits, for logs and tables.</summary>
    public string ToShortString() => ToString()[..10];

    private static bool HasForm(ReadOnlySpan<byte> bytes) => bytes.Length == Size && bytes[0] is 2 or 3;
}
