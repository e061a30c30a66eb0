using System.Collections.Immutable;
using Eddy.Lightning;
using Google.Protobuf;
using Google.Protobuf.Collections;

namespace Eddy.Simulator.Grpc;

/// <summary>Plain values to protobuf and back.</summary>
internal static class ProtoValues
{
    private const long NanosecondsPerTick = 100;

    public static ByteString ToByteString(this Bytes32 value) => ByteString.CopyFrom(value.ToArray());

    public static ByteString ToByteString(this NodeId value) => ByteString.CopyFrom(value.ToArray());

    public static ByteString ToByteString(this ImmutableArray<byte> value) => ByteString.CopyFrom(value.AsSpan());

    public static ImmutableArray<byte> ToImmutable(this ByteString value) => [.. value.Span];

    /// <summary>Amounts that wrapped below zero are shown as LND's unsigned arithmetic leaves them.</summary>
    public static ulong ToUnsigned(this MilliSatoshi value) => unchecked((ulong)value.Value);

    public static long ToUnixNanoseconds(this DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * NanosecondsPerTick;

    public static ImmutableSortedDictionary<ulong, ImmutableArray<byte>> ToRecords(this MapField<ulong, ByteString> map) =>
        map.Count == 0 ? CustomRecords.None : map.ToImmutableSortedDictionary(entry => entry.Key, entry => entry.Value.ToImmutable());

    public static void AddRecords(this MapField<ulong, ByteString> map, ImmutableSortedDictionary<ulong, ImmutableArray<byte>> records)
    {
        foreach (var (type, value) in records)
        {
            map.Add(type, value.ToByteString());
        }
    }
}
