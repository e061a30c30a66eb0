using Eddy.Engine;
using Eddy.Lightning;
using Eddy.Liquidity;
using Eddy.Simulator;

namespace Eddy.Demo;

/// <summary>
/// Says without any daemon whether daemons would find a ring in a network as it stands: a part of a real graph may hold imbalanced
/// channels all the way round and still none, for want of size or because of parallel channels.
/// </summary>
internal static class RingPreview
{
    public static bool HoldsRing(SimulatedNetwork network, EngineOptions options)
    {
        var liquidity = new LiquidityOptions { MinAmount = options.Rings.MinAmountSat, MaxAmount = options.Rings.MaxAmountSat, IsStrict = options.Rings.IsStrict, IsPerChannel = options.Rings.IsPerChannel };
        var target = new ChannelTarget(options.Rings.Target, options.Rings.Deadband);
        var builder = new LiquidityGraphBuilder();
        foreach (var node in network.Nodes)
        {
            OwnChannel[] own = [.. node.Channels.Select(end => new OwnChannel(ToChannel(end), target))];
            builder.Set(node.Id, canInitiate: true, canWaive: true, [.. PairLiquidity.CreateAll(own, [], liquidity).Select(pair => pair.Offer.ToIntent())]);
        }

        var finder = new CycleFinder();
        var graph = builder.Snapshot();
        return network.Nodes.Any(node => !finder.Find(graph, new()
        {
            Start = node.Id,
            MaxHops = options.Rings.MaxLength,
            MinAmount = options.Rings.MinAmountSat,
            MaxAmount = options.Rings.MaxAmountSat,
        }).IsEmpty);
    }

    private static Channel ToChannel(Simulator.ChannelEnd end) => new()
    {
        Id = end.ChanId,
        ChannelPoint = end.Channel.ChannelPoint,
        Peer = end.Peer.Node.Id,
        Capacity = end.Channel.Capacity,
        Local = end.Local,
        Remote = end.Remote,
        Spendable = end.Spendable,
        Receivable = end.Receivable,

        // Links come up as soon as the clock runs.
        IsActive = true,
        Aliases = end.Aliases,
        NeedsAlias = end.NeedsAlias,
        Policy = end.Policy,
        PeerPolicy = end.Peer.Policy,
    };
}
