using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Liquidity;

/// <summary>
/// The rings that all who see the same adverts come to, without a word to one another: large amounts first, and none of them wants what
/// another one has already taken. Each node proposes those in which it is the proposer. One use.
/// </summary>
public sealed class CommonPlan
{
    private const int None = -1;

    /// <summary>From one level to the next: nearer to 1 plans better and takes longer.</summary>
    private const double Fall = 0.8;

    /// <summary>A ring is given up for one that is this part wider.</summary>
    private const int WiderBy = 8;

    /// <summary>
    /// Edges looked at, after which the plan ends with what it has: the larger rings. The same for all, so that all come to the same. Several times
    /// what the whole of the real network takes.
    /// </summary>
    private const long MostEffort = 100_000_000;

    private readonly long _mostEffort;
    private readonly PlannerOptions _options;
    private readonly NodeId[] _nodes;
    private readonly bool[] _canInitiate;

    // By edge, edges of one sender side by side. What is left of an offer as rings are planned over it.
    private readonly int[] _from;
    private readonly int[] _to;
    private readonly long[] _most;
    private readonly long[] _bothGain;
    private readonly long[] _eitherGains;
    private readonly long[] _least;
    private readonly int[] _outStart;
    private readonly int[] _inStart;
    private readonly int[] _inEdge;
    private readonly PlanSearch _search;
    private readonly int[] _path = new int[CycleQuery.LongestRing];
    private readonly List<Cycle> _rings = [];

    // Of the rings to propose now.
    private readonly Dictionary<NodeId, List<Cycle>> _proposed = [];

    // Looking through all edges for a level, beside what searches look at.
    private long _swept;

    private CommonPlan(LiquidityGraph graph, PlannerOptions options, long mostEffort)
    {
        _options = options;
        _mostEffort = mostEffort;
        var edges = new List<LiquidityEdge>(graph.EdgeCount);
        foreach (var edge in graph.Edges)
        {
            edges.Add(edge);
        }

        _nodes = [.. edges.SelectMany(static edge => new[] { edge.From, edge.To }).Distinct().Order()];
        var index = new Dictionary<NodeId, int>(_nodes.Length);
        for (var node = 0; node < _nodes.Length; node++)
        {
            index.Add(_nodes[node], node);
        }

        _canInitiate = [.. _nodes.Select(node => graph.CanInitiate(graph.IndexOf(node)))];
        var canWaive = _nodes.Select(node => graph.CanWaive(graph.IndexOf(node))).ToArray();
        edges.RemoveAll(edge => !canWaive[index[edge.From]] || !canWaive[index[edge.To]]);
        edges.Sort((left, right) => left.From != right.From ? left.From.CompareTo(right.From)
            : left.Most != right.Most ? right.Most.CompareTo(left.Most)
            : left.To.CompareTo(right.To));
        var count = edges.Count;
        (_from, _to) = (new int[count], new int[count]);
        (_most, _bothGain, _eitherGains, _least) = (new long[count], new long[count], new long[count], new long[count]);
        (_outStart, _inStart, _inEdge) = (new int[_nodes.Length + 1], new int[_nodes.Length + 1], new int[count]);
        for (var edge = 0; edge < count; edge++)
        {
            (_from[edge], _to[edge]) = (index[edges[edge].From], index[edges[edge].To]);
            _most[edge] = Math.Min(edges[edge].Most, options.MaxAmount);
            _bothGain[edge] = Math.Min(edges[edge].BothGain, options.MaxAmount);
            _eitherGains[edge] = Math.Min(edges[edge].EitherGains, options.MaxAmount);
            _least[edge] = edges[edge].Least;
            _outStart[_from[edge] + 1]++;
            _inStart[_to[edge] + 1]++;
        }

        for (var node = 0; node < _nodes.Length; node++)
        {
            _outStart[node + 1] += _outStart[node];
            _inStart[node + 1] += _inStart[node];
        }

        var next = _inStart.AsSpan(0, _nodes.Length).ToArray();
        for (var edge = 0; edge < count; edge++)
        {
            _inEdge[next[_to[edge]]++] = edge;
        }

        // Widest first: what is offered only shrinks, so that a search for an amount may stop at the first that was too small from the start.
        long[] offered = [.. _most];
        for (var node = 0; node < _nodes.Length; node++)
        {
            _inEdge.AsSpan(_inStart[node].._inStart[node + 1]).Sort((left, right) =>
                offered[left] != offered[right] ? offered[right].CompareTo(offered[left]) : left.CompareTo(right));
        }

        _search = new(_nodes.Length, _from, _to, offered, _outStart, _inStart, _inEdge);
    }

    /// <summary>The rings to propose now, in the order in which they were planned: no two of them send over the same pair the same way.</summary>
    public ImmutableArray<Cycle> Rings { get; private set; } = [];

    /// <summary>False where it was cut short by its effort limit: what is not in it may still be possible.</summary>
    public bool IsWhole { get; private set; } = true;

    /// <summary>Edges looked at.</summary>
    public long Effort => _swept + _search.Effort;

    /// <param name="options">Amounts and the longest ring; those who should come to the same plan must have the same.</param>
    /// <param name="mostEffort">Edges to look at, at most; what was begun is brought to its end.</param>
    public static CommonPlan Find(LiquidityGraph graph, PlannerOptions options, long mostEffort = MostEffort)
    {
        var plan = new CommonPlan(graph, options, mostEffort);
        plan.Descend();
        plan.Rings = plan.FirstOnTheirHops();
        return plan;
    }

    /// <summary>Those that are this node's to propose.</summary>
    public IEnumerable<Cycle> ProposedBy(NodeId node) => _proposed.TryGetValue(node, out var rings) ? rings : [];

