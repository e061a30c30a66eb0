using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>A settled forward in ForwardingHistory. The incoming amount is what LND believes: a RESUME_MODIFIED shows here as a fee nobody received.</summary>
public sealed record ForwardingEvent(
    DateTimeOffset Time,
    CircuitKey Incoming,
    CircuitKey Outgoing,
    MilliSatoshi AmountIn,
    MilliSatoshi AmountOut)
{
    public MilliSatoshi Fee => AmountIn - AmountOut;
}
