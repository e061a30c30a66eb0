using Eddy.Engine;
using Eddy.Lightning;

namespace Eddy.Simulator.Faults;

/// <summary>The network of a run: rings of channels that are full at their sender's end, and some channels across.</summary>
internal sealed class FaultScenery(SimulatedNetwork network, SeededRandom random, SimulatedSignatures signatures)
{
    private const int LongestRing = 6;

    private static readonly LndVersion[] Versions = [LndVersion.V0185, LndVersion.V0193, LndVersion.V0203, LndVersion.V0212];

    /// <summary>Making a key costs more than a small run; which node gets which key is drawn.</summary>
    private static readonly Lazy<NodeKey[]> Keys = new(() =>
        [.. Enumerable.Range(0, FaultRunOptions.MostNodes).Select(static index => NodeKey.Derive(1, $"node {index}"))]);

    private readonly HashSet<(int From, int To)> _pairs = [];
    private readonly List<SimulatedNode> _nodes = [];

    public IEnumerable<SimulatedDaemon> Build(int least, int most)
    {
        var count = CountOf(least, most);
        var keys = Keys.Value.ToArray();
        random.Shuffle<NodeKey>(keys);
        for (var index = 0; index < count; index++)
        {
            var node = network.AddNode(new NodeOptions { Version = Versions[random.Next(Versions.Length)], Key = keys[index] });
            node.Signer = message => signatures.Sign(node.Id, message.Span);
            _nodes.Add(node);
        }

        OpenRings(count);
        OpenOthers(count);
        return _nodes.Select(node => new SimulatedDaemon(node, OptionsOf(count), signatures)
        {
            Seed = random.Next(int.MaxValue),
            MailboxDelay = TimeSpan.FromMilliseconds(random.Next(8) switch { 0 => random.Next(1_500), 1 or 2 => random.Next(60), _ => 0 }),
        });
    }

    /// <summary>Small networks mostly: what goes wrong goes wrong there as well, and many more of them fit into an hour.</summary>
    private int CountOf(int least, int most)
    {
        var size = random.Next(100) switch
        {
            < 70 => 3 + random.Next(4),
            < 93 => 6 + random.Next(6),
            < 99 => 12 + random.Next(12),
            _ => 24 + random.Next(FaultRunOptions.MostNodes - 23),
        };
        return size >= least && size <= most ? size : least + random.Next(most - least + 1);
    }

    private void OpenRings(int count)
    {
        if (count <= LongestRing)
        {
            OpenRing([.. Enumerable.Range(0, count)]);
            return;
        }

        // Rings until everybody is in one, each hanging on to those before.
        var order = Enumerable.Range(0, count).ToArray();
        random.Shuffle<int>(order);
        for (var covered = 0; covered < count;)
        {
            var length = 3 + random.Next(LongestRing - 2);
            var fresh = Math.Min(count - covered, covered == 0 ? length : length - 1 - random.Next(2));
            var members = order[covered..(covered + fresh)].ToList();
            covered += fresh;
            while (members.Count < Math.Max(3, length) && covered > fresh)
            {
                var other = order[random.Next(covered - fresh)];
                if (!members.Contains(other))
                {
                    members.Add(other);
                }
            }

            OpenRing(members);
        }
    }

    private void OpenRing(List<int> members)
    {
        for (var i = 0; i < members.Count; i++)
        {
            Open(members[i], members[(i + 1) % members.Count], 78 + random.Next(18));
        }
    }

    private void OpenOthers(int count)
    {
        var others = random.Next(1 + (count / 2));
        for (var i = 0; i < others; i++)
        {
            var from = random.Next(count);
            var to = (from + 1 + random.Next(count - 1)) % count;

            // Two channels between the same two nodes now and then: LND may take the other one.
            if (!_pairs.Contains((from, to)) || random.Next(3) == 0)
            {
                Open(from, to, 5 + random.Next(91));
            }
        }
    }

    private void Open(int from, int to, int percent)
    {
        if (_pairs.Contains((to, from)) && random.Next(4) != 0)
        {
            return;
        }

        _pairs.Add((from, to));
        var capacity = MilliSatoshi.FromSatoshi(random.NextLong(1_000, 10_001) * 1_000);
        var isPrivate = random.Next(8) == 0;
        var (opener, peer) = (_nodes[from], _nodes[to]);
        network.OpenChannel(opener, peer, new ChannelOptions
        {
            Capacity = capacity,
            OpenerBalance = new(capacity.Value / 100 * percent),
            OpenerPolicy = PolicyOf(capacity, opener.Version),
            PeerPolicy = PolicyOf(capacity, peer.Version),
            IsPrivate = isPrivate,
            HasScidAlias = isPrivate,
        });
    }

    private RoutingPolicy PolicyOf(MilliSatoshi capacity, LndVersion version)
    {
        var isFree = random.Next(10) == 0;
        var (inboundBase, inboundRate) = random.Next(4) switch
        {
            0 => (-random.Next(500), -random.Next(200)),
            1 => (random.Next(500), random.Next(200)),
            _ => (0, 0),
        };
        return new(
            isFree ? 0 : random.Next(2_000),
            isFree ? 0 : random.Next(1_500),
            Math.Max(version.MinCltvDelta, (uint)(40 + (random.Next(3) * 20))),
            new(1_000),
            new(capacity.Value / 100 * 99),
            inboundBase,
            inboundRate);
    }

    private EngineOptions OptionsOf(int count) => new()
    {
        Rings = new RingOptions
        {
            MaxLength = Math.Clamp(count, 3, LongestRing),
            Interval = TimeSpan.FromSeconds(6 + random.Next(10)),
            ProposalTtl = TimeSpan.FromSeconds(20 + random.Next(41)),
            IsStrict = random.Next(12) == 0,
        },
        Policy = new PolicyOptions { MaxInFlight = 1 + random.Next(3), MaxMemberInFlight = 1 + random.Next(8) },
        IsObserving = random.Next(30) == 0,
    };
}
