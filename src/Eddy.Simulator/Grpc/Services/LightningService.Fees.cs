using System.Globalization;
using Eddy.Lightning;
using Eddy.Protos.Lnrpc;
using Grpc.Core;

namespace Eddy.Simulator.Grpc;

// Fee policies and what forwards earned, waived ones included.
internal sealed partial class LightningService
{
    private const double PartsPerMillion = 1_000_000;
    private const uint DefaultForwards = 100;
    private const uint MaxForwards = 50_000;

    public override Task<FeeReportResponse> FeeReport(FeeReportRequest request, ServerCallContext context) => access.ReadAsync(node =>
    {
        var now = node.Network.Now;
        var answer = new FeeReportResponse
        {
            DayFeeSum = ToSatoshi(node.Forwards.FeesSince(now.AddDays(-1))),
            WeekFeeSum = ToSatoshi(node.Forwards.FeesSince(now.AddDays(-7))),
            MonthFeeSum = ToSatoshi(node.Forwards.FeesSince(now.AddDays(-30))),
        };
        answer.ChannelFees.AddRange(node.Channels.Where(end => end.IsOpen).Select(ToFeeReport));
        return answer;
    });

    public override Task<ForwardingHistoryResponse> ForwardingHistory(ForwardingHistoryRequest request, ServerCallContext context)
    {
        if (request.NumMaxEvents > MaxForwards)
        {
            throw RpcError.Plain($"unable to query forwarding log: max number of events is {MaxForwards}").ToException();
        }

        return access.ReadAsync(node =>
        {
            var start = DateTimeOffset.FromUnixTimeSeconds((long)request.StartTime);
            var end = request.EndTime == 0 ? DateTimeOffset.MaxValue : DateTimeOffset.FromUnixTimeSeconds((long)request.EndTime);
            var filters = node.Version.IsAtLeast(20, 0);
            var events = node.Forwards.Between(start, end)
                .Where(forward => !filters || request.IncomingChanIds.Count == 0 || request.IncomingChanIds.Contains(forward.Incoming.Channel.Value))
                .Where(forward => !filters || request.OutgoingChanIds.Count == 0 || request.OutgoingChanIds.Contains(forward.Outgoing.Channel.Value))
                .Skip((int)request.IndexOffset)
                .Take((int)(request.NumMaxEvents == 0 ? DefaultForwards : request.NumMaxEvents))
                .Select(forward => ToMessage(node, forward, request.PeerAliasLookup))
                .ToList();
            var answer = new ForwardingHistoryResponse { LastOffsetIndex = request.IndexOffset + (uint)events.Count };
            answer.ForwardingEvents.AddRange(events);
            return answer;
        });
    }

    public override Task<PolicyUpdateResponse> UpdateChannelPolicy(PolicyUpdateRequest request, ServerCallContext context)
    {
        if (request.FeeRate != 0 && request.FeeRatePpm != 0)
        {
            throw RpcError.InvalidArgument("cannot set both FeeRate and FeeRatePpm at the same time").ToException();
        }

        if (request.ScopeCase == PolicyUpdateRequest.ScopeOneofCase.None)
        {
            throw RpcError.Plain("unknown scope: <nil>").ToException();
        }

        return access.CallAsync<PolicyUpdateResponse>(node =>
        {
            if (CheckPolicy(request, node) is { } error)
            {
                return error;
            }

            var answer = new PolicyUpdateResponse();
            var point = request.ChanPoint?.ToText();
            var targets = node.Channels.Where(end => end.IsOpen && (request.ScopeCase == PolicyUpdateRequest.ScopeOneofCase.Global || end.Channel.ChannelPoint == point)).ToList();
            foreach (var end in targets)
            {
                if (end.SetPolicy(NewPolicy(end.Policy, request)) is { } failure)
                {
                    return failure;
                }
            }

            if (targets.Count == 0 && request.ScopeCase == PolicyUpdateRequest.ScopeOneofCase.ChanPoint)
            {
                answer.FailedUpdates.Add(new FailedUpdate
                {
                    Outpoint = new() { TxidStr = point?.Split(':')[0] ?? "", OutputIndex = request.ChanPoint!.OutputIndex },
                    Reason = UpdateFailure.NotFound,
                    UpdateError = "not found",
                });
            }

            return answer;
        });
    }

