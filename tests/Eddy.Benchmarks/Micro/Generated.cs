using System.Buffers.Binary;
using System.Text;
using Eddy.Lightning;

namespace Eddy.Benchmarks.Micro;

/// <summary>Values that are the same in every run.</summary>
internal static class Generated
{
    private const byte EvenKey = 2;

    public static Bytes32 Bytes(string purpose, int number)
    {
        var seed = new byte[Encoding.UTF8.GetByteCount(purpose) + sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(seed, number);
        Encoding.UTF8.GetBytes(purpose, seed.AsSpan(sizeof(int)));
        return Bytes32.Sha256(seed);
    }

    /// <summary>A name for a node; not a point on the curve in every case.</summary>
    public static NodeId Node(int number)
    {
        var key = new byte[NodeId.Size];
        key[0] = EvenKey;
        Bytes("node", number).CopyTo(key.AsSpan(1));
        return new(key);
    }
}
