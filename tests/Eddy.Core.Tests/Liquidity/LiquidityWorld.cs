using System.Collections.Immutable;
using Eddy.Lightning;
using Eddy.Liquidity;

namespace Eddy.Core.Tests.Liquidity;

/// <summary>
/// A small network of honest nodes without other traffic: each offers what its rule allows, looks for rings, agrees or refuses by itself,
/// and LND takes any channel that can carry an HTLC. Each step of a payment is checked against the consent rule of both ends.
/// </summary>
internal sealed class LiquidityWorld
{
    private readonly Random _random;
    private readonly LiquidityOptions _options;
    private readonly List<Link> _links = [];
    private readonly int _nodes;
    private readonly CycleFinder _finder = new();

    public LiquidityWorld(Random random)
    {
        _random = random;
        _nodes = random.Next(2, 9);
        _options = new() { MinAmount = 10_000, IsStrict = random.Next(8) == 0, IsPerChannel = random.Next(2) == 0 };
        var density = random.Next(50, 100);
        for (var left = 0; left < _nodes; left++)
        {
            for (var right = left + 1; right < _nodes; right++)
            {
                for (var parallel = 0; parallel < 3 && random.Next(100) < (parallel == 0 ? density : 25); parallel++)
                {
                    _links.Add(RandomLink(left, right));
                }
            }
        }
    }

    public int RingsSettled { get; private set; }

    public long SmallestRing => _options.MinAmount;

    /// <summary>Sum of phi over all channel ends, or over all ends of pairs where channels count together; in msat.</summary>
    public long Imbalance => _links
        .DistinctBy(link => _options.IsPerChannel ? (object)link.Id : (link.Left, link.Right))
        .Sum(link => EndOf(link, link.Left).Phi.Value + EndOf(link, link.Right).Phi.Value);

    /// <summary>Lets every node propose until none finds a ring that all its members agree to.</summary>
    public void RunToRest(long mostRings)
    {
        for (var moved = true; moved;)
        {
            moved = false;
            for (var node = 0; node < _nodes; node++)
            {
                while (TryRing(node))
                {
                    moved = true;
                    RingsSettled++;
                    Assert.True(RingsSettled <= mostRings, "rings do not come to an end");
                }
            }
        }
    }

    private ChannelEnd EndOf(Link link, int node)
    {
        var together = _options.IsPerChannel ? [link] : _links.Where(other => other.Joins(link.Left, link.Right)).ToArray();
        var ends = together.Select(one => (node == one.Left ? one.LeftTarget : one.RightTarget).End(one.Capacity, one.LocalOf(node))).ToArray();
        return new(
            new(ends.Sum(static end => end.Local.Value)), new(ends.Sum(static end => end.Target.Value)), new(ends.Sum(static end => end.Band.Value)));
    }

    private Link RandomLink(int left, int right)
    {
        var capacity = MilliSatoshi.FromSatoshi(_random.NextInt64(50_000, 2_000_000));
        return new()
        {
            Id = ShortChannelId.Create((uint)_links.Count + 1, 1, 0),
            Left = left,
            Right = right,
            Capacity = capacity,
            LeftLocal = new(_random.NextInt64(capacity.Value)),
            LeftTarget = new(_random.Next(2, 9) / 10.0, _random.Next(3) / 10.0),
            RightTarget = new(_random.Next(2, 9) / 10.0, _random.Next(3) / 10.0),
        };
    }

    private bool TryRing(int proposer)
    {
        var pairs = Enumerable.Range(0, _nodes).Select(PairsOf).ToArray();
        var builder = new LiquidityGraphBuilder();
        for (var node = 0; node < _nodes; node++)
        {
            builder.Set(Nodes.Number(node), true, true, [.. pairs[node].Values.Select(pair => pair.Offer.ToIntent())]);
        }

        // Where channels count together a ring of two brings nothing to the sum, only to each of them.
        ImmutableArray<NodeId> ringOfTwo = !_options.IsPerChannel ? [] : [.. pairs[proposer].Values.Where(pair => pair.Offer.AllowsRingOfTwo).Select(pair => pair.Peer)];
        var query = new CycleQuery
        {
            Start = Nodes.Number(proposer),
            MaxHops = 6,
            MinAmount = _options.MinAmount,
            MaxResults = 5,
            RingOfTwoPeers = ringOfTwo,
        };
        foreach (var cycle in _finder.Find(builder.Snapshot(), query))
        {
            if (Negotiate([.. cycle.Nodes.Select(Nodes.NumberOf)], cycle, pairs) is { } amount)
            {
                Move([.. cycle.Nodes.Select(Nodes.NumberOf)], amount, pairs);
                return true;
            }
        }

        return false;
    }

