using Lnrpc = Eddy.Protos.Lnrpc;

namespace Eddy.Simulator.Grpc;

/// <summary>Invoices and decoded payment requests.</summary>
internal static class InvoiceMessages
{
    public static Lnrpc.Invoice ToMessage(this Invoice invoice)
    {
        var message = new Lnrpc.Invoice
        {
            Memo = invoice.Memo,
            RHash = invoice.Hash.Value.ToByteString(),
            Value = invoice.Value.Satoshi,
            ValueMsat = invoice.Value.Value,
            CreationDate = invoice.CreationDate.ToUnixTimeSeconds(),
            SettleDate = invoice.SettleDate?.ToUnixTimeSeconds() ?? 0,
            PaymentRequest = invoice.PaymentRequest,
            DescriptionHash = invoice.DescriptionHash.ToByteString(),
            Expiry = (long)invoice.Expiry.TotalSeconds,
            CltvExpiry = invoice.CltvExpiry,
            Private = invoice.IsPrivate,
            AddIndex = invoice.AddIndex,
            SettleIndex = invoice.SettleIndex,
            AmtPaidSat = invoice.AmountPaid.Satoshi,
            AmtPaidMsat = invoice.AmountPaid.Value,
            State = (Lnrpc.Invoice.Types.InvoiceState)invoice.State,
            PaymentAddr = invoice.PaymentAddr.ToByteString(),
        };
        if (invoice.Preimage is { } preimage)
        {
            message.RPreimage = preimage.Value.ToByteString();
        }

#pragma warning disable CS0612 // deprecated, and still filled by LND
        message.Settled = invoice.State == InvoiceState.Settled;
        message.AmtPaid = invoice.AmountPaid.Value;
#pragma warning restore CS0612
        message.Features.AddFeatures(PaymentRequest.LndFeatures);
        message.Htlcs.AddRange(invoice.Htlcs.Select(ToMessage));
        return message;
    }

    public static Lnrpc.PayReq ToMessage(this PaymentRequest request)
    {
        var message = new Lnrpc.PayReq
        {
            Destination = request.Payee.ToString(),
            PaymentHash = request.Hash.ToString(),
            NumSatoshis = request.Amount.Satoshi,
            NumMsat = request.Amount.Value,
            Timestamp = request.Timestamp.ToUnixTimeSeconds(),
            Expiry = (long)request.Expiry.TotalSeconds,
            Description = request.Description,
            DescriptionHash = request.DescriptionHash?.ToString() ?? "",
            CltvExpiry = request.CltvExpiry,
        };
        if (request.PaymentAddr is { } address)
        {
            message.PaymentAddr = address.ToByteString();
        }

        foreach (var hint in request.RouteHints)
        {
            var route = new Lnrpc.RouteHint();
            route.HopHints.AddRange(hint.Select(hop => new Lnrpc.HopHint
            {
                NodeId = hop.Node.ToString(),
                ChanId = hop.ChannelId.Value,
                FeeBaseMsat = hop.FeeBaseMsat,
                FeeProportionalMillionths = hop.FeePpm,
                CltvExpiryDelta = hop.CltvDelta,
            }));
            message.RouteHints.Add(route);
        }

        message.Features.AddFeatures(request.Features);
        return message;
    }

    private static Lnrpc.InvoiceHTLC ToMessage(InvoiceHtlc htlc)
    {
        var message = new Lnrpc.InvoiceHTLC
        {
            ChanId = htlc.Circuit.Channel.Value,
            HtlcIndex = htlc.Circuit.HtlcId,
            AmtMsat = htlc.Amount.ToUnsigned(),
            AcceptHeight = (int)htlc.AcceptHeight,
            AcceptTime = htlc.AcceptTime.ToUnixTimeSeconds(),
            ResolveTime = htlc.ResolveTime?.ToUnixTimeSeconds() ?? 0,
            ExpiryHeight = (int)htlc.ExpiryHeight,
            State = (Lnrpc.InvoiceHTLCState)htlc.State,
            MppTotalAmtMsat = htlc.MppTotal.ToUnsigned(),
        };
        message.CustomRecords.AddRecords(htlc.CustomRecords);
        return message;
    }
}
