using Eddy.Protos.Invoicesrpc;
using Eddy.Protos.Lnrpc;
using Eddy.Protos.Routerrpc;
using Eddy.Protos.Verrpc;
using Google.Protobuf;
using Grpc.Core;

namespace Eddy.Lnd.Tests.Scripted;

internal sealed class ScriptedState(ScriptedLnd lnd) : State.StateBase
{
    public override Task<GetStateResponse> GetState(GetStateRequest request, ServerCallContext context) =>
        Task.FromResult(new GetStateResponse { State = lnd.State });
}

internal sealed class ScriptedVersioner(ScriptedLnd lnd) : Versioner.VersionerBase
{
    public override Task<Protos.Verrpc.Version> GetVersion(VersionRequest request, ServerCallContext context) => Task.FromResult(new Protos.Verrpc.Version
    {
        AppMajor = lnd.Version.Major,
        AppMinor = lnd.Version.Minor,
        AppPatch = lnd.Version.Patch,
    });
}

internal sealed class ScriptedInvoices(ScriptedLnd lnd) : Invoices.InvoicesBase
{
    public override Task<CancelInvoiceResp> CancelInvoice(CancelInvoiceMsg request, ServerCallContext context)
    {
        if (!lnd.Invoices.TryGetValue(Convert.ToHexStringLower(request.PaymentHash.Span), out var invoice))
        {
            throw new RpcException(new Status(StatusCode.Unknown, "unable to locate invoice"));
        }

        if (invoice.State == Invoice.Types.InvoiceState.Settled)
        {
            throw new RpcException(new Status(StatusCode.Unknown, "invoice already settled"));
        }

        invoice.State = Invoice.Types.InvoiceState.Canceled;
        return Task.FromResult(new CancelInvoiceResp());
    }
}

internal sealed class ScriptedRouter(ScriptedLnd lnd) : Router.RouterBase
{
    public override Task<HTLCAttempt> SendToRouteV2(SendToRouteRequest request, ServerCallContext context) => lnd.OnSendToRoute(request, context);

    public override Task TrackPaymentV2(TrackPaymentRequest request, IServerStreamWriter<Payment> responseStream, ServerCallContext context) =>
        lnd.OnTrackPayment(request, responseStream, context);

    public override Task HtlcInterceptor(
        IAsyncStreamReader<ForwardHtlcInterceptResponse> requestStream,
        IServerStreamWriter<ForwardHtlcInterceptRequest> responseStream,
        ServerCallContext context) => lnd.Interceptor.ServeAsync(requestStream, responseStream, context);

    public override Task SubscribeHtlcEvents(SubscribeHtlcEventsRequest request, IServerStreamWriter<HtlcEvent> responseStream, ServerCallContext context) =>
        lnd.HtlcEvents.ServeAsync(responseStream, context, new HtlcEvent { SubscribedEvent = new() });
}

internal sealed class ScriptedLightning(ScriptedLnd lnd) : Protos.Lnrpc.Lightning.LightningBase
{
    public override async Task<GetInfoResponse> GetInfo(GetInfoRequest request, ServerCallContext context)
    {
        await lnd.BeforeGetInfo();
        var (major, minor, patch) = lnd.Version;
        return new GetInfoResponse
        {
            IdentityPubkey = ScriptedLnd.Self.ToString(),
            Alias = "alice",
            BlockHeight = lnd.Height,
            Version = $"{major}.{minor}.{patch}-beta commit=v{major}.{minor}.{patch}-beta",
            Chains = { new Chain { Network = lnd.Network } },
        };
    }

    public override Task<CheckMacPermResponse> CheckMacaroonPermissions(CheckMacPermRequest request, ServerCallContext context) =>
        lnd.Denied.Contains(request.FullMethod[(request.FullMethod.LastIndexOf('/') + 1)..]) || request.Permissions.Count == 0
            ? throw new RpcException(new Status(StatusCode.InvalidArgument, "permission denied"))
            : Task.FromResult(new CheckMacPermResponse { Valid = true });

    public override Task<SignMessageResponse> SignMessage(SignMessageRequest request, ServerCallContext context) => Task.FromResult(new SignMessageResponse
    {
        Signature = "rbgfioj114mh48d8egqx8o9qxqw4fmhe8jbeeabdioxnjk8z3t1ma1hu1fiswpakgucwwzwo6ofycffbsqusqdimugbh41n1g698hr9t",
    });

    public override Task<ListPeersResponse> ListPeers(ListPeersRequest request, ServerCallContext context)
    {
        var answer = new ListPeersResponse();
        answer.Peers.AddRange(lnd.Peers.Select(peer => new Peer { PubKey = peer.ToString() }));
        return Task.FromResult(answer);
    }

