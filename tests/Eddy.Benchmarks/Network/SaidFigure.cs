using System.Globalization;
using Eddy.Benchmarks.Measuring;
using Eddy.Engine.Wire;
using Eddy.Gossip;
using Eddy.Lightning;
using Eddy.Liquidity;

namespace Eddy.Benchmarks.Network;

/// <summary>How much all nodes of a network say while balances move, each word counted once: what reaches a node that hears all of it once.</summary>
internal static class SaidFigure
{
    private const int Ttl = 72 * 3_600;
    private static readonly TimeSpan Slot = TimeSpan.FromSeconds(20);
    private static readonly DateTimeOffset Start = new(2026, 2, 3, 0, 0, 0, TimeSpan.Zero);
    private static readonly Bytes32 Chain = Bytes32.Sha256("a chain for measuring"u8);

    public static void Run(MovingGraph graph, IEnumerable<GraphFlow> flows, int day, TimeSpan span, Random random)
    {
        var channels = graph.Channels.SelectMany(static channel => new[] { (channel.Node1, channel), (channel.Node2, channel) }).ToLookup(static entry => entry.Item1, static entry => entry.channel);
        var moves = PaymentFlows.Cut(graph, flows, day, span, random);
        var states = new Dictionary<NodeId, OwnAdvertState>();
        var (parts, bytes) = (0L, 0L);
        foreach (var node in graph.Nodes)
        {
            Say(node, Start);
        }

        var (allParts, allBytes) = (parts, bytes);
        (parts, bytes) = (0, 0);
        foreach (var slot in moves.GroupBy(move => move.At.Ticks / Slot.Ticks))
        {
            foreach (var (_, channel, sat) in slot)
            {
                channel.Local1 = Math.Clamp(channel.Local1 - sat, 0, channel.Capacity);
            }

            // Only changes are counted here: each node forgets when its parts are due anyway.
            foreach (var node in slot.SelectMany(static move => new[] { move.Channel.Node1, move.Channel.Node2 }).Distinct())
            {
                Say(node, Start + ((slot.Key + 1) * Slot));
            }
        }

        var table = new Table("nodes", "parts of all adverts", "bytes of all", "balances moved per hour", "parts said per hour because of them", "bytes", "said again each hour, half a TTL of 3 days", "bytes", "bytes per hour, together");
        var again = span.TotalHours / (Ttl / 2.0 / 3_600);
        table.Add(
            Text(states.Count), Text(allParts), Kilo(allBytes), Text(moves.Count / span.TotalHours), Text(parts / span.TotalHours), Kilo(bytes / span.TotalHours),
            Text(allParts * again / span.TotalHours), Kilo(allBytes * again / span.TotalHours), Kilo((bytes + (allBytes * again)) / span.TotalHours));
        table.Write(Console.Out);

        void Say(NodeId node, DateTimeOffset now)
        {
            var offers = BookMemory.Offers(node, channels[node], new LiquidityOptions());
            var before = states.GetValueOrDefault(node, OwnAdvertState.Start());
            var step = OwnAdvert.Step(before, offers, true, true, new() { TtlSeconds = Ttl, Floor = TimeSpan.FromSeconds(1) }, now, random);
            states[node] = step.Next with { Parts = [.. step.Next.Parts.Select(static part => part with { NotAfter = DateTimeOffset.MaxValue })] };
            parts += step.Drafts.Length;
            bytes += step.Drafts.Sum(draft => SizeOf(node, draft));
        }
    }

    private static long SizeOf(NodeId node, AdvertDraft draft)
    {
        var signed = WireEncoder.EncodeAdvert(Chain, node, draft.Sequence, draft.Part, draft.TtlSeconds, draft.CanInitiate, draft.CanWaive, draft.Intents);
        byte[] signature = [31, .. Enumerable.Repeat((byte)1, 64)];
        var part = new SignedAdvertPart(Chain, node, draft.Sequence, draft.Part, draft.TtlSeconds, draft.CanInitiate, draft.CanWaive, draft.Intents, signed, signature);
        return WireEncoder.Encode([WireEncoder.ToMessage(new RelayedAdvertPart(part, 2))]).Length;
    }

    private static string Kilo(double bytes) => $"{Text(bytes / 1_000)} kB";

    private static string Text(double value) => value.ToString("0", CultureInfo.InvariantCulture);
}
