using Eddy.Lightning;
using Eddy.Protos.Lnrpc;
using Grpc.Core;

namespace Eddy.Simulator.Grpc;

// Invoices and payment requests.
internal sealed partial class LightningService
{
    private const ulong DefaultInvoices = 100;

    public override async Task<AddInvoiceResponse> AddInvoice(Protos.Lnrpc.Invoice request, ServerCallContext context)
    {
        if (request is { Value: not 0, ValueMsat: not 0 })
        {
            throw RpcError.Plain("sat and msat arguments are mutually exclusive").ToException();
        }

        if (request.RPreimage.Length is not (0 or Bytes32.Size))
        {
            throw RpcError.Plain($"payment preimage must be exactly {Bytes32.Size} bytes, is instead {request.RPreimage.Length}").ToException();
        }

        var invoice = await access.CallAsync(node => node.Invoices.Add(new()
        {
            Memo = request.Memo,
            DescriptionHash = request.DescriptionHash.ToImmutable(),
            Value = request.ValueMsat != 0 ? new(request.ValueMsat) : MilliSatoshi.FromSatoshi(request.Value),
            ExpirySeconds = request.Expiry,
            CltvExpiry = request.CltvExpiry,
            IsPrivate = request.Private,
            Preimage = request.RPreimage.IsEmpty ? null : new Preimage(new(request.RPreimage.Span)),
        }));
        return new()
        {
            RHash = invoice.Hash.Value.ToByteString(),
            PaymentRequest = invoice.PaymentRequest,
            AddIndex = invoice.AddIndex,
            PaymentAddr = invoice.PaymentAddr.ToByteString(),
        };
    }

    public override Task<Protos.Lnrpc.Invoice> LookupInvoice(Protos.Lnrpc.PaymentHash request, ServerCallContext context)
    {
        byte[] bytes;
#pragma warning disable CS0612 // deprecated, and still read by LND
        try
        {
            bytes = request.RHashStr.Length > 0 ? Convert.FromHexString(request.RHashStr) : request.RHash.ToByteArray();
        }
        catch (FormatException)
        {
            throw RpcError.Plain("encoding/hex: invalid hash").ToException();
        }
#pragma warning restore CS0612

        return Bytes32.TryFrom(bytes, out var hash)
            ? access.CallAsync<Protos.Lnrpc.Invoice>(node =>
                node.Invoices.Lookup(new(hash)).TryGet(out var invoice, out var error) ? invoice.ToMessage() : error)
            : throw RpcError.Plain($"payment hash must be exactly {Bytes32.Size} bytes, is instead {bytes.Length}").ToException();
    }

    public override Task<ListInvoiceResponse> ListInvoices(ListInvoiceRequest request, ServerCallContext context) => access.ReadAsync(node =>
    {
        var most = (int)(request.NumMaxInvoices == 0 ? DefaultInvoices : Math.Min(int.MaxValue, request.NumMaxInvoices));
        var invoices = node.Invoices.All
            .Where(invoice => !request.PendingOnly || invoice.State is InvoiceState.Open or InvoiceState.Accepted)
            .Where(invoice => request.CreationDateStart == 0 || invoice.CreationDate.ToUnixTimeSeconds() >= (long)request.CreationDateStart)
            .Where(invoice => request.CreationDateEnd == 0 || invoice.CreationDate.ToUnixTimeSeconds() <= (long)request.CreationDateEnd);
        var page = request.Reversed
            ? invoices.Where(invoice => request.IndexOffset == 0 || invoice.AddIndex < request.IndexOffset).TakeLast(most).ToList()
            : invoices.Where(invoice => invoice.AddIndex > request.IndexOffset).Take(most).ToList();
        var answer = new ListInvoiceResponse
        {
            FirstIndexOffset = page.Count == 0 ? 0 : page[0].AddIndex,
            LastIndexOffset = page.Count == 0 ? 0 : page[^1].AddIndex,
        };
        answer.Invoices.AddRange(page.Select(invoice => invoice.ToMessage()));
        return answer;
    });

    public override Task SubscribeInvoices(
        InvoiceSubscription request, IServerStreamWriter<Protos.Lnrpc.Invoice> responseStream, ServerCallContext context) =>
        access.FollowAsync(context, responseStream, (node, queue) =>
        {
            // Everything after an index that is not 0 comes first: additions, then settlements.
            var missed = node.Invoices.All.Where(invoice => request.AddIndex > 0 && invoice.AddIndex > request.AddIndex)
                .Concat(node.Invoices.All
                    .Where(invoice => request.SettleIndex > 0 && invoice.SettleIndex > request.SettleIndex)
                    .OrderBy(invoice => invoice.SettleIndex));
            foreach (var invoice in missed)
            {
                queue.TryWrite(invoice.ToMessage());
            }

            return node.Invoices.Changes.Subscribe(invoice =>
            {
                if (invoice.State is InvoiceState.Open or InvoiceState.Settled)
                {
                    queue.TryWrite(invoice.ToMessage());
                }
            });
        });

    public override Task<PayReq> DecodePayReq(PayReqString request, ServerCallContext context) =>
        Bolt11.TryDecode(request.PayReq, out var decoded, out var reason)
            ? Task.FromResult(decoded.ToMessage())
            : throw RpcError.Plain(reason).ToException();
}
