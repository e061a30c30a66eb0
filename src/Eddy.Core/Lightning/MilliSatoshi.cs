using System.Globalization;

namespace Eddy.Lightning;

/// <summary>An amount or a difference of amounts, in thousandths of a satoshi. Signed, so that drifts have a place; overflow throws.</summary>
public readonly record struct MilliSatoshi(long Value) : IComparable<MilliSatoshi>
{
    public const long PerSatoshi = 1000;

    public static MilliSatoshi Zero => default;

    /// <summary>All bitcoin there will ever be. The sum of two amounts up to here cannot overflow.</summary>
    public static MilliSatoshi MaxSupply => new(21_000_000L * 100_000_000 * PerSatoshi);

    /// <summary>Stands for every amount above <see cref="MaxSupply"/> that came over a wire. Nothing of this size is ever agreed to or waived.</summary>
    public static MilliSatoshi OutOfRange => new(MaxSupply.Value + 1);

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

    /// <summary>An amount in msat from LND or a peer, who may say anything; <see cref="OutOfRange"/> where it cannot exist.</summary>
    public static MilliSatoshi FromWire(ulong msat) => msat <= (ulong)MaxSupply.Value ? new((long)msat) : OutOfRange;

    /// <summary>The same for whole satoshis.</summary>
    public static MilliSatoshi FromWireSatoshi(ulong satoshi) =>
        satoshi <= (ulong)MaxSupply.Satoshi ? FromSatoshi((long)satoshi) : OutOfRange;

    public static MilliSatoshi Min(MilliSatoshi left, MilliSatoshi right) => left < right ? left : right;

    public static MilliSatoshi Max(MilliSatoshi left, MilliSatoshi right) => left > right ? left : right;

    public int CompareTo(MilliSatoshi other) => Value.CompareTo(other.Value);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Value} msat");
}
