namespace Eddy.Fuzzing.Mutation;

/// <summary>A small and fast generator: what it gives follows from the seed alone.</summary>
internal sealed class SplitMix(ulong seed)
{
    private ulong _state = seed;

    public ulong NextUInt64()
    {
        unchecked
        {
            var mixed = _state += 0x9E3779B97F4A7C15;
            mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
            return mixed ^ (mixed >> 31);
        }
    }

    /// <summary>From 0 to <paramref name="bound"/> - 1; the bound is positive.</summary>
    public int Next(int bound) => (int)(((UInt128)NextUInt64() * (ulong)bound) >> 64);

    public byte NextByte() => (byte)(NextUInt64() >> 56);

    public bool OneIn(int count) => Next(count) == 0;

    public T Pick<T>(IReadOnlyList<T> items) => items[Next(items.Count)];
}
