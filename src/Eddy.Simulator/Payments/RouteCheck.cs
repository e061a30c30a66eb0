using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>What SendToRouteV2 refuses before anything is sent: the form of the route and the size of its onion, never its sense.</summary>
internal static class RouteCheck
{
    private const int MaxHops = 27;
    private const int MaxPayload = 1_300;

    /// <summary>More than there will ever be, and small enough for sums and products of amounts.</summary>
    private const long MaxMsat = 21_000_000L * 100_000_000 * MilliSatoshi.PerSatoshi;

    public static RpcError? Check(SendToRouteRequest request, SimulatedNode node, out ImmutableArray<RouteHop> hops)
    {
        hops = request.Route.Hops;
        if (hops.IsDefaultOrEmpty)
        {
            return RpcError.Plain("empty route hops provided");
        }

        if (request.Route.TotalAmount.Value is < 0 or > MaxMsat || hops.Any(hop => hop.AmountToForward.Value is < 0 or > MaxMsat))
        {
            return RpcError.Plain("amount out of range");
        }

        foreach (var hop in hops)
        {
            if (!hop.CustomRecords.IsEmpty && hop.CustomRecords.Keys.First() < CustomRecords.FirstType)
            {
                return RpcError.Plain($"no custom records with types below {CustomRecords.FirstType} allowed");
            }
        }

        if (hops.Length > MaxHops)
        {
            return RpcError.Plain("route has too many hops");
        }

        if (hops.Take(hops.Length - 1).Any(hop => hop.Mpp is not null))
        {
            return RpcError.Plain("cannot send MPP to intermediate");
        }

        if (FindNodes(ref hops, node) is { } unknown)
        {
            return unknown;
        }

        if (request.SkipTempErr && hops[^1].Mpp is null)
        {
            return RpcError.Plain("cannot skip temp error for non-MPP payments");
        }

        return IsOversized(hops) && !node.Version.FailsAttemptOnOversizedOnion
            ? RpcError.Plain(node.Version.IsAtLeast(21, 0)
                ? $"payload size {PayloadSize(hops)}, payload limit {MaxPayload}: max payload size exceeded"
                : $"max routing info size of {MaxPayload} bytes exceeded")
            : null;
    }

    public static bool IsOversized(ImmutableArray<RouteHop> hops) => PayloadSize(hops) > MaxPayload;

    /// <summary>Hops without a node get it from the graph as this node sees it.</summary>
    private static RpcError? FindNodes(ref ImmutableArray<RouteHop> hops, SimulatedNode node)
    {
        if (hops.All(hop => hop.Node is not null))
        {
            return null;
        }

        var found = hops.ToBuilder();
        var from = node.Id;
        for (var i = 0; i < hops.Length; i++)
        {
            if (hops[i].Node is null)
            {
                if (node.FindGraphChannel(hops[i].ChannelId) is not { } channel)
                {
                    return RpcError.Plain("edge not found");
                }

                if (channel.Opener.Node.Id != from && channel.Other.Node.Id != from)
                {
                    return RpcError.Plain("channel edge does not match expected node");
                }

                found[i] = hops[i] with { Node = channel.Opener.Node.Id == from ? channel.Other.Node.Id : channel.Opener.Node.Id };
            }

            from = found[i].Node!.Value;
        }

        hops = found.ToImmutable();
        return null;
    }

    private static int PayloadSize(ImmutableArray<RouteHop> hops)
    {
        const int hmac = 32;
        var total = 0;
        for (var i = 0; i < hops.Length; i++)
        {
            var isFinal = i == hops.Length - 1;
            var hop = hops[i];
            var size = Record(2, TruncatedSize((ulong)hop.AmountToForward.Value)) + Record(4, TruncatedSize(hop.Expiry));
            size += isFinal ? 0 : Record(6, sizeof(ulong));
            size += hop.Mpp is { } mpp ? Record(8, Bytes32.Size + TruncatedSize((ulong)mpp.Total.Value)) : 0;
            foreach (var (type, value) in hop.CustomRecords)
            {
                size += Record(type, value.Length);
            }

            total += BigSize((ulong)size) + size + hmac;
        }

        return total;
    }

    private static int Record(ulong type, int length) => BigSize(type) + BigSize((ulong)length) + length;

    private static int BigSize(ulong value) => value switch
    {
        < 0xFD => 1,
        <= ushort.MaxValue => 3,
        <= uint.MaxValue => 5,
        _ => 9,
    };

    private static int TruncatedSize(ulong value)
    {
        var size = 0;
        for (; value > 0; value >>= 8)
        {
            size++;
        }

        return size;
    }
}
