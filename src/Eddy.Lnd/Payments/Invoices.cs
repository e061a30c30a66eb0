using Eddy.Engine.Ports;
using Eddy.Lnd.Access;
using Eddy.Lnd.Session;
using Eddy.Protos.Invoicesrpc;
using Eddy.Protos.Lnrpc;
using Google.Protobuf;
using Grpc.Core;

namespace Eddy.Lnd.Payments;

/// <summary>Our own invoices. Every command may come twice: a restarted engine repeats what it is not sure of.</summary>
internal static class Invoices
{
    /// <exception cref="RpcException">LND refused, or could not be asked.</exception>
    public static async Task<CommandOutcome> AddAsync(LndSession session, NodeCommand.AddInvoice command, CancellationToken cancellationToken)
    {
        var preimage = command.Preimage.Value.ToArray();
        var invoice = new Invoice
        {
            RPreimage = ByteString.CopyFrom(preimage),
            ValueMsat = command.Amount.Value,
            Expiry = command.ExpirySeconds,
            CltvExpiry = session.Version.MinFinalCltv,
            Memo = command.Memo,
            Private = false,
        };
        try
        {
            var added = await session.Connection.Lightning.AddInvoiceAsync(invoice, session.Connection.Call(cancellationToken));
            return new CommandOutcome.InvoiceAdded(added.PaymentAddr.Memory, session.Version.MinFinalCltv);
        }
        catch (RpcException exception) when (LndErrors.Says(exception, "already exists"))
        {
            return await FindAsync(session, command.Preimage.Hash(), cancellationToken) is { } found
                && found.State == Invoice.Types.InvoiceState.Open
                && found.ValueMsat == command.Amount.Value
                ? new CommandOutcome.InvoiceAdded(found.PaymentAddr.Memory, (uint)found.CltvExpiry)
                : new CommandOutcome.Refused(LndErrors.Describe(exception));
        }
    }

    /// <exception cref="RpcException">LND refused, or could not be asked.</exception>
    public static async Task<CommandOutcome> CancelAsync(LndSession session, Lightning.PaymentHash hash, CancellationToken cancellationToken)
    {
        var request = new CancelInvoiceMsg { PaymentHash = ByteString.CopyFrom(hash.Value.ToArray()) };
        try
        {
            await session.Connection.Invoices.CancelInvoiceAsync(request, session.Connection.Call(cancellationToken));
            return new CommandOutcome.Done();
        }
        catch (RpcException exception) when (LndErrors.Says(exception, "already cancel"))
        {
            return new CommandOutcome.Done();
        }
        catch (RpcException exception) when (LndErrors.IsInvoiceNotFound(exception))
        {
            return new CommandOutcome.NotFound(LndErrors.Describe(exception));
        }
    }

    /// <exception cref="RpcException">LND refused, or could not be asked.</exception>
    public static async Task<CommandOutcome> LookupAsync(LndSession session, Lightning.PaymentHash hash, CancellationToken cancellationToken) =>
        await FindAsync(session, hash, cancellationToken) is { } invoice
            ? new CommandOutcome.InvoiceFound(
                (InvoiceState)(int)invoice.State,
                new(invoice.AmtPaidMsat),
                invoice.PaymentAddr.Memory,
                (uint)Math.Min(invoice.CltvExpiry, uint.MaxValue))
            : new CommandOutcome.NotFound("LND has no such invoice.");

    private static async Task<Invoice?> FindAsync(LndSession session, Lightning.PaymentHash hash, CancellationToken cancellationToken)
    {
        var request = new Protos.Lnrpc.PaymentHash { RHash = ByteString.CopyFrom(hash.Value.ToArray()) };
        try
        {
            return await session.Connection.Lightning.LookupInvoiceAsync(request, session.Connection.Call(cancellationToken));
        }
        catch (RpcException exception) when (LndErrors.IsInvoiceNotFound(exception))
        {
            return null;
        }
    }
}
