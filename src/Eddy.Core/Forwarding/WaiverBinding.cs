using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Forwarding;

/// <summary>The one HTLC for which a waiver was used: neither the key nor the waiver is ever used again.</summary>
/// <param name="Ring">The ring.</param>
/// <param name="Hash">Its payment hash.</param>
/// <param name="Key">The incoming HTLC.</param>
/// <param name="Outgoing">The channel that was asked for.</param>
/// <param name="Amount">What came in and goes out.</param>
/// <param name="WaivedFee">What LND is told came in beyond that: the phantom fee.</param>
/// <param name="IncomingExpiry">Height after which LND cannot offer the key again off chain.</param>
public sealed record WaiverBinding(
    RingId Ring,
    PaymentHash Hash,
    CircuitKey Key,
    ShortChannelId Outgoing,
    MilliSatoshi Amount,
    MilliSatoshi WaivedFee,
    uint IncomingExpiry);
