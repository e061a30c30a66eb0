using System.Globalization;
using System.Numerics;

namespace Eddy.Simulator;

/// <summary>The group of secp256k1: multiples of G from a table, multiples of other points by a four-bit window.</summary>
internal static class Secp256k1
{
    private const int WindowBits = 4;
    private const int WindowSize = 1 << WindowBits;
    private const int Windows = 256 / WindowBits;

    /// <summary>The order of the group.</summary>
    public static readonly BigInteger N = BigInteger.Parse(
        "0FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    /// <summary>The field's prime.</summary>
    public static readonly BigInteger P = BigInteger.Parse(
        "0FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC2F", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static readonly CurvePoint G = MakeGenerator();

    // Entry [16 w + d] is d * 16^w * G.
    private static readonly CurvePoint[] MultiplesOfG = MakeTable();

    public static CurvePoint MultiplyG(ReadOnlySpan<byte> scalar)
    {
        var result = CurvePoint.Infinity;
        for (var window = 0; window < Windows; window++)
        {
            var digit = Digit(scalar, window);
            if (digit != 0)
            {
                result = result.Add(MultiplesOfG[(window * WindowSize) + digit]);
            }
        }

        return result;
    }

    public static CurvePoint Multiply(CurvePoint point, ReadOnlySpan<byte> scalar)
    {
        var multiples = new CurvePoint[WindowSize];
        multiples[0] = CurvePoint.Infinity;
        for (var i = 1; i < WindowSize; i++)
        {
            multiples[i] = multiples[i - 1].Add(point);
        }

        var result = CurvePoint.Infinity;
        for (var window = Windows - 1; window >= 0; window--)
        {
            result = result.Double().Double().Double().Double().Add(multiples[Digit(scalar, window)]);
        }

        return result;
    }

    /// <summary>SEC1 compressed form, 33 bytes.</summary>
    public static void Compress(CurvePoint point, Span<byte> destination)
    {
        var (x, y) = point.ToAffine();
        destination[0] = (byte)(y.IsOdd ? 3 : 2);
        x.Write(destination[1..]);
    }

    public static bool TryDecompress(ReadOnlySpan<byte> bytes, out CurvePoint point)
    {
        point = CurvePoint.Infinity;
        return bytes.Length == 33
            && bytes[0] is 2 or 3
            && FieldElement.TryRead(bytes[1..], out var x)
            && CurvePoint.TryFromX(x, bytes[0] == 3, out point);
    }

    public static BigInteger ReadScalar(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);

    /// <summary>Writes a number below 2^256 as 32 bytes, big endian.</summary>
    public static void WriteScalar(BigInteger value, Span<byte> destination)
    {
        destination.Clear();
        var length = value.GetByteCount(isUnsigned: true);
        value.TryWriteBytes(destination[(32 - length)..], out _, isUnsigned: true, isBigEndian: true);
    }

    /// <summary>x^-1 modulo the group's order.</summary>
    public static BigInteger InvertScalar(BigInteger value) => BigInteger.ModPow(value, N - 2, N);

    private static int Digit(ReadOnlySpan<byte> scalar, int window)
    {
        var octet = scalar[31 - (window / 2)];
        return (window & 1) == 0 ? octet & 0xF : octet >> 4;
    }

    private static CurvePoint MakeGenerator()
    {
        FieldElement.TryRead(Convert.FromHexString("79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798"), out var x);
        CurvePoint.TryFromX(x, isOdd: false, out var generator);
        return generator;
    }

    private static CurvePoint[] MakeTable()
    {
        var table = new CurvePoint[Windows * WindowSize];
        var unit = G;
        for (var window = 0; window < Windows; window++)
        {
            table[window * WindowSize] = CurvePoint.Infinity;
            for (var digit = 1; digit < WindowSize; digit++)
            {
                table[(window * WindowSize) + digit] = table[(window * WindowSize) + digit - 1].Add(unit).Normalize();
            }

            unit = unit.Double().Double().Double().Double();
        }

        return table;
    }
}
