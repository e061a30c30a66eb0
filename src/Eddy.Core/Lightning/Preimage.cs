namespace Eddy.Lightning;

/// <summary>The secret that settles an HTLC (BOLT 2). Its text form hides it: it never belongs in a log.</summary>
public readonly record struct Preimage(Bytes32 Value)
{
    public PaymentHash Hash() => new(Value.Hash());

    public override string ToString() => "(preimage)";
}
