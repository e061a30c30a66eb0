namespace Eddy.Simulator;

/// <summary>A point of secp256k1 (y^2 = x^3 + 7) in Jacobian coordinates; z = 0 is the point at infinity.</summary>
internal readonly struct CurvePoint(FieldElement x, FieldElement y, FieldElement z)
{
    private readonly FieldElement _x = x;
    private readonly FieldElement _y = y;
    private readonly FieldElement _z = z;

    public static CurvePoint Infinity => new(FieldElement.One, FieldElement.One, FieldElement.Zero);

    public bool IsInfinity => _z.IsZero;

    /// <summary>The point with this x and the given parity of y; false when x is not on the curve.</summary>
    public static bool TryFromX(FieldElement x, bool isOdd, out CurvePoint point)
    {
        var square = (x.Square() * x) + FieldElement.FromInt(7);
        var y = square.SquareRootCandidate();
        if (!y.Square().Equals(square))
        {
            point = Infinity;
            return false;
        }

        point = new(x, y.IsOdd == isOdd ? y : y.Negate(), FieldElement.One);
        return true;
    }

    public CurvePoint Negate() => new(_x, _y.Negate(), _z);

    public CurvePoint Double()
    {
        if (IsInfinity || _y.IsZero)
        {
            return Infinity;
        }

        var ySquared = _y.Square();
        var s = (_x * ySquared).Double().Double();
        var m = _x.Square();
        m = m.Double() + m;
        var x = m.Square() - s.Double();
        var y = (m * (s - x)) - ySquared.Square().Double().Double().Double();
        return new(x, y, (_y * _z).Double());
    }

    public CurvePoint Add(CurvePoint other)
    {
        if (IsInfinity)
        {
            return other;
        }

        if (other.IsInfinity)
        {
            return this;
        }

        var z1Squared = _z.Square();
        var z2Squared = other._z.Square();
        var u1 = _x * z2Squared;
        var u2 = other._x * z1Squared;
        var s1 = _y * z2Squared * other._z;
        var s2 = other._y * z1Squared * _z;
        if (u1.Equals(u2))
        {
            return s1.Equals(s2) ? Double() : Infinity;
        }

        var h = u2 - u1;
        var r = s2 - s1;
        var hSquared = h.Square();
        var hCubed = hSquared * h;
        var v = u1 * hSquared;
        var x = r.Square() - hCubed - v.Double();
        var y = (r * (v - x)) - (s1 * hCubed);
        return new(x, y, _z * other._z * h);
    }

    /// <summary>Affine coordinates.</summary>
    public (FieldElement X, FieldElement Y) ToAffine()
    {
        var inverse = _z.Invert();
        var squared = inverse.Square();
        return (_x * squared, _y * squared * inverse);
    }

    /// <summary>The same point with z = 1.</summary>
    public CurvePoint Normalize()
    {
        if (IsInfinity)
        {
            return this;
        }

        var (affineX, affineY) = ToAffine();
        return new(affineX, affineY, FieldElement.One);
    }
}
