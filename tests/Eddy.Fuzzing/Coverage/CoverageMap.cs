using System.ComponentModel;
using System.Numerics;

namespace Eddy.Fuzzing.Coverage;

/// <summary>
/// Counts which edges (pairs of basic blocks, one after the other) an execution takes. Public and static because the rewritten product
/// assemblies call <see cref="Hit"/> at the beginning of every basic block. Each thread has a map of its own.
/// </summary>
public static class CoverageMap
{
    /// <summary>Edges are told apart by a number of this range; two that share one are taken for the same.</summary>
    public const int Size = 1 << 16;

    [ThreadStatic]
    private static Recorder? _recorder;

    /// <summary>Called by rewritten code only.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void Hit(int block)
    {
        if (_recorder is { } recorder)
        {
            recorder.Hit(block);
        }
    }

    /// <summary>From here on this thread's edges are counted.</summary>
    internal static Recorder Begin()
    {
        var recorder = _recorder ??= new Recorder();
        recorder.Reset();
        return recorder;
    }

    internal static void End() => _recorder = null;

    /// <summary>The edges of one execution on one thread.</summary>
    internal sealed class Recorder
    {
        private readonly byte[] _counts = new byte[Size];
        private readonly ushort[] _touched = new ushort[Size];
        private int _previous;

        public int Count { get; private set; }

        public ReadOnlySpan<ushort> Touched => _touched.AsSpan(0, Count);

        public void Hit(int block)
        {
            var edge = (block ^ _previous) & (Size - 1);
            _previous = block >> 1;
            ref var count = ref _counts[edge];
            if (count == 0)
            {
                _touched[Count++] = (ushort)edge;
            }

            if (count != byte.MaxValue)
            {
                count++;
            }
        }

        /// <summary>How often an edge was taken, as one bit: 1, 2, 3, up to 7, 15, 31, 127 and more times.</summary>
        public byte ClassOf(ushort edge)
        {
            var count = _counts[edge];
            return count switch
            {
                <= 3 => (byte)(1 << (count - 1)),
                >= 128 => 128,
                _ => (byte)Math.Min(64, 8 << Math.Max(0, BitOperations.Log2(count) - 2)),
            };
        }

        public void Reset()
        {
            foreach (var edge in Touched)
            {
                _counts[edge] = 0;
            }

            Count = 0;
            _previous = 0;
        }
    }
}