    private long? Negotiate(int[] ring, Cycle cycle, SortedDictionary<int, PairLiquidity>[] pairs)
    {
        var amount = cycle.Amount;
        var gain = 0L;
        for (var place = 0; place < ring.Length; place++)
        {
            var node = ring[place];
            var incoming = pairs[node][ring[(place + ring.Length - 1) % ring.Length]];
            var outgoing = pairs[node][ring[(place + 1) % ring.Length]];
            if (PairLiquidity.CheckMove(incoming, outgoing, cycle.Least, amount, isInitiator: place == 0) is not MoveVerdict.Agreed agreed)
            {
                return null;
            }

            Assert.InRange(agreed.AmountSat, cycle.Least, amount);
            amount = agreed.AmountSat;
            gain += agreed.GainSat;
        }

        return gain > 0 ? amount : null;
    }

    private void Move(int[] ring, long amount, SortedDictionary<int, PairLiquidity>[] pairs)
    {
        var before = Imbalance;
        var moved = MilliSatoshi.FromSatoshi(amount);
        var taken = new List<(Link Link, int From)>();
        for (var place = 0; place < ring.Length; place++)
        {
            var from = ring[place];
            var to = ring[(place + 1) % ring.Length];
            Link[] able = [.. _links.Where(link => link.Joins(from, to) && link.LocalOf(from) >= moved)];
            Assert.NotEmpty(able);

            // Only the first hop of a payment is strict. In a ring of two LND may even take the channel that it came in on.
            var agreed = Assert.IsType<MoveVerdict.Agreed>(
                PairLiquidity.CheckMove(pairs[from][ring[(place + ring.Length - 1) % ring.Length]], pairs[from][to], amount, amount, place == 0));
            var link = place == 0 ? able.Single(candidate => candidate.Id == agreed.Outgoing) : able[_random.Next(able.Length)];
            Assert.True(EndOf(link, from).Allows(MoveDirection.Out, moved), "an end must send what it did not agree to");
            Assert.True(EndOf(link, to).Allows(MoveDirection.In, moved), "an end must take what it did not agree to");
            taken.Add((link, from));
        }

        Assert.Equal(taken.Count, taken.Select(hop => hop.Link).Distinct().Count());
        foreach (var (link, from) in taken)
        {
            link.LeftLocal += from == link.Left ? -moved : moved;
        }

        Assert.True(before - Imbalance >= SmallestRing * MilliSatoshi.PerSatoshi, $"a ring brought the imbalance down by only {before - Imbalance} msat");
    }

    private SortedDictionary<int, PairLiquidity> PairsOf(int node)
    {
        var pairs = new SortedDictionary<int, PairLiquidity>();
        OwnChannel[] channels = [.. _links.Where(link => link.Left == node || link.Right == node).Select(link => ToOwn(link, node))];
        foreach (var pair in PairLiquidity.CreateAll(channels, [], _options))
        {
            pairs.Add(Nodes.NumberOf(pair.Peer), pair);
        }

        return pairs;
    }

    private static OwnChannel ToOwn(Link link, int node)
    {
        var local = link.LocalOf(node);
        var policy = new RoutingPolicy(1000, 100, 80, new(1000), MilliSatoshi.Zero);
        var channel = new Channel
        {
            Id = link.Id,
            ChannelPoint = link.Id.ToString(),
            Peer = Nodes.Number(node == link.Left ? link.Right : link.Left),
            Capacity = link.Capacity,
            Local = local,
            Remote = link.Capacity - local,
            Spendable = local,
            Receivable = link.Capacity - local,
            IsActive = true,
            Policy = policy,
            PeerPolicy = policy,
        };
        return new(channel, node == link.Left ? link.LeftTarget : link.RightTarget);
    }

    private sealed class Link
    {
        public required ShortChannelId Id { get; init; }

        public required int Left { get; init; }

        public required int Right { get; init; }

        public required MilliSatoshi Capacity { get; init; }

        public required MilliSatoshi LeftLocal { get; set; }

        public required ChannelTarget LeftTarget { get; init; }

        public required ChannelTarget RightTarget { get; init; }

        public bool Joins(int a, int b) => (Left == a && Right == b) || (Left == b && Right == a);

        public MilliSatoshi LocalOf(int node) => node == Left ? LeftLocal : Capacity - LeftLocal;
    }
}
