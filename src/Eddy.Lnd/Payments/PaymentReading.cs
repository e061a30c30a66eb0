using Eddy.Engine.Ports;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Protos.Lnrpc;
using Eddy.Protos.Routerrpc;
using Google.Protobuf;

namespace Eddy.Lnd.Payments;

/// <summary>Routes to LND, payments from LND.</summary>
internal static class PaymentReading
{
    public static SendToRouteRequest Write(NodeCommand.SendToRoute command)
    {
        var route = new Route
        {
            TotalTimeLock = command.Route.TotalTimeLock,
            TotalAmtMsat = command.Route.TotalAmount.Value,
            TotalFeesMsat = Fee(command.Route).Value,
        };
        route.Hops.AddRange(command.Route.Hops.Select(Write));
        if (route.Hops.Count > 0)
        {
            route.Hops[^1].MppRecord = new MPPRecord
            {
                PaymentAddr = ByteString.CopyFrom(command.Route.PaymentAddress.Span),
                TotalAmtMsat = route.Hops[^1].AmtToForwardMsat,
            };
        }

        // Without skip_temp_err a failed attempt ends the payment: one send per hash.
        return new SendToRouteRequest { PaymentHash = ByteString.CopyFrom(command.Hash.Value.ToArray()), Route = route };
    }

    public static MilliSatoshi Fee(PaymentRoute route) =>
        route.Hops.IsEmpty ? MilliSatoshi.Zero : route.TotalAmount - route.Hops[^1].AmountToForward;

    /// <summary>How the attempt ended; null while it is in flight.</summary>
    public static CommandOutcome? Read(HTLCAttempt attempt, MilliSatoshi fee) => attempt.Status switch
    {
        HTLCAttempt.Types.HTLCStatus.Succeeded => new CommandOutcome.PaymentSettled(fee),
        HTLCAttempt.Types.HTLCStatus.Failed => Read(attempt.Failure),
        _ => null,
    };

    /// <summary>How the payment ended; null while it is under way.</summary>
    public static CommandOutcome? Read(Payment payment) => payment.Status switch
    {
        Payment.Types.PaymentStatus.Succeeded => new CommandOutcome.PaymentSettled(new(payment.FeeMsat)),
        Payment.Types.PaymentStatus.Failed => Read(payment.Htlcs.LastOrDefault(attempt => attempt.Failure is not null)?.Failure),
        _ => null,
    };

    private static CommandOutcome.PaymentFailed Read(Failure? failure)
    {
        if (failure is null)
        {
            return new(FailureCode.UnknownFailure, -1);
        }

        // What LND could not decrypt or decode names nobody, although its index field reads 0.
        var code = (FailureCode)(int)failure.Code;
        var hasSource = code is not (FailureCode.UnknownFailure or FailureCode.UnreadableFailure or FailureCode.Reserved);
        return new(code, hasSource ? (int)Math.Min(failure.FailureSourceIndex, int.MaxValue) : -1);
    }

    private static Hop Write(PaymentHop hop)
    {
        var written = new Hop
        {
            ChanId = hop.Channel.Value,
            PubKey = hop.Node.ToString(),
            AmtToForwardMsat = hop.AmountToForward.Value,
            Expiry = hop.Expiry,
        };
        if (!hop.Record.IsEmpty)
        {
            written.CustomRecords.Add(InterceptedHtlc.RecordType, ByteString.CopyFrom(hop.Record.Span));
        }

        return written;
    }
}
