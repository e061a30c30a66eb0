using Eddy.Engine.Views;
using Eddy.Lightning;
using Eddy.Liquidity;

namespace Eddy.Engine.Liquidity;

/// <summary>What our own channels offer by the operator's targets, after what is promised to rings. Worked out when it is asked for.</summary>
internal sealed class OwnLiquidity(
    EngineContext context,
    DailyCounters counters,
    PeerWords words,
    Func<IReadOnlyCollection<Reservation>> reservations,
    Func<ShortChannelId, MilliSatoshi> neutralPromised)
{
    private readonly SortedDictionary<NodeId, PairLiquidity> _pairs = [];

    // Peers with whom we were outside the band, all channels together, and have not come to the target since. Forgotten at a restart: then
    // they are taken up again when they leave the band.
    private readonly HashSet<NodeId> _returning = [];
    private bool _isStale = true;
    private int _day;

    public LiquidityOptions Options => new()
    {
        MinAmount = context.Options.Rings.MinAmountSat,
        MaxAmount = context.Options.Rings.MaxAmountSat,
        IsStrict = context.Options.Rings.IsStrict,
        IsPerChannel = context.Options.Rings.IsPerChannel,
    };

    /// <summary>One for each peer with an active channel, in order of the peers.</summary>
    public IEnumerable<PairLiquidity> Pairs
    {
        get
        {
            Refresh();
            return _pairs.Values;
        }
    }

    /// <summary>As <see cref="Pairs"/>, if our smallest ring were another one.</summary>
    public IEnumerable<PairLiquidity> PairsWithLeast(long minAmount) => Create(Options with { MinAmount = minAmount });

    public void Invalidate() => _isStale = true;

    /// <summary>Null where there is no channel with that peer.</summary>
    public PairLiquidity? Find(NodeId peer)
    {
        Refresh();
        return _pairs.GetValueOrDefault(peer);
    }

    /// <summary>The channels that count as one with this one for consent, itself among them.</summary>
    public IReadOnlyList<Channel> Together(Channel channel) => Options.IsPerChannel
        ? [channel]
        : [.. context.Channels.Where(other => other.Id == channel.Id || (other.Peer == channel.Peer && other.IsActive && !IsExcluded(other)))];

    /// <summary>True where what is with this peer was outside its band and has not come to its target since.</summary>
    public bool IsReturning(NodeId peer) => _returning.Contains(peer);

    /// <summary>The operator's word on a channel: its own section, its peer's, the general one.</summary>
    public ChannelTarget TargetOf(Channel channel)
    {
        var own = context.Options.Channels.GetValueOrDefault(channel.Id);
        var peer = context.Options.Peers.GetValueOrDefault(channel.Peer);
        return new ChannelTarget(
            own?.Target ?? peer?.Target ?? context.Options.Rings.Target,
            own?.Deadband ?? peer?.Deadband ?? context.Options.Rings.Deadband);
    }

    public bool IsExcluded(Channel channel) =>
        context.Options.Channels.GetValueOrDefault(channel.Id)?.IsExcluded
        ?? context.Options.Peers.GetValueOrDefault(channel.Peer)?.IsExcluded
        ?? false;

    /// <summary>True where the operator wants no ring with this node.</summary>
    public bool IsUnwelcome(NodeId node) => words.Find(node)?.Word switch
    {
        PeerWord.Deny => true,
        PeerWord.Allow => false,
        _ => context.Options.Policy.Deny.Contains(node) || (!context.Options.Policy.Allow.IsEmpty && !context.Options.Policy.Allow.Contains(node)),
    };

    /// <summary>True where the operator has named it as one to have nothing to do with.</summary>
    public bool IsDenied(NodeId node) =>
        words.Find(node)?.Word is { } word ? word == PeerWord.Deny : context.Options.Policy.Deny.Contains(node);

    /// <summary>Every channel with the peer is kept out of everything: that there are any is nobody's business.</summary>
    public bool IsHidden(NodeId peer) => context.Channels.Where(channel => channel.Peer == peer).All(IsExcluded);

    public OwnChannel ToOwn(Channel channel) => new(
        channel,
        TargetOf(channel),
        IsExcluded(channel) || IsUnwelcome(channel.Peer),
        MilliSatoshi.Max(MilliSatoshi.Zero, NeutralLeft(channel)),
        _returning.Contains(channel.Peer));

    /// <summary>A move this way brings the channel no nearer its target.</summary>
    public bool IsNeutral(Channel channel, MoveDirection direction) =>
        !IsReturning(channel.Peer) && !TargetOf(channel).End(channel.Capacity, channel.Local).Gains(direction);

    /// <summary>Of the day's volume that brings a channel no nearer its target. What moved today counts, and what rings under way may still move.</summary>
    public MilliSatoshi NeutralLeft(Channel channel) =>
        NeutralCap(channel) - new MilliSatoshi(counters.Today(DailyCounters.Neutral(channel.Id))) - neutralPromised(channel.Id);

    private MilliSatoshi NeutralCap(Channel channel) =>
        new((long)Math.Min(long.MaxValue / 2, channel.Capacity.Value * context.Options.Policy.MaxNeutralPerDay));

    private void Refresh()
    {
        if (!_isStale && _day == context.Today)
        {
            return;
        }

        // What is left of the day's neutral volume is another amount after midnight.
        _isStale = false;
        _day = context.Today;
        _pairs.Clear();
        foreach (var group in context.Channels.GroupBy(static channel => channel.Peer))
        {
            Look(group.Key, group);
        }

        foreach (var pair in Create(Options))
        {
            _pairs.Add(pair.Peer, pair);
        }
    }

    private IEnumerable<PairLiquidity> Create(LiquidityOptions options)
    {
        var promised = reservations().ToLookup(static reservation => reservation.Peer);
        return context.Channels
            .GroupBy(static channel => channel.Peer)
            .Select(group => PairLiquidity.Create(group.Key, group.Select(ToOwn), promised[group.Key], options));
    }

    private void Look(NodeId peer, IEnumerable<Channel> channels)
    {
        var (distance, band) = (MilliSatoshi.Zero, MilliSatoshi.Zero);
        foreach (var channel in channels.Where(channel => channel.IsActive && !IsExcluded(channel)))
        {
            var end = TargetOf(channel).End(channel.Capacity, channel.Local);
            distance += end.Local - end.Target;
            band += end.Band;
        }

        distance = new(Math.Abs(distance.Value));
        if (distance > band)
        {
            _returning.Add(peer);
        }
        else if (distance < MilliSatoshi.FromSatoshi(Options.MinAmount))
        {
            _returning.Remove(peer);
        }
    }
}
