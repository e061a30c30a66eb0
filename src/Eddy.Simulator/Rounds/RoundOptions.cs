using Eddy.Engine;
using Eddy.Liquidity;

namespace Eddy.Simulator.Rounds;

/// <summary>How a network is simulated in rounds. Amounts in sat.</summary>
public sealed record RoundOptions
{
    /// <summary>Most bitcoin there will ever be: no bound on a ring.</summary>
    public const long NoLimit = 2_100_000_000_000_000;

    public ulong Seed { get; init; }

    /// <summary><c>consent=strict</c> everywhere: a ring gains on every channel.</summary>
    public bool IsStrict { get; init; }

    /// <summary>Consent for every channel by itself instead of for all channels of a pair together.</summary>
    public bool IsPerChannel { get; init; }

    public double Target { get; init; } = 0.5;

    public double Deadband { get; init; } = 0.1;

    public int MaxLength { get; init; } = 6;

    public long MinAmount { get; init; } = 10_000;

    public long MaxAmount { get; init; } = NoLimit;

    /// <summary>Heeds the smallest and largest HTLC of every channel, its lock time, and a reserve of a hundredth; otherwise every channel carries what stands on it.</summary>
    public bool KeepsLimits { get; init; }

    /// <summary>From one advert of a node to its next, and from one search to the next.</summary>
    public TimeSpan Round { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Of one message over one channel, on average.</summary>
    public TimeSpan Latency { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Share of the messages between peers that are lost.</summary>
    public double Loss { get; init; }

    /// <summary>Payments of others in a round.</summary>
    public int Payments { get; init; }

    /// <summary>Stops here even if more could be done.</summary>
    public int MaxRounds { get; init; } = 1_000;

    /// <summary>How members search; amounts and length are taken from here.</summary>
    public PlannerOptions Planner { get; init; } = new();

    public PolicyOptions Policy { get; init; } = new();

    public Action<RoundFigures>? Progress { get; init; }

    internal PlannerOptions ToPlanner() => Planner with { MaxHops = MaxLength, MinAmount = MinAmount, MaxAmount = MaxAmount, Interval = Round };

    internal LiquidityOptions ToLiquidity() => new() { MinAmount = MinAmount, MaxAmount = MaxAmount, IsStrict = IsStrict, IsPerChannel = IsPerChannel };
}