    public override Task SubscribePeerEvents(PeerEventSubscription request, IServerStreamWriter<PeerEvent> responseStream, ServerCallContext context) =>
        lnd.PeerEvents.ServeAsync(responseStream, context);

    public override async Task<SendCustomMessageResponse> SendCustomMessage(SendCustomMessageRequest request, ServerCallContext context)
    {
        await lnd.OnSendMessage(request, context);
        lnd.Messages.Enqueue(request);
        return new SendCustomMessageResponse { Status = "message sent successfully" };
    }

    public override Task SubscribeCustomMessages(
        SubscribeCustomMessagesRequest request, IServerStreamWriter<CustomMessage> responseStream, ServerCallContext context) =>
        lnd.CustomMessages.ServeAsync(responseStream, context);

    public override async Task<ListChannelsResponse> ListChannels(ListChannelsRequest request, ServerCallContext context)
    {
        await lnd.BeforeListChannels();
        var answer = new ListChannelsResponse();
        answer.Channels.AddRange(lnd.Channels.Select(channel => channel.Clone()));
        foreach (var channel in request.PeerAliasLookup ? answer.Channels : [])
        {
            channel.PeerAlias = $"alias of {channel.RemotePubkey[..6]}";
        }

        return answer;
    }

    public override Task SubscribeChannelEvents(
        ChannelEventSubscription request, IServerStreamWriter<ChannelEventUpdate> responseStream, ServerCallContext context) =>
        lnd.ChannelEvents.ServeAsync(responseStream, context);

    public override Task<ChannelEdge> GetChanInfo(ChanInfoRequest request, ServerCallContext context) => Task.FromResult(
        lnd.Edges.Find(edge => request.ChanPoint.Length > 0 ? edge.ChanPoint == request.ChanPoint : edge.ChannelId == request.ChanId)?.Clone()
        ?? throw new RpcException(new Status(StatusCode.NotFound, "edge not found")));

    public override Task<FeeReportResponse> FeeReport(FeeReportRequest request, ServerCallContext context)
    {
        var answer = new FeeReportResponse();
        foreach (var edge in lnd.Edges)
        {
            var policy = lnd.OwnPolicy(edge.ChannelId);
            answer.ChannelFees.Add(new ChannelFeeReport
            {
                ChanId = edge.ChannelId,
                ChannelPoint = edge.ChanPoint,
                BaseFeeMsat = policy.FeeBaseMsat,
                FeePerMil = policy.FeeRateMilliMsat,
                InboundBaseFeeMsat = policy.InboundFeeBaseMsat,
                InboundFeePerMil = policy.InboundFeeRateMilliMsat,
            });
        }

        return Task.FromResult(answer);
    }

    public override Task<AddInvoiceResponse> AddInvoice(Invoice request, ServerCallContext context)
    {
        var minCltv = lnd.Version.Minor >= 21 ? 24u : 18u;
        if (request.CltvExpiry < minCltv)
        {
            throw new RpcException(new Status(
                StatusCode.Unknown, $"CLTV delta of {request.CltvExpiry} must be greater than minimum of {minCltv}"));
        }

        var hash = System.Security.Cryptography.SHA256.HashData(request.RPreimage.Span);
        request.RHash = ByteString.CopyFrom(hash);
        request.PaymentAddr = ByteString.CopyFrom([.. hash.Reverse()]);
        return lnd.Invoices.TryAdd(Convert.ToHexStringLower(hash), request)
            ? Task.FromResult(new AddInvoiceResponse { RHash = request.RHash, PaymentAddr = request.PaymentAddr })
            : throw new RpcException(new Status(StatusCode.Unknown, "invoice with payment hash already exists"));
    }

    public override Task<Invoice> LookupInvoice(PaymentHash request, ServerCallContext context) => Task.FromResult(
        lnd.Invoices.GetValueOrDefault(Convert.ToHexStringLower(request.RHash.Span))
        ?? throw new RpcException(new Status(StatusCode.NotFound, "unable to locate invoice")));

    public override Task<ForwardingHistoryResponse> ForwardingHistory(ForwardingHistoryRequest request, ServerCallContext context)
    {
        var most = request.NumMaxEvents == 0 ? 100 : (int)request.NumMaxEvents;
        var page = lnd.Forwards
            .Where(forward => forward.TimestampNs >= request.StartTime * 1_000_000_000)
            .Skip((int)request.IndexOffset)
            .Take(most)
            .ToList();
        var answer = new ForwardingHistoryResponse { LastOffsetIndex = request.IndexOffset + (uint)page.Count };
        answer.ForwardingEvents.AddRange(page
            .Where(forward => request.IncomingChanIds.Count == 0 || request.IncomingChanIds.Contains(forward.ChanIdIn)));
        return Task.FromResult(answer);
    }
}
