using System.Collections.Immutable;
using System.Globalization;
using Eddy.Benchmarks.Measuring;
using Eddy.Engine.Wire;
using Eddy.Gossip;
using Eddy.Lightning;
using Eddy.Liquidity;

namespace Eddy.Benchmarks.Network;

/// <summary>What a daemon needs to hold the adverts of a whole network: book, graph of what is offered, tree.</summary>
internal static class BookMemory
{
    private const int Ttl = 72 * 3_600;
    private static readonly DateTimeOffset Now = new(2026, 2, 3, 0, 0, 0, TimeSpan.Zero);
    private static readonly Bytes32 Chain = Bytes32.Sha256("a chain for measuring"u8);

    public static void Run(MovingGraph graph)
    {
        var channels = graph.Channels.SelectMany(static channel => new[] { (channel.Node1, channel), (channel.Node2, channel) }).ToLookup(static entry => entry.Item1, static entry => entry.channel);
        var self = graph.Nodes.MaxBy(node => channels[node].Count());
        NodeId[] peers = [.. channels[self].Select(channel => channel.Other(self)).Distinct()];
        byte[][] messages = [.. graph.Nodes.Where(node => node != self).SelectMany(node => Encode(node, channels[node], peers))];

        var before = GC.GetTotalMemory(forceFullCollection: true);
        var book = new AdvertBook(self, Chain, new AdvertBookOptions { PartRate = new(1_000_000, 1), VerifyRate = new(1_000_000, 1), TotalVerifyRate = new(1_000_000, 1), MaxWaitingPerFirstHop = 100_000, MaxWaitingBytesPerFirstHop = 1 << 30, MaxOriginsPerFirstHop = 100_000 }, static _ => true);
        var tree = new AdvertTree(new AdvertTreeOptions());
        var builder = new LiquidityGraphBuilder();
        book.SetPeers(peers, Now);
        tree.SetPeers(peers, static _ => true);
        var size = 0L;
        foreach (var message in messages)
        {
            size += message.Length;
            foreach (var part in ((WireMessage.Adverts)((DecodeResult.Decoded)WireDecoder.Decode(message)).Message).Parts)
            {
                var from = part.Hops == 1 ? part.Part.Node : peers[0];
                var verdict = book.Receive(from, part, Now);
                tree.OnPart(from, part, verdict, Now);
            }
        }

        var held = GC.GetTotalMemory(forceFullCollection: true);
        foreach (var advert in book.Adverts)
        {
            builder.Set(advert);
        }

        var snapshot = builder.Snapshot();
        var after = GC.GetTotalMemory(forceFullCollection: true);
        var table = new Table("origins", "parts", "bytes on the wire", "edges offered", "book and tree", "graph of what is offered", "together", "must, 40 MB", "aim, 15 MB");
        var used = (after - before) / 1e6;
        var bookAndTree = (held - before) / 1e6;
        table.Add(
            book.OriginCount.ToString(CultureInfo.InvariantCulture),
            messages.Length.ToString(CultureInfo.InvariantCulture),
            (size / 1e6).ToString("0.0 MB", CultureInfo.InvariantCulture),
            snapshot.EdgeCount.ToString(CultureInfo.InvariantCulture),
            bookAndTree.ToString("0.0 MB", CultureInfo.InvariantCulture),
            (used - bookAndTree).ToString("0.0 MB", CultureInfo.InvariantCulture),
            used.ToString("0.0 MB", CultureInfo.InvariantCulture),
            Table.Verdict(used, 40),
            Table.Verdict(used, 15));
        table.Write(Console.Out);
        GC.KeepAlive((book, tree, builder, snapshot, messages));
    }

    private static IEnumerable<byte[]> Encode(NodeId node, IEnumerable<MovingChannel> channels, NodeId[] direct)
    {
        var options = new LiquidityOptions();
        var state = OwnAdvert.Step(OwnAdvertState.Start(), Offers(node, channels, options), true, true, new() { TtlSeconds = Ttl }, Now, new Random(1));
        foreach (var draft in state.Drafts)
        {
            var bytes = WireEncoder.EncodeAdvert(Chain, node, draft.Sequence, draft.Part, draft.TtlSeconds, true, true, draft.Intents);
            byte[] signature = [31, .. Enumerable.Repeat((byte)1, 64)];
            var part = new SignedAdvertPart(Chain, node, draft.Sequence, draft.Part, draft.TtlSeconds, true, true, draft.Intents, bytes, signature);
            yield return WireEncoder.Encode([WireEncoder.ToMessage(new RelayedAdvertPart(part, direct.Contains(node) ? 1 : 2))]);
        }
    }

    /// <summary>What the product would offer over these channels.</summary>
    public static ImmutableArray<PairOffer> Offers(NodeId node, IEnumerable<MovingChannel> channels, LiquidityOptions options)
    {
        OwnChannel[] own = [.. channels.Select(channel => new OwnChannel(
            Read(node, channel), new ChannelTarget(0.5, 0.1), false, null))];
        return [.. PairLiquidity.CreateAll(own, [], options).Select(static pair => pair.Offer)];
    }

    private static Channel Read(NodeId node, MovingChannel channel)
    {
        var policy = new RoutingPolicy(1_000, 100, 40, new(1_000), new(0));
        var local = channel.LocalOf(node);
        return new()
        {
            Id = new ShortChannelId(channel.Id),
            ChannelPoint = "",
            Peer = channel.Other(node),
            Capacity = MilliSatoshi.FromSatoshi(channel.Capacity),
            Local = MilliSatoshi.FromSatoshi(local),
            Remote = MilliSatoshi.FromSatoshi(channel.Capacity - local),
            Spendable = MilliSatoshi.FromSatoshi(local),
            Receivable = MilliSatoshi.FromSatoshi(channel.Capacity - local),
            IsActive = true,
            Policy = policy,
            PeerPolicy = policy,
        };
    }
}
