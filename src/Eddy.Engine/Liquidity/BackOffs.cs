using Eddy.Engine.Storage;
using Eddy.Lightning;
using Eddy.Liquidity;

namespace Eddy.Engine.Liquidity;

/// <summary>
/// Whom we leave alone for a while. Hops and nodes on which our own rings failed are only left out of our searches; nodes that held an HTLC
/// too long, and initiators whose rings come to nothing, are refused as well. Saved with the step that changes them.
/// </summary>
internal sealed class BackOffs(EngineContext context)
{
    private const string HopPrefix = "hop:";
    private const string NodePrefix = "node:";
    private const string HeldPrefix = "held:";
    private const string IdlePrefix = "idle:";
    private const string EmptyPrefix = "empty:";
    private const string MutedPrefix = "muted:";

    /// <summary>Initiators are free to make: more than this many counts are not kept, and the one that ends first goes first.</summary>
    private const int MostEmpty = 1_000;

    private static readonly TimeSpan Short = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    /// <summary>Ten minutes at first, twice as long each time, a day at most; a day without one begins anew.</summary>
    private static readonly PlannerOptions Muting = new() { FirstBackOff = TimeSpan.FromMinutes(10), LongestBackOff = TimeSpan.FromDays(1) };

    /// <summary>How long a promise that came to nothing is remembered.</summary>
    private static readonly TimeSpan EmptyKept = TimeSpan.FromHours(1);

    private readonly SortedDictionary<string, BackOff> _empty = [];

    private BackOffBook _held = BackOffBook.Empty;
    private BackOffBook _idle = BackOffBook.Empty;
    private BackOffBook _muted = BackOffBook.Empty;

    /// <summary>What searches leave out. The planner prunes it, and gives it back so.</summary>
    public BackOffBook Book { get; set; } = BackOffBook.Empty;

    public void Load(IEnumerable<BackOffRecord> records)
    {
        var hops = new List<KeyValuePair<Hop, BackOff>>();
        var nodes = new List<KeyValuePair<NodeId, BackOff>>();
        var held = new List<KeyValuePair<NodeId, BackOff>>();
        var idle = new List<KeyValuePair<NodeId, BackOff>>();
        var muted = new List<KeyValuePair<NodeId, BackOff>>();
        foreach (var record in records)
        {
            var parts = record.Key.Split(':');
            var backOff = new BackOff(record.Until, record.Failures);
            switch (parts)
            {
                case ["hop", var from, var to] when NodeId.TryParse(from, out var first) && NodeId.TryParse(to, out var second):
                    hops.Add(new(new Hop(first, second), backOff));
                    break;
                case ["node", var id] when NodeId.TryParse(id, out var node):
                    nodes.Add(new(node, backOff));
                    break;
                case ["held", var id] when NodeId.TryParse(id, out var node):
                    held.Add(new(node, backOff));
                    break;
                case ["muted", var id] when NodeId.TryParse(id, out var node):
                    muted.Add(new(node, backOff));
                    break;
                case ["empty", _, ..]:
                    _empty[record.Key] = backOff;
                    break;
                case ["idle", var id] when NodeId.TryParse(id, out var node):
                    idle.Add(new(node, backOff));
                    break;
            }
        }

        Book = BackOffBook.Restore(hops, nodes);
        _held = BackOffBook.Restore([], held);
        _idle = BackOffBook.Restore([], idle);
        _muted = BackOffBook.Restore([], muted);
    }

    public void HopFailed(NodeId from, NodeId to, BackOffLength length)
    {
        var hop = new Hop(from, to);
        Book = Book.HopFailed(hop, context.Now, OptionsFor(length), context.Ports.Random);
        if (Book.Hops.FirstOrDefault(entry => entry.Key == hop) is { Value.Failures: > 0 } saved)
        {
            Save($"{HopPrefix}{from}:{to}", saved.Value);
        }
    }

    public void NodeFailed(NodeId node, BackOffLength length)
    {
        Book = Book.NodeFailed(node, context.Now, OptionsFor(length), context.Ports.Random);
        SaveNode(NodePrefix, Book, node);
    }

