namespace Eddy.Gossip;

/// <summary>How an <see cref="AdvertTree"/> waits, and what it remembers for one peer at most.</summary>
public sealed record AdvertTreeOptions
{
    /// <summary>Offers of one part are gathered so long where nobody is going to send it anyway.</summary>
    public TimeSpan Gathering { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The peer that sends what is new of an origin has so long, from the first offer of another one.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>A peer that was asked has so long.</summary>
    public TimeSpan AnswerTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Who did not send what it had offered so often in a row is asked last, and followed by nobody, for a while.</summary>
    public int MostFailures { get; init; } = 3;

    public TimeSpan FailureMemory { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Parts asked of one peer and not here yet.</summary>
    public int MostAsked { get; init; } = 256;

    /// <summary>Offers of one peer that are remembered.</summary>
    public int MostOffers { get; init; } = 16_384;

    /// <summary>Parts that came and could not be used; they are not asked for again for a while.</summary>
    public int MostDeclined { get; init; } = 4_096;

    public TimeSpan DeclinedMemory { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Offers of one peer that are looked at, and entries of its requests.</summary>
    public TokenRate EntryRate { get; init; } = new(60_000, 200);
}
