using System.Globalization;

namespace Eddy.Lightning;

/// <summary>An amount or a difference of amounts, in thousandths of a satoshi. Signed, so that drifts have a place; overflow throws.</summary>
public readonly record struct MilliSatoshi(long Value) : IComparable<MilliSatoshi>
{
    public const long PerSatoshi = 1000;

    public static MilliSatoshi Zero => default;

    /// <summary>Whole satoshis, rounded toward zero.</summary>
    public long Satoshi => Value / PerSatoshi;

    public static MilliSatoshi operator +(MilliSatoshi left, MilliSatoshi right) => new(checked(left.Value + right.Value));

    public static MilliSatoshi operator -(MilliSatoshi left, MilliSatoshi right) => new(checked(left.Value - right.Value));

    public static MilliSatoshi operator -(MilliSatoshi amount) => new(checked(-amount.Value));

    public static bool operator <(MilliSatoshi left, MilliSatoshi right) => left.Value < right.Value;

    public static bool operator >(MilliSatoshi left, MilliSatoshi right) => left.Value > right.Value;

    public static bool operator <=(MilliSatoshi left, MilliSatoshi right) => left.Value <= right.Value;

    public static bool operator >=(MilliSatoshi left, MilliSatoshi right) => left.Value >= right.Value;

    public static MilliSatoshi FromSatoshi(long satoshi) => new(checked(satoshi * PerSatoshi));

    public static MilliSatoshi Min(MilliSatoshi left, MilliSatoshi right) => left < right ? left : right;

    public static MilliSatoshi Max(MilliSatoshi left, MilliSatoshi right) => left > right ? left : right;

    public int CompareTo(MilliSatoshi other) => Value.CompareTo(other.Value);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Value} msat");
}
