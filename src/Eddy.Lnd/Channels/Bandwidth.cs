using Eddy.Lightning;
using Eddy.Protos.Lnrpc;

namespace Eddy.Lnd.Channels;

/// <summary>
/// What a channel can carry now. LND tells it to nobody, so this repeats its rule (lnwallet's available balance, 0.18.5 to 0.21.2):
/// reserve, commitment fee with a buffer at twice the fee rate for two more HTLCs on the opener's side, limits of what is in flight.
/// </summary>
internal static class Bandwidth
{
    private const int HtlcWeight = 172;
    private const int AnchorWeight = 1124;
    private const int TaprootWeight = 968;
    private const int LegacyWeight = 724;
    private const int WeightUnit = 1000;
    private const int BufferFactor = 2;

    // Fee rates move between our look and the HTLC: a hundredth, at most this.
    private const long MarginDivisor = 100;
    private const long MaxMarginSat = 1_000;

    /// <summary>What we can send.</summary>
    public static MilliSatoshi Spendable(Protos.Lnrpc.Channel channel) => Available(
        channel,
        new Side(channel.LocalBalance, channel.LocalConstraints, channel.Initiator),
        new Side(channel.RemoteBalance, channel.RemoteConstraints, !channel.Initiator),
        isIncoming: false);

    /// <summary>What the peer can send us, if its rule is LND's; the others' are alike.</summary>
    public static MilliSatoshi Receivable(Protos.Lnrpc.Channel channel) => Available(
        channel,
        new Side(channel.RemoteBalance, channel.RemoteConstraints, !channel.Initiator),
        new Side(channel.LocalBalance, channel.LocalConstraints, channel.Initiator),
        isIncoming: true);

    private static MilliSatoshi Available(Protos.Lnrpc.Channel channel, Side sender, Side receiver, bool isIncoming)
    {
        var available = sender.IsOpener
            ? sender.Balance + channel.CommitFee - sender.Reserve - Buffer(channel)
            : OpenerCanAddHtlc(channel, receiver) ? sender.Balance - sender.Reserve : 0;
        if (available <= 0)
        {
            return MilliSatoshi.Zero;
        }

        var pending = channel.PendingHtlcs.Where(htlc => htlc.Incoming == isIncoming).ToList();
        if (sender.Limits is { MaxAcceptedHtlcs: > 0 } slots && pending.Count >= slots.MaxAcceptedHtlcs)
        {
            return MilliSatoshi.Zero;
        }

        var withMargin = MilliSatoshi.FromSatoshi(available - Math.Min(available / MarginDivisor, MaxMarginSat));
        return MilliSatoshi.Min(withMargin, InFlightRoom(sender.Limits, pending));
    }

    private static MilliSatoshi InFlightRoom(ChannelConstraints? limits, List<HTLC> pending)
    {
        if (limits is not { MaxPendingAmtMsat: > 0 and <= long.MaxValue })
        {
            return new(long.MaxValue);
        }

        // Amounts of pending HTLCs come rounded down to the satoshi.
        var inFlight = MilliSatoshi.FromSatoshi(pending.Sum(htlc => htlc.Amount + 1));
        return MilliSatoshi.Max(MilliSatoshi.Zero, new MilliSatoshi((long)limits.MaxPendingAmtMsat) - inFlight);
    }

    private static long Buffer(Protos.Lnrpc.Channel channel) =>
        BufferFactor * channel.FeePerKw * (CommitWeight(channel) + (2 * HtlcWeight)) / WeightUnit;

    // If the opener cannot pay for one more output, only amounts too small for an output pass.
    private static bool OpenerCanAddHtlc(Protos.Lnrpc.Channel channel, Side opener) =>
        opener.Balance + channel.CommitFee - opener.Reserve
            >= channel.FeePerKw * (CommitWeight(channel) + HtlcWeight) / WeightUnit;

    private static long CommitWeight(Protos.Lnrpc.Channel channel)
    {
        var empty = channel.CommitmentType switch
        {
            CommitmentType.Legacy or CommitmentType.StaticRemoteKey => LegacyWeight,
            CommitmentType.SimpleTaproot or CommitmentType.SimpleTaprootOverlay or CommitmentType.Taproot => TaprootWeight,
            _ => AnchorWeight,
        };
        return empty + ((long)HtlcWeight * channel.PendingHtlcs.Count);
    }

    /// <summary>One end: its balance, the limits on what it offers, and whether it opened the channel and so pays the fee.</summary>
    private readonly record struct Side(long Balance, ChannelConstraints? Limits, bool IsOpener)
    {
        public long Reserve => (long)Math.Min(Limits?.ChanReserveSat ?? 0, long.MaxValue / 4);
    }
}
