using Eddy.Lightning;

namespace Eddy.Forwarding;

/// <summary>
/// An HTLC that LND offers before it forwards it (routerrpc ForwardHtlcInterceptRequest). The outgoing fields are what the sender's
/// onion says: LND has checked neither them nor the fee, the balance or the expiries.
/// </summary>
/// <param name="Key">The incoming HTLC.</param>
/// <param name="IncomingAmount">What really came in.</param>
/// <param name="IncomingExpiry">Absolute height.</param>
/// <param name="Hash">The payment hash.</param>
/// <param name="RequestedChannel">The scid as the sender wrote it: may be an alias, may not exist, or be <see cref="ShortChannelId.Blinded"/>.</param>
/// <param name="OutgoingAmount">What the onion asks to forward.</param>
/// <param name="OutgoingExpiry">Absolute height.</param>
/// <param name="AutoFailHeight">The height at which LND fails it by itself; 0 or the expiry itself for an on-chain re-offer.</param>
/// <param name="HasBlindedNextNode">The next node is named by its id (0.20.3 and later).</param>
/// <param name="Record">Eddy's onion record of this hop (type <see cref="RecordType"/>); empty where there is none.</param>
public readonly record struct InterceptedHtlc(
    CircuitKey Key,
    MilliSatoshi IncomingAmount,
    uint IncomingExpiry,
    PaymentHash Hash,
    ShortChannelId RequestedChannel,
    MilliSatoshi OutgoingAmount,
    uint OutgoingExpiry,
    int AutoFailHeight,
    bool HasBlindedNextNode,
    ReadOnlyMemory<byte> Record)
{
    /// <summary>Type of the onion record that carries a member's secret: odd, so that other implementations ignore it, and at least 65536.</summary>
    public const ulong RecordType = 65536 + 60881;
}
