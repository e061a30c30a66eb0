using System.Collections.Immutable;
using Eddy.Lightning;
using Eddy.Liquidity;

namespace Eddy.Core.Tests.Liquidity;

/// <summary>Own channels as tests write them. Amounts in sat.</summary>
internal static class Own
{
    public static readonly LiquidityOptions Options = new() { MinAmount = 10_000, IsPerChannel = true };

    public static readonly LiquidityOptions Together = Options with { IsPerChannel = false };

    public static readonly NodeId Bob = Nodes.Number(20);

    public static readonly NodeId Carol = Nodes.Number(30);

    public static OwnChannel Channel(
        NodeId peer,
        uint id,
        long capacity,
        long local,
        double target = 0.5,
        double band = 0.1,
        long reserve = 0,
        long minHtlc = 1,
        long maxHtlc = 0,
        bool isActive = true,
        bool isExcluded = false,
        long? neutralLeft = null,
        ImmutableArray<PendingHtlc> pending = default)
    {
        var policy = new RoutingPolicy(1000, 100, 80, MilliSatoshi.FromSatoshi(minHtlc), MilliSatoshi.FromSatoshi(maxHtlc));
        return new(
            new Channel
            {
                Id = ShortChannelId.Create(id, 1, 0),
                ChannelPoint = $"{id}:0",
                Peer = peer,
                Capacity = MilliSatoshi.FromSatoshi(capacity),
                Local = MilliSatoshi.FromSatoshi(local),
                Remote = MilliSatoshi.FromSatoshi(capacity - local),
                Spendable = MilliSatoshi.FromSatoshi(Math.Max(0, local - reserve)),
                Receivable = MilliSatoshi.FromSatoshi(Math.Max(0, capacity - local - reserve)),
                IsActive = isActive,
                Policy = policy,
                PeerPolicy = policy,
                PendingHtlcs = pending.IsDefault ? [] : pending,
            },
            new(target, band),
            isExcluded,
            neutralLeft is { } left ? MilliSatoshi.FromSatoshi(left) : null);
    }

    public static PairLiquidity Pair(params OwnChannel[] channels) => Pair([], Options, channels);

    public static PairLiquidity Pair(Reservation[] reservations, LiquidityOptions options, params OwnChannel[] channels) =>
        PairLiquidity.Create(channels[0].Channel.Peer, channels, reservations, options);

    public static Reservation Reserve(NodeId peer, MoveDirection direction, long amount, byte hash = 1) =>
        new(peer, direction, MilliSatoshi.FromSatoshi(amount), Hash(hash));

    public static PaymentHash Hash(byte first) => new(Bytes32.Sha256([first]));
}
