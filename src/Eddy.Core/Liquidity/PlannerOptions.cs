namespace Eddy.Liquidity;

/// <summary>How a node looks for rings to propose. Amounts in sat.</summary>
public sealed record PlannerOptions
{
    public int MaxHops { get; init; } = 6;

    public long MinAmount { get; init; } = 50_000;

    public long MaxAmount { get; init; } = 5_000_000;

    /// <summary>Own rings under way at once. They never share a pair.</summary>
    public int MaxRings { get; init; } = 1;

    /// <summary>How often one search may halve its threshold. Fewer leaves the large rings to the whole network first; more finds small ones sooner.</summary>
    public int HalvingsPerSearch { get; init; } = 2;

    /// <summary>Between two searches, give or take a quarter.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a hop that failed is left out the first time; doubled each time after.</summary>
    public TimeSpan FirstBackOff { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan LongestBackOff { get; init; } = TimeSpan.FromHours(1);
}
