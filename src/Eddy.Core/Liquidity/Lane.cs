using Eddy.Lightning;

namespace Eddy.Liquidity;

/// <summary>One own channel in one direction: what it could carry, what it surely carries, and what is allowed on it. Amounts in whole sat.</summary>
internal readonly record struct Lane
{
    private const int MilliPerSat = (int)MilliSatoshi.PerSatoshi;

    public required ShortChannelId Id { get; init; }

    public required ChannelEnd End { get; init; }

    public required MoveDirection Direction { get; init; }

    /// <summary>Below it LND does not take the channel.</summary>
    public required long Low { get; init; }

    /// <summary>Up to it the channel carries a move now.</summary>
    public required long Sure { get; init; }

    /// <summary>What <see cref="Sure"/> would be without what is promised to other rings.</summary>
    public required long Unreserved { get; init; }

    /// <summary>Above it LND cannot take the channel, whatever becomes of what is in flight.</summary>
    public required long Outer { get; init; }

    /// <summary>The most that may move over it by consent.</summary>
    public required long Allowed { get; init; }

    /// <summary>Every allowed amount from the smallest ring up brings the imbalance down by at least the smallest ring.</summary>
    public required bool IsWanted { get; init; }

    /// <summary>On its way to the target, which nothing may lead away from: every allowed amount counts in full.</summary>
    public required bool IsReturning { get; init; }

    /// <summary>The amounts LND could move over this lane and must not: from here to <see cref="Outer"/>.</summary>
    public long ForbiddenFrom(bool onlyWanted) =>
        onlyWanted && !IsWanted ? Low : Math.Max(Low, checked(Allowed + 1));

    public bool CouldCarry(long amount) => Low <= amount && amount <= Outer;

    /// <summary>By how much the imbalance falls at least; 0 where that does not count.</summary>
    public MilliSatoshi Gain(long amount) =>
        IsReturning ? MilliSatoshi.FromSatoshi(amount)
        : IsWanted ? End.Gain(Direction, MilliSatoshi.FromSatoshi(amount)) : MilliSatoshi.Zero;

    /// <summary>The end of one channel alone, after all that is promised and in flight.</summary>
    public static ChannelEnd EndOf(OwnChannel own, MoveDirection direction, MilliSatoshi promisedOut, MilliSatoshi promisedIn)
    {
        // What goes the same way counts as settled, what goes the other way as absent; an outgoing HTLC has left the balance already.
        var channel = own.Channel;
        return own.Target.End(
            channel.Capacity, direction == MoveDirection.Out ? channel.Local - promisedOut : channel.Local + InFlight(channel) + promisedIn);
    }

    /// <param name="end">What consent goes by: the end of this channel, or of all channels with the peer together.</param>
    public static Lane Create(
        OwnChannel own, MoveDirection direction, ChannelEnd end, MilliSatoshi promisedOut, MilliSatoshi promisedIn, LiquidityOptions options)
    {
        var channel = own.Channel;
        var inFlight = InFlight(channel);
        var isOut = direction == MoveDirection.Out;
        var policy = isOut ? channel.Policy : channel.PeerPolicy;
        var limit = policy is { MaxHtlcMsat.Value: > 0 } ? policy.MaxHtlcMsat.Satoshi : long.MaxValue;
        var able = isOut ? channel.Spendable : channel.Receivable;
        var promised = isOut ? promisedOut : promisedIn;
        var isUsable = !own.IsExcluded && (!isOut || policy is not null);

        var allowed = own.IsExcluded ? 0 : (options.IsStrict || own.IsReturning ? end.Nearing(direction) : end.Allowed(direction)).Satoshi;
        var smallest = MilliSatoshi.FromSatoshi(options.MinAmount);
        var isReturning = own.IsReturning && end.Nearing(direction) >= smallest;
        var isWanted = allowed > 0 && (isReturning || (end.Gains(direction) && end.Phi >= smallest));
        if (!isWanted && own.NeutralLeft is { } left)
        {
            allowed = Math.Min(allowed, Math.Max(0, left.Satoshi));
        }

        return new Lane
        {
            Id = channel.Id,
            End = end,
            Direction = direction,
            Low = policy is null ? 1 : Math.Max(1, (policy.MinHtlcMsat.Value + MilliPerSat - 1) / MilliPerSat),
            Sure = isUsable ? Bound((able - promised).Satoshi, limit, options.MaxAmount) : 0,
            Unreserved = isUsable ? Bound(able.Satoshi, limit, options.MaxAmount) : 0,
            Outer = Bound(((isOut ? channel.Local : channel.Remote) + inFlight).Satoshi, limit, long.MaxValue - 1),
            Allowed = allowed,
            IsWanted = isWanted,
            IsReturning = isReturning,
        };
    }

    private static MilliSatoshi InFlight(Channel channel)
    {
        var inFlight = MilliSatoshi.Zero;
        foreach (var htlc in channel.PendingHtlcs)
        {
            inFlight += htlc.Amount;
        }

        return inFlight;
    }

    private static long Bound(long amount, long limit, long ceiling) => Math.Clamp(amount, 0, Math.Min(limit, ceiling));
}
