using System.Buffers.Binary;

namespace Eddy.Fuzzing.Mutation;

/// <summary>Makes new inputs of old ones. Deterministic: the same generator and corpus give the same inputs.</summary>
internal sealed class Mutator(SplitMix random, IReadOnlyList<byte[]> dictionary, bool isProtobuf, int maxLength)
{
    private static readonly ulong[] Interesting =
    [
        0, 1, 2, 3, 7, 8, 10, 12, 15, 16, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 255, 256, 500, 512, 1_000, 1_023, 1_024, 4_095, 4_096, 32_767,
        32_768, 65_535, 65_536, 60_881, 126_417, 1_000_000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF, 0x1_0000_0000, 2_100_000_000_000_000,
        2_100_000_000_000_001, 2_100_000_000_000_000_000, 2_100_000_000_000_000_001, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0xFFFF_FFFF_FFFF_FFFE,
        0xFFFF_FFFF_FFFF_FFFF,
    ];

    private readonly List<byte> _bytes = [];

    public byte[] Mutate(IReadOnlyList<byte[]> corpus)
    {
        var parent = random.Pick(corpus);
        if (isProtobuf && !random.OneIn(3) && MutateFields(parent, corpus) is { } changed && changed.Length <= maxLength)
        {
            if (!random.OneIn(4))
            {
                return changed;
            }

            parent = changed;
        }

        _bytes.Clear();
        _bytes.AddRange(parent);
        for (var changes = 1 << random.Next(4); changes > 0; changes--)
        {
            MutateBytes(corpus);
        }

        if (_bytes.Count > maxLength)
        {
            _bytes.RemoveRange(maxLength, _bytes.Count - maxLength);
        }

        return [.. _bytes];
    }

    private void MutateBytes(IReadOnlyList<byte[]> corpus)
    {
        var place = _bytes.Count == 0 ? 0 : random.Next(_bytes.Count);
        if (_bytes.Count == 0)
        {
            Insert(0, [random.NextByte()]);
            return;
        }

        switch (random.Next(13))
        {
            case 0:
                _bytes[place] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                _bytes[place] = random.NextByte();
                break;
            case 2:
                _bytes[place] = unchecked((byte)(_bytes[place] + random.Next(35) - 17));
                break;
            case 3:
                OverwriteNumber(place);
                break;
            case 4:
                _bytes.RemoveRange(place, 1 + random.Next(Math.Min(_bytes.Count - place, Span())));
                break;
            case 5:
                Insert(place, Enumerable.Repeat(random.NextByte(), 1 + random.Next(Span())));
                break;
            case 6:
                Insert(random.Next(_bytes.Count + 1), _bytes.GetRange(place, 1 + random.Next(Math.Min(_bytes.Count - place, Span()))));
                break;
            case 7:
                Swap(place, random.Next(_bytes.Count));
                break;
            case 8:
                Splice(random.Pick(corpus));
                break;
            case 9:
                var varint = new List<byte>();
                ProtobufFields.WriteVarint(varint, random.Pick(Interesting));
                Replace(place, varint);
                break;
            case 10 when dictionary.Count > 0:
                Insert(random.Next(_bytes.Count + 1), random.Pick(dictionary));
                break;
            case 11 when dictionary.Count > 0:
                Replace(place, random.Pick(dictionary));
                break;
            case 12:
                CopyOver(random.Pick(corpus));
                break;
            default:
                Insert(place, [random.NextByte()]);
                break;
        }
    }

    /// <summary>Mostly short, now and then long.</summary>
    private int Span() => random.OneIn(8) ? 512 : random.OneIn(3) ? 64 : 8;

    private void OverwriteNumber(int place)
    {
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        var value = random.Pick(Interesting);
        if (random.OneIn(2))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(number, value);
        }
        else
        {
            BinaryPrimitives.WriteUInt64BigEndian(number, value);
        }

