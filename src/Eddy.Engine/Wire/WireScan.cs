using Google.Protobuf.Reflection;

namespace Eddy.Engine.Wire;

/// <summary>
/// A look at protobuf bytes before they are parsed. Each field of a message becomes objects many times its size, so the number of fields
/// is bounded first; depth is bounded by the parser.
/// </summary>
internal static class WireScan
{
    private const int WireTypeBits = 3;
    private const int MaxVarintSize = 10;

    /// <summary>True where these are fields, one after another, and no more than <paramref name="most"/>.</summary>
    public static bool HasAtMost(ReadOnlySpan<byte> message, int most)
    {
        for (var count = 0; !message.IsEmpty; count++)
        {
            if (count == most || !TrySkipField(ref message, out _, out _))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// The same, one level deeper as well: <paramref name="mostInside"/> bounds what is in a field, negative where it is not looked at. One such
    /// field only: the parser would put several together, and their counts with them.
    /// </summary>
    public static bool HasAtMost(ReadOnlySpan<byte> message, int most, Func<int, int> mostInside)
    {
        var isSeen = false;
        for (var count = 0; !message.IsEmpty; count++)
        {
            if (count == most || !TrySkipField(ref message, out var number, out var content))
            {
                return false;
            }

            var bound = mostInside(number);
            if (bound >= 0 && (isSeen || !HasAtMost(content, bound)))
            {
                return false;
            }

            isSeen |= bound >= 0;
        }

        return true;
    }

    /// <summary>
    /// True where these are fields, one after another, and so are all inner messages of <paramref name="shape"/>, however deep: no length points
    /// beyond what it is in.
    /// </summary>
    public static bool IsSound(ReadOnlySpan<byte> message, MessageDescriptor shape)
    {
        while (!message.IsEmpty)
        {
            if (!TrySkipField(ref message, out var number, out var content))
            {
                return false;
            }

            if (!content.IsEmpty && shape.FindFieldByNumber(number) is { FieldType: FieldType.Message } field && !IsSound(content, field.MessageType))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TrySkipField(ref ReadOnlySpan<byte> rest, out int number, out ReadOnlySpan<byte> content)
    {
        number = 0;
        content = default;
        if (!TryReadVarint(ref rest, out var tag) || tag > uint.MaxValue || tag >> WireTypeBits == 0)
        {
            return false;
        }

        number = (int)(tag >> WireTypeBits);
        switch (tag & 7)
        {
            case 0:
                return TryReadVarint(ref rest, out _);
            case 1:
                return TrySkip(ref rest, sizeof(ulong));
            case 2:
                if (!TryReadVarint(ref rest, out var length) || length > (ulong)rest.Length)
                {
                    return false;
                }

                content = rest[..(int)length];
                rest = rest[(int)length..];
                return true;
            case 5:
                return TrySkip(ref rest, sizeof(uint));
            default:
                return false;
        }
    }

    private static bool TrySkip(ref ReadOnlySpan<byte> rest, int size)
    {
        if (rest.Length < size)
        {
            return false;
        }

        rest = rest[size..];
        return true;
    }

    private static bool TryReadVarint(ref ReadOnlySpan<byte> rest, out ulong value)
    {
        value = 0;
        for (var index = 0; index < Math.Min(rest.Length, MaxVarintSize); index++)
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
