namespace Eddy.Simulator;

/// <summary>Collects the 5-bit words of a payment request.</summary>
internal sealed class WordWriter
{
    private const int WordBits = 5;
    private readonly List<byte> _words = [];

    public IReadOnlyList<byte> Words => _words;

    /// <summary>A number, most significant word first, in exactly <paramref name="count"/> words.</summary>
    public void Number(ulong value, int count)
    {
        for (var i = count - 1; i >= 0; i--)
        {
            _words.Add((byte)((value >> (WordBits * i)) & 31));
        }
    }

    /// <summary>Bytes as a stream of bits, padded with zero bits.</summary>
    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        int accumulator = 0, bits = 0;
        foreach (var octet in bytes)
        {
            accumulator = (accumulator << 8) | octet;
            for (bits += 8; bits >= WordBits; bits -= WordBits)
            {
                _words.Add((byte)((accumulator >> (bits - WordBits)) & 31));
            }

            accumulator &= (1 << bits) - 1;
        }

        if (bits > 0)
        {
            _words.Add((byte)((accumulator << (WordBits - bits)) & 31));
        }
    }

    /// <summary>A tagged field: its letter's value, its length in words, its words.</summary>
    public void Field(byte tag, Action<WordWriter> content)
    {
        var inner = new WordWriter();
        content(inner);
        _words.Add(tag);
        Number((ulong)inner._words.Count, 2);
        _words.AddRange(inner._words);
    }

    /// <summary>A number in as few words as it needs, at least one.</summary>
    public void ShortNumber(ulong value)
    {
        var count = 1;
        while (WordBits * count < 64 && value >> (WordBits * count) != 0)
        {
            count++;
        }

        Number(value, count);
    }

    /// <summary>Words as bytes; padded at the end with zero bits, or with the incomplete byte dropped.</summary>
    public static byte[] ToBytes(ReadOnlySpan<byte> words, bool pad)
    {
        var bytes = new List<byte>();
        int accumulator = 0, bits = 0;
        foreach (var word in words)
        {
            accumulator = (accumulator << WordBits) | word;
            bits += WordBits;
            if (bits >= 8)
            {
                bits -= 8;
                bytes.Add((byte)((accumulator >> bits) & byte.MaxValue));
            }

            accumulator &= (1 << bits) - 1;
        }

        if (pad && bits > 0)
        {
            bytes.Add((byte)((accumulator << (8 - bits)) & byte.MaxValue));
        }

        return [.. bytes];
    }

    public static ulong ToNumber(ReadOnlySpan<byte> words)
    {
        var value = 0UL;
        foreach (var word in words)
        {
            value = unchecked((value << WordBits) | word);
        }

        return value;
    }
}