        var size = 1 << random.Next(4);
        var part = BitConverter.IsLittleEndian && random.OneIn(2) ? number[..size] : number[^size..];
        for (var index = 0; index < part.Length && place + index < _bytes.Count; index++)
        {
            _bytes[place + index] = part[index];
        }
    }

    private void Insert(int place, IEnumerable<byte> bytes)
    {
        if (_bytes.Count < 2 * maxLength)
        {
            _bytes.InsertRange(place, bytes);
        }
    }

    private void Replace(int place, IReadOnlyList<byte> bytes)
    {
        for (var index = 0; index < bytes.Count && place + index < _bytes.Count; index++)
        {
            _bytes[place + index] = bytes[index];
        }
    }

    private void Swap(int first, int second)
    {
        var length = Math.Min(Span(), Math.Min(_bytes.Count - first, _bytes.Count - second));
        for (var index = 0; index < length; index++)
        {
            (_bytes[first + index], _bytes[second + index]) = (_bytes[second + index], _bytes[first + index]);
        }
    }

    private void Splice(byte[] other)
    {
        if (other.Length == 0)
        {
            return;
        }

        var keep = random.Next(_bytes.Count + 1);
        _bytes.RemoveRange(keep, _bytes.Count - keep);
        _bytes.AddRange(other.AsSpan(random.Next(other.Length)));
    }

    private void CopyOver(byte[] other)
    {
        if (other.Length == 0)
        {
            return;
        }

        var from = random.Next(other.Length);
        Insert(random.Next(_bytes.Count + 1), other.AsSpan(from, 1 + random.Next(Math.Min(other.Length - from, Span()))).ToArray());
    }

    private byte[]? MutateFields(byte[] parent, IReadOnlyList<byte[]> corpus)
    {
        const int Depth = 6;
        if (ProtobufFields.Parse(parent, Depth) is not { Count: > 0 } root)
        {
            return null;
        }

        for (var changes = 1 << random.Next(3); changes > 0; changes--)
        {
            var siblings = root;
            while (siblings.Where(static field => field.Children is { Count: > 0 }).ToArray() is { Length: > 0 } inner && !random.OneIn(3))
            {
                siblings = random.Pick(inner).Children!;
            }

            if (siblings.Count > 0)
            {
                MutateField(siblings, root, corpus, Depth);
            }
        }

        return ProtobufFields.Write(root);
    }

    private void MutateField(List<ProtobufField> siblings, List<ProtobufField> root, IReadOnlyList<byte[]> corpus, int depth)
    {
        var place = random.Next(siblings.Count);
        var field = siblings[place];
        switch (random.Next(10))
        {
            case 0:
                siblings.RemoveAt(place);
                break;
            case 1:
                siblings.Insert(random.Next(siblings.Count + 1), field);
                break;
            case 2:
                siblings[place] = siblings[random.Next(siblings.Count)];
                break;
            case 3:
                field.Tag = ((ulong)(1 + random.Next(16)) << 3) | (uint)field.WireType;
                break;
            case 4:
                var added = new ProtobufField((ulong)(1 + random.Next(16)) << 3) { Value = random.Pick(Interesting) };
                siblings.Insert(random.Next(siblings.Count + 1), added);
                break;
            case 5 when ProtobufFields.Parse(random.Pick(corpus), depth) is { Count: > 0 } other:
                siblings.Insert(random.Next(siblings.Count + 1), random.Pick(other));
                break;
            case 6 when field.WireType == ProtobufFields.Delimited && root.Count < 64:
                // One level deeper, or all of it inside itself.
                siblings[place] = new ProtobufField(field.Tag) { Children = [field] };
                break;
            default:
                ChangeContent(field);
                break;
        }
    }

    private void ChangeContent(ProtobufField field)
    {
        switch (field.WireType)
        {
            case ProtobufFields.Varint:
                field.Value = random.Next(4) switch
                {
                    0 => random.Pick(Interesting),
                    1 => unchecked(field.Value + (ulong)random.Next(33) - 16),
                    2 => field.Value ^ (1UL << random.Next(64)),
                    _ => random.NextUInt64() >> random.Next(64),
                };
                break;
            case ProtobufFields.Delimited when field.Children is null || random.OneIn(4):
                var bytes = field.Children is { } children ? ProtobufFields.Write(children) : [.. field.Bytes];
                field.Children = null;
                field.Bytes = ChangeBytes(bytes);
                break;
            default:
                field.Bytes = ChangeBytes([.. field.Bytes]);
                break;
        }
    }

    private byte[] ChangeBytes(byte[] bytes)
    {
        if (bytes.Length == 0 || random.OneIn(8))
        {
            var made = new byte[random.OneIn(2) ? 32 : random.Next(70)];
            Array.Fill(made, random.NextByte());
            return made;
        }

        switch (random.Next(4))
        {
            case 0:
                return bytes[..random.Next(bytes.Length)];
            case 1:
                return [.. bytes, random.NextByte()];
            case 2:
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                return bytes;
            default:
                bytes[random.Next(bytes.Length)] = random.NextByte();
                return bytes;
        }
    }
}
