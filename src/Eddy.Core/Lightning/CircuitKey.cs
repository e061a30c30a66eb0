namespace Eddy.Lightning;

/// <summary>One incoming HTLC of this node: the channel it came in on and its index there (LND's CircuitKey).</summary>
public readonly record struct CircuitKey(ShortChannelId Channel, ulong HtlcId)
{
    public override string ToString() => $"{Channel}:{HtlcId}";
}