    /// <summary>The node took part in a ring whose HTLC was held too long.</summary>
    public void Held(NodeId node)
    {
        _held = _held.NodeFailed(node, context.Now, OptionsFor(BackOffLength.Long), context.Ports.Random);
        SaveNode(HeldPrefix, _held, node);
        NodeFailed(node, BackOffLength.Long);
    }

    /// <summary>The node began rings that we promised liquidity to and that came to no HTLC.</summary>
    public void Idling(NodeId node)
    {
        _idle = _idle.NodeFailed(node, context.Now, OptionsFor(BackOffLength.Normal), context.Ports.Random);
        SaveNode(IdlePrefix, _idle, node);
    }

    /// <summary>
    /// Promises in a row that came to no HTLC, this one included: of one initiator by way of one peer, and of all by way of that peer. An
    /// initiator is free to make, a channel is not.
    /// </summary>
    public (int OfInitiator, int OfPrevious) CountEmpty(NodeId initiator, NodeId previous) =>
        (CountEmpty($"{EmptyPrefix}{initiator}:{previous}"), CountEmpty($"{EmptyPrefix}{previous}"));

    /// <summary>An HTLC came.</summary>
    public void ForgetEmpty(NodeId initiator, NodeId previous)
    {
        RemoveEmpty($"{EmptyPrefix}{initiator}:{previous}");
        RemoveEmpty($"{EmptyPrefix}{previous}");
    }

    public void IdlingEnded(NodeId node)
    {
        if (_idle.Nodes.Any(entry => entry.Key == node))
        {
            _idle = _idle.Settled([node]);
            context.Batch.BackOffs[$"{IdlePrefix}{node}"] = null;
        }
    }

    /// <summary>Who is muted, and until when.</summary>
    public IEnumerable<(NodeId Peer, DateTimeOffset Until)> Muted => _muted.Nodes.Where(entry => entry.Value.Until > context.Now).Select(static entry => (entry.Key, entry.Value.Until));

    public DateTimeOffset? MutedUntil(NodeId peer) => _muted.NodeUntil(peer, context.Now);

    /// <summary>Until when.</summary>
    public DateTimeOffset Mute(NodeId peer)
    {
        _muted = _muted.NodeFailed(peer, context.Now, Muting, context.Ports.Random);
        SaveNode(MutedPrefix, _muted, peer);
        return _muted.NodeUntil(peer, context.Now)!.Value; // set by the line before
    }

    /// <summary>As the owner wants it.</summary>
    public void Mute(NodeId peer, DateTimeOffset until)
    {
        _muted = BackOffBook.Restore([], _muted.Nodes.Where(entry => entry.Key != peer).Append(new(peer, new BackOff(until, 1))));
        SaveNode(MutedPrefix, _muted, peer);
    }

    public bool Unmute(NodeId peer)
    {
        var wasMuted = MutedUntil(peer) is not null;
        _muted = _muted.Settled([peer]);
        context.Batch.BackOffs[$"{MutedPrefix}{peer}"] = null;
        return wasMuted;
    }

    /// <summary>What is held against a node and its hops is forgotten.</summary>
    /// <returns>Whether there was anything.</returns>
    public bool Forget(NodeId node)
    {
        var hops = Book.Hops.Where(entry => entry.Key.From == node || entry.Key.To == node).Select(static entry => entry.Key).ToArray();
        var wasKnown = hops.Length > 0 || Until(node) is not null;
        Book = BackOffBook.Restore(Book.Hops.Where(entry => !hops.Contains(entry.Key)), Book.Nodes.Where(entry => entry.Key != node));
        _held = _held.Settled([node]);
        _idle = _idle.Settled([node]);
        foreach (var hop in hops)
        {
            context.Batch.BackOffs[$"{HopPrefix}{hop.From}:{hop.To}"] = null;
        }

        foreach (var prefix in new[] { NodePrefix, HeldPrefix, IdlePrefix })
        {
            context.Batch.BackOffs[$"{prefix}{node}"] = null;
        }

        return wasKnown;
    }

    public bool IsIdling(NodeId initiator) => _idle.NodeUntil(initiator, context.Now) is not null;

    public bool IsHeldAgainst(NodeId node) => _held.NodeUntil(node, context.Now) is not null;

