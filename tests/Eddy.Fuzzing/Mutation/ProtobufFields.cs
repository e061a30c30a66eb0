namespace Eddy.Fuzzing.Mutation;

/// <summary>One field of protobuf bytes. Of a length-delimited one, what is in it as fields where it can be read so.</summary>
internal sealed class ProtobufField(ulong tag)
{
    public ulong Tag { get; set; } = tag;

    public ulong Value { get; set; }

    public byte[] Bytes { get; set; } = [];

    public List<ProtobufField>? Children { get; set; }

    public int WireType => (int)(Tag & 7);

    public int Number => (int)(Tag >> 3);
}

/// <summary>Protobuf bytes as fields and back: lengths come out right again after any change inside.</summary>
internal static class ProtobufFields
{
    public const int Varint = 0;
    public const int Fixed64 = 1;
    public const int Delimited = 2;
    public const int Fixed32 = 5;

    /// <summary>Null where the bytes are no fields.</summary>
    public static List<ProtobufField>? Parse(ReadOnlySpan<byte> bytes, int depth)
    {
        var fields = new List<ProtobufField>();
        while (!bytes.IsEmpty)
        {
            if (!TryReadVarint(ref bytes, out var tag) || tag >> 3 == 0 || tag > uint.MaxValue)
            {
                return null;
            }

            var field = new ProtobufField(tag);
            fields.Add(field);
            switch (field.WireType)
            {
                case Varint when TryReadVarint(ref bytes, out var value):
                    field.Value = value;
                    break;
                case Fixed64 when bytes.Length >= sizeof(ulong):
                    field.Bytes = bytes[..sizeof(ulong)].ToArray();
                    bytes = bytes[sizeof(ulong)..];
                    break;
                case Fixed32 when bytes.Length >= sizeof(uint):
                    field.Bytes = bytes[..sizeof(uint)].ToArray();
                    bytes = bytes[sizeof(uint)..];
                    break;
                case Delimited when TryReadVarint(ref bytes, out var length) && length <= (ulong)bytes.Length:
                    var content = bytes[..(int)length];
                    bytes = bytes[(int)length..];
                    field.Bytes = content.ToArray();
                    field.Children = depth > 0 && content.Length > 1 ? Parse(content, depth - 1) : null;
                    break;
                default:
                    return null;
            }
        }

        return fields;
    }

    public static byte[] Write(List<ProtobufField> fields)
    {
        var bytes = new List<byte>();
        foreach (var field in fields)
        {
            WriteVarint(bytes, field.Tag);
            switch (field.WireType)
            {
                case Varint:
                    WriteVarint(bytes, field.Value);
                    break;
                case Delimited:
                    var content = field.Children is { } children ? Write(children) : field.Bytes;
                    WriteVarint(bytes, (ulong)content.Length);
                    bytes.AddRange(content);
                    break;
                default:
                    bytes.AddRange(field.Bytes);
                    break;
            }
        }

        return [.. bytes];
    }

    public static void WriteVarint(List<byte> bytes, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)((value & 0x7F) | 0x80));
        }

        bytes.Add((byte)value);
    }

    /// <summary>The fields of one level, read leniently: what cannot be read ends it.</summary>
    public static IEnumerable<(int Number, ulong Value, ReadOnlyMemory<byte> Bytes)> ReadSteps(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var rest = bytes.Span;
            if (!TryReadVarint(ref rest, out var tag) || tag >> 3 is 0 or > int.MaxValue)
            {
                yield break;
            }

            ulong value = 0;
            ReadOnlyMemory<byte> content = default;
            switch (tag & 7)
            {
                case Varint when TryReadVarint(ref rest, out value):
                    bytes = bytes[^rest.Length..];
                    break;
                case Delimited when TryReadVarint(ref rest, out var length):
                    var take = (int)Math.Min(length, (ulong)rest.Length);
                    content = bytes.Slice(bytes.Length - rest.Length, take);
                    bytes = bytes[(bytes.Length - rest.Length + take)..];
                    break;
                default:
                    yield break;
            }

            yield return ((int)(tag >> 3), value, content);
        }
    }

    private static bool TryReadVarint(ref ReadOnlySpan<byte> rest, out ulong value)
    {
        value = 0;
        for (var index = 0; index < Math.Min(rest.Length, 10); index++)
        {
            value |= unchecked((ulong)(rest[index] & 0x7F) << (7 * index));
            if (rest[index] < 0x80)
            {
                rest = rest[(index + 1)..];
                return true;
            }
        }

        return false;
    }
}
