using Eddy.Lightning;

namespace Eddy.Rings;

/// <summary>32 random bytes by which everybody in a ring knows it.</summary>
public readonly record struct RingId(Bytes32 Value) : IComparable<RingId>
{
    public int CompareTo(RingId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();

    /// <summary>The first 12 digits, for logs and tables.</summary>
    public string ToShortString() => ToString()[..12];
}
