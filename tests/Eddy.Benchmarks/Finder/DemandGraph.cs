using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Eddy.Benchmarks.Measuring;
using Eddy.Benchmarks.Micro;
using Eddy.Gossip;
using Eddy.Lightning;
using Eddy.Liquidity;
using Eddy.Simulator.Optimum;

namespace Eddy.Benchmarks.Finder;

/// <param name="Amount">In sat.</param>
internal readonly record struct DemandArc(int From, int To, long Amount);

/// <summary>What each pair of nodes wants moved, net and to the satoshi, if all of them run eddy; nodes in order of their ids.</summary>
internal sealed class DemandGraph
{
    private const double Band = 0.1;
    private const double Exponent = 2.1;
    private const int MedianCapacityLog = 14;

    private DemandGraph(string name, NodeId[] nodes, DemandArc[] arcs)
    {
        Name = name;
        Nodes = nodes;
        Arcs = arcs;
    }

    private ImmutableArray<Intent>[]? _intents;

    public string Name { get; }

    public NodeId[] Nodes { get; }

    public DemandArc[] Arcs { get; }

    /// <summary>Every channel outside the band of 40 to 60 percent wants its middle; what parallel channels want is added up.</summary>
    public static DemandGraph FromChannels(string name, IEnumerable<OfferedChannel> channels)
    {
        var list = channels as IReadOnlyCollection<OfferedChannel> ?? [.. channels];
        NodeId[] nodes = [.. list.SelectMany(static channel => new[] { channel.A, channel.B }).Distinct().Order()];
        var places = nodes.Select(static (node, place) => (node, place)).ToDictionary(static entry => entry.node, static entry => entry.place);
        var arcs = DemandArcs.PerPair(list.Select(channel => new BalancedChannel(places[channel.A], places[channel.B], channel.Capacity, channel.Local)), Band);
        return new(name, nodes, [.. arcs.Select(static arc => new DemandArc(arc.From, arc.To, arc.Capacity))]);
    }

    /// <summary>A network with as few hubs and as many small nodes as the real one has, of any size; the same for the same seed.</summary>
    public static DemandGraph PowerLaw(int nodes, int channels, int seed)
    {
        var random = new Random(seed);
        var weights = new double[nodes];
        var sum = 0.0;
        for (var node = 0; node < nodes; node++)
        {
            sum += Math.Pow(node + 10, -1 / (Exponent - 1));
            weights[node] = sum;
        }

        var names = Enumerable.Range(0, nodes).ToArray();
        random.Shuffle(names);
        var made = new HashSet<(int, int)>();
        var list = new List<OfferedChannel>(channels);
        for (var tries = 0; list.Count < channels && tries < channels * 20; tries++)
        {
            var (a, b) = (Draw(), Draw());
            if (a == b || !made.Add((Math.Min(a, b), Math.Max(a, b))))
            {
                continue;
            }

            var capacity = (long)Math.Exp(MedianCapacityLog + (1.3 * Normal(random)));
            list.Add(new((ulong)list.Count, Numbered(names[a]), Numbered(names[b]), capacity, (long)(capacity * random.NextDouble())));
        }

        return FromChannels($"power law, {nodes} nodes, {list.Count} channels", list);

        int Draw()
        {
            var place = Array.BinarySearch(weights, random.NextDouble() * sum);
            return Math.Min(nodes - 1, place < 0 ? ~place : place);
        }
    }

    /// <summary>Nodes that want to send and to receive: the same ones for the same seed.</summary>
    public int[] Drawn(int count, int seed)
    {
        var sends = new bool[Nodes.Length];
        var receives = new bool[Nodes.Length];
        foreach (var arc in Arcs)
        {
            sends[arc.From] = true;
            receives[arc.To] = true;
        }

        int[] able = [.. Enumerable.Range(0, Nodes.Length).Where(node => sends[node] && receives[node])];
        new Random(seed).Shuffle(able);
        return [.. able.Take(count)];
    }

    /// <summary>Each node's advert.</summary>
    public ImmutableArray<Intent>[] Intents() => _intents ??= CreateIntents();

    public ImmutableArray<Intent> Intents(int node) => Intents()[node];

    private ImmutableArray<Intent>[] CreateIntents()
    {
        var lists = Enumerable.Range(0, Nodes.Length).Select(static _ => new List<Intent>()).ToArray();
        foreach (var arc in Arcs)
        {
            lists[arc.From].Add(new(Nodes[arc.To], arc.Amount, 0, 1, 0, 0, 0));
            lists[arc.To].Add(new(Nodes[arc.From], 0, 0, 0, arc.Amount, 0, 1));
        }

        return [.. lists.Select(static list => list.OrderBy(static intent => intent.Peer).ToImmutableArray())];
    }

    /// <param name="bytes">What the graph takes beside the adverts, with all that keeps it up to date.</param>
    public LiquidityGraphBuilder CreateBuilder(out long bytes)
    {
        // Measured as it goes: what comes first also fills pools, which are emptied at any time.
        var holder = new LiquidityGraphBuilder?[1];
        Fill(holder);
        bytes = Machine.LiveMemory();
        holder[0] = null;
        bytes -= Machine.LiveMemory();
        return CreateBuilder();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Fill(LiquidityGraphBuilder?[] holder) => holder[0] = CreateBuilder();

    private LiquidityGraphBuilder CreateBuilder()
    {
        var builder = new LiquidityGraphBuilder();
        for (var node = 0; node < Nodes.Length; node++)
        {
            builder.Set(Nodes[node], canInitiate: true, canWaive: true, Intents(node));
        }

        _ = builder.Snapshot();
        return builder;
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    /// <summary>Spread over all ids, as keys are.</summary>
    private static NodeId Numbered(int number) => Generated.Node(number);
}
