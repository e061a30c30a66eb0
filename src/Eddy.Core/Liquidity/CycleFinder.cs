using System.Collections.Immutable;

namespace Eddy.Liquidity;

/// <summary>
/// Finds the widest cycles through a node, exactly and in order: larger amount, then fewer hops, then lower node ids. Nearly always the
/// widest closed walk is a cycle and answers the query. Where it is not, the widest on which somebody gains says where to search; only where
/// that was no cycle either, or more than the best are asked for, all that can be reached is searched. A search that was cut before it found
/// anything is followed by one for any cycle of the least amount: at one amount an edge is there or is not, and each way on gets its share.
/// Keeps its scratch memory between queries: one owner.
/// </summary>
public sealed class CycleFinder
{
    /// <summary>How many partial cycles a query may keep; it may look at 16 times as many edges. Only graphs made to mislead the bounds come near it.</summary>
    public const int DefaultEffort = 30_000;

    private readonly CycleScope _scope = new();
    private readonly WidestSweep _sweep = new();
    private readonly GainingSweep _gainingSweep = new();
    private readonly WidestRings _rings = new();
    private readonly CycleSearch _search;
    private readonly List<Cycle> _found = [];
    private readonly Action<WidestRings> _add;

    public CycleFinder(int effort = DefaultEffort)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(effort);
        _search = new(effort);
        _add = rings => _found.Add(_scope.ToCycle(rings.Path, _sweep.Width));
    }

    /// <summary>False where the last query stopped at its effort limit: what it returned is in order, but there may be more.</summary>
    public bool WasExhaustive { get; private set; } = true;

    /// <summary>True where the last query needed a search through all that can be reached.</summary>
    internal bool HasSearched { get; private set; }

    /// <summary>Edges that the searches of the last query looked at.</summary>
    public long Looks => _search.Looks;

    /// <summary>The best cycles that <see cref="CycleQuery.Start"/> may propose, best first.</summary>
    public ImmutableArray<Cycle> Find(LiquidityGraph graph, CycleQuery query)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.MaxHops, CycleQuery.LongestRing);
        WasExhaustive = true;
        HasSearched = false;
        var start = graph.IndexOf(query.Start);
        if (start < 0 || (!graph.CanInitiate(start) && !query.AnyProposer) || query.MaxHops < 2 || query.MaxResults < 1)
        {
            return [];
        }

        _found.Clear();
        _search.Begin();
        if (query.AnyWillDo)
        {
            WasExhaustive = FindAny(graph, query, start);
            return [.. _found];
        }

        _scope.Set(graph, query, start);
        if (!IsAnsweredBySweep(query, out var floor) && !IsAnsweredBySearchAt(query, floor))
        {
            HasSearched = true;
            _found.Clear();
            _search.Find(_scope, floor, query.MaxHops, _found);
            WasExhaustive = _search.WasExhaustive;
            if (_found.Count == 0 && !WasExhaustive)
            {
                _search.Renew();
                FindAny(graph, query, start);
            }
        }

        return [.. _found];
    }

    /// <summary>False where it stopped at the effort limit.</summary>
    private bool FindAny(LiquidityGraph graph, CycleQuery query, int start)
    {
        var amount = Math.Max(1, query.MinAmount);
        if (amount > query.MaxAmount)
        {
            return true;
        }

        var exactly = query with { MinAmount = amount, MaxAmount = amount, MaxResults = 1 };
        _scope.Set(graph, exactly, start);
        var isExhaustive = true;
        if (!IsAnsweredBySweep(exactly, out _) && _found.Count == 0 && CanGain(amount))
        {
            _search.FindAny(_scope, _found);
            isExhaustive = _search.WasExhaustive;
        }

        if (_found.Count > 0)
        {
            _found[0] = Raised(graph, _found[0], query);
        }

        return isExhaustive;
    }

    private bool CanGain(long amount)
    {
        if (amount <= Arc.Vast)
        {
            _gainingSweep.Run(_scope, (int)amount, _sweep.Cap);
        }

        return amount > Arc.Vast || _gainingSweep.Width > 0;
    }

    /// <summary>The same cycle with as much as it can move.</summary>
    private static Cycle Raised(LiquidityGraph graph, Cycle cycle, CycleQuery query)
    {
        var edges = new LiquidityEdge[cycle.Nodes.Length];
        for (var place = 0; place < edges.Length; place++)
        {
            edges[place] = graph.Find(cycle.Nodes[place], cycle.Nodes[(place + 1) % edges.Length])!.Value;
        }

        var most = Math.Min(query.MaxAmount, edges.Min(edge => query.OnlyGaining ? edge.BothGain : edge.Most));
        var amount = Math.Min(most, edges.Max(static edge => edge.EitherGains));
        return cycle with { Amount = amount, GainingEnds = edges.Sum(edge => (edge.FromGains >= amount ? 1 : 0) + (edge.ToGains >= amount ? 1 : 0)) };
    }

    /// <param name="floor">Where it is not, what a search need not go below.</param>
    private bool IsAnsweredBySweep(CycleQuery query, out long floor)
    {
        floor = Math.Max(1, query.MinAmount);
        if (query.MinAmount > Arc.Vast)
        {
            return false;
        }

        _sweep.Run(_scope);
        if (_sweep.Width == 0)
        {
            return _sweep.FalseTurn == 0;
        }

        if (_sweep.Width == Arc.Vast && query.MaxAmount >= Arc.Vast)
        {
            return false;
        }

        var found = _rings.Find(_scope, _sweep, query.MaxResults, _add);
        if (found == query.MaxResults || (found > 0 && query.OnlyBest))
        {
            floor = _sweep.Width;
            return _sweep.Width > _sweep.FalseTurn;
        }

        return false;
    }

    /// <summary>Looks for the amount and the length that a cycle has at best if it neither turns round nor fails to gain, and there only.</summary>
    private bool IsAnsweredBySearchAt(CycleQuery query, long floor)
    {
        _found.Clear();
        if (floor > Arc.Vast)
        {
            return false;
        }

        _gainingSweep.Run(_scope, (int)floor, _sweep.Cap);
        if (_gainingSweep.Width == 0)
        {
            return true;
        }

        if (_gainingSweep.Width == Arc.Vast && query.MaxAmount >= Arc.Vast)
        {
            return false;
        }

        _search.Find(_scope, _gainingSweep.Width, _gainingSweep.Hops, _found);
        WasExhaustive = _search.WasExhaustive;
        return _found.Count == query.MaxResults || (_found.Count > 0 && query.OnlyBest);
    }
}
