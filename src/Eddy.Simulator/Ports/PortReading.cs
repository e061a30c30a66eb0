using Eddy.Engine.Ports;
using Eddy.Forwarding;
using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>From the model to the engine's words. Balances are in whole satoshis, as ListChannels has them.</summary>
internal static class PortReading
{
    private const long MarginDivisor = 100;
    private static readonly MilliSatoshi MaxMargin = MilliSatoshi.FromSatoshi(1_000);

    public static Channel ToChannel(this ChannelEnd end) => new()
    {
        Id = end.ChanId,
        ChannelPoint = end.Channel.ChannelPoint,
        Peer = end.Peer.Node.Id,
        PeerAlias = end.Peer.Node.Alias,
        Capacity = end.Channel.Capacity,
        Local = MilliSatoshi.FromSatoshi(end.Local.Satoshi),
        Remote = MilliSatoshi.FromSatoshi(end.Remote.Satoshi),
        Spendable = Room(end),
        Receivable = Room(end.Peer),
        IsActive = end.IsActive,
        IsPrivate = end.Channel.IsPrivate,
        IsInitiator = end.IsInitiator,
        Aliases = end.Aliases,
        ConfirmedId = end.ConfirmedId,
        NeedsAlias = end.NeedsAlias,
        Policy = end.Policy,
        PeerPolicy = end.Peer.Policy,
        PendingHtlcs =
        [
            .. end.Offered.Values.Select(htlc => ToPending(htlc, isIncoming: false)),
            .. end.Incoming.Values.Select(htlc => ToPending(htlc, isIncoming: true)),
        ],
    };

    public static InterceptedHtlc ToIntercepted(this InterceptRequest request)
    {
        request.CustomRecords.TryGetValue(InterceptedHtlc.RecordType, out var record);
        return new(
            request.Circuit,
            request.IncomingAmount,
            request.IncomingExpiry,
            request.Hash,
            request.OutgoingRequested,
            request.OutgoingAmount,
            request.OutgoingExpiry,
            request.AutoFailHeight,
            HasBlindedNextNode: false,
            record.IsDefault ? ReadOnlyMemory<byte>.Empty : record.AsMemory());
    }

    /// <summary>Null where the route has no payment address of 32 bytes, or no hops.</summary>
    public static Route? ToRoute(this PaymentRoute route)
    {
        if (route.Hops.IsEmpty || !Bytes32.TryFrom(route.PaymentAddress.Span, out var address))
        {
            return null;
        }

        var last = route.Hops.Length - 1;
        return new()
        {
            TotalAmount = route.TotalAmount,
            TotalTimeLock = route.TotalTimeLock,
            Hops = [.. route.Hops.Select((hop, i) => ToHop(hop, i == last ? new(address, hop.AmountToForward) : null))],
        };
    }

    /// <summary>How the payment ended; null while it is under way.</summary>
    public static CommandOutcome? ToOutcome(this Payment payment) => payment.Status switch
    {
        PaymentStatus.Succeeded => new CommandOutcome.PaymentSettled(payment.Fee),
        PaymentStatus.Failed => ToOutcome(payment.Attempts.LastOrDefault(attempt => attempt.Failure is not null)?.Failure),
        _ => null,
    };

    public static NodeEvent? ToNodeEvent(this HtlcEvent htlc) => htlc switch
    {
        HtlcEvent.Final { Offchain: true } => null,
        HtlcEvent.Final { Settled: true } => new NodeEvent.HtlcSettled(htlc.Incoming),
        HtlcEvent.Final => new NodeEvent.HtlcFailed(htlc.Incoming, null),
        { Type: not HtlcEventType.Forward } => null,
        HtlcEvent.Forward => new NodeEvent.HtlcForwarded(htlc.Incoming, htlc.Outgoing.Channel),
        HtlcEvent.Settle => new NodeEvent.HtlcSettled(htlc.Incoming),
        HtlcEvent.ForwardFail => new NodeEvent.HtlcFailed(htlc.Incoming, null),
        HtlcEvent.LinkFail fail => new NodeEvent.HtlcFailed(htlc.Incoming, fail.WireFailure),
        _ => null,
    };

    private static CommandOutcome.PaymentFailed ToOutcome(HtlcFailure? failure) => failure is null
        ? new(FailureCode.UnknownFailure, -1)
        : new(failure.Code, failure.Code is FailureCode.UnknownFailure or FailureCode.UnreadableFailure ? -1 : failure.SourceIndex);

    private static RouteHop ToHop(PaymentHop hop, MppRecord? mpp) => new()
    {
        ChannelId = hop.Channel,
        Node = hop.Node,
        AmountToForward = hop.AmountToForward,
        Expiry = hop.Expiry,
        CustomRecords = hop.Record.IsEmpty ? CustomRecords.None : CustomRecords.None.Add(InterceptedHtlc.RecordType, [.. hop.Record.Span]),
        Mpp = mpp,
    };

    /// <summary>What <paramref name="sender"/> can send, with the small margin an adapter leaves for fee rates that move.</summary>
    private static MilliSatoshi Room(ChannelEnd sender)
    {
        var limits = sender.Channel.Constraints;
        if (sender.Offered.Count >= limits.MaxAcceptedHtlcs)
        {
            return MilliSatoshi.Zero;
        }

        var spendable = MilliSatoshi.FromSatoshi(sender.Spendable.Satoshi);
        var withMargin = spendable - MilliSatoshi.Min(new(spendable.Value / MarginDivisor), MaxMargin);
        return MilliSatoshi.Max(MilliSatoshi.Zero, MilliSatoshi.Min(withMargin, limits.MaxPending - sender.OfferedSum));
    }

    private static PendingHtlc ToPending(Htlc htlc, bool isIncoming) =>
        new(isIncoming, MilliSatoshi.FromSatoshi(htlc.Amount.Satoshi), htlc.Hash, htlc.Expiry, htlc.Id);
}
