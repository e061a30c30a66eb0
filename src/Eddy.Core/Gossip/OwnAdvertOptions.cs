namespace Eddy.Gossip;

/// <summary>How often this node advertises.</summary>
public sealed record OwnAdvertOptions
{
    /// <summary>Intents in one part: a change costs the bytes of all of them, and each part those of a signature.</summary>
    public const int IntentsPerPart = 8;

    public int TtlSeconds { get; init; } = AdvertBookOptions.MaxTtlSeconds;

    /// <summary>The least time between two adverts, give or take a quarter. Others drop what comes more often than every 10 s.</summary>
    public TimeSpan Floor { get; init; } = TimeSpan.FromSeconds(20);
}
