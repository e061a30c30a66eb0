namespace Eddy.Lightning;

/// <summary>An HTLC on one of our channels that is not resolved (LND's <c>pending_htlcs</c>).</summary>
public sealed record PendingHtlc(bool IsIncoming, MilliSatoshi Amount, PaymentHash Hash, uint Expiry, ulong HtlcId);
