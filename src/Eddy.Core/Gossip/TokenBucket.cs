namespace Eddy.Gossip;

/// <summary>How much may come at once and how fast it may come for long.</summary>
public readonly record struct TokenRate(int Burst, double PerSecond);

/// <summary>A rate limit as a value: time comes in as data. The default value is a full bucket.</summary>
public readonly record struct TokenBucket
{
    private readonly double _taken;
    private readonly DateTimeOffset _at;

    private TokenBucket(double taken, DateTimeOffset at)
    {
        _taken = taken;
        _at = at;
    }

    /// <summary>Takes <paramref name="count"/> tokens where there are so many; else changes nothing.</summary>
    public bool TryTake(TokenRate rate, DateTimeOffset now, int count, out TokenBucket next)
    {
        var taken = TakenAt(rate, now) + count;
        next = taken <= rate.Burst ? new(taken, now) : this;
        return taken <= rate.Burst;
    }

    /// <summary>True where it is as good as new.</summary>
    public bool IsFull(TokenRate rate, DateTimeOffset now) => TakenAt(rate, now) <= 0;

    private double TakenAt(TokenRate rate, DateTimeOffset now)
    {
        // A clock that was set back refills nothing, and does not have to catch up either.
        var seconds = Math.Max(0, (now - _at).TotalSeconds);
        return Math.Max(0, _taken - (seconds * rate.PerSecond));
    }
}