    public DateTimeOffset? Until(NodeId node) => Book.NodeUntil(node, context.Now) ?? _held.NodeUntil(node, context.Now) ?? _idle.NodeUntil(node, context.Now);

    /// <summary>A ring over these nodes settled.</summary>
    public void Settled(System.Collections.Immutable.ImmutableArray<NodeId> nodes)
    {
        var before = Book;
        Book = Book.Settled(nodes);
        foreach (var (hop, _) in before.Hops.Where(entry => nodes.Contains(entry.Key.From) && nodes.Contains(entry.Key.To)))
        {
            context.Batch.BackOffs[$"{HopPrefix}{hop.From}:{hop.To}"] = null;
        }

        foreach (var (node, _) in before.Nodes.Where(entry => nodes.Contains(entry.Key)))
        {
            context.Batch.BackOffs[$"{NodePrefix}{node}"] = null;
        }
    }

    /// <summary>Forgets what ended long ago.</summary>
    public void Prune()
    {
        foreach (var key in _empty.Where(entry => entry.Value.Until < context.Now).Select(static entry => entry.Key).ToArray())
        {
            RemoveEmpty(key);
        }

        var (before, heldBefore, idleBefore, mutedBefore) = (Book, _held, _idle, _muted);
        Book = Book.Prune(context.Now, context.Planner);
        _held = _held.Prune(context.Now, context.Planner);
        _idle = _idle.Prune(context.Now, context.Planner);
        _muted = _muted.Prune(context.Now, Muting);
        foreach (var (hop, _) in before.Hops.Except(Book.Hops))
        {
            context.Batch.BackOffs[$"{HopPrefix}{hop.From}:{hop.To}"] = null;
        }

        foreach (var (node, _) in before.Nodes.Except(Book.Nodes))
        {
            context.Batch.BackOffs[$"{NodePrefix}{node}"] = null;
        }

        foreach (var (node, _) in heldBefore.Nodes.Except(_held.Nodes))
        {
            context.Batch.BackOffs[$"{HeldPrefix}{node}"] = null;
        }

        foreach (var (node, _) in mutedBefore.Nodes.Except(_muted.Nodes))
        {
            context.Batch.BackOffs[$"{MutedPrefix}{node}"] = null;
        }

        foreach (var (node, _) in idleBefore.Nodes.Except(_idle.Nodes))
        {
            context.Batch.BackOffs[$"{IdlePrefix}{node}"] = null;
        }
    }

    private int CountEmpty(string key)
    {
        var known = _empty.GetValueOrDefault(key);
        if (known.Failures == 0 && _empty.Count >= MostEmpty)
        {
            RemoveEmpty(_empty.MinBy(static entry => entry.Value.Until).Key);
        }

        _empty[key] = new BackOff(context.Now + EmptyKept, (known.Until < context.Now ? 0 : known.Failures) + 1);
        Save(key, _empty[key]);
        return _empty[key].Failures;
    }

    private void RemoveEmpty(string key)
    {
        if (_empty.Remove(key))
        {
            context.Batch.BackOffs[key] = null;
        }
    }

    private PlannerOptions OptionsFor(BackOffLength length) => length switch
    {
        BackOffLength.Short => context.Planner with { FirstBackOff = Short },
        BackOffLength.Long => context.Planner with { FirstBackOff = Long },
        _ => context.Planner,
    };

    private void SaveNode(string prefix, BackOffBook book, NodeId node)
    {
        if (book.Nodes.FirstOrDefault(entry => entry.Key == node) is { Value.Failures: > 0 } saved)
        {
            Save($"{prefix}{node}", saved.Value);
        }
    }

    private void Save(string key, BackOff backOff) => context.Batch.BackOffs[key] = new BackOffRecord(key, backOff.Until, backOff.Failures);
}

/// <summary>How long the first back-off is; each further one is twice as long.</summary>
internal enum BackOffLength
{
    /// <summary>Seconds: the other is busy, or away for a moment.</summary>
    Short,

    /// <summary>The planner's own.</summary>
    Normal,

    /// <summary>Minutes: nothing will be different soon.</summary>
    Long,
}
