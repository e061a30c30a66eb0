using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>The route as it travels with an HTLC. Each hop can read its own entry only, which is up to the code here and not to cryptography.</summary>
internal sealed class Onion(ImmutableArray<RouteHop> hops, ulong id)
{
    private const int BlobSize = 1_366;

    private readonly bool[] _processed = new bool[hops.Length];

    public bool IsFinal(int index) => index == hops.Length - 1;

    /// <summary>The entry for the node that peels the layer <paramref name="index"/>; null when it was not made for that node.</summary>
    public RouteHop? Peel(int index, NodeId node) => index < hops.Length && hops[index].Node == node ? hops[index] : null;

    /// <summary>The channel the layer's node is asked to forward on.</summary>
    public ShortChannelId NextChannel(int index) => hops[index + 1].ChannelId;

    /// <summary>Marks a layer as seen; false when it had been before (LND's replay log).</summary>
    public bool TryMarkProcessed(int index)
    {
        var wasProcessed = _processed[index];
        _processed[index] = true;
        return !wasProcessed;
    }

    public byte[] CreateBlob(int index)
    {
        Span<byte> block = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> input = stackalloc byte[2 * sizeof(ulong)];
        var blob = new byte[BlobSize];
        for (var offset = 0; offset < BlobSize; offset += block.Length)
        {
            BinaryPrimitives.WriteUInt64BigEndian(input, id);
            BinaryPrimitives.WriteInt32BigEndian(input[8..], index);
            BinaryPrimitives.WriteInt32BigEndian(input[12..], offset);
            SHA256.HashData(input, block);
            block[..Math.Min(block.Length, BlobSize - offset)].CopyTo(blob.AsSpan(offset));
        }

        // Version 0, then what could be a compressed point.
        blob[0] = 0;
        blob[1] = (byte)(2 + (blob[1] & 1));
        return blob;
    }
}
