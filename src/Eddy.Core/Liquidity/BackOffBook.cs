using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Liquidity;

/// <summary>One pair in one direction.</summary>
public readonly record struct Hop(NodeId From, NodeId To) : IComparable<Hop>
{
    public int CompareTo(Hop other)
    {
        var order = From.CompareTo(other.From);
        return order == 0 ? To.CompareTo(other.To) : order;
    }
}

/// <param name="Failures">In a row.</param>
public readonly record struct BackOff(DateTimeOffset Until, int Failures);

/// <summary>Hops and nodes that failed and are left alone for a while: twice as long each time, give or take a quarter. Immutable, bounded.</summary>
public sealed class BackOffBook
{
    /// <summary>The most entries of each kind; the one that ends first goes first.</summary>
    public const int MaxEntries = 4096;

    public static readonly BackOffBook Empty = new(
        ImmutableSortedDictionary<Hop, BackOff>.Empty, ImmutableSortedDictionary<NodeId, BackOff>.Empty);

    private const int MostDoublings = 20;

    private readonly ImmutableSortedDictionary<Hop, BackOff> _hops;
    private readonly ImmutableSortedDictionary<NodeId, BackOff> _nodes;

    private BackOffBook(ImmutableSortedDictionary<Hop, BackOff> hops, ImmutableSortedDictionary<NodeId, BackOff> nodes)
    {
        _hops = hops;
        _nodes = nodes;
    }

    public int Count => _hops.Count + _nodes.Count;

    public IEnumerable<KeyValuePair<Hop, BackOff>> Hops => _hops;

    public IEnumerable<KeyValuePair<NodeId, BackOff>> Nodes => _nodes;

    /// <summary>A book as it was saved; entries beyond the bound are left out.</summary>
    public static BackOffBook Restore(IEnumerable<KeyValuePair<Hop, BackOff>> hops, IEnumerable<KeyValuePair<NodeId, BackOff>> nodes) =>
        new(hops.Take(MaxEntries).ToImmutableSortedDictionary(), nodes.Take(MaxEntries).ToImmutableSortedDictionary());

    public BackOffBook HopFailed(Hop hop, DateTimeOffset now, PlannerOptions options, Random random) =>
        new(Failed(_hops, hop, now, options, random), _nodes);

    public BackOffBook NodeFailed(NodeId node, DateTimeOffset now, PlannerOptions options, Random random) =>
        new(_hops, Failed(_nodes, node, now, options, random));

    /// <summary>A ring over these nodes settled: what was held against its hops is forgotten.</summary>
    public BackOffBook Settled(ImmutableArray<NodeId> ring)
    {
        var hops = _hops;
        var nodes = _nodes;
        for (var place = 0; place < ring.Length; place++)
        {
            hops = hops.Remove(new(ring[place], ring[(place + 1) % ring.Length]));
            nodes = nodes.Remove(ring[place]);
        }

        return new(hops, nodes);
    }

    /// <summary>Until when a node is left alone; null where it is not.</summary>
    public DateTimeOffset? NodeUntil(NodeId node, DateTimeOffset now) =>
        _nodes.TryGetValue(node, out var backOff) && backOff.Until > now ? backOff.Until : null;

    public bool IsBlocked(NodeId from, NodeId to, DateTimeOffset now) =>
        Count > 0 && (IsActive(_hops, new(from, to), now) || IsActive(_nodes, from, now) || IsActive(_nodes, to, now));

    /// <summary>Forgets what ended so long ago that the next failure starts afresh.</summary>
    public BackOffBook Prune(DateTimeOffset now, PlannerOptions options)
    {
        var forgotten = now - options.LongestBackOff;
        return new(
            _hops.RemoveRange(_hops.Where(entry => entry.Value.Until < forgotten).Select(entry => entry.Key)),
            _nodes.RemoveRange(_nodes.Where(entry => entry.Value.Until < forgotten).Select(entry => entry.Key)));
    }

    private static bool IsActive<TKey>(ImmutableSortedDictionary<TKey, BackOff> entries, TKey key, DateTimeOffset now)
        where TKey : notnull =>
        entries.TryGetValue(key, out var backOff) && backOff.Until > now;

    private static ImmutableSortedDictionary<TKey, BackOff> Failed<TKey>(
        ImmutableSortedDictionary<TKey, BackOff> entries, TKey key, DateTimeOffset now, PlannerOptions options, Random random)
        where TKey : notnull
    {
        var before = entries.TryGetValue(key, out var known) ? known.Failures : 0;
        var length = options.FirstBackOff.TotalSeconds * Math.Pow(2, Math.Min(before, MostDoublings));
        var jittered = Math.Min(length, options.LongestBackOff.TotalSeconds) * Jitter.Factor(random);
        if (entries.Count >= MaxEntries && before == 0)
        {
            entries = entries.Remove(entries.MinBy(entry => entry.Value.Until).Key);
        }

        return entries.SetItem(key, new(now + TimeSpan.FromSeconds(jittered), before + 1));
    }
}