    /// <summary>A member lets in one ring at a time from each peer: what comes later over the same hop waits for the next plan.</summary>
    private ImmutableArray<Cycle> FirstOnTheirHops()
    {
        var used = new HashSet<Hop>();
        var first = ImmutableArray.CreateBuilder<Cycle>();
        foreach (var ring in _rings)
        {
            var hops = Enumerable.Range(0, ring.Nodes.Length).Select(place => new Hop(ring.Nodes[place], ring.Nodes[(place + 1) % ring.Nodes.Length])).ToArray();
            if (hops.Any(used.Contains))
            {
                continue;
            }

            used.UnionWith(hops);
            first.Add(ring);
            if (!_proposed.TryGetValue(ring.Nodes[0], out var proposed))
            {
                _proposed.Add(ring.Nodes[0], proposed = []);
            }

            proposed.Add(ring);
        }

        return first.ToImmutable();
    }

    /// <summary>From the largest amount down; at each level first what gains on every hop, then what gains on any.</summary>
    private void Descend()
    {
        long level = 0;
        foreach (var gain in _eitherGains)
        {
            level = Math.Max(level, gain);
        }

        // A ring whose least and most lie close together has to find a level between them. Few levels, however many leasts are made up.
        var leasts = new Queue<long>(_least.Where(least => least > _options.MinAmount && least <= level).Select(LiquidityBucket.Ceiling).Distinct().OrderDescending());
        if (level < _options.MinAmount)
        {
            return;
        }

        level = (long)(level * Fall);
        while (IsWhole)
        {
            while (leasts.TryPeek(out var passed) && passed > level)
            {
                SweepBoth(leasts.Dequeue());
            }

            SweepBoth(Math.Max(level, _options.MinAmount));
            if (level <= _options.MinAmount)
            {
                return;
            }

            level = (long)(level * Fall);
        }
    }

    private void SweepBoth(long level)
    {
        Sweep(level, onlyGaining: true);
        Sweep(level, onlyGaining: false);
    }

    /// <summary>All rings of at least this amount, one gaining hop after the other.</summary>
    private void Sweep(long level, bool onlyGaining)
    {
        if (IsCut())
        {
            return;
        }

        var (amounts, gains) = onlyGaining ? (_bothGain, _bothGain) : (_most, _eitherGains);
        _swept += gains.Length;
        var anchors = new List<int>();
        for (var edge = 0; edge < gains.Length; edge++)
        {
            if (gains[edge] >= level && _least[edge] <= level)
            {
                anchors.Add(edge);
            }
        }

        if (anchors.Count == 0)
        {
            return;
        }

        _swept += gains.Length;
        var parts = StrongParts.Of(_nodes.Length, _outStart, _to, amounts, level);
        anchors.RemoveAll(edge => parts[_from[edge]] != parts[_to[edge]]);
        anchors.Sort((left, right) => gains[right] != gains[left] ? gains[right].CompareTo(gains[left]) : left.CompareTo(right));
        foreach (var anchor in anchors)
        {
            while (gains[anchor] >= level && FindWide(anchor, amounts, gains[anchor], level) is { Length: > 0 } path)
            {
                Take(path, amounts, gains[anchor]);
            }
        }
    }

    private bool IsCut()
    {
        IsWhole &= Effort < _mostEffort;
        return !IsWhole;
    }

    /// <summary>The shortest ring over an edge, given up for a wider one as long as there is one.</summary>
    private ReadOnlySpan<int> FindWide(int anchor, long[] amounts, long gain, long level)
    {
        var found = 0;
        while (!IsCut() && _search.Find(anchor, amounts, _least, level, _options.MaxHops) is { Length: > 0 } path)
        {
            path.CopyTo(_path);
            found = path.Length;
            var amount = gain;
            foreach (var edge in path)
            {
                amount = Math.Min(amount, amounts[edge]);
            }

            level = amount + Math.Max(1, amount / WiderBy);
            if (level > gain)
            {
                break;
            }
        }

        return _path.AsSpan(0, found);
    }

    private void Take(ReadOnlySpan<int> path, long[] amounts, long gain)
    {
        var amount = gain;
        var least = _options.MinAmount;
        foreach (var edge in path)
        {
            amount = Math.Min(amount, amounts[edge]);
            least = Math.Max(least, _least[edge]);
        }

        var gaining = 0;
        foreach (var edge in path)
        {
            gaining += (_eitherGains[edge] >= amount ? 1 : 0) + (_bothGain[edge] >= amount ? 1 : 0);
            _most[edge] -= amount;
            _bothGain[edge] = Math.Max(0, _bothGain[edge] - amount);
            _eitherGains[edge] = Math.Max(0, _eitherGains[edge] - amount);
            if (_most[edge] < Math.Max(_least[edge], _options.MinAmount))
            {
                _most[edge] = _bothGain[edge] = _eitherGains[edge] = 0;
            }
        }

        if (Rotated(path) is { } nodes)
        {
            _rings.Add(new(nodes, amount, least, gaining));
        }
    }

    /// <summary>The proposer first: the lowest id among those that can initiate. Null where none can.</summary>
    private ImmutableArray<NodeId>? Rotated(ReadOnlySpan<int> path)
    {
        var first = None;
        for (var place = 0; place < path.Length; place++)
        {
            if (_canInitiate[_from[path[place]]] && (first == None || _from[path[place]] < _from[path[first]]))
            {
                first = place;
            }
        }

        if (first == None)
        {
            return null;
        }

        var nodes = ImmutableArray.CreateBuilder<NodeId>(path.Length);
        for (var place = 0; place < path.Length; place++)
        {
            nodes.Add(_nodes[_from[path[(first + place) % path.Length]]]);
        }

        return nodes.MoveToImmutable();
    }
}
