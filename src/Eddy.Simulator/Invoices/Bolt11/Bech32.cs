using System.Diagnostics.CodeAnalysis;

namespace Eddy.Simulator;

/// <summary>Bech32 (BIP 173) without its limit of 90 characters, as BOLT 11 uses it.</summary>
internal static class Bech32
{
    private const string Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    private const int ChecksumLength = 6;
    private const int WordBits = 5;
    private static readonly uint[] Generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

    /// <param name="prefix">The human-readable part, lower case.</param>
    /// <param name="words">Values of 5 bits.</param>
    public static string Encode(string prefix, IReadOnlyList<byte> words)
    {
        var checksum = Polymod([.. Expand(prefix), .. words, .. new byte[ChecksumLength]]) ^ 1;
        var check = Enumerable.Range(0, ChecksumLength).Select(i => (byte)((checksum >> (WordBits * (ChecksumLength - 1 - i))) & 31));
        return $"{prefix}1{string.Concat(words.Concat(check).Select(word => Alphabet[word]))}";
    }

    public static bool TryDecode(string text, [NotNullWhen(true)] out string? prefix, [NotNullWhen(true)] out byte[]? words)
    {
        (prefix, words) = (null, null);
        var lower = text.ToLowerInvariant();
        var separator = lower.LastIndexOf('1');
        var isMixed = text.Any(char.IsAsciiLetterLower) && text.Any(char.IsAsciiLetterUpper);
        if (isMixed || separator < 1 || lower.Length - separator - 1 < ChecksumLength)
        {
            return false;
        }

        var values = lower[(separator + 1)..].Select(character => Alphabet.IndexOf(character, StringComparison.Ordinal)).ToArray();
        var hrp = lower[..separator];
        if (values.Contains(-1) || !hrp.All(static character => character is >= '!' and <= '~') || Polymod([.. Expand(hrp), .. values.Select(value => (byte)value)]) != 1)
        {
            return false;
        }

        prefix = hrp;
        words = [.. values.SkipLast(ChecksumLength).Select(value => (byte)value)];
        return true;
    }

    private static IEnumerable<byte> Expand(string prefix) =>
        [.. prefix.Select(character => (byte)(character >> WordBits)), 0, .. prefix.Select(character => (byte)(character & 31))];

    private static uint Polymod(IEnumerable<byte> values)
    {
        var checksum = 1u;
        foreach (var value in values)
        {
            var top = checksum >> 25;
            checksum = ((checksum & 0x1ffffff) << WordBits) ^ value;
            for (var i = 0; i < Generator.Length; i++)
            {
                checksum ^= ((top >> i) & 1) == 1 ? Generator[i] : 0;
            }
        }

        return checksum;
    }
}
