using Eddy.Engine.Liquidity;
using Eddy.Engine.Ports;
using Eddy.Engine.Storage;
using Eddy.Engine.Timers;
using Eddy.Engine.Wire;
using Eddy.Lightning;
using Eddy.Protos.Storage;
using Eddy.Rings;
using Google.Protobuf;

namespace Eddy.Engine.Rings;

/// <summary>
/// Has done what a ring's machine asks for, and brings back what came of it. Nothing is asked of LND or sent to a peer before the step is
/// saved. What must happen although the process dies first goes through the outbox.
/// </summary>
internal sealed class RingEffects(EngineContext context, RingKeeper rings, BackOffs backOffs, OwnersWord owner)
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(5);

    /// <summary>
    /// LND dates its forwards by a clock that may have been set meanwhile, or is not ours: what settled must not look as if it never did.
    /// </summary>
    private static readonly TimeSpan ClockError = TimeSpan.FromHours(1);

    private long _lastOutboxId;
    private List<OutboxEntry> _left = [];

    /// <summary>Called when the waivers that live have changed.</summary>
    public Action WaiversChanged { get; set; } = static () => { };

    /// <summary>What an earlier run left undone; done again by <see cref="OnReady"/>.</summary>
    public void Load(IReadOnlyCollection<OutboxEntry> outbox)
    {
        _left = [.. outbox];
        _lastOutboxId = outbox.Count == 0 ? 0 : outbox.Max(static entry => entry.Id);
    }

    /// <summary>LND is there: what could not be done is done now.</summary>
    public void OnReady()
    {
        var left = _left;
        _left = [];
        foreach (var entry in left)
        {
            Run(entry);
        }

        foreach (var ring in rings.Open.ToArray())
        {
            AskAgainNow(ring.Id);
        }
    }

    /// <summary>
    /// Nobody will bring this ring the answer it waits for: LND was away meanwhile. A payment that is being sent or followed is not asked
    /// for beside that, lest it be sent twice.
    /// </summary>
    public static bool IsLeftAlone(Ring ring) =>
        ring is { PaymentCommands: 0, Unanswered: null, State: InitiatorState.Signing or InitiatorState.Invoicing or InitiatorState.Paying };

    public void AskAgainNow(RingId id)
    {
        if (rings.Find(id) is { Unanswered: { } effect } ring)
        {
            ring.Unanswered = null;
            Do(ring, effect);
        }
    }

    public void Do(Ring ring, RingEffect effect)
    {
        switch (effect)
        {
            case RingEffect.SignOffer sign:
                Sign(ring, SignatureDomain.Offer, sign.Offer, signature => new RingEvent.OfferSigned(context.Now, signature));
                break;
            case RingEffect.SignTerms sign:
                var terms = WireEncoder.EncodeTerms(sign.Terms);
                Sign(ring, SignatureDomain.Terms, terms, signature => new RingEvent.TermsSigned(context.Now, new SignedBytes(terms, signature)));
                break;
            case RingEffect.SendProposal send:
                context.Send(send.To, WireEncoder.Encode(send.Offer, send.Terms), outcome =>
                {
                    if (outcome is not CommandOutcome.Done)
                    {
                        rings.Apply(ring, new RingEvent.NextHopAway(context.Now));
                    }
                });
                break;
            case RingEffect.SendReject reject:
                Enqueue(ring, OutboxKinds.Message, Message(reject.To, WireEncoder.EncodeReject(ring.Id, reject.Position, reject.Reason)));
                break;
            case RingEffect.SendDone done:
                Enqueue(ring, OutboxKinds.Message, Message(done.To, WireEncoder.EncodeDone(ring.Id, done.Outcome, done.Position, done.Code)));
                break;
            case RingEffect.CancelInvoice:
                Enqueue(ring, OutboxKinds.CancelInvoice, ring.Terms.Offer.Hash.Value.ToArray());
                break;
            case RingEffect.AddInvoice invoice when ring.Terms is RingTerms.Initiator initiator:
                AddInvoice(ring, initiator, invoice);
                break;
            case RingEffect.SendToRoute send:
                Follow(ring, id => new NodeCommand.SendToRoute(id, ring.Terms.Offer.Hash, send.Route), outcome => OnSent(ring, outcome));
                break;
            case RingEffect.TrackPayment:
                Follow(ring, id => new NodeCommand.TrackPayment(id, ring.Terms.Offer.Hash), outcome => OnTracked(ring, effect, outcome));
                break;
            case RingEffect.LookupInvoice:
                context.Execute(id => new NodeCommand.LookupInvoice(id, ring.Terms.Offer.Hash), outcome => OnInvoice(ring, effect, outcome));
                break;
            case RingEffect.LookupCircuits lookup:
                context.Execute(
                    id => new NodeCommand.LookupCircuits(id, [lookup.Key], (lookup.Since - ClockError).ToUnixTimeSeconds()),
                    outcome => OnCircuits(ring, effect, outcome));
                break;
            case RingEffect.GrantWaiver or RingEffect.RevokeWaiver:
                context.Afterwards(WaiversChanged);
                break;
            case RingEffect.BookPhantomFee book:
                context.Batch.PhantomFees.Add(book.Fee);
                context.Ports.Watch.PhantomFeeBooked(book.Fee.Fee);
                break;
            case RingEffect.BackOff backOff:
                BackOff(ring, backOff);
                break;
            case RingEffect.Reserve or RingEffect.Release:
                // What is reserved follows from the states of the rings.
                break;
        }
    }

    private static byte[] Message(NodeId to, ReadOnlyMemory<byte> payload) =>
        new StoredMessage { To = ByteString.CopyFrom(to.ToArray()), Payload = ByteString.CopyFrom(payload.Span) }.ToByteArray();

    private void Sign(Ring ring, SignatureDomain domain, ReadOnlyMemory<byte> payload, Func<ReadOnlyMemory<byte>, RingEvent> signed) =>
        context.Execute(
            id => new NodeCommand.SignMessage(id, NodeSignature.Message(domain, payload.Span)),
            outcome => rings.Apply(
                ring,
                outcome is CommandOutcome.Signed { Signature: var signature } ? signed(signature) : new RingEvent.SigningFailed(context.Now)));

    /// <summary>A command that is answered only when the payment's fate is known, through reconnects too.</summary>
    private void Follow(Ring ring, Func<CommandId, NodeCommand> command, Action<CommandOutcome> then)
    {
        ring.PaymentCommands++;
        context.Execute(command, outcome =>
        {
            ring.PaymentCommands--;
            then(outcome);
        });
    }

    private void AddInvoice(Ring ring, RingTerms.Initiator initiator, RingEffect.AddInvoice invoice)
    {
        ring.SavedFee = LeastFee(ring, invoice.Amount);
        context.Execute(
        id => new NodeCommand.AddInvoice(id, initiator.Preimage, invoice.Amount, invoice.ExpirySeconds, $"eddy ring {ring.Id.ToShortString()}"),
        outcome => rings.Apply(ring, outcome is CommandOutcome.InvoiceAdded added
            ? new RingEvent.InvoiceAdded(context.Now, added.PaymentAddress, added.FinalCltv, context.Height)
            : new RingEvent.InvoiceFailed(context.Now)));
    }

    /// <summary>What the last member alone would have asked: the others' policies are not known here.</summary>
    private MilliSatoshi LeastFee(Ring ring, MilliSatoshi amount) =>
        context.Channels.FirstOrDefault(channel => channel.Id == ring.ComesInOn)?.PeerPolicy?.OutboundFee(amount) ?? MilliSatoshi.Zero;

    private void OnSent(Ring ring, CommandOutcome outcome) => rings.Apply(ring, outcome switch
    {
        CommandOutcome.PaymentSettled settled => new RingEvent.PaymentSettled(context.Now, settled.Fee),
        CommandOutcome.PaymentFailed failed => new RingEvent.PaymentFailed(context.Now, failed.Code, failed.Source),
        CommandOutcome.Refused => new RingEvent.PaymentRefused(context.Now),
        _ => new RingEvent.PaymentUnclear(context.Now),
    });

    private void OnTracked(Ring ring, RingEffect effect, CommandOutcome outcome)
    {
        switch (outcome)
        {
            case CommandOutcome.PaymentSettled settled:
                rings.Apply(ring, new RingEvent.PaymentSettled(context.Now, settled.Fee));
                break;
            case CommandOutcome.PaymentFailed failed:
                rings.Apply(ring, new RingEvent.PaymentFailed(context.Now, failed.Code, failed.Source));
                break;
            case CommandOutcome.NotFound:
                rings.Apply(ring, new RingEvent.PaymentNotFound(context.Now));
                break;
            default:
                AskLater(ring, effect);
                break;
        }
    }

    private void OnInvoice(Ring ring, RingEffect effect, CommandOutcome outcome)
    {
        switch (outcome)
        {
            case CommandOutcome.InvoiceFound found:
                var state = ToRing(found.State);

                // Only an open invoice is paid: to the machine one that must not be paid is of no use.
                var isOff = state == RingInvoice.Open && ring.State is InitiatorState.Paying { Step: PayingStep.AskingInvoice } && !owner.MaySend(ring);
                rings.Apply(ring, new RingEvent.InvoiceFound(context.Now, isOff ? RingInvoice.Unusable : state, found.AmountPaid));
                break;
            case CommandOutcome.NotFound:
                rings.Apply(ring, new RingEvent.InvoiceNotFound(context.Now));
                break;
            default:
                AskLater(ring, effect);
                break;
        }
    }

    private static RingInvoice ToRing(InvoiceState state) => state switch
    {
        InvoiceState.Open => RingInvoice.Open,
        InvoiceState.Settled => RingInvoice.Settled,
        _ => RingInvoice.Unusable,
    };

    private void OnCircuits(Ring ring, RingEffect effect, CommandOutcome outcome)
    {
        if (outcome is CommandOutcome.CircuitsFound { Circuits: [var status, ..] })
        {
            rings.Apply(ring, new RingEvent.CircuitFound(context.Now, status.Key, status.Fate));
        }
        else
        {
            AskLater(ring, effect);
        }
    }

    /// <summary>The answer decides about money: it is asked for until LND gives it.</summary>
    private void AskLater(Ring ring, RingEffect effect)
    {
        if (!ring.State.IsFinal && IsWaitedFor(ring, effect))
        {
            ring.Unanswered = effect;
            context.Timers.Set(new EngineTimer(TimerKind.AskAgain, Ring: ring.Id), context.Now + context.Jittered(AskAgain));
        }
    }

    /// <summary>False for a question of an earlier step, asked before LND went away.</summary>
    private static bool IsWaitedFor(Ring ring, RingEffect effect) => (ring.State, effect) switch
    {
        (InitiatorState.Paying { Step: PayingStep.Checking or PayingStep.AskingInvoice }, RingEffect.TrackPayment) => false,
        (InitiatorState.Paying { Step: not (PayingStep.Checking or PayingStep.AskingInvoice) }, RingEffect.LookupInvoice) => false,
        _ => true,
    };

    private void Enqueue(Ring ring, string kind, ReadOnlyMemory<byte> payload)
    {
        var entry = new OutboxEntry(++_lastOutboxId, ring.Id, kind, payload);
        context.Batch.OutboxAdded.Add(entry);
        Run(entry);
    }

    private void Run(OutboxEntry entry)
    {
        switch (entry.Kind)
        {
            case OutboxKinds.Message:
                // A hint, and a TTL stands behind it: handed over or not, it is done.
                var message = WireParser.TryParse(StoredMessage.Parser, entry.Payload.Span, out var fault);
                if (message is null || !NodeId.TryFrom(message.To.Span, out var to) || message.Payload.Length > IPeerMessenger.MaxMessageSize)
                {
                    throw Damaged(entry, fault);
                }

                context.Send(to, message.Payload.Memory, _ => context.Batch.OutboxDone.Add(entry.Id));
                break;
            case OutboxKinds.CancelInvoice:
                if (!Bytes32.TryFrom(entry.Payload.Span, out var hash))
                {
                    throw Damaged(entry, null);
                }

                context.Execute(id => new NodeCommand.CancelInvoice(id, new PaymentHash(hash)), outcome => OnCancelled(entry, outcome));
                break;
            default:
                throw Damaged(entry, null);
        }
    }

    private static StoreException Damaged(OutboxEntry entry, Exception? fault) => new(
        StoreFault.Corrupt, $"Entry {entry.Id} of the store's outbox cannot be read: restore a copy of the database.", fault);

    private void OnCancelled(OutboxEntry entry, CommandOutcome outcome)
    {
        if (outcome is CommandOutcome.Unavailable)
        {
            _left.Add(entry);
            return;
        }

        context.Batch.OutboxDone.Add(entry.Id);
    }

    private void BackOff(Ring ring, RingEffect.BackOff backOff)
    {
        var offer = ring.Terms.Offer;
        var position = offer.Nodes.IndexOf(backOff.Node);
        switch (backOff.Cause, ring.State)
        {
            case (BackOffCause.Held, _):
                backOffs.Held(backOff.Node);
                break;
            case (BackOffCause.Away, _):
                backOffs.NodeFailed(backOff.Node, BackOffLength.Short);
                break;
            case (_, InitiatorState.Rejected rejected) when LengthFor(rejected.Reason) is { } length:
                if (IsAboutTheHops(rejected.Reason))
                {
                    backOffs.HopFailed(offer.At(position - 1), offer.At(position), length);
                    backOffs.HopFailed(offer.At(position), offer.At(position + 1), length);
                }
                else
                {
                    backOffs.NodeFailed(backOff.Node, length);
                }

                break;
            case (_, InitiatorState.Failed { Code: not FailureCode.FeeInsufficient } failed):
                // The channel after the node that failed it would not do; at our own end it is the one before.
                var from = failed.Position is { } at && at < offer.Length ? at : offer.Length - 1;
                backOffs.HopFailed(offer.At(from), offer.At(from + 1), BackOffLength.Normal);
                break;
            default:
                backOffs.NodeFailed(backOff.Node, BackOffLength.Normal);
                break;
        }
    }

    private static BackOffLength? LengthFor(RejectReason reason) => reason switch
    {
        RejectReason.Busy or RejectReason.NextHopAway or RejectReason.NotProposer => BackOffLength.Short,
        RejectReason.Invalid or RejectReason.NotWelcome or RejectReason.Limit or RejectReason.LockTime or RejectReason.Paused => BackOffLength.Long,
        _ => BackOffLength.Normal,
    };

    /// <summary>It is these channels that would not do; over others the node may still be glad to take part.</summary>
    private static bool IsAboutTheHops(RejectReason reason) => reason
        is RejectReason.AmountTooSmall or RejectReason.NoConsent or RejectReason.NoChannel or RejectReason.ParallelChannel or RejectReason.NextHopAway;
}

/// <summary>What the outbox holds.</summary>
internal static class OutboxKinds
{
    public const string Message = "message";

    public const string CancelInvoice = "cancel_invoice";
}
