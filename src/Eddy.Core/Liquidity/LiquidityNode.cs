using System.Collections.Immutable;
using Eddy.Gossip;
using Eddy.Lightning;

namespace Eddy.Liquidity;

/// <summary>What one node offers, and its edges with others. Never changed once made.</summary>
internal sealed record LiquidityNode(NodeId Id, NodeFlags Flags, ImmutableArray<Intent> Offers)
{
    /// <summary>What it sends to others.</summary>
    public Arc[] Out { get; init; } = [];

    /// <summary>What others send to it.</summary>
    public Arc[] In { get; init; } = [];

    /// <summary>What it sends where both ends gain; the same row as <see cref="Out"/> where that is all.</summary>
    public Arc[] GainingOut { get; init; } = [];

    public Arc[] GainingIn { get; init; } = [];

    public bool CanInitiate => (Flags & NodeFlags.CanInitiate) != 0;

    public bool CanWaive => (Flags & NodeFlags.CanWaive) != 0;

    public RingCandidate Candidate => new(Id, CanInitiate, CanWaive);

    /// <summary>The intent for a peer; null where there is none.</summary>
    public Intent? OfferFor(NodeId peer)
    {
        var (low, high) = (0, Offers.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = Offers[middle].Peer.CompareTo(peer);
            if (order == 0)
            {
                return Offers[middle];
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return null;
    }
}

[Flags]
internal enum NodeFlags
{
    None = 0,
    CanInitiate = 1,
    CanWaive = 2,
}

/// <summary>
/// Nodes by slot, in chunks: a copy shares all chunks with the original, which copies one when it next writes to it. A node keeps its slot
/// as long as it is there.
/// </summary>
internal sealed class NodeTable
{
    public const int ChunkBits = 6;
    public const int ChunkMask = (1 << ChunkBits) - 1;

    private readonly Stack<int> _free = new();
    private LiquidityNode?[][] _chunks = [];
    private bool[] _isShared = [];
    private int _slots;

    public LiquidityNode? this[int slot] => _chunks[slot >> ChunkBits][slot & ChunkMask];

    public int Add(LiquidityNode node)
    {
        if (!_free.TryPop(out var slot))
        {
            slot = _slots++;
        }

        var chunk = slot >> ChunkBits;
        if (chunk == _chunks.Length)
        {
            Array.Resize(ref _chunks, chunk + 1);
            Array.Resize(ref _isShared, chunk + 1);
            _chunks[chunk] = new LiquidityNode?[ChunkMask + 1];
        }

        Put(slot, node);
        return slot;
    }

    public void Remove(int slot)
    {
        Put(slot, null);
        _free.Push(slot);
    }

    public void Put(int slot, LiquidityNode? node)
    {
        var chunk = slot >> ChunkBits;
        if (_isShared[chunk])
        {
            _chunks[chunk] = [.. _chunks[chunk]];
            _isShared[chunk] = false;
        }

        _chunks[chunk][slot & ChunkMask] = node;
    }

    /// <summary>The nodes as they are now, and stay in what is returned.</summary>
    public LiquidityNode?[][] Share()
    {
        Array.Fill(_isShared, true);
        return [.. _chunks];
    }
}
