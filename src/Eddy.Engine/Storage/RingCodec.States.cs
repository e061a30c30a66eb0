using System.Collections.Immutable;
using Eddy.Engine.Wire;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Protos.Storage;
using Eddy.Rings;

namespace Eddy.Engine.Storage;

internal static partial class RingCodec
{
    private static StoredState ToStored(RingState state)
    {
        var stored = new StoredState { Kind = KindOf(state) };
        switch (state)
        {
            case InitiatorState.Walking walking:
                stored.Signed = ToStored(walking.SignedOffer);
                break;
            case InitiatorState.Invoicing invoicing:
                SetTerms(stored, invoicing.Terms, invoicing.Amount);
                break;
            case InitiatorState.Paying paying:
                SetTerms(stored, paying.Terms, paying.Amount);
                stored.Route = ToStored(paying.Route);
                stored.Step = (int)paying.Step;
                stored.FeeMsat = paying.Fee.Value;
                break;
            case InitiatorState.Settled settled:
                stored.AmountMsat = settled.Amount.Value;
                SetIf(settled.Fee?.Value, value => stored.FeeMsat = value);
                SetIf(settled.Received?.Value, value => stored.ReceivedMsat = value);
                break;
            case InitiatorState.Failed failed:
                stored.AmountMsat = failed.Amount.Value;
                stored.Code = (int)failed.Code;
                SetIf(failed.Position, value => stored.Position = value);
                break;
            case InitiatorState.Rejected rejected:
                stored.Position = rejected.Position;
                stored.Reason = (int)rejected.Reason;
                break;
            case InitiatorState.Cancelled cancelled:
                stored.Reason = (int)cancelled.Reason;
                SetIf((int?)cancelled.Fault?.Kind, value => stored.Fault = value);
                SetIf(cancelled.Fault?.Position, value => stored.FaultPosition = value);
                break;
            case MemberState.Accepted accepted:
                stored.Signed = ToStored(accepted.SignedTerms);
                break;
            case MemberState.Bound bound:
                stored.Binding = ToStored(bound.Binding);
                stored.SinceTicks = bound.Since.UtcTicks;
                stored.LookupAtTicks = bound.LookupAt.UtcTicks;
                stored.IsOverdue = bound.IsOverdue;
                stored.IsDonePassed = bound.IsDonePassed;
                break;
            case MemberState.Settled settled:
                stored.Binding = ToStored(settled.Binding);
                stored.IsDonePassed = settled.IsDonePassed;
                break;
            case MemberState.Failed failed:
                stored.Binding = ToStored(failed.Binding);
                stored.IsDonePassed = failed.IsDonePassed;
                SetIf((int?)failed.LocalCode, value => stored.Code = value);
                break;
            case MemberState.Released released:
                stored.Cause = (int)released.Cause;
                SetIf(released.Position, value => stored.Position = value);
                SetIf((int?)released.Reason, value => stored.Reason = value);
                break;
        }

        return stored;
    }

    private static RingState FromStored(StoredState stored, RingTerms terms) => stored.Kind switch
    {
        StoredStateKind.InitiatorSigning => new InitiatorState.Signing(),
        StoredStateKind.InitiatorWalking => new InitiatorState.Walking(FromStored(stored.Signed)),
        StoredStateKind.InitiatorInvoicing => new InitiatorState.Invoicing(TermsOf(stored), AmountOf(stored)),
        StoredStateKind.InitiatorPaying => new InitiatorState.Paying(
            TermsOf(stored), AmountOf(stored), FromStored(stored.Route), (PayingStep)stored.Step, new MilliSatoshi(stored.FeeMsat)),
        StoredStateKind.InitiatorSettled => new InitiatorState.Settled(
            AmountOf(stored),
            stored.HasFeeMsat ? new MilliSatoshi(stored.FeeMsat) : null,
            stored.HasReceivedMsat ? new MilliSatoshi(stored.ReceivedMsat) : null),
        StoredStateKind.InitiatorFailed => new InitiatorState.Failed(
            AmountOf(stored), (FailureCode)stored.Code, stored.HasPosition ? stored.Position : null),
        StoredStateKind.InitiatorRejected => new InitiatorState.Rejected(stored.Position, (RejectReason)stored.Reason),
        StoredStateKind.InitiatorCancelled => new InitiatorState.Cancelled(
            (CancelReason)stored.Reason,
            stored.HasFault ? new TermsFault((TermsFaultKind)stored.Fault, stored.HasFaultPosition ? stored.FaultPosition : null) : null),
        StoredStateKind.InitiatorExpired => new InitiatorState.Expired(),
        StoredStateKind.MemberSigning => new MemberState.Signing(),
        StoredStateKind.MemberAccepted => new MemberState.Accepted(FromStored(stored.Signed)),
        StoredStateKind.MemberBound => new MemberState.Bound(
            FromStored(stored.Binding, terms), Time(stored.SinceTicks), Time(stored.LookupAtTicks), stored.IsOverdue, stored.IsDonePassed),
        StoredStateKind.MemberSettled => new MemberState.Settled(FromStored(stored.Binding, terms), stored.IsDonePassed),
        StoredStateKind.MemberFailed => new MemberState.Failed(
            FromStored(stored.Binding, terms), stored.HasCode ? (FailureCode)stored.Code : null, stored.IsDonePassed),
        StoredStateKind.MemberExpired => new MemberState.Expired(),
        StoredStateKind.MemberReleased => new MemberState.Released(
            (RingOutcome)stored.Cause,
            stored.HasPosition ? stored.Position : null,
            stored.HasReason ? (RejectReason)stored.Reason : null),
        _ => throw new ArgumentException($"No state has the number {stored.Kind}.", nameof(stored)),
    };

