using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>A channel in one direction, as far as path-finding cares.</summary>
/// <param name="Policy">Of the node it leaves.</param>
/// <param name="InboundBaseFeeMsat">Of the node it reaches, for what comes in here.</param>
/// <param name="InboundFeeRatePpm">Likewise.</param>
/// <param name="Limit">Capacity, or what an own channel can send.</param>
internal sealed record PathEdge(
    NodeId From, NodeId To, ShortChannelId Channel, RoutingPolicy Policy, int InboundBaseFeeMsat, int InboundFeeRatePpm, MilliSatoshi Limit);

/// <summary>What a path must respect.</summary>
internal sealed record PathQuery(NodeId Source, NodeId Destination, MilliSatoshi Amount, uint FinalExpiry)
{
    public MilliSatoshi FeeLimit { get; init; } = new(long.MaxValue);

    public uint MaxExpiry { get; init; } = uint.MaxValue;

    public NodeId? LastHop { get; init; }

    public ShortChannelId? LastChannel { get; init; }

    public Func<PathEdge, bool> Allows { get; init; } = _ => true;
}

/// <summary>
/// The cheapest path, searched from the destination backwards since fees are charged on what comes after. In the place of LND's: no
/// probabilities, no splitting. Ends where they meet may be the same node (a payment to oneself).
/// </summary>
internal static class Pathfinder
{
    /// <summary>What a block of lock time is worth, so that of two equally dear paths the shorter lock wins.</summary>
    private const long MsatPerBlock = 1;

    /// <summary>What a node's graph offers: public channels, its own private ones, and what route hints add.</summary>
    public static IEnumerable<PathEdge> EdgesOf(SimulatedNode node, ImmutableArray<ImmutableArray<RouteHintHop>> hints, NodeId destination)
    {
        var channels = node.Network.PublicChannels
            .Concat(node.Channels.Where(end => end is { IsOpen: true, Channel.IsPrivate: true }).Select(end => end.Channel));
        foreach (var channel in channels)
        {
            foreach (var end in new[] { channel.Opener, channel.Other })
            {
                var isOwn = end.Node == node;
                if (isOwn ? end.IsActive : !end.Policy.Disabled)
                {
                    yield return new(
                        end.Node.Id,
                        end.Peer.Node.Id,
                        isOwn ? end.RouteId : channel.Id,
                        end.Policy,
                        end.Peer.Policy.InboundBaseFeeMsat,
                        end.Peer.Policy.InboundFeeRatePpm,
                        isOwn ? end.Spendable : channel.Capacity);
                }
            }
        }

        foreach (var hint in hints)
        {
            for (var i = 0; i < hint.Length; i++)
            {
                var next = i + 1 < hint.Length ? hint[i + 1].Node : destination;
                var policy = new RoutingPolicy(hint[i].FeeBaseMsat, hint[i].FeePpm, hint[i].CltvDelta, default, default);
                yield return new(hint[i].Node, next, hint[i].ChannelId, policy, 0, 0, new(long.MaxValue));
            }
        }
    }

    /// <summary>The hops of the cheapest path, without records; null where there is none within the limits.</summary>
    public static Route? Find(PathQuery query, IEnumerable<PathEdge> edges)
    {
        var incoming = edges.Where(query.Allows).ToLookup(edge => edge.To);
        if (query.Source != query.Destination)
        {
            return Find(query, incoming);
        }

        // Every neighbour is nearest to home by its own channel, which would leave no way round: so one search for each way in.
        return incoming[query.Destination]
            .Select(edge => Find(query with { LastChannel = edge.Channel }, incoming))
            .Where(route => route is not null)
            .MinBy(route => route!.TotalAmount);
    }

    private static Route? Find(PathQuery query, ILookup<NodeId, PathEdge> incoming)
    {
        var best = new Dictionary<NodeId, Step>();
        var open = new PriorityQueue<Step, long>();
        Relax(new Step(null, null, query.Amount, query.FinalExpiry, 0), query.Destination);
        while (open.TryDequeue(out var step, out _))
        {
            var node = step.Edge!.From;
            if (best[node] != step)
            {
                continue;
            }

            if (node == query.Source)
            {
                return step.Amount - query.Amount <= query.FeeLimit && step.Expiry <= query.MaxExpiry ? ToRoute(step) : null;
            }

            Relax(step, node);
        }

        return null;

        void Relax(Step after, NodeId node)
        {
            foreach (var edge in incoming[node])
            {
                if (after.Edge is null
                    && ((query.LastHop is { } last && edge.From != last) || (query.LastChannel is { } channel && edge.Channel != channel)))
                {
                    continue;
                }

                var step = Before(edge, after);
                if (Carries(edge, step.Amount)
                    && edge.Channel != after.Edge?.Channel
                    && (!best.TryGetValue(edge.From, out var known) || step.Cost < known.Cost))
                {
                    best[edge.From] = step;
                    open.Enqueue(step, step.Cost);
                }
            }
        }
    }

    /// <summary>A path along given channels, in order from the source; amounts and expiries are filled in from the end.</summary>
    public static Route Along(IReadOnlyList<PathEdge> edges, MilliSatoshi amount, uint finalExpiry)
    {
        var step = new Step(null, null, amount, finalExpiry, 0);
        for (var i = edges.Count - 1; i >= 0; i--)
        {
            step = Before(edges[i], step);
        }

        return ToRoute(step);
    }

    /// <summary>One hop more in front: what that channel carries is what comes after it and the fee of the node between.</summary>
    private static Step Before(PathEdge edge, Step after)
    {
        var amount = after.Amount;
        var expiry = after.Expiry;
        if (after.Edge is { } onward)
        {
            var inbound = new RoutingPolicy(0, 0, 0, default, default, edge.InboundBaseFeeMsat, edge.InboundFeeRatePpm);
            amount += MilliSatoshi.Max(MilliSatoshi.Zero, RoutingPolicy.ExpectedFee(inbound, onward.Policy, amount));
            expiry += onward.Policy.CltvDelta;
        }

        return new(edge, after, amount, expiry, amount.Value + (expiry * MsatPerBlock));
    }

    private static bool Carries(PathEdge edge, MilliSatoshi amount) =>
        amount <= edge.Limit
        && amount >= edge.Policy.MinHtlcMsat
        && (edge.Policy.MaxHtlcMsat == MilliSatoshi.Zero || amount <= edge.Policy.MaxHtlcMsat);

    private static Route ToRoute(Step first)
    {
        var hops = ImmutableArray.CreateBuilder<RouteHop>();
        for (var step = first; step.Edge is { } edge; step = step.After!)
        {
            var after = step.After!;
            hops.Add(new()
            {
                ChannelId = edge.Channel,
                Node = edge.To,
                AmountToForward = after.Amount,
                Expiry = after.Expiry,
            });
        }

        return new() { TotalAmount = first.Amount, TotalTimeLock = first.Expiry, Hops = hops.ToImmutable() };
    }

    /// <summary>A channel on the way with what it carries, and what comes after it; the last of the chain has no channel.</summary>
    private sealed record Step(PathEdge? Edge, Step? After, MilliSatoshi Amount, uint Expiry, long Cost);
}
