using Eddy.Lightning;

namespace Eddy.Engine.Storage;

/// <summary>What came of one day (UTC).</summary>
/// <param name="Settled">Rings that settled on it.</param>
/// <param name="Failed">Rings that ended on it otherwise.</param>
/// <param name="Moved">By settled rings.</param>
/// <param name="Saved">What those proposed here would have cost at least.</param>
/// <param name="Phantom">Fees that LND booked on it and nobody received.</param>
public sealed record DayFigures(DateOnly Day, int Settled, int Failed, MilliSatoshi Moved, MilliSatoshi Saved, MilliSatoshi Phantom)
{
    public static DayFigures None(DateOnly day) => new(day, 0, 0, MilliSatoshi.Zero, MilliSatoshi.Zero, MilliSatoshi.Zero);
}
