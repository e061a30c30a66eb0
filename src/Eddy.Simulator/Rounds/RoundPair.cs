using System.Collections.Immutable;
using Eddy.Lightning;
using Eddy.Liquidity;
using Eddy.Simulator.Optimum;

namespace Eddy.Simulator.Rounds;

/// <summary>A channel whose balance moves.</summary>
internal sealed class RoundChannel(GraphChannel channel)
{
    public GraphChannel Graph { get; } = channel;

    public long FirstLocal { get; set; } = channel.FirstLocalSat;

    /// <summary>What each end has let move without a gain, in msat.</summary>
    public long NeutralOfFirst { get; set; }

    public long NeutralOfSecond { get; set; }

    public long LocalOf(bool isFirst) => isFirst ? FirstLocal : Graph.CapacitySat - FirstLocal;
}

/// <summary>All channels between two nodes, and what was wanted of them at first.</summary>
internal sealed class RoundPair
{
    private readonly RoundOptions _options;
    private readonly long _demand;
    private long _moved;

    public RoundPair(RoundMember first, RoundMember second, IEnumerable<GraphChannel> channels, RoundOptions options)
    {
        Channels = [.. channels.Select(static channel => new RoundChannel(channel))];
        First = new RoundEnd(first, second, this, isFirst: true, options);
        Second = new RoundEnd(second, first, this, isFirst: false, options);
        _demand = Channels.Sum(channel => DemandArcs.Demand(
            new(channel.Graph.First, channel.Graph.Second, channel.Graph.CapacitySat, channel.FirstLocal), options.Deadband));
        _options = options;
        Look();
    }

    public ImmutableArray<RoundChannel> Channels { get; }

    /// <summary>It was outside its band and has not come to its target since.</summary>
    public bool IsReturning { get; private set; }

    public RoundEnd First { get; }

    public RoundEnd Second { get; }

    /// <summary>
    /// How much of what was wanted has been moved, less what was moved back. What moved where nothing was wanted, or on beyond the target,
    /// counts for nothing. In sat.
    /// </summary>
    public long Served => _demand == 0 ? 0 : Math.Min(Math.Abs(_demand), _demand > 0 ? _moved : -_moved);

    public double Share => (double)Channels.Sum(static channel => channel.FirstLocal) / Channels.Sum(static channel => channel.Graph.CapacitySat);

    /// <summary>Moves an amount over one of the channels. Payments of others are no part of what rings moved.</summary>
    public void Move(RoundChannel channel, bool isFromFirst, long amount, bool isOfRing)
    {
        var signed = isFromFirst ? amount : -amount;
        channel.FirstLocal -= signed;
        _moved += isOfRing ? signed : 0;
        Look();
        First.Invalidate();
        Second.Invalidate();
    }

    private void Look()
    {
        var capacity = (double)Channels.Sum(static channel => channel.Graph.CapacitySat);
        var distance = Math.Abs(Channels.Sum(static channel => channel.FirstLocal) - (capacity * _options.Target));
        IsReturning = distance > capacity * _options.Deadband || (IsReturning && distance >= _options.MinAmount);
    }
}

/// <summary>One node's side of a pair.</summary>
internal sealed class RoundEnd(RoundMember owner, RoundMember peer, RoundPair pair, bool isFirst, RoundOptions options)
{
    private const int ReserveShare = 100;

    /// <summary>What a member asks where limits are not kept: no ring is too long for it.</summary>
    private static readonly RoutingPolicy Open = new(0, 0, 40, new MilliSatoshi(1), MilliSatoshi.Zero);

    private readonly List<Reservation> _reservations = [];
    private PairLiquidity? _liquidity;

    public RoundMember Owner => owner;

    public RoundMember Peer => peer;

    public RoundPair Pair => pair;

    public bool IsFirst => isFirst;

    /// <summary>A ring of somebody else comes in over this pair: one at a time.</summary>
    public bool IsComingIn { get; set; }

    /// <summary>What can move over this pair, seen from here: the daemon's own rules.</summary>
    public PairLiquidity Liquidity => _liquidity ??= PairLiquidity.Create(peer.Id, pair.Channels.Select(ToOwn), _reservations, options.ToLiquidity());

    public RoundEnd Mirror => isFirst ? pair.Second : pair.First;

    public void Invalidate()
    {
        _liquidity = null;
        owner.HasChanged = true;
    }

    public Reservation Reserve(MoveDirection direction, long amountSat, PaymentHash hash)
    {
        var reservation = new Reservation(peer.Id, direction, MilliSatoshi.FromSatoshi(amountSat), hash);
        _reservations.Add(reservation);
        _liquidity = null;
        return reservation;
    }

    public void Release(Reservation reservation)
    {
        _reservations.Remove(reservation);
        _liquidity = null;
    }

    public RoutingPolicy PolicyOf(RoundChannel channel) =>
        !options.KeepsLimits ? Open : isFirst ? channel.Graph.FirstPolicy : channel.Graph.SecondPolicy;

    public RoundChannel Find(ShortChannelId id) => pair.Channels.First(channel => channel.Graph.Id == id.Value);

    /// <summary>Counts a move without a gain against the day's share of the channel.</summary>
    public void CountNeutral(ShortChannelId id, MoveDirection direction, long amountSat)
    {
        var channel = Find(id);
        var end = Target.End(MilliSatoshi.FromSatoshi(channel.Graph.CapacitySat), MilliSatoshi.FromSatoshi(channel.LocalOf(isFirst)));
        if (end.Gains(direction) || pair.IsReturning)
        {
            return;
        }

        var amount = MilliSatoshi.FromSatoshi(amountSat).Value;
        if (isFirst)
        {
            channel.NeutralOfFirst += amount;
        }
        else
        {
            channel.NeutralOfSecond += amount;
        }
    }

    private ChannelTarget Target => new(options.Target, options.Deadband);

    private OwnChannel ToOwn(RoundChannel channel)
    {
        var capacity = MilliSatoshi.FromSatoshi(channel.Graph.CapacitySat);
        var local = MilliSatoshi.FromSatoshi(channel.LocalOf(isFirst));
        var remote = capacity - local;
        var reserve = options.KeepsLimits ? new MilliSatoshi(capacity.Value / ReserveShare) : MilliSatoshi.Zero;
        var neutral = isFirst ? channel.NeutralOfFirst : channel.NeutralOfSecond;
        var cap = (long)(capacity.Value * options.Policy.MaxNeutralPerDay);
        return new(
            new()
            {
                Id = new(channel.Graph.Id),
                ChannelPoint = "",
                Peer = peer.Id,
                Capacity = capacity,
                Local = local,
                Remote = remote,
                Spendable = MilliSatoshi.Max(MilliSatoshi.Zero, local - reserve),
                Receivable = MilliSatoshi.Max(MilliSatoshi.Zero, remote - reserve),
                IsActive = true,
                Policy = PolicyOf(channel),
                PeerPolicy = Mirror.PolicyOf(channel),
            },
            Target,
            NeutralLeft: new MilliSatoshi(Math.Max(0, cap - neutral)),
            IsReturning: pair.IsReturning);
    }
}
