using Eddy.Lightning;

namespace Eddy.Liquidity;

/// <summary>Where a channel's local balance should be.</summary>
/// <param name="Share">Wanted local share of the capacity, 0 to 1.</param>
/// <param name="Deadband">Half the width of the band round the target in which nothing needs doing, as a share of the capacity.</param>
public sealed record ChannelTarget(double Share, double Deadband)
{
    public static readonly ChannelTarget Default = new(0.5, 0.1);

    /// <summary>The end of a channel of <paramref name="capacity"/> that holds <paramref name="local"/>.</summary>
    public ChannelEnd End(MilliSatoshi capacity, MilliSatoshi local) =>
        new(local, Part(capacity, Share), Part(capacity, Deadband));

    private static MilliSatoshi Part(MilliSatoshi capacity, double share) =>
        new((long)Math.Clamp(capacity.Value * share, 0, Math.Max(0, capacity.Value)));
}