    private static RpcError? CheckPolicy(PolicyUpdateRequest request, SimulatedNode node)
    {
        if (request.TimeLockDelta < node.Version.MinCltvDelta)
        {
            return RpcError.Plain(string.Create(
                CultureInfo.InvariantCulture,
                $"time lock delta of {request.TimeLockDelta} is too small, minimum supported is {node.Version.MinCltvDelta}"));
        }

        if (request.InboundFee is not { } inbound || node.AcceptsPositiveInboundFees)
        {
            return null;
        }

        return inbound.BaseFeeMsat > 0
            ? RpcError.Plain($"positive values for inbound base fee msat are not supported: {inbound.BaseFeeMsat}")
            : inbound.FeeRatePpm > 0 ? RpcError.Plain($"positive values for inbound fee rate ppm are not supported: {inbound.FeeRatePpm}") : null;
    }

    private static Lightning.RoutingPolicy NewPolicy(Lightning.RoutingPolicy old, PolicyUpdateRequest request) => old with
    {
        BaseFeeMsat = request.BaseFeeMsat,
        FeeRatePpm = request.FeeRate != 0 ? (long)Math.Round(request.FeeRate * PartsPerMillion) : request.FeeRatePpm,
        CltvDelta = request.TimeLockDelta,
        MaxHtlcMsat = request.MaxHtlcMsat == 0 ? old.MaxHtlcMsat : new((long)request.MaxHtlcMsat),
        MinHtlcMsat = request.MinHtlcMsatSpecified ? new((long)request.MinHtlcMsat) : old.MinHtlcMsat,
        InboundBaseFeeMsat = request.InboundFee?.BaseFeeMsat ?? old.InboundBaseFeeMsat,
        InboundFeeRatePpm = request.InboundFee?.FeeRatePpm ?? old.InboundFeeRatePpm,
    };

    private static ChannelFeeReport ToFeeReport(ChannelEnd end) => new()
    {
        ChanId = end.Channel.Id.Value,
        ChannelPoint = end.Channel.ChannelPoint,
        BaseFeeMsat = end.Policy.BaseFeeMsat,
        FeePerMil = end.Policy.FeeRatePpm,
        FeeRate = end.Policy.FeeRatePpm / PartsPerMillion,
        InboundBaseFeeMsat = end.Policy.InboundBaseFeeMsat,
        InboundFeePerMil = end.Policy.InboundFeeRatePpm,
    };

    private static Protos.Lnrpc.ForwardingEvent ToMessage(SimulatedNode node, ForwardingEvent forward, bool withAliases)
    {
        var message = new Protos.Lnrpc.ForwardingEvent
        {
            ChanIdIn = forward.Incoming.Channel.Value,
            ChanIdOut = forward.Outgoing.Channel.Value,
            AmtIn = ToSatoshi(forward.AmountIn),
            AmtOut = ToSatoshi(forward.AmountOut),
            Fee = ToSatoshi(forward.Fee),
            FeeMsat = forward.Fee.ToUnsigned(),
            AmtInMsat = forward.AmountIn.ToUnsigned(),
            AmtOutMsat = forward.AmountOut.ToUnsigned(),
            TimestampNs = (ulong)forward.Time.ToUnixNanoseconds(),
        };
#pragma warning disable CS0612 // deprecated, and still filled by LND
        message.Timestamp = (ulong)forward.Time.ToUnixTimeSeconds();
#pragma warning restore CS0612
        if (node.Version.HasStatusTexts)
        {
            message.IncomingHtlcId = forward.Incoming.HtlcId;
            message.OutgoingHtlcId = forward.Outgoing.HtlcId;
        }

        if (withAliases)
        {
            message.PeerAliasIn = node.FindOwnChannel(forward.Incoming.Channel)?.Peer.Node.Alias ?? "";
            message.PeerAliasOut = node.FindOwnChannel(forward.Outgoing.Channel)?.Peer.Node.Alias ?? "";
        }

        return message;
    }

    private static ulong ToSatoshi(MilliSatoshi amount) => amount.ToUnsigned() / MilliSatoshi.PerSatoshi;
}
