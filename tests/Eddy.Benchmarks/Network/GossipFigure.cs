using System.Diagnostics;
using System.Globalization;
using Eddy.Benchmarks.Measuring;
using Eddy.Engine;
using Eddy.Lightning;
using Eddy.Simulator;

namespace Eddy.Benchmarks.Network;

/// <summary>What gossip costs where everybody takes part and balances move: real engines in virtual time over a part of a real graph.</summary>
internal static class GossipFigure
{
    private static readonly TimeSpan Warmup = TimeSpan.FromHours(1);

    public static void Run(Arguments arguments)
    {
        var nodes = arguments.Take("nodes") ?? "small";
        var hours = arguments.Take("hours", 12);
        var day = arguments.Take("day", 2);
        var seed = arguments.Take("seed", 1);
        var book = arguments.Take("memory");
        var said = arguments.Take("said");
        arguments.End();

        var data = MovingGraph.FindData();
        if (book is not null)
        {
            BookMemory.Run(MovingGraph.Read(data, nodes, "traffic"));
            return;
        }

        var graph = MovingGraph.Read(data, nodes, "traffic");
        if (said is not null)
        {
            SaidFigure.Run(graph, MovingGraph.ReadFlows(data), day, TimeSpan.FromHours(hours), new Random(seed));
            return;
        }

        var watch = Stopwatch.StartNew();
        var span = TimeSpan.FromHours(hours);
        var moves = PaymentFlows.Cut(graph, MovingGraph.ReadFlows(data), day, span, new Random(seed));
        var timeline = new EventTimeline(new DateTimeOffset(2026, 2, 3, 0, 0, 0, TimeSpan.Zero));
        var meter = new GossipMeter(timeline, graph.Nodes.Count());
        var network = Build(graph, timeline, meter, new Random(seed));
        timeline.AdvanceTo(timeline.Now + Warmup);
        var heldAtFirst = network.Values.Average(static node => node.Engine.Sizes.Adverts);

        meter.Begin();
        foreach (var (at, channel, sat) in moves)
        {
            timeline.Schedule(at, () =>
            {
                channel.Local1 = Math.Clamp(channel.Local1 - sat, 0, channel.Capacity);
                network[channel.Node1].OnMoved(channel);
                network[channel.Node2].OnMoved(channel);
            });
        }

        timeline.AdvanceTo(timeline.Now + span);
        Write(graph, network, meter, span, moves.Count, heldAtFirst, watch.Elapsed);
        foreach (var node in network.Values)
        {
            node.Dispose();
        }
    }

    private static Dictionary<NodeId, GossipNode> Build(MovingGraph graph, EventTimeline timeline, GossipMeter meter, Random random)
    {
        var options = new EngineOptions { Rings = new RingOptions { SearchesByItself = false } };
        var channels = graph.Channels.SelectMany(static channel => new[] { (channel.Node1, channel), (channel.Node2, channel) }).ToLookup(static entry => entry.Item1, static entry => entry.channel);
        var network = new Dictionary<NodeId, GossipNode>();
        foreach (var id in graph.Nodes)
        {
            network.Add(id, new GossipNode(timeline, meter, id, network.Count, channels[id], options));
        }

        foreach (var (one, other) in graph.Channels.Select(static channel => (channel.Node1, channel.Node2)).Distinct())
        {
            var latency = TimeSpan.FromMilliseconds(random.Next(10, 250));
            network[one].Connect(network[other], latency);
            network[other].Connect(network[one], latency);
        }

        foreach (var node in network.Values)
        {
            timeline.Schedule(TimeSpan.FromSeconds(60 * random.NextDouble()), node.Start);
        }

        return network;
    }

    private static void Write(
        MovingGraph graph, Dictionary<NodeId, GossipNode> network, GossipMeter meter, TimeSpan span, int moves, double held, TimeSpan took)
    {
        var bytes = meter.BytesPerHour(span);
        var received = meter.BytesReceivedPerHour(span);
        var messages = meter.MessagesPerHour(span);
        var table = new Table("nodes", "channels", "balances moved per hour", "parts said per hour", "copies of a part at a node", "bytes per hour, median", "p95", "received only, median", "messages per hour, median", "p95", "said to heard, median", "p95", "max");
        table.Add(
            Text(network.Count),
            Text(graph.Channels.Count),
            Text(moves / span.TotalHours),
            Text(meter.Said / span.TotalHours),
            Text(meter.Copies / (double)meter.News, "0.000"),
            Kilo(bytes.Median),
            Kilo(bytes.Percentile(0.95)),
            Kilo(received.Median),
            Text(messages.Median),
            Text(messages.Percentile(0.95)),
            Table.Milliseconds(meter.Delays.Median),
            Table.Milliseconds(meter.Delays.Percentile(0.95)),
            Table.Milliseconds(meter.Delays.Max));
        table.Write(Console.Out);
        Console.WriteLine($"Origins in a book, on average: {Text(held)} after an hour, {Text(network.Values.Average(static node => node.Engine.Sizes.Adverts))} at the end; parts missing: {network.Values.Sum(static node => node.Engine.Sizes.MissingAdverts)}.");
        Console.WriteLine($"By kind, of all nodes: {string.Join(", ", meter.Kinds.Select(kind => $"{kind.Key} {Kilo(kind.Value / span.TotalHours)}/h"))}.");
        Console.WriteLine($"{Text(span.TotalHours)} hours in {Text(took.TotalSeconds)} s, {Text(GC.GetTotalMemory(forceFullCollection: true) / 1e6)} MB for all.");
    }

    private static string Kilo(double bytes) => $"{Text(bytes / 1_000, "0.0")} kB";

    private static string Text(double value, string format = "0") => value.ToString(format, CultureInfo.InvariantCulture);
}
