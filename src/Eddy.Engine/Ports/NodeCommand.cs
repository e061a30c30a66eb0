using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Engine.Ports;

/// <summary>Ties an outcome to its command. Unique within a run of the engine.</summary>
public readonly record struct CommandId(long Value);

/// <summary>What the engine asks of LND.</summary>
public abstract record NodeCommand
{
    private NodeCommand(CommandId id) => Id = id;

    public CommandId Id { get; }

    /// <summary>lnrpc SignMessage by the node key; answered by <see cref="CommandOutcome.Signed"/>.</summary>
    public sealed record SignMessage(CommandId Id, ReadOnlyMemory<byte> Message) : NodeCommand(Id);

    /// <summary>AddInvoice with our own preimage and the least final CLTV LND allows; answered by <see cref="CommandOutcome.InvoiceAdded"/>.</summary>
    public sealed record AddInvoice(CommandId Id, Preimage Preimage, MilliSatoshi Amount, uint ExpirySeconds, string Memo) : NodeCommand(Id);

    /// <summary>CancelInvoice; answered by <see cref="CommandOutcome.Done"/>, also where it is cancelled already.</summary>
    public sealed record CancelInvoice(CommandId Id, PaymentHash Hash) : NodeCommand(Id);

    /// <summary>LookupInvoice; answered by <see cref="CommandOutcome.InvoiceFound"/> or NotFound.</summary>
    public sealed record LookupInvoice(CommandId Id, PaymentHash Hash) : NodeCommand(Id);

    /// <summary>
    /// SendToRouteV2, then followed to its end with TrackPaymentV2 through reconnects and restarts of LND: answered exactly once, when
    /// the payment is final (<see cref="CommandOutcome.PaymentSettled"/>, <see cref="CommandOutcome.PaymentFailed"/>), or where it is
    /// certain that nothing was sent (Refused). A time-out or a lost connection is never an answer.
    /// </summary>
    public sealed record SendToRoute(CommandId Id, PaymentHash Hash, PaymentRoute Route) : NodeCommand(Id);

    /// <summary>TrackPaymentV2 to its end; answered like SendToRoute, or <see cref="CommandOutcome.NotFound"/> where LND has no record.</summary>
    public sealed record TrackPayment(CommandId Id, PaymentHash Hash) : NodeCommand(Id);

    /// <summary>
    /// What became of our circuits: pending HTLCs of ListChannels, then ForwardingHistory from <paramref name="SinceUnixSeconds"/>;
    /// answered by <see cref="CommandOutcome.CircuitsFound"/>.
    /// </summary>
    public sealed record LookupCircuits(CommandId Id, ImmutableArray<CircuitKey> Keys, long SinceUnixSeconds) : NodeCommand(Id);

    /// <summary>List channels, policies and peers again now; answered by <see cref="CommandOutcome.Done"/> after the events.</summary>
    public sealed record Refresh(CommandId Id) : NodeCommand(Id);
}
