using Eddy.Lightning;
using Eddy.Liquidity;

namespace Eddy.Benchmarks.Micro;

/// <param name="Local">Balance of <paramref name="A"/> in sat; the rest is <paramref name="B"/>'s.</param>
internal sealed record OfferedChannel(ulong Id, NodeId A, NodeId B, long Capacity, long Local);

/// <summary>Channels with balances, and what their owners offer if all of them run eddy.</summary>
internal sealed class OfferedGraph(IReadOnlyCollection<OfferedChannel> channels)
{
    private const int Seed = 7;
    private const long LeastCapacity = 500_000;
    private const long MostCapacity = 10_000_000;

    private static readonly RoutingPolicy Policy = new(1_000, 500, 40, new(1_000), MilliSatoshi.Zero);

    /// <summary>Every node knows a few at random: no hubs, unlike the real network.</summary>
    public static OfferedGraph Generate(int nodes, int channels)
    {
        var random = new Random(Seed);
        var made = new List<OfferedChannel>();
        while (made.Count < channels)
        {
            var (a, b) = (random.Next(nodes), random.Next(nodes));
            if (a != b)
            {
                var capacity = random.NextInt64(LeastCapacity, MostCapacity);
                made.Add(new((ulong)made.Count + 1, Generated.Node(a), Generated.Node(b), capacity, random.NextInt64(capacity)));
            }
        }

        return new(made);
    }

    public LiquidityGraph ToLiquidity(long minAmount, long maxAmount)
    {
        var own = new Dictionary<NodeId, List<OwnChannel>>();
        foreach (var channel in channels)
        {
            Add(channel.A, channel.B, channel, channel.Local);
            Add(channel.B, channel.A, channel, channel.Capacity - channel.Local);
        }

        var builder = new LiquidityGraphBuilder();
        var options = new LiquidityOptions { MinAmount = minAmount, MaxAmount = maxAmount };
        foreach (var (node, ends) in own)
        {
            builder.Set(node, canInitiate: true, canWaive: true, [.. PairLiquidity.CreateAll(ends, [], options).Select(static pair => pair.Offer.ToIntent())]);
        }

        return builder.Snapshot();

        void Add(NodeId node, NodeId peer, OfferedChannel channel, long local)
        {
            if (!own.TryGetValue(node, out var list))
            {
                own.Add(node, list = []);
            }

            list.Add(new(ToChannel(peer, channel, local), ChannelTarget.Default));
        }
    }

    private static Channel ToChannel(NodeId peer, OfferedChannel channel, long local) => new()
    {
        Id = new(channel.Id),
        ChannelPoint = "",
        Peer = peer,
        Capacity = MilliSatoshi.FromSatoshi(channel.Capacity),
        Local = MilliSatoshi.FromSatoshi(local),
        Remote = MilliSatoshi.FromSatoshi(channel.Capacity - local),
        Spendable = MilliSatoshi.FromSatoshi(local),
        Receivable = MilliSatoshi.FromSatoshi(channel.Capacity - local),
        IsActive = true,
        Policy = Policy,
        PeerPolicy = Policy,
    };
}
