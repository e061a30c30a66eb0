namespace Eddy.Lightning;

/// <summary>z-base-32 as LND's SignMessage writes it: most significant bits first, no padding.</summary>
public static class ZBase32
{
    private const string Alphabet = "ybndrfg8ejkmcpqxot1uwisza345h769";
    private const int BitsPerDigit = 5;
    private const int BitsPerByte = 8;
    private const int DigitMask = (1 << BitsPerDigit) - 1;

    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        var digits = new char[((bytes.Length * BitsPerByte) + BitsPerDigit - 1) / BitsPerDigit];
        uint pending = 0;
        var bits = 0;
        var next = 0;
        foreach (var value in bytes)
        {
            pending = (pending << BitsPerByte) | value;
            bits += BitsPerByte;
            while (bits >= BitsPerDigit)
            {
                bits -= BitsPerDigit;
                digits[next++] = Alphabet[(int)(pending >> bits) & DigitMask];
            }

            pending &= (1u << bits) - 1;
        }

        if (bits > 0)
        {
            digits[next] = Alphabet[(int)(pending << (BitsPerDigit - bits)) & DigitMask];
        }

        return new(digits);
    }

    /// <summary>Fills all of <paramref name="destination"/>; false where the text has another length, a foreign character, or bits beyond the last byte.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> destination)
    {
        if (text.Length != ((destination.Length * BitsPerByte) + BitsPerDigit - 1) / BitsPerDigit)
        {
            return false;
        }

        uint pending = 0;
        var bits = 0;
        var next = 0;
        foreach (var character in text)
        {
            var digit = Alphabet.IndexOf(character, StringComparison.Ordinal);
            if (digit < 0)
            {
                return false;
            }

            pending = (pending << BitsPerDigit) | (uint)digit;
            bits += BitsPerDigit;
            if (bits >= BitsPerByte)
            {
                bits -= BitsPerByte;
                destination[next++] = (byte)((pending >> bits) & byte.MaxValue);
            }

            pending &= (1u << bits) - 1;
        }

        return pending == 0;
    }
}
