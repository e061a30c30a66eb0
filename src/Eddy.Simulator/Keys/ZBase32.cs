using System.Text;

namespace Eddy.Simulator;

/// <summary>Z-base-32 without padding, most significant bits first: how LND writes message signatures.</summary>
public static class ZBase32
{
    private const string Alphabet = "ybndrfg8ejkmcpqxot1uwisza345h769";
    private const int BitsPerCharacter = 5;

    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder((bytes.Length * 8 / BitsPerCharacter) + 1);
        var buffer = 0;
        var bits = 0;
        foreach (var octet in bytes)
        {
            buffer = (buffer << 8) | octet;
            bits += 8;
            while (bits >= BitsPerCharacter)
            {
                bits -= BitsPerCharacter;
                text.Append(Alphabet[(buffer >> bits) & 0x1F]);
            }

            buffer &= (1 << bits) - 1;
        }

        if (bits > 0)
        {
            text.Append(Alphabet[(buffer << (BitsPerCharacter - bits)) & 0x1F]);
        }

        return text.ToString();
    }

    /// <summary>False for a character outside the alphabet.</summary>
    public static bool TryDecode(string text, out byte[] bytes)
    {
        bytes = new byte[text.Length * BitsPerCharacter / 8];
        var buffer = 0;
        var bits = 0;
        var length = 0;
        foreach (var character in text)
        {
            var value = Alphabet.IndexOf(character, StringComparison.Ordinal);
            if (value < 0)
            {
                bytes = [];
                return false;
            }

            buffer = (buffer << BitsPerCharacter) | value;
            bits += BitsPerCharacter;
            if (bits >= 8)
            {
                bits -= 8;
                bytes[length++] = (byte)(buffer >> bits);
                buffer &= (1 << bits) - 1;
            }
        }

        return true;
    }
}
