using System.Collections.Immutable;
using Eddy.Engine.Gossip;
using Eddy.Engine.Liquidity;
using Eddy.Engine.Views;
using Eddy.Lightning;
using Eddy.Liquidity;

namespace Eddy.Engine.Rings;

/// <summary>
/// Of a node that only looks on: the rings it would have been in, as far as can be seen from outside. A ring counts where it could be by all that is
/// advertised, somebody may propose it, and our own channels would have agreed. Each hop counts once in a day, for a ring that nobody makes
/// is there at every search.
/// </summary>
internal sealed class WouldBook(EngineContext context, Gossiper gossiper, OwnLiquidity liquidity)
{
    private const int MostKept = 200;

    private static readonly TimeSpan Counted = TimeSpan.FromDays(1);

    private readonly Queue<WouldRingView> _rings = new();
    private int _count;
    private MilliSatoshi _moved;
    private MilliSatoshi _saved;
    private MilliSatoshi _waived;

    public WouldView View => new(_count, _moved, _saved, _waived, [.. _rings.Reverse()]);

    /// <summary>What is there now that was not counted yet.</summary>
    public void Search()
    {
        var node = context.Node!;
        var graph = gossiper.GraphAsActive();
        var rules = context.Options.Rings;
        var held = new HashSet<Hop>();
        foreach (var ring in _rings.Where(ring => context.Now - ring.At < Counted))
        {
            Hold(held, ring.Nodes);
        }

        var query = new CycleQuery
        {
            Start = node.Id,
            MaxHops = rules.MaxLength,
            MinAmount = rules.MinAmountSat,
            MaxAmount = rules.MaxAmountSat,
            AnyProposer = true,
            RingOfTwoPeers = [.. liquidity.Pairs.Where(static pair => pair.Offer.AllowsRingOfTwo).Select(static pair => pair.Peer)],
            IsBlocked = (from, to) => held.Contains(new(from, to)),
        };
        while (RingProposer.Finder.Find(graph, query).FirstOrDefault() is { } cycle)
        {
            Hold(held, cycle.Nodes);
            if (Agreed(graph, cycle) is { } agreed)
            {
                Count(cycle, agreed);
            }
        }
    }

    private static void Hold(HashSet<Hop> held, ImmutableArray<NodeId> nodes)
    {
        for (var place = 0; place < nodes.Length; place++)
        {
            held.Add(new(nodes[place], nodes[(place + 1) % nodes.Length]));
        }
    }

    private MoveVerdict.Agreed? Agreed(LiquidityGraph graph, Cycle cycle)
    {
        var members = cycle.Nodes.Select(member => graph.IndexOf(member) is >= 0 and var index
            ? new RingCandidate(member, graph.CanInitiate(index), graph.CanWaive(index))
            : default).ToArray();
        return ProposerRule.Proposer(members) is not null
            && !cycle.Nodes.Any(liquidity.IsUnwelcome)
            && liquidity.Find(cycle.Nodes[1]) is { } outgoing && liquidity.Find(cycle.Nodes[^1]) is { } incoming
                ? PairLiquidity.CheckMove(incoming, outgoing, Math.Max(cycle.Least, context.Options.Rings.MinAmountSat), cycle.Amount) as MoveVerdict.Agreed
                : null;
    }

    private void Count(Cycle cycle, MoveVerdict.Agreed agreed)
    {
        var amount = MilliSatoshi.FromSatoshi(agreed.AmountSat);
        var incoming = context.Channels.FirstOrDefault(channel => channel.Id == agreed.Incoming);
        var outgoing = context.Channels.FirstOrDefault(channel => channel.Id == agreed.Outgoing);

        // To bring the same amount home for pay, the last hop alone would have asked this much.
        var saved = incoming?.PeerPolicy?.OutboundFee(amount) ?? MilliSatoshi.Zero;
        var waived = incoming?.Policy is { } one && outgoing?.Policy is { } other
            ? MilliSatoshi.Max(MilliSatoshi.Zero, RoutingPolicy.ExpectedFee(one, other, amount))
            : MilliSatoshi.Zero;
        _count++;
        _moved += amount;
        _saved += saved;
        _waived += waived;
        _rings.Enqueue(new WouldRingView(context.Now, cycle.Nodes, agreed.AmountSat, saved, waived));
        if (_rings.Count > MostKept)
        {
            _rings.Dequeue();
        }
    }
}
