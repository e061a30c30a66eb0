using System.Runtime.InteropServices;
using Eddy.Lightning;

namespace Eddy.Liquidity;

/// <summary>One query on one graph: who may take part, over which edges.</summary>
internal sealed class CycleScope
{
    private LiquidityGraph _graph = LiquidityGraph.Empty;
    private CycleQuery _query = new() { Start = default };
    private RingCandidate _proposer;

    public LiquidityGraph Graph => _graph;

    public CycleQuery Query => _query;

    /// <summary>Index of the proposer.</summary>
    public int Start { get; private set; }

    /// <summary>Both ends gain on every edge of the rows, or on every edge somebody does: a cycle needs no more than edges.</summary>
    public bool IsGainCertain { get; private set; }

    public bool HasBlocks => _query.IsBlocked is not null;

    public void Set(LiquidityGraph graph, CycleQuery query, int start)
    {
        _graph = graph;
        _query = query;
        Start = start;
        IsGainCertain = query.OnlyGaining || graph.PartlyGaining == 0;
        _proposer = graph[start].Candidate;
    }

    public Arc[] Out(int node) => _query.OnlyGaining ? _graph[node].GainingOut : _graph[node].Out;

    public Arc[] In(int node) => _query.OnlyGaining ? _graph[node].GainingIn : _graph[node].In;

    public bool MayJoin(int node) => _query.AnyProposer || ProposerRule.MayJoin(_proposer, _graph[node].Candidate);

    public bool IsBlocked(int from, int to) => _query.IsBlocked?.Invoke(_graph[from].Id, _graph[to].Id) == true;

    public bool AllowsRingOfTwo(int peer) => _query.RingOfTwoPeers.Contains(_graph[peer].Id);

    /// <summary>The neighbour itself where a walk that left over it may not come back by it.</summary>
    public int Turn(int neighbour) => AllowsRingOfTwo(neighbour) ? TurnWidths.Any : neighbour;

    public NodeId Id(int node) => _graph[node].Id;

    public int CompareIds(int left, int right) => _graph[left].Id.CompareTo(_graph[right].Id);

    /// <summary>The edge as it may be used, in full size.</summary>
    public LiquidityEdge Edge(int from, int to) => LiquidityGraph.EdgeBetween(_graph[from], _graph[to])!.Value;

    /// <param name="path">Indices, the proposer's first.</param>
    public Cycle ToCycle(ReadOnlySpan<int> path, long amount)
    {
        var nodes = new NodeId[path.Length];
        var least = _query.MinAmount;
        var gaining = 0;
        for (var place = 0; place < path.Length; place++)
        {
            nodes[place] = Id(path[place]);
            var edge = Edge(path[place], path[(place + 1) % path.Length]);
            least = Math.Max(least, edge.Least);
            gaining += (edge.FromGains >= amount ? 1 : 0) + (edge.ToGains >= amount ? 1 : 0);
        }

        return new(ImmutableCollectionsMarshal.AsImmutableArray(nodes), amount, least, gaining);
    }
}
