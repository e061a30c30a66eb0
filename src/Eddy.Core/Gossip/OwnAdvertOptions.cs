namespace Eddy.Gossip;

/// <summary>How often this node advertises.</summary>
public sealed record OwnAdvertOptions
{
    /// <summary>Intents in one part, so that a message stays under 4 KiB.</summary>
    public const int IntentsPerPart = 48;

    public int TtlSeconds { get; init; } = AdvertBookOptions.MaxTtlSeconds;

    /// <summary>The least time between two adverts, give or take a quarter. Others drop what comes more often than every 10 s.</summary>
    public TimeSpan Floor { get; init; } = TimeSpan.FromSeconds(20);
}
