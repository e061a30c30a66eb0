using System.Diagnostics;
using Eddy.Lightning;

namespace Eddy.Liquidity;

/// <summary>
/// What is offered within this node's radius, at one moment: nodes in order of their ids, the edges of each in order of their targets
/// (compressed rows). Immutable. An edge exists only where the sender offers out and the receiver takes in.
/// </summary>
public sealed class LiquidityGraph
{
    public static readonly LiquidityGraph Empty = new([], [], [0], [], []);

    private readonly NodeId[] _nodes;
    private readonly NodeFlags[] _flags;
    private readonly int[] _start;
    private readonly int[] _target;
    private readonly LiquidityEdge[] _edges;
    private readonly int[] _inStart;
    private readonly int[] _inEdge;

    internal LiquidityGraph(NodeId[] nodes, NodeFlags[] flags, int[] start, int[] target, LiquidityEdge[] edges)
    {
        Debug.Assert(start.Length == nodes.Length + 1 && target.Length == edges.Length);
        _nodes = nodes;
        _flags = flags;
        _start = start;
        _target = target;
        _edges = edges;
        _inStart = new int[nodes.Length + 1];
        _inEdge = new int[edges.Length];
        CreateReverse();
    }

    public int NodeCount => _nodes.Length;

    public int EdgeCount => _edges.Length;

    /// <summary>Node ids, ascending: a node's index is its place here.</summary>
    public ReadOnlySpan<NodeId> Nodes => _nodes;

    /// <summary>All edges, by sender and then by receiver.</summary>
    public ReadOnlySpan<LiquidityEdge> Edges => _edges;

    /// <summary>The index of a node; negative where it is not in the graph.</summary>
    public int IndexOf(NodeId node) => Array.BinarySearch(_nodes, node);

    /// <summary>What a node sends to others.</summary>
    public ReadOnlySpan<LiquidityEdge> EdgesFrom(int node) => _edges.AsSpan(_start[node].._start[node + 1]);

    public bool CanInitiate(int node) => (_flags[node] & NodeFlags.CanInitiate) != 0;

    public bool CanWaive(int node) => (_flags[node] & NodeFlags.CanWaive) != 0;

    internal (int First, int End) OutRange(int node) => (_start[node], _start[node + 1]);

    internal (int First, int End) InRange(int node) => (_inStart[node], _inStart[node + 1]);

    internal int Target(int edge) => _target[edge];

    internal int InEdge(int position) => _inEdge[position];

    internal ref readonly LiquidityEdge Edge(int edge) => ref _edges[edge];

    private void CreateReverse()
    {
        foreach (var target in _target)
        {
            _inStart[target + 1]++;
        }

        for (var node = 0; node < _nodes.Length; node++)
        {
            _inStart[node + 1] += _inStart[node];
        }

        var next = _inStart.AsSpan(0, _nodes.Length).ToArray();
        for (var node = 0; node < _nodes.Length; node++)
        {
            for (var edge = _start[node]; edge < _start[node + 1]; edge++)
            {
                _inEdge[next[_target[edge]]++] = edge;
            }
        }
    }
}

[Flags]
internal enum NodeFlags
{
    None = 0,
    CanInitiate = 1,
    CanWaive = 2,
}
