using Eddy.Lightning;
using Eddy.Protos.Lnrpc;
using Grpc.Core;

namespace Eddy.Simulator.Grpc;

// The channel graph: every public channel, and this node's own private ones.
internal sealed partial class LightningService
{
    public override Task<ChannelGraph> DescribeGraph(ChannelGraphRequest request, ServerCallContext context) => access.ReadAsync(node =>
    {
        var graph = new ChannelGraph();
        var channels = node.KnownChannels().Where(channel => request.IncludeUnannounced || !channel.IsPrivate).ToList();
        graph.Edges.AddRange(channels.Select(channel => channel.ToEdge()));
        graph.Nodes.AddRange(channels
            .SelectMany(channel => new[] { channel.Opener.Node, channel.Other.Node })
            .Append(node)
            .Distinct()
            .Select(known => known.ToLightningNode()));
        return graph;
    });

    public override Task<ChannelEdge> GetChanInfo(ChanInfoRequest request, ServerCallContext context) =>
        access.CallAsync<ChannelEdge>(node =>
        {
            var channel = request.ChanPoint.Length > 0
                ? node.KnownChannels().FirstOrDefault(channel => channel.ChannelPoint == request.ChanPoint)
                : node.KnownChannels().FirstOrDefault(channel => channel.Id.Value == request.ChanId);
            return channel is null ? RpcError.NotFound("edge not found") : channel.ToEdge();
        });

    public override Task<NodeInfo> GetNodeInfo(NodeInfoRequest request, ServerCallContext context)
    {
        if (!NodeId.TryParse(request.PubKey, out var id))
        {
            throw RpcError.Plain($"invalid vertex string length of {request.PubKey.Length}, want {2 * NodeId.Size}").ToException();
        }

        return access.CallAsync<NodeInfo>(node =>
        {
            if (node.Network.FindNode(id) is not { } found || !(found == node || found.IsAnnounced))
            {
                return RpcError.NotFound("unable to find node");
            }

            var channels = node.Network.PublicChannels.Where(channel => channel.Opener.Node == found || channel.Other.Node == found).ToList();
            var answer = new NodeInfo
            {
                Node = found.ToLightningNode(),
                NumChannels = (uint)channels.Count,
                TotalCapacity = channels.Sum(channel => channel.Capacity.Satoshi),
            };
            if (request.IncludeChannels)
            {
                answer.Channels.AddRange(channels.Select(channel => channel.ToEdge()));
            }

            return answer;
        });
    }

    public override Task SubscribeChannelGraph(
        GraphTopologySubscription request, IServerStreamWriter<GraphTopologyUpdate> responseStream, ServerCallContext context) =>
        access.FollowAsync(context, responseStream, (node, queue) => node.State == Simulator.WalletState.ServerActive
            ? node.Network.GraphEvents.Subscribe(change => queue.TryWrite(change.ToMessage()))
            : throw RpcError.Plain("router not started").ToException());
}
