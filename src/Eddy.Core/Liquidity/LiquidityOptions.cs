namespace Eddy.Liquidity;

/// <summary>How a node offers and accepts moves. Amounts in sat.</summary>
public sealed record LiquidityOptions
{
    /// <summary>Smallest ring. A channel end counts as one that gains only where at least this much of its imbalance can go, so that rings come to an end.</summary>
    public long MinAmount { get; init; } = 50_000;

    /// <summary>Largest ring.</summary>
    public long MaxAmount { get; init; } = 5_000_000;

    /// <summary>Accept only moves that bring both own channels nearer their targets, inside the band too: nothing ever moves away from its target.</summary>
    public bool IsStrict { get; init; }

    /// <summary>
    /// Consent for every channel by itself. Otherwise channels with one peer count together: LND forwards over whichever of them it likes, so
    /// that what is on them together is what either node can use.
    /// </summary>
    public bool IsPerChannel { get; init; }
}
