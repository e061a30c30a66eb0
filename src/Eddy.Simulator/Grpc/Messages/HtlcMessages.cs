using Eddy.Lightning;
using Google.Protobuf;
using Lnrpc = Eddy.Protos.Lnrpc;
using Routerrpc = Eddy.Protos.Routerrpc;

namespace Eddy.Simulator.Grpc;

/// <summary>HTLC events and interceptions.</summary>
internal static class HtlcMessages
{
    public static Routerrpc.HtlcEvent ToMessage(this HtlcEvent change)
    {
        var message = new Routerrpc.HtlcEvent
        {
            IncomingChannelId = change.Incoming.Channel.Value,
            IncomingHtlcId = change.Incoming.HtlcId,
            OutgoingChannelId = change.Outgoing.Channel.Value,
            OutgoingHtlcId = change.Outgoing.HtlcId,
            TimestampNs = (ulong)change.Time.ToUnixNanoseconds(),
            EventType = (Routerrpc.HtlcEvent.Types.EventType)change.Type,
        };
        switch (change)
        {
            case HtlcEvent.Forward forward:
                message.ForwardEvent = new() { Info = ToInfo(forward.Info) };
                break;
            case HtlcEvent.ForwardFail:
                message.ForwardFailEvent = new();
                break;
            case HtlcEvent.Settle settle:
                message.SettleEvent = new() { Preimage = settle.Preimage.Value.ToByteString() };
                break;
            case HtlcEvent.LinkFail fail:
                message.LinkFailEvent = new()
                {
                    Info = ToInfo(fail.Info),
                    WireFailure = (Lnrpc.Failure.Types.FailureCode)fail.WireFailure,
                    FailureDetail = (Routerrpc.FailureDetail)fail.Detail,
                    FailureString = fail.Text,
                };
                break;
            case HtlcEvent.Final final:
                message.FinalHtlcEvent = new() { Settled = final.Settled, Offchain = final.Offchain };
                break;
            default:
                throw new InvalidOperationException($"{change.GetType().Name} is no HTLC event.");
        }

        return message;
    }

    public static Routerrpc.ForwardHtlcInterceptRequest ToMessage(this InterceptRequest request)
    {
        var message = new Routerrpc.ForwardHtlcInterceptRequest
        {
            IncomingCircuitKey = new() { ChanId = request.Circuit.Channel.Value, HtlcId = request.Circuit.HtlcId },
            IncomingAmountMsat = request.IncomingAmount.ToUnsigned(),
            IncomingExpiry = request.IncomingExpiry,
            PaymentHash = request.Hash.Value.ToByteString(),
            OutgoingRequestedChanId = request.OutgoingRequested.Value,
            OutgoingAmountMsat = request.OutgoingAmount.ToUnsigned(),
            OutgoingExpiry = request.OutgoingExpiry,
            OnionBlob = UnsafeByteOperations.UnsafeWrap(request.CreateOnionBlob()),
            AutoFailHeight = request.AutoFailHeight,
        };
        message.CustomRecords.AddRecords(request.CustomRecords);
        message.InWireCustomRecords.AddRecords(request.WireRecords);
        return message;
    }

    public static InterceptAnswer ToAnswer(this Routerrpc.ForwardHtlcInterceptResponse response) => new()
    {
        Circuit = response.IncomingCircuitKey is { } key ? new CircuitKey(new(key.ChanId), key.HtlcId) : null,
        Action = (InterceptAction)response.Action,
        Preimage = response.Preimage.ToImmutable(),
        FailureMessage = response.FailureMessage.ToImmutable(),
        FailureCode = (FailureCode)response.FailureCode,
        InAmountMsat = response.InAmountMsat,
        OutAmountMsat = response.OutAmountMsat,
        OutWireRecords = response.OutWireCustomRecords.ToRecords(),
    };

    private static Routerrpc.HtlcInfo ToInfo(HtlcInfo info) => new()
    {
        IncomingTimelock = info.IncomingTimelock,
        OutgoingTimelock = info.OutgoingTimelock,
        IncomingAmtMsat = info.IncomingAmount.ToUnsigned(),
        OutgoingAmtMsat = info.OutgoingAmount.ToUnsigned(),
    };
}
