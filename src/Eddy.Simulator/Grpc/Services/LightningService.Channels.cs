using Eddy.Lightning;
using Eddy.Protos.Lnrpc;
using Grpc.Core;

namespace Eddy.Simulator.Grpc;

// Own channels.
internal sealed partial class LightningService
{
    public override Task<ListChannelsResponse> ListChannels(ListChannelsRequest request, ServerCallContext context)
    {
        if (request is { ActiveOnly: true, InactiveOnly: true })
        {
            throw RpcError.Plain("either `active_only` or `inactive_only` can be set, but not both").ToException();
        }

        if (request is { PublicOnly: true, PrivateOnly: true })
        {
            throw RpcError.Plain("either `public_only` or `private_only` can be set, but not both").ToException();
        }

        if (!request.Peer.IsEmpty && request.Peer.Length != NodeId.Size)
        {
            throw RpcError.Plain($"invalid `peer` key: invalid vertex length of {request.Peer.Length}, want {NodeId.Size}").ToException();
        }

        return access.ReadAsync(node =>
        {
            var answer = new ListChannelsResponse();
            answer.Channels.AddRange(node.Channels.Where(end => IsAskedFor(end, request)).Select(end => end.ToChannel(request.PeerAliasLookup)));
            return answer;
        });
    }

    public override Task<PendingChannelsResponse> PendingChannels(PendingChannelsRequest request, ServerCallContext context) =>
        access.ReadAsync(node =>
        {
            var answer = new PendingChannelsResponse();
            foreach (var end in node.Channels.Where(end => end.Channel.Status == ChannelStatus.ForceClosed))
            {
                answer.TotalLimboBalance += end.Local.Satoshi;
                answer.PendingForceClosingChannels.Add(ToForceClosed(end));
            }

            return answer;
        });

    public override Task<ClosedChannelsResponse> ClosedChannels(ClosedChannelsRequest request, ServerCallContext context) =>
        access.ReadAsync(node =>
        {
            var any = !(request.Cooperative || request.LocalForce || request.RemoteForce || request.Breach || request.FundingCanceled || request.Abandoned);
            var answer = new ClosedChannelsResponse();
            answer.Channels.AddRange(node.Network.Channels
                .Where(channel => channel.Status != ChannelStatus.Open && (channel.Opener.Node == node || channel.Other.Node == node))
                .Where(channel => any || (channel.ClosedBy == node ? request.LocalForce : request.RemoteForce))
                .Select(channel => channel.At(node).ToCloseSummary()));
            return answer;
        });

    public override Task SubscribeChannelEvents(
        ChannelEventSubscription request, IServerStreamWriter<ChannelEventUpdate> responseStream, ServerCallContext context) =>
        access.FollowAsync(context, responseStream, (node, queue) => node.ChannelEvents.Subscribe(change =>
        {
            // Balance updates are news of 0.21.
            if (change is not ChannelEvent.Updated || node.Version.IsAtLeast(21, 0))
            {
                queue.TryWrite(change.ToMessage());
            }
        }));

    public override Task<LookupHtlcResolutionResponse> LookupHtlcResolution(LookupHtlcResolutionRequest request, ServerCallContext context) =>
        throw new RpcError(RpcCode.Unavailable, "cannot lookup with flag --store-final-htlc-resolutions=false").ToException();

    private static bool IsAskedFor(ChannelEnd end, ListChannelsRequest request) =>
        end.IsOpen
        && (!request.ActiveOnly || end.IsActive)
        && (!request.InactiveOnly || !end.IsActive)
        && (!request.PublicOnly || !end.Channel.IsPrivate)
        && (!request.PrivateOnly || end.Channel.IsPrivate)
        && (request.Peer.IsEmpty || end.Peer.Node.Id == new NodeId(request.Peer.Span));

    private static PendingChannelsResponse.Types.ForceClosedChannel ToForceClosed(ChannelEnd end)
    {
        var maturity = end.Channel.ClosedHeight + end.Channel.Constraints.CsvDelay;
        return new()
        {
            Channel = new()
            {
                RemoteNodePub = end.Peer.Node.Id.ToString(),
                ChannelPoint = end.Channel.ChannelPoint,
                Capacity = end.Channel.Capacity.Satoshi,
                LocalBalance = end.Local.Satoshi,
                RemoteBalance = end.Remote.Satoshi,
                Initiator = end.IsInitiator ? Initiator.Local : Initiator.Remote,
                Private = end.Channel.IsPrivate,
                CommitmentType = (Protos.Lnrpc.CommitmentType)end.Channel.CommitmentType,
                ChanStatusFlags = "ChanStatusDefault",
            },
            ClosingTxid = Bytes32.Sha256(end.Channel.FundingTxid.ToArray()).ToString(),
            LimboBalance = end.Local.Satoshi,
            MaturityHeight = maturity,
            BlocksTilMaturity = (int)((long)maturity - end.Node.Height),
        };
    }
}
