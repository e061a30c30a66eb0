using Eddy.Lightning;
using Eddy.Protos.Lnrpc;
using Grpc.Core;

namespace Eddy.Simulator.Grpc;

// Peers and custom messages.
internal sealed partial class LightningService
{
    private const long PingMicrosecondsPerTick = 10;

    public override Task<ListPeersResponse> ListPeers(ListPeersRequest request, ServerCallContext context) => access.ReadAsync(node =>
    {
        var answer = new ListPeersResponse();
        answer.Peers.AddRange(node.PeerLinks.Where(link => link.IsConnected).Select(link => ToPeer(node, link)));
        return answer;
    });

    public override async Task<ConnectPeerResponse> ConnectPeer(ConnectPeerRequest request, ServerCallContext context)
    {
        if (request.Addr is not { } address)
        {
            throw RpcError.Plain("need: lnc pubkeyhash@hostname").ToException();
        }

        var peer = ParseKey(address.Pubkey);
        return new() { Status = await access.CallAsync(node => node.ConnectPeer(peer)) };
    }

    public override async Task<DisconnectPeerResponse> DisconnectPeer(DisconnectPeerRequest request, ServerCallContext context)
    {
        var peer = ParseKey(request.PubKey);
        return new() { Status = await access.CallAsync(node => node.DisconnectPeer(peer)) };
    }

    public override Task SubscribePeerEvents(
        PeerEventSubscription request, IServerStreamWriter<Protos.Lnrpc.PeerEvent> responseStream, ServerCallContext context) =>
        access.FollowAsync(context, responseStream, (node, queue) => node.PeerEvents.Subscribe(change => queue.TryWrite(new()
        {
            PubKey = change.Peer.ToString(),
            Type = change.IsOnline ? Protos.Lnrpc.PeerEvent.Types.EventType.PeerOnline : Protos.Lnrpc.PeerEvent.Types.EventType.PeerOffline,
        })));

    public override async Task<SendCustomMessageResponse> SendCustomMessage(SendCustomMessageRequest request, ServerCallContext context) =>
        new() { Status = await access.CallAsync(node => node.SendCustomMessage(request.Peer.Span, request.Type, request.Data.ToImmutable())) };

    public override Task SubscribeCustomMessages(
        SubscribeCustomMessagesRequest request, IServerStreamWriter<Protos.Lnrpc.CustomMessage> responseStream, ServerCallContext context) =>
        access.FollowAsync(context, responseStream, (node, queue) => node.CustomMessages.Subscribe(message => queue.TryWrite(new()
        {
            Peer = message.Peer.ToByteString(),
            Type = message.Type,
            Data = message.Data.ToByteString(),
        })));

    private static Peer ToPeer(SimulatedNode node, PeerLink link)
    {
        var other = link.PeerOf(node);
        var ends = link.Channels.Where(channel => channel.Status == ChannelStatus.Open).Select(channel => channel.At(node)).ToList();
        var peer = new Peer
        {
            PubKey = other.Id.ToString(),
            Address = other.Address,
            Inbound = link.A != node,
            SatSent = ends.Sum(end => end.TotalSent.Satoshi),
            SatRecv = ends.Sum(end => end.TotalReceived.Satoshi),
            PingTime = 2 * link.Latency.Ticks / PingMicrosecondsPerTick,
            SyncType = Peer.Types.SyncType.ActiveSync,
            FlapCount = link.Flaps,
            LastFlapNs = link.LastFlap?.ToUnixNanoseconds() ?? 0,
        };
        peer.Features.AddFeatures(FeatureMessages.Node);
        return peer;
    }

    private static NodeId ParseKey(string text)
    {
        if (NodeId.TryParse(text, out var id))
        {
            return id;
        }

        throw RpcError.Plain(text.Length % 2 == 1 || !text.All(char.IsAsciiHexDigit)
            ? $"unable to decode pubkey bytes: encoding/hex: invalid byte or odd length in {text}"
            : $"unable to parse pubkey: malformed public key: invalid length: {text.Length / 2}").ToException();
    }
}
