namespace Eddy.Liquidity;

/// <summary>Keeps nodes from moving in step.</summary>
internal static class Jitter
{
    private const double Least = 0.75;
    private const double Width = 0.5;

    /// <summary>Evenly between 0.75 and 1.25.</summary>
    public static double Factor(Random random) => Least + (Width * random.NextDouble());
}
