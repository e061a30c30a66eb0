using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>A ring of nodes whose channels are all full on the same side.</summary>
public sealed record RingTopologyOptions
{
    /// <summary>At least 3.</summary>
    public int Nodes { get; init; } = 4;

    /// <summary>Balanced public channels across the ring, as far as there are pairs that are not neighbours.</summary>
    public int Chords { get; init; }

    /// <summary>Second channels beside those of the ring, full on the same side.</summary>
    public int ParallelChannels { get; init; }

    /// <summary>How many of the ring's channels are private and known by aliases only.</summary>
    public int PrivateChannels { get; init; }

    /// <summary>The version of each node, by its number.</summary>
    public Func<int, LndVersion> Version { get; init; } = _ => LndVersion.V0203;
}

/// <summary>What was built, in order round the ring: channel i goes from node i to the next, and its sender's side is the full one.</summary>
public sealed record RingTopology(IReadOnlyList<SimulatedNode> Nodes, IReadOnlyList<SimulatedChannel> Ring, IReadOnlyList<SimulatedChannel> Others)
{
    private const long MinCapacitySat = 1_000_000;
    private const long MaxCapacitySat = 10_000_000;

    private static readonly string[] Names =
        ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy", "karl", "laura"];

    /// <summary>
    /// Builds a ring with capacities, imbalances and fees from the network's seed. Every channel charges at least 1,000 msat + 500 ppm, some
    /// an inbound fee beside, positive or negative.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than three nodes.</exception>
    public static RingTopology Build(SimulatedNetwork network, RingTopologyOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Nodes, 3);

        var builder = new Builder(network, options);
        var nodes = Enumerable.Range(0, options.Nodes).Select(builder.AddNode).ToList();
        var ring = nodes.Select((node, i) => builder.OpenRingChannel(i, node, nodes[(i + 1) % nodes.Count])).ToList();
        return new(nodes, ring, [.. builder.OpenParallels(nodes), .. builder.OpenChords(nodes)]);
    }

    private sealed class Builder(SimulatedNetwork network, RingTopologyOptions options)
    {
        private readonly SeededRandom _random = new SeededRandom(network.Options.Seed).Fork("ring");

        public SimulatedNode AddNode(int index) => network.AddNode(new()
        {
            Alias = index < Names.Length ? Names[index] : $"node-{index}",
            Version = options.Version(index),
        });

        public SimulatedChannel OpenRingChannel(int index, SimulatedNode from, SimulatedNode to) =>
            Open(from, to, _random.NextLong(80, 95), index < options.PrivateChannels);

        public List<SimulatedChannel> OpenParallels(List<SimulatedNode> nodes)
        {
            var opened = new List<SimulatedChannel>();
            for (var i = 0; i < options.ParallelChannels; i++)
            {
                var from = i % nodes.Count;
                opened.Add(Open(nodes[from], nodes[(from + 1) % nodes.Count], _random.NextLong(80, 95)));
            }

            return opened;
        }

        public List<SimulatedChannel> OpenChords(List<SimulatedNode> nodes)
        {
            var pairs = new List<(int From, int To)>();
            for (var i = 0; i < nodes.Count; i++)
            {
                for (var j = i + 2; j < nodes.Count; j++)
                {
                    // The last and the first are neighbours.
                    if (j - i < nodes.Count - 1)
                    {
                        pairs.Add((i, j));
                    }
                }
            }

            var shuffled = pairs.ToArray();
            _random.Shuffle<(int From, int To)>(shuffled);
            return [.. shuffled.Take(options.Chords).Select(pair => Open(nodes[pair.From], nodes[pair.To], _random.NextLong(47, 54)))];
        }

        private SimulatedChannel Open(SimulatedNode from, SimulatedNode to, long percent, bool isPrivate = false)
        {
            var capacity = MilliSatoshi.FromSatoshi(_random.NextLong(MinCapacitySat / 1_000, (MaxCapacitySat / 1_000) + 1) * 1_000);
            return network.OpenChannel(from, to, new()
            {
                Capacity = capacity,
                OpenerBalance = new(capacity.Value / 100 * percent),
                OpenerPolicy = NextPolicy(capacity, from.Version),
                PeerPolicy = NextPolicy(capacity, to.Version),
                IsPrivate = isPrivate,
                HasScidAlias = isPrivate,
            });
        }

        private RoutingPolicy NextPolicy(MilliSatoshi capacity, LndVersion version)
        {
            var (inboundBase, inboundRate) = _random.Next(4) switch
            {
                0 => (-_random.Next(500), -_random.Next(200)),
                1 => (_random.Next(500), _random.Next(200)),
                _ => (0, 0),
            };
            return new(
                1_000 + _random.Next(1_000),
                500 + _random.Next(500),
                Math.Max(version.MinCltvDelta, (uint)(40 + (_random.Next(3) * 20))),
                new(1_000),
                new(capacity.Value / 100 * 99),
                inboundBase,
                inboundRate);
        }
    }
}
