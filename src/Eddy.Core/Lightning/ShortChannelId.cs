using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Eddy.Lightning;

/// <summary>The position of a channel's funding output in the chain (BOLT 7), e.g. <c>870127x1237x1</c>, or an alias of the channel.</summary>
public readonly record struct ShortChannelId(ulong Value) : IComparable<ShortChannelId>
{
    /// <summary>What LND shows as requested outgoing channel where a blinded next hop is named by its node id.</summary>
    public static readonly ShortChannelId Blinded = new(ulong.MaxValue);

    private const int BlockShift = 40;
    private const int TransactionShift = 16;
    private const uint Max24Bits = (1 << 24) - 1;
    private const uint FirstAliasBlock = 16_000_000;
    private const uint LastAliasBlock = 16_250_000;

    public uint Block => (uint)(Value >> BlockShift);

    public uint Transaction => (uint)((Value >> TransactionShift) & Max24Bits);

    public ushort Output => (ushort)(Value & ushort.MaxValue);

    /// <summary>True in the range LND takes its aliases from (block heights 16,000,000 to 16,250,000).</summary>
    public bool IsAlias => Block is >= FirstAliasBlock and < LastAliasBlock;

    public static bool operator <(ShortChannelId left, ShortChannelId right) => left.Value < right.Value;

    public static bool operator >(ShortChannelId left, ShortChannelId right) => left.Value > right.Value;

    public static bool operator <=(ShortChannelId left, ShortChannelId right) => left.Value <= right.Value;

    public static bool operator >=(ShortChannelId left, ShortChannelId right) => left.Value >= right.Value;

    public static ShortChannelId Create(uint block, uint transaction, ushort output)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(block, Max24Bits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(transaction, Max24Bits);

        return new(((ulong)block << BlockShift) | ((ulong)transaction << TransactionShift) | output);
    }

    /// <summary>Reads <c>870127x1237x1</c>, LND's <c>870127:1237:1</c>, or the plain number.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out ShortChannelId scid)
    {
        scid = default;
        if (text is null)
        {
            return false;
        }

        var parts = text.Split('x', ':');
        if (parts.Length == 1)
        {
            var isNumber = ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value);
            scid = new(value);
            return isNumber;
        }

        if (parts.Length != 3
            || !uint.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var block) || block > Max24Bits
            || !uint.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var transaction) || transaction > Max24Bits
            || !ushort.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var output))
        {
            return false;
        }

        scid = Create(block, transaction, output);
        return true;
    }

    /// <exception cref="FormatException">The text is not a short channel id.</exception>
    public static ShortChannelId Parse(string text) =>
        TryParse(text, out var scid) ? scid : throw new FormatException($"'{text}' is not a short channel id (like 870127x1237x1).");

    public int CompareTo(ShortChannelId other) => Value.CompareTo(other.Value);

    public override string ToString() => $"{Block}x{Transaction}x{Output}";
}
