namespace Eddy.Lightning;

/// <summary>One direction's terms on a channel: what its owner asks to forward out over it, and the inbound fee for what comes in (BOLT 7, bLIP 18).</summary>
/// <param name="BaseFeeMsat">Base fee in msat, 0 or more.</param>
/// <param name="FeeRatePpm">Proportional fee in millionths of the outgoing amount, 0 or more.</param>
/// <param name="CltvDelta">Blocks between the expiries of the incoming and the outgoing HTLC.</param>
/// <param name="MinHtlcMsat">Smallest outgoing HTLC.</param>
/// <param name="MaxHtlcMsat">Largest outgoing HTLC; 0 for no limit.</param>
/// <param name="InboundBaseFeeMsat">Added to the fee of a forward that comes in on this channel, in msat; mostly zero or negative.</param>
/// <param name="InboundFeeRatePpm">The same in millionths of outgoing amount plus outbound fee.</param>
/// <param name="Disabled">The gossip flag. LND's switch forwards over a disabled channel all the same.</param>
public sealed record RoutingPolicy(
    long BaseFeeMsat,
    long FeeRatePpm,
    uint CltvDelta,
    MilliSatoshi MinHtlcMsat,
    MilliSatoshi MaxHtlcMsat,
    int InboundBaseFeeMsat = 0,
    int InboundFeeRatePpm = 0,
    bool Disabled = false)
{
    private const long Million = 1_000_000;
    private const int InboundRateLimit = 10_000_000;

    /// <summary>What this channel's owner asks for forwarding <paramref name="outgoing"/> out over it (LND's ExpectedFee). Stays at the bounds of the type where it would leave them.</summary>
    public MilliSatoshi OutboundFee(MilliSatoshi outgoing) => Saturate(BaseFeeMsat + ((Int128)outgoing.Value * FeeRatePpm / Million));

    /// <summary>
    /// What a forward of <paramref name="outgoing"/> must leave behind, as LND's CheckHtlcForward computes it: the outbound fee of the
    /// channel it leaves on plus the inbound fee of the channel it came in on, the latter truncated toward zero. May be negative.
    /// Total: the amount may be whatever an onion says.
    /// </summary>
    public static MilliSatoshi ExpectedFee(RoutingPolicy incoming, RoutingPolicy outgoing, MilliSatoshi amount)
    {
        var outbound = outgoing.OutboundFee(amount);
        var rate = Math.Clamp(incoming.InboundFeeRatePpm, -InboundRateLimit, InboundRateLimit);
        var inbound = incoming.InboundBaseFeeMsat + ((Int128)rate * ((Int128)amount.Value + outbound.Value) / Million);
        return Saturate(outbound.Value + inbound);
    }

    private static MilliSatoshi Saturate(Int128 msat) => new((long)Int128.Clamp(msat, long.MinValue, long.MaxValue));
}
