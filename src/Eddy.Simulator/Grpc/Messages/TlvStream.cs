using System.Buffers.Binary;
using System.Collections.Immutable;

namespace Eddy.Simulator.Grpc;

/// <summary>BOLT 1's stream of type-length-value records.</summary>
internal static class TlvStream
{
    public static byte[] Encode(ImmutableSortedDictionary<ulong, ImmutableArray<byte>> records)
    {
        var bytes = new List<byte>();
        foreach (var (type, value) in records)
        {
            AppendBigSize(bytes, type);
            AppendBigSize(bytes, (ulong)value.Length);
            bytes.AddRange(value);
        }

        return [.. bytes];
    }

    private static void AppendBigSize(List<byte> bytes, ulong value)
    {
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(number, value);
        switch (value)
        {
            case < 0xfd:
                bytes.Add((byte)value);
                break;
            case <= ushort.MaxValue:
                bytes.AddRange([0xfd, .. number[6..]]);
                break;
            case <= uint.MaxValue:
                bytes.AddRange([0xfe, .. number[4..]]);
                break;
            default:
                bytes.AddRange([0xff, .. number]);
                break;
        }
    }
}
