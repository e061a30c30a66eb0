using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>LND's checks of one candidate outgoing channel, in LND's order (CheckHtlcForward, CheckHtlcTransit).</summary>
internal static class ForwardPolicy
{
    private const uint OutgoingRejectDelta = 3;
    private const uint MaxCltvExpiry = 2_016;

    /// <summary>The most dust a commitment may hold, in msat (<c>channel-max-fee-exposure</c>).</summary>
    private const long MaxDustMsat = 500_000_000;

    /// <summary>The whole check of a forward; null where it passes.</summary>
    public static PolicyFailure? CheckForward(ChannelEnd outgoing, ForwardPacket packet)
    {
        // LND subtracts without an overflow check, so an amount beyond 2^63 wraps here as it does there.
        var fee = unchecked(packet.IncomingMsat - packet.OutgoingMsat);
        if (unchecked((ulong)packet.IncomingMsat) < (ulong)packet.OutgoingMsat || fee < ExpectedFee(outgoing.Policy, packet))
        {
            return new(FailureCode.FeeInsufficient, FailureDetail.NoDetail) { HtlcMsat = packet.OutgoingMsat };
        }

        if (CheckTransit(outgoing, packet.OutgoingMsat, packet.OutgoingExpiry) is { } failure)
        {
            return failure;
        }

        var delta = (long)packet.Incoming.Expiry - packet.OutgoingExpiry;
        if (delta < outgoing.Policy.CltvDelta)
        {
            return new(FailureCode.IncorrectCltvExpiry, FailureDetail.NoDetail) { CltvExpiry = packet.Incoming.Expiry };
        }

        return outgoing.Node.Version.HasExpiryTooFarGuard && delta > MaxCltvExpiry ? new(FailureCode.ExpiryTooFar, FailureDetail.NoDetail) : null;
    }

    /// <summary>
    /// The fee a forward must leave behind: the outgoing channel's outbound fee, and the incoming channel's inbound fee on top of both,
    /// the latter truncated toward zero. Written out here rather than taken from the code under test.
    /// </summary>
    public static Int128 ExpectedFee(RoutingPolicy outgoing, ForwardPacket packet)
    {
        const int million = 1_000_000;
        const int rateLimit = 10 * million;
        var outbound = outgoing.BaseFeeMsat + ((Int128)packet.OutgoingMsat * outgoing.FeeRatePpm / million);
        var rate = Math.Clamp(packet.InboundFeeRatePpm, -rateLimit, rateLimit);
        return outbound + packet.InboundBaseFeeMsat + (rate * (packet.OutgoingMsat + outbound) / million);
    }

    /// <summary>What holds for own payments too: size, time locks, balance.</summary>
    public static PolicyFailure? CheckTransit(ChannelEnd outgoing, long amountMsat, uint expiry)
    {
        var amount = new MilliSatoshi(amountMsat);
        var policy = outgoing.Policy;
        if (amount < policy.MinHtlcMsat)
        {
            return new(FailureCode.AmountBelowMinimum, FailureDetail.NoDetail) { HtlcMsat = amountMsat };
        }

        if (policy.MaxHtlcMsat != MilliSatoshi.Zero && amount > policy.MaxHtlcMsat)
        {
            return new(FailureCode.TemporaryChannelFailure, FailureDetail.HtlcExceedsMax);
        }

        var height = outgoing.Node.Height;
        if (expiry <= height + OutgoingRejectDelta)
        {
            return new(FailureCode.ExpiryTooSoon, FailureDetail.NoDetail);
        }

        if (expiry > height + MaxCltvExpiry)
        {
            return new(FailureCode.ExpiryTooFar, FailureDetail.NoDetail);
        }

        return amount > outgoing.Spendable ? new(FailureCode.TemporaryChannelFailure, FailureDetail.InsufficientBalance) : null;
    }

    /// <summary>True where one more HTLC of this size would put too much dust on the commitment.</summary>
    public static bool ExceedsDustExposure(SimulatedChannel channel, long amountMsat)
    {
        if (!channel.IsDust(new(amountMsat)))
        {
            return false;
        }

        var dust = amountMsat;
        foreach (var htlc in channel.Opener.Offered.Values.Concat(channel.Other.Offered.Values))
        {
            dust += channel.IsDust(htlc.Amount) ? htlc.Amount.Value : 0;
        }

        return dust > MaxDustMsat;
    }
}

/// <summary>Why a channel cannot take an HTLC.</summary>
internal sealed record PolicyFailure(FailureCode Code, FailureDetail Detail)
{
    public long HtlcMsat { get; init; }

    public uint CltvExpiry { get; init; }
}
