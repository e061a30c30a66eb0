using System.Buffers.Binary;
using Eddy.Lightning;

namespace Eddy.Core.Tests;

/// <summary>Node ids whose order is the order of their numbers.</summary>
internal static class Nodes
{
    public static NodeId Number(int number)
    {
        var bytes = new byte[NodeId.Size];
        bytes[0] = 2;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), number);
        return new(bytes);
    }

    public static int NumberOf(NodeId node) => BinaryPrimitives.ReadInt32BigEndian(node.ToArray().AsSpan(1));
}
