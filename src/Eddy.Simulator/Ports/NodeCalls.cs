using Eddy.Engine.Ports;
using Eddy.Lightning;
using EngineInvoiceState = Eddy.Engine.Ports.InvoiceState;

namespace Eddy.Simulator;

/// <summary>The engine's commands that LND answers at once.</summary>
internal static class NodeCalls
{
    public static string MethodOf(NodeCommand command) => command switch
    {
        NodeCommand.SendToRoute => "SendToRouteV2",
        NodeCommand.TrackPayment => "TrackPaymentV2",
        NodeCommand.LookupCircuits => "ForwardingHistory",
        NodeCommand.Refresh => "ListChannels",
        _ => command.GetType().Name,
    };

    public static CommandOutcome Run(SimulatedNode node, NodeCommand command) => command switch
    {
        NodeCommand.SignMessage sign when node.Signer is { } signer => new CommandOutcome.Signed(signer(sign.Message)),
        NodeCommand.SignMessage sign => Sign(node, sign.Message.Span),
        NodeCommand.AddInvoice add => Add(node, add),
        NodeCommand.CancelInvoice cancel => node.Invoices.Cancel(cancel.Hash) is { } error ? ToOutcome(error) : new CommandOutcome.Done(),
        NodeCommand.LookupInvoice lookup => Find(node, lookup.Hash),
        NodeCommand.LookupCircuits circuits => Find(node, circuits),
        _ => throw new InvalidOperationException($"There is no way to carry out {command.GetType().Name}."),
    };

    /// <summary>What an error says: with UNAVAILABLE and its like nobody knows what became of the call.</summary>
    public static CommandOutcome ToOutcome(RpcError error) => error.Code switch
    {
        RpcCode.Unavailable or RpcCode.DeadlineExceeded or RpcCode.Cancelled => new CommandOutcome.Unavailable(error.Message),
        RpcCode.NotFound => new CommandOutcome.NotFound(error.Message),
        _ => new CommandOutcome.Refused(error.Message),
    };

    private static CommandOutcome Sign(SimulatedNode node, ReadOnlySpan<byte> message)
    {
        if (!node.SignMessage(message).TryGet(out var text, out var error))
        {
            return ToOutcome(error);
        }

        return ZBase32.TryDecode(text, out var bytes)
            ? new CommandOutcome.Signed(bytes)
            : throw new InvalidOperationException("A signature of our own cannot be decoded.");
    }

    private static CommandOutcome Add(SimulatedNode node, NodeCommand.AddInvoice command)
    {
        var request = new InvoiceRequest
        {
            Preimage = command.Preimage,
            Value = command.Amount,
            ExpirySeconds = command.ExpirySeconds,
            CltvExpiry = node.Version.MinCltvDelta,
            Memo = command.Memo,
        };
        if (node.Invoices.Add(request).TryGet(out var invoice, out var error))
        {
            return ToAdded(invoice);
        }

        // Asked twice by an engine that was restarted: the same invoice, still open, is as good as a new one.
        return node.Invoices.Lookup(command.Preimage.Hash()).TryGet(out var existing, out _)
            && existing.State == InvoiceState.Open && existing.Value == command.Amount
            ? ToAdded(existing)
            : ToOutcome(error);
    }

    private static CommandOutcome.InvoiceAdded ToAdded(Invoice invoice) => new(invoice.PaymentAddr.ToArray(), invoice.CltvExpiry);

    private static CommandOutcome Find(SimulatedNode node, PaymentHash hash) =>
        node.Invoices.Lookup(hash).TryGet(out var invoice, out var error)
            ? new CommandOutcome.InvoiceFound(
                (EngineInvoiceState)(int)invoice.State, invoice.AmountPaid, invoice.PaymentAddr.ToArray(), invoice.CltvExpiry)
            : ToOutcome(error);

    private static CommandOutcome.CircuitsFound Find(SimulatedNode node, NodeCommand.LookupCircuits command)
    {
        var pending = node.Channels
            .Where(end => end.IsOpen)
            .SelectMany(end => end.Incoming.Keys.Select(id => new CircuitKey(end.ChanId, id)))
            .ToHashSet();
        var since = DateTimeOffset.FromUnixTimeSeconds(command.SinceUnixSeconds);
        var settled = node.Forwards.Between(since, DateTimeOffset.MaxValue).Select(forward => forward.Incoming).ToHashSet();
        return new(
        [
            .. command.Keys.Select(key => new CircuitStatus(
                key, settled.Contains(key) ? CircuitFate.Settled : pending.Contains(key) ? CircuitFate.Pending : CircuitFate.Gone)),
        ]);
    }
}
