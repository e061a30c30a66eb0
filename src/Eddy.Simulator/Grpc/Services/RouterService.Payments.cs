using System.Collections.Immutable;
using Eddy.Lightning;
using Eddy.Protos.Routerrpc;
using Grpc.Core;
using Lnrpc = Eddy.Protos.Lnrpc;

namespace Eddy.Simulator.Grpc;

// Payments whose route the node finds itself.
internal sealed partial class RouterService
{
    private const int DefaultTimeoutSeconds = 60;
    private const uint DefaultFinalDelta = 80;

    public override async Task SendPaymentV2(
        SendPaymentRequest request, IServerStreamWriter<Lnrpc.Payment> responseStream, ServerCallContext context)
    {
        var order = ToOrder(request, access.Version).TryGet(out var parsed, out var error) ? parsed : throw error.ToException();
        await access.FollowAsync(context, responseStream, (node, queue) =>
        {
            if (order.Destination == node.Id && !request.AllowSelfPayment)
            {
                throw RpcError.Plain("self-payments not allowed").ToException();
            }

            if (node.Payments.SendPayment(order) is { } refusal)
            {
                throw refusal.ToException();
            }

            return Follow(node, order.Hash, request.NoInflightUpdates, queue);
        });
    }

    public override Task<BuildRouteResponse> BuildRoute(BuildRouteRequest request, ServerCallContext context) => access.CallAsync<BuildRouteResponse>(node =>
    {
        if (request.HopPubkeys.Count == 0)
        {
            return RpcError.Plain("no hops specified");
        }

        var edges = Pathfinder.EdgesOf(node, [], node.Id).ToList();
        var chosen = new List<PathEdge>();
        var from = node.Id;
        foreach (var bytes in request.HopPubkeys)
        {
            if (!NodeId.TryFrom(bytes.Span, out var to))
            {
                return RpcError.Plain($"invalid vertex length of {bytes.Length}, want {NodeId.Size}");
            }

            var isFirst = chosen.Count == 0 && request.OutgoingChanId != 0;
            var edge = edges
                .Where(edge => edge.From == from && edge.To == to && edge.Limit.Value >= request.AmtMsat)
                .Where(edge => !isFirst || node.FindOwnChannel(new(request.OutgoingChanId))?.RouteId == edge.Channel)
                .MinBy(edge => edge.Policy.OutboundFee(new(request.AmtMsat)));
            if (edge is null)
            {
                return RpcError.Plain($"no matching outgoing channel available for node {chosen.Count} ({from})");
            }

            chosen.Add(edge);
            from = to;
        }

        var delta = request.FinalCltvDelta == 0 ? DefaultFinalDelta : (uint)request.FinalCltvDelta;
        var route = Pathfinder.Along(chosen, new(request.AmtMsat), node.Height + delta);
        if (Bytes32.TryFrom(request.PaymentAddr.Span, out var address))
        {
            route = route with { Hops = route.Hops.SetItem(route.Hops.Length - 1, route.Hops[^1] with { Mpp = new(address, new(request.AmtMsat)) }) };
        }

        return new BuildRouteResponse { Route = new PaymentMessages(node).ToMessage(route) };
    });

    private static RpcResult<PaymentOrder> ToOrder(SendPaymentRequest request, LndVersion version)
    {
        if (request is { Amt: not 0, AmtMsat: not 0 })
        {
            return RpcError.Plain("sat and msat arguments are mutually exclusive");
        }

        var amount = request.AmtMsat != 0 ? new(request.AmtMsat) : MilliSatoshi.FromSatoshi(request.Amt);
        PaymentRequest? invoice = null;
        if (request.PaymentRequest.Length > 0)
        {
            if (!Bolt11.TryDecode(request.PaymentRequest, out invoice, out var reason))
            {
                return RpcError.Plain(reason);
            }

            if (invoice.Amount != MilliSatoshi.Zero && amount != MilliSatoshi.Zero)
            {
                return RpcError.Plain("amount must not be specified when paying a non-zero amount invoice");
            }

            amount = invoice.Amount == MilliSatoshi.Zero ? amount : invoice.Amount;
        }

        if (amount <= MilliSatoshi.Zero)
        {
            return RpcError.Plain("amount must be specified when paying a zero amount invoice");
        }

        NodeId destination = default;
        if (invoice is null && !NodeId.TryFrom(request.Dest.Span, out destination))
        {
            return RpcError.Plain($"invalid vertex length of {request.Dest.Length}, want {NodeId.Size}");
        }

        if (invoice is null && request.PaymentHash.Length != Bytes32.Size)
        {
            return RpcError.Plain($"invalid hash length of {request.PaymentHash.Length}, want {Bytes32.Size}");
        }

        var outgoing = request.OutgoingChanIds.ToList();
        if (outgoing.Count == 0 && request.OutgoingChanId != 0 && !version.IsAtLeast(21, 0))
        {
            outgoing.Add(request.OutgoingChanId);
        }

        return new PaymentOrder
        {
            Hash = invoice?.Hash ?? new(new(request.PaymentHash.Span)),
            Destination = invoice?.Payee ?? destination,
            Amount = amount,
            PaymentAddr = invoice?.PaymentAddr ?? (Bytes32.TryFrom(request.PaymentAddr.Span, out var address) ? address : null),
            FinalCltvDelta = invoice?.CltvExpiry ?? (request.FinalCltvDelta == 0 ? DefaultFinalDelta : (uint)request.FinalCltvDelta),
            FeeLimit = request.FeeLimitMsat != 0 ? new(request.FeeLimitMsat) : MilliSatoshi.FromSatoshi(request.FeeLimitSat),
            CltvLimit = (uint)request.CltvLimit,
            Timeout = TimeSpan.FromSeconds(request.TimeoutSeconds == 0 ? DefaultTimeoutSeconds : request.TimeoutSeconds),
            OutgoingChannels = [.. outgoing.Select(id => new ShortChannelId(id))],
            LastHop = NodeId.TryFrom(request.LastHopPubkey.Span, out var last) ? last : null,
            RouteHints = invoice?.RouteHints ?? ToHints(request.RouteHints),
            Records = request.DestCustomRecords.ToRecords(),
            FirstHopRecords = request.FirstHopCustomRecords.ToRecords(),
            PaymentRequest = request.PaymentRequest,
        };
    }

    private static ImmutableArray<ImmutableArray<RouteHintHop>> ToHints(IEnumerable<Lnrpc.RouteHint> hints) =>
        [.. hints.Select(hint => hint.HopHints
            .Where(hop => NodeId.TryParse(hop.NodeId, out _))
            .Select(hop => new RouteHintHop(
                NodeId.Parse(hop.NodeId), new(hop.ChanId), hop.FeeBaseMsat, hop.FeeProportionalMillionths, (ushort)Math.Min(ushort.MaxValue, hop.CltvExpiryDelta)))
            .ToImmutableArray())];
}
