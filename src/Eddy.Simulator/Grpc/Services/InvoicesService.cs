using Eddy.Lightning;
using Eddy.Protos.Invoicesrpc;
using Google.Protobuf;
using Grpc.Core;
using Lnrpc = Eddy.Protos.Lnrpc;

namespace Eddy.Simulator.Grpc;

/// <summary>invoicesrpc: hold invoices and single ones.</summary>
internal sealed class InvoicesService(NodeAccess access) : Invoices.InvoicesBase
{
    public override async Task<AddHoldInvoiceResp> AddHoldInvoice(AddHoldInvoiceRequest request, ServerCallContext context)
    {
        if (request is { Value: not 0, ValueMsat: not 0 })
        {
            throw RpcError.Plain("sat and msat arguments are mutually exclusive").ToException();
        }

        var hash = ParseHash(request.Hash);
        var invoice = await access.CallAsync(node => node.Invoices.Add(new()
        {
            Memo = request.Memo,
            DescriptionHash = request.DescriptionHash.ToImmutable(),
            Value = request.ValueMsat != 0 ? new(request.ValueMsat) : MilliSatoshi.FromSatoshi(request.Value),
            ExpirySeconds = request.Expiry,
            CltvExpiry = request.CltvExpiry,
            IsPrivate = request.Private,
            HoldHash = hash,
        }));
        return new()
        {
            PaymentRequest = invoice.PaymentRequest,
            AddIndex = invoice.AddIndex,
            PaymentAddr = invoice.PaymentAddr.ToByteString(),
        };
    }

    public override async Task<SettleInvoiceResp> SettleInvoice(SettleInvoiceMsg request, ServerCallContext context)
    {
        var preimage = Bytes32.TryFrom(request.Preimage.Span, out var bytes)
            ? new Preimage(bytes)
            : throw RpcError.Plain($"invalid preimage length of {request.Preimage.Length}, want {Bytes32.Size}").ToException();
        var error = await access.ReadAsync(node => node.Invoices.Settle(preimage));
        return error is null ? new() : throw error.ToException();
    }

    public override async Task<CancelInvoiceResp> CancelInvoice(CancelInvoiceMsg request, ServerCallContext context)
    {
        var hash = ParseHash(request.PaymentHash);
        var error = await access.ReadAsync(node => node.Invoices.Cancel(hash));
        return error is null ? new() : throw error.ToException();
    }

    public override Task SubscribeSingleInvoice(
        SubscribeSingleInvoiceRequest request, IServerStreamWriter<Lnrpc.Invoice> responseStream, ServerCallContext context)
    {
        var hash = ParseHash(request.RHash);
        return access.FollowAsync(context, responseStream, (node, queue) =>
        {
            if (node.Invoices.Lookup(hash).TryGet(out var now, out _))
            {
                Send(now);
            }

            return node.Invoices.Changes.Subscribe(invoice =>
            {
                if (invoice.Hash == hash)
                {
                    Send(invoice);
                }
            });

            void Send(Invoice invoice)
            {
                queue.TryWrite(invoice.ToMessage());
                if (invoice.State is InvoiceState.Settled or InvoiceState.Canceled)
                {
                    queue.TryComplete();
                }
            }
        });
    }

    public override Task<Lnrpc.Invoice> LookupInvoiceV2(LookupInvoiceMsg request, ServerCallContext context) =>
        access.CallAsync<Lnrpc.Invoice>(node =>
        {
            switch (request.InvoiceRefCase)
            {
                case LookupInvoiceMsg.InvoiceRefOneofCase.PaymentHash when Bytes32.TryFrom(request.PaymentHash.Span, out var hash):
                    return node.Invoices.Lookup(new(hash)).TryGet(out var invoice, out var error) ? invoice.ToMessage() : error;
                case LookupInvoiceMsg.InvoiceRefOneofCase.PaymentAddr when Bytes32.TryFrom(request.PaymentAddr.Span, out var address):
                    return node.Invoices.All.FirstOrDefault(candidate => candidate.PaymentAddr == address) is { } found
                        ? found.ToMessage()
                        : RpcError.NotFound("unable to locate invoice");
                case LookupInvoiceMsg.InvoiceRefOneofCase.SetId:
                    return RpcError.NotFound("unable to locate invoice");
                default:
                    return RpcError.InvalidArgument("invoice ref must be set");
            }
        });

    private static PaymentHash ParseHash(ByteString bytes) => Bytes32.TryFrom(bytes.Span, out var hash)
        ? new(hash)
        : throw RpcError.Plain($"invalid hash length of {bytes.Length}, want {Bytes32.Size}").ToException();
}
