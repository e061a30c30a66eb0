namespace Eddy.Demo;

/// <summary>What <c>eddy demo</c> was asked for.</summary>
/// <param name="Nodes">3 to 12; the longest ring, too.</param>
/// <param name="Seed">Keys, channels, balances and fees follow from it.</param>
/// <param name="GraphPath">A part of this graph instead of a made-up ring.</param>
/// <param name="BalancesPath">Its balances; drawn from the seed where this is null.</param>
internal sealed record DemoOptions(int Nodes, int Seed, string? GraphPath, string? BalancesPath)
{
    public const int LeastNodes = 3;
    public const int MostNodes = 12;
    public const int StandardNodes = 4;
    public const double Target = 0.5;
    public const double Deadband = 0.1;

    /// <summary>
    /// Enough to see. Daemons that advertised a few changes quickly slow down, as the rate limits of their peers ask of them, and a demo
    /// should last for seconds.
    /// </summary>
    public const int MostRings = 2;

    /// <summary>No new ring is begun after this.</summary>
    public static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(60);
}
