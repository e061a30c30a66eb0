using Lnrpc = Eddy.Protos.Lnrpc;

namespace Eddy.Simulator.Grpc;

/// <summary>The channel graph as DescribeGraph, GetChanInfo, GetNodeInfo and the graph subscription show it.</summary>
internal static class GraphMessages
{
    private const string Color = "#3399ff";

    public static Lnrpc.ChannelEdge ToEdge(this SimulatedChannel channel)
    {
        var (first, second) = channel.Opener.Node.Id < channel.Other.Node.Id ? (channel.Opener, channel.Other) : (channel.Other, channel.Opener);
        var edge = new Lnrpc.ChannelEdge
        {
            ChannelId = channel.Id.Value,
            ChanPoint = channel.ChannelPoint,
            Node1Pub = first.Node.Id.ToString(),
            Node2Pub = second.Node.Id.ToString(),
            Capacity = channel.Capacity.Satoshi,
            Node1Policy = first.ToPolicy(),
            Node2Policy = second.ToPolicy(),
        };
#pragma warning disable CS0612 // deprecated, and still filled by LND
        edge.LastUpdate = Math.Max(edge.Node1Policy.LastUpdate, edge.Node2Policy.LastUpdate);
#pragma warning restore CS0612
        return edge;
    }

    /// <summary>What a node's graph holds: every public channel and its own private ones.</summary>
    public static IEnumerable<SimulatedChannel> KnownChannels(this SimulatedNode node) =>
        node.Network.PublicChannels.Concat(node.Channels.Where(end => end is { IsOpen: true, Channel.IsPrivate: true }).Select(end => end.Channel));

    public static Lnrpc.RoutingPolicy ToPolicy(this ChannelEnd end)
    {
        var policy = end.Policy;
        return new()
        {
            TimeLockDelta = policy.CltvDelta,
            MinHtlc = policy.MinHtlcMsat.Value,
            MaxHtlcMsat = policy.MaxHtlcMsat.ToUnsigned(),
            FeeBaseMsat = policy.BaseFeeMsat,
            FeeRateMilliMsat = policy.FeeRatePpm,
            Disabled = policy.Disabled,
            LastUpdate = (uint)end.PolicyUpdatedAt.ToUnixTimeSeconds(),
            InboundFeeBaseMsat = policy.InboundBaseFeeMsat,
            InboundFeeRateMilliMsat = policy.InboundFeeRatePpm,
        };
    }

    public static Lnrpc.LightningNode ToLightningNode(this SimulatedNode node)
    {
        var message = new Lnrpc.LightningNode
        {
            LastUpdate = (uint)node.Network.Now.ToUnixTimeSeconds(),
            PubKey = node.Id.ToString(),
            Alias = node.Alias,
            Color = Color,
        };
        message.Addresses.Add(new Lnrpc.NodeAddress { Network = "tcp", Addr = node.Address });
        message.Features.AddFeatures(FeatureMessages.Node);
        return message;
    }

    public static Lnrpc.GraphTopologyUpdate ToMessage(this GraphEvent change)
    {
        var update = new Lnrpc.GraphTopologyUpdate();
        switch (change)
        {
            case GraphEvent.PolicyChanged(var channel, var owner):
                var policy = owner.ToPolicy();
                policy.LastUpdate = 0;
                update.ChannelUpdates.Add(new Lnrpc.ChannelEdgeUpdate
                {
                    ChanId = channel.Id.Value,
                    ChanPoint = channel.ToChannelPoint(),
                    Capacity = channel.Capacity.Satoshi,
                    RoutingPolicy = policy,
                    AdvertisingNode = owner.Node.Id.ToString(),
                    ConnectingNode = owner.Peer.Node.Id.ToString(),
                });
                break;
            case GraphEvent.ChannelClosed(var channel):
                update.ClosedChans.Add(new Lnrpc.ClosedChannelUpdate
                {
                    ChanId = channel.Id.Value,
                    Capacity = channel.Capacity.Satoshi,
                    ClosedHeight = channel.ClosedHeight,
                    ChanPoint = channel.ToChannelPoint(),
                });
                break;
            case GraphEvent.NodeAnnounced(var node):
                var announcement = new Lnrpc.NodeUpdate { IdentityKey = node.Id.ToString(), Alias = node.Alias, Color = Color };
                announcement.Features.AddFeatures(FeatureMessages.Node);
                update.NodeUpdates.Add(announcement);
                break;
            default:
                throw new InvalidOperationException($"{change.GetType().Name} is no graph event.");
        }

        return update;
    }
}