    private static StoredStateKind KindOf(RingState state) => state switch
    {
        InitiatorState.Signing => StoredStateKind.InitiatorSigning,
        InitiatorState.Walking => StoredStateKind.InitiatorWalking,
        InitiatorState.Invoicing => StoredStateKind.InitiatorInvoicing,
        InitiatorState.Paying => StoredStateKind.InitiatorPaying,
        InitiatorState.Settled => StoredStateKind.InitiatorSettled,
        InitiatorState.Failed => StoredStateKind.InitiatorFailed,
        InitiatorState.Rejected => StoredStateKind.InitiatorRejected,
        InitiatorState.Cancelled => StoredStateKind.InitiatorCancelled,
        InitiatorState.Expired => StoredStateKind.InitiatorExpired,
        MemberState.Signing => StoredStateKind.MemberSigning,
        MemberState.Accepted => StoredStateKind.MemberAccepted,
        MemberState.Bound => StoredStateKind.MemberBound,
        MemberState.Settled => StoredStateKind.MemberSettled,
        MemberState.Failed => StoredStateKind.MemberFailed,
        MemberState.Expired => StoredStateKind.MemberExpired,
        MemberState.Released => StoredStateKind.MemberReleased,
        _ => throw new ArgumentException($"The state {state.Name} has no number.", nameof(state)),
    };

    private static void SetTerms(StoredState stored, ImmutableArray<MemberTerms> terms, MilliSatoshi amount)
    {
        stored.MemberTerms.AddRange(terms.Select(static entry => Bytes(WireEncoder.EncodeTerms(entry))));
        stored.AmountMsat = amount.Value;
    }

    private static ImmutableArray<MemberTerms> TermsOf(StoredState stored) => [.. stored.MemberTerms.Select(Terms)];

    private static MilliSatoshi AmountOf(StoredState stored) => new(stored.AmountMsat);

    private static StoredRoute ToStored(PaymentRoute route)
    {
        var stored = new StoredRoute
        {
            TotalTimeLock = route.TotalTimeLock,
            TotalAmountMsat = route.TotalAmount.Value,
            PaymentAddress = Bytes(route.PaymentAddress),
        };
        stored.Hops.AddRange(route.Hops.Select(static hop => new StoredHop
        {
            Channel = hop.Channel.Value,
            Node = Bytes(hop.Node.ToArray()),
            AmountMsat = hop.AmountToForward.Value,
            Expiry = hop.Expiry,
            Record = Bytes(hop.Record),
        }));
        return stored;
    }

    private static PaymentRoute FromStored(StoredRoute stored) => new(
        stored.TotalTimeLock,
        new MilliSatoshi(stored.TotalAmountMsat),
        stored.PaymentAddress.Memory,
        [
            .. stored.Hops.Select(static hop => new PaymentHop(
                new ShortChannelId(hop.Channel), new NodeId(hop.Node.Span), new MilliSatoshi(hop.AmountMsat), hop.Expiry, hop.Record.Memory)),
        ]);

    private static StoredBinding ToStored(WaiverBinding binding) => new()
    {
        Channel = binding.Key.Channel.Value,
        HtlcId = binding.Key.HtlcId,
        Outgoing = binding.Outgoing.Value,
        AmountMsat = binding.Amount.Value,
        WaivedFeeMsat = binding.WaivedFee.Value,
        IncomingExpiry = binding.IncomingExpiry,
    };

    private static WaiverBinding FromStored(StoredBinding stored, RingTerms terms) => new(
        terms.Offer.Id,
        terms.Offer.Hash,
        new CircuitKey(new ShortChannelId(stored.Channel), stored.HtlcId),
        new ShortChannelId(stored.Outgoing),
        new MilliSatoshi(stored.AmountMsat),
        new MilliSatoshi(stored.WaivedFeeMsat),
        stored.IncomingExpiry);

    private static void SetIf<T>(T? value, Action<T> set)
        where T : struct
    {
        if (value is { } present)
        {
            set(present);
        }
    }
}
