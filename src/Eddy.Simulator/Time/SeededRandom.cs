using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Eddy.Simulator;

/// <summary>Xoshiro256** from a seed: the same numbers on every machine and .NET version.</summary>
public sealed class SeededRandom
{
    private readonly ulong _seed;
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;

    public SeededRandom(ulong seed)
    {
        _seed = seed;
        Span<byte> state = stackalloc byte[32];
        Derive(seed, "state", state);
        _a = BinaryPrimitives.ReadUInt64LittleEndian(state);
        _b = BinaryPrimitives.ReadUInt64LittleEndian(state[8..]);
        _c = BinaryPrimitives.ReadUInt64LittleEndian(state[16..]);
        _d = BinaryPrimitives.ReadUInt64LittleEndian(state[24..]);
    }

    /// <summary>32 bytes that depend on the seed and the purpose alone.</summary>
    public static void Derive(ulong seed, string purpose, Span<byte> destination)
    {
        var text = Encoding.UTF8.GetBytes(purpose);
        var input = new byte[sizeof(ulong) + text.Length];
        BinaryPrimitives.WriteUInt64BigEndian(input, seed);
        text.CopyTo(input.AsSpan(sizeof(ulong)));
        SHA256.HashData(input, destination);
    }

    /// <summary>An independent stream of numbers for one purpose: what it draws does not disturb this one.</summary>
    public SeededRandom Fork(string purpose)
    {
        Span<byte> bytes = stackalloc byte[32];
        Derive(_seed, purpose, bytes);
        return new(BinaryPrimitives.ReadUInt64BigEndian(bytes));
    }

    public ulong NextUInt64()
    {
        unchecked
        {
            var result = ulong.RotateLeft(_b * 5, 7) * 9;
            var shifted = _b << 17;
            _c ^= _a;
            _d ^= _b;
            _b ^= _c;
            _a ^= _d;
            _c ^= shifted;
            _d = ulong.RotateLeft(_d, 45);
            return result;
        }
    }

    /// <summary>0 to <paramref name="below"/> - 1.</summary>
    public int Next(int below) => (int)NextLong(below);

    /// <summary>From <paramref name="from"/> up to, but not, <paramref name="below"/>.</summary>
    public long NextLong(long from, long below) => from + NextLong(below - from);

    /// <summary>0 to <paramref name="below"/> - 1.</summary>
    public long NextLong(long below)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(below);

        // The high half of a 128-bit product: the bias is below 2^-60 for every range used here.
        return (long)Math.BigMul(NextUInt64(), (ulong)below, out _);
    }

    /// <summary>0 up to, but not, 1.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>True with the given probability.</summary>
    public bool Chance(double probability) => NextDouble() < probability;

    public byte[] NextBytes(int count)
    {
        var bytes = new byte[count];
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        for (var i = 0; i < count; i += sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(word, NextUInt64());
            word[..Math.Min(sizeof(ulong), count - i)].CopyTo(bytes.AsSpan(i));
        }

        return bytes;
    }

    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = Next(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
