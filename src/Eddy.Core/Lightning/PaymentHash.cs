namespace Eddy.Lightning;

/// <summary>SHA256 of a <see cref="Preimage"/> (BOLT 2).</summary>
public readonly record struct PaymentHash(Bytes32 Value)
{
    public override string ToString() => Value.ToString();
}
