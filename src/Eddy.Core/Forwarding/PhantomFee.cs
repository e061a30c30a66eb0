using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Forwarding;

/// <summary>An entry of the phantom-fee ledger: what LND's books show as earned on a settled circuit and nobody received.</summary>
/// <param name="Key">The incoming HTLC: each is booked once.</param>
/// <param name="Ring">The ring it belonged to.</param>
/// <param name="Outgoing">The channel that was asked for.</param>
/// <param name="Amount">What came in and went out.</param>
/// <param name="Fee">What LND believes it earned.</param>
/// <param name="SettledAt">When we heard of it, by our own clock.</param>
public sealed record PhantomFee(
    CircuitKey Key, RingId Ring, ShortChannelId Outgoing, MilliSatoshi Amount, MilliSatoshi Fee, DateTimeOffset SettledAt);
