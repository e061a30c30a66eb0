using System.Buffers.Binary;

namespace Eddy.Simulator;

/// <summary>A number modulo secp256k1's p = 2^256 - 2^32 - 977, in four 64-bit limbs, least significant first. Always fully reduced. Not constant-time: simulated keys only.</summary>
internal readonly struct FieldElement : IEquatable<FieldElement>
{
    // 2^256 mod p.
    private const ulong Fold = 0x1_0000_03D1;
    private const ulong P0 = 0xFFFF_FFFE_FFFF_FC2F;
    private const ulong P123 = ulong.MaxValue;

    private readonly ulong _a;
    private readonly ulong _b;
    private readonly ulong _c;
    private readonly ulong _d;

    private FieldElement(ulong a, ulong b, ulong c, ulong d) => (_a, _b, _c, _d) = (a, b, c, d);

    public static FieldElement Zero => default;

    public static FieldElement One => new(1, 0, 0, 0);

    public bool IsZero => (_a | _b | _c | _d) == 0;

    public bool IsOdd => (_a & 1) == 1;

    public static FieldElement operator +(FieldElement x, FieldElement y)
    {
        unchecked
        {
            var a = AddCarry(x._a, y._a, 0, out var carry);
            var b = AddCarry(x._b, y._b, carry, out carry);
            var c = AddCarry(x._c, y._c, carry, out carry);
            var d = AddCarry(x._d, y._d, carry, out carry);
            return Reduce(a, b, c, d, carry);
        }
    }

    public static FieldElement operator -(FieldElement x, FieldElement y)
    {
        unchecked
        {
            var a = SubtractBorrow(x._a, y._a, 0, out var borrow);
            var b = SubtractBorrow(x._b, y._b, borrow, out borrow);
            var c = SubtractBorrow(x._c, y._c, borrow, out borrow);
            var d = SubtractBorrow(x._d, y._d, borrow, out borrow);
            if (borrow == 0)
            {
                return new(a, b, c, d);
            }

            // Adding p is subtracting the fold once the borrow has wrapped.
            a = SubtractBorrow(a, Fold, 0, out borrow);
            b = SubtractBorrow(b, 0, borrow, out borrow);
            c = SubtractBorrow(c, 0, borrow, out borrow);
            d = SubtractBorrow(d, 0, borrow, out _);
            return new(a, b, c, d);
        }
    }

    public static FieldElement operator *(FieldElement x, FieldElement y)
    {
        unchecked
        {
            Span<ulong> left = [x._a, x._b, x._c, x._d];
            Span<ulong> right = [y._a, y._b, y._c, y._d];
            Span<ulong> product = stackalloc ulong[8];
            product.Clear();
            for (var i = 0; i < 4; i++)
            {
                ulong carry = 0;
                for (var j = 0; j < 4; j++)
                {
                    var sum = ((UInt128)left[i] * right[j]) + product[i + j] + carry;
                    product[i + j] = (ulong)sum;
                    carry = (ulong)(sum >> 64);
                }

                product[i + 4] = carry;
            }

            return Fold512(product);
        }
    }

    /// <summary>Reads 32 bytes, big endian; false when they are p or more.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out FieldElement value)
    {
        value = new(
            BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes));
        return !IsAtLeastP(value._a, value._b, value._c, value._d);
    }

    public static FieldElement FromInt(uint value) => new(value, 0, 0, 0);

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _d);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _c);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], _b);
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], _a);
    }

    public FieldElement Square() => this * this;

    public FieldElement Negate() => Zero - this;

    public FieldElement Double() => this + this;

    /// <summary>x^(p-2), by Fermat.</summary>
    public FieldElement Invert() => Power(P0 - 2, P123, P123, P123);

    /// <summary>x^((p+1)/4): a square root if there is one (p = 3 mod 4).</summary>
    public FieldElement SquareRootCandidate() => Power(0xFFFF_FFFF_BFFF_FF0C, P123, P123, 0x3FFF_FFFF_FFFF_FFFF);

    public bool Equals(FieldElement other) => _a == other._a && _b == other._b && _c == other._c && _d == other._d;

    public override bool Equals(object? obj) => obj is FieldElement other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_a, _b, _c, _d);

    private static ulong AddCarry(ulong x, ulong y, ulong carry, out ulong carryOut)
    {
        unchecked
        {
            var sum = (UInt128)x + y + carry;
            carryOut = (ulong)(sum >> 64);
            return (ulong)sum;
        }
    }

    private static ulong SubtractBorrow(ulong x, ulong y, ulong borrow, out ulong borrowOut)
    {
        unchecked
        {
            var difference = (UInt128)x - y - borrow;
            borrowOut = (ulong)(difference >> 64) & 1;
            return (ulong)difference;
        }
    }

    private static bool IsAtLeastP(ulong a, ulong b, ulong c, ulong d) => d == P123 && c == P123 && b == P123 && a >= P0;

    private static FieldElement Fold512(ReadOnlySpan<ulong> product)
    {
        unchecked
        {
            Span<ulong> low = stackalloc ulong[4];
            ulong carry = 0;
            for (var i = 0; i < 4; i++)
            {
                var sum = ((UInt128)product[i + 4] * Fold) + product[i] + carry;
                low[i] = (ulong)sum;
                carry = (ulong)(sum >> 64);
            }

            return Reduce(low[0], low[1], low[2], low[3], carry);
        }
    }

    // The value is carry * 2^256 + limbs with a small carry.
    private static FieldElement Reduce(ulong a, ulong b, ulong c, ulong d, ulong carry)
    {
        unchecked
        {
            while (carry != 0)
            {
                var extra = (UInt128)carry * Fold;
                a = AddCarry(a, (ulong)extra, 0, out var next);
                b = AddCarry(b, (ulong)(extra >> 64), next, out next);
                c = AddCarry(c, 0, next, out next);
                d = AddCarry(d, 0, next, out carry);
            }

            return IsAtLeastP(a, b, c, d) ? new(a - P0, 0, 0, 0) : new(a, b, c, d);
        }
    }

    private FieldElement Power(ulong e0, ulong e1, ulong e2, ulong e3)
    {
        Span<ulong> exponent = [e3, e2, e1, e0];
        var result = One;
        foreach (var limb in exponent)
        {
            for (var bit = 63; bit >= 0; bit--)
            {
                result = result.Square();
                if (((limb >> bit) & 1) == 1)
                {
                    result *= this;
                }
            }
        }

        return result;
    }
}
