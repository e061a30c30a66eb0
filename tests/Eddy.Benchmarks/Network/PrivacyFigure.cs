using System.Collections.Immutable;
using System.Globalization;
using Eddy.Benchmarks.Measuring;
using Eddy.Gossip;
using Eddy.Lightning;
using Eddy.Liquidity;

namespace Eddy.Benchmarks.Network;

/// <summary>
/// What coarser amounts hide and what they cost. An observer knows every channel's capacity and every advert, and how adverts are made: it takes
/// the middle of all balances for which both ends would say what they say. The cost is the volume that rings still move.
/// </summary>
internal static class PrivacyFigure
{
    private const int Steps = 200;
    private const int Sample = 3_000;
    private const int Exact = 60;
    private const double Near = 0.01;
    private const double Close = 0.05;
    private static readonly int[] Digits = [Exact, 5, 4, 3, 2, 1];
    private static readonly LiquidityOptions Options = new() { MinAmount = 10_000 };

    public static void Run(Arguments arguments)
    {
        var seed = arguments.Take("seed", 1);
        var hops = arguments.Take("hops", 6);
        var nodes = arguments.Take("nodes") ?? "small";
        arguments.End();
        var data = MovingGraph.FindData();
        var random = new Random(seed);
        var all = MovingGraph.Read(data, "all", "traffic").Channels
            .GroupBy(static channel => (channel.Node1, channel.Node2)).Where(static pair => pair.Count() == 1).Select(static pair => pair.Single()).ToArray();
        random.Shuffle(all);
        var guesses = all.Take(Sample).Select(Observe).ToArray();

        var table = new Table(
            "significant binary digits", "error of a guess, median", "mean", "guessed within 1 % of the capacity", "within 5 %",
            "volume in rings, bimodal", "traffic", "rings, bimodal", "traffic");
        foreach (var digits in Digits)
        {
            var errors = new Series();
            var sum = 0.0;
            foreach (var guess in guesses)
            {
                var error = guess.Error(digits);
                errors.Add(error);
                sum += error;
            }

            var bimodal = Move(MovingGraph.Read(data, nodes, "bimodal"), digits, hops);
            var traffic = Move(MovingGraph.Read(data, nodes, "traffic"), digits, hops);
            table.Add(
                digits == Exact ? "all" : digits.ToString(CultureInfo.InvariantCulture),
                Percent(errors.Median),
                Percent(sum / guesses.Length),
                Percent(guesses.Count(guess => guess.Error(digits) <= Near) / (double)guesses.Length),
                Percent(guesses.Count(guess => guess.Error(digits) <= Close) / (double)guesses.Length),
                Million(bimodal.Volume),
                Million(traffic.Volume),
                bimodal.Rings.ToString(CultureInfo.InvariantCulture),
                traffic.Rings.ToString(CultureInfo.InvariantCulture));
        }

        table.Write(Console.Out);
        Console.WriteLine($"Without any advert, guessing half of the capacity: {Percent(guesses.Select(static guess => Math.Abs(guess.Share - 0.5)).Order().ElementAt(guesses.Length / 2))} at the median.");
        Console.WriteLine("Volume is summed over hops, in million sat; widest ring first with a halving threshold, strict consent, until nothing is left.");
    }

    private static Guess Observe(MovingChannel channel)
    {
        var offers = new (PairOffer One, PairOffer Other)[Steps + 1];
        for (var step = 0; step <= Steps; step++)
        {
            offers[step] = Both(new MovingChannel(channel.Id, channel.Node1, channel.Node2, channel.Capacity, channel.Capacity * step / Steps));
        }

        return new Guess(channel.Local1 / (double)channel.Capacity, Both(channel), offers);
    }

    private static (PairOffer One, PairOffer Other) Both(MovingChannel channel) =>
        (BookMemory.Offers(channel.Node1, [channel], Options)[0], BookMemory.Offers(channel.Node2, [channel], Options)[0]);

    /// <summary>Rings until nothing is left: large ones first.</summary>
    private static (long Volume, int Rings) Move(MovingGraph graph, int digits, int hops)
    {
        var channels = graph.Channels.SelectMany(static channel => new[] { (channel.Node1, channel), (channel.Node2, channel) }).ToLookup(static entry => entry.Item1, static entry => entry.channel);
        var byId = graph.Channels.ToDictionary(static channel => channel.Id);
        var offers = new Dictionary<NodeId, ImmutableArray<PairOffer>>();
        var builder = new LiquidityGraphBuilder();
        NodeId[] nodes = [.. graph.Nodes];
        Array.ForEach(nodes, Advertise);
        var finder = new CycleFinder();
        var (volume, rings) = (0L, 0);
        for (var least = Options.MaxAmount; least >= Options.MinAmount; least = least / 2 >= Options.MinAmount || least == Options.MinAmount ? least / 2 : Options.MinAmount)
        {
            for (var isMoving = true; isMoving;)
            {
                isMoving = false;
                foreach (var node in nodes)
                {
                    var query = new CycleQuery { Start = node, MaxHops = hops, MinAmount = least, MaxAmount = Options.MaxAmount, OnlyGaining = true };
                    while (finder.Find(builder.Snapshot(), query) is [var cycle, ..] && Pay(cycle))
                    {
                        volume += cycle.Amount * cycle.Nodes.Length;
                        rings++;
                        isMoving = true;
                    }
                }
            }
        }

        return (volume, rings);

        bool Pay(Cycle cycle)
        {
            for (var hop = 0; hop < cycle.Nodes.Length; hop++)
            {
                var from = cycle.Nodes[hop];
                var to = cycle.Nodes[(hop + 1) % cycle.Nodes.Length];
                if (offers[from].FirstOrDefault(offer => offer.Peer == to)?.Out.Channel is not { } named)
                {
                    return false;
                }

                var channel = byId[named.Value];
                channel.Local1 += channel.Node1 == from ? -cycle.Amount : cycle.Amount;
            }

            foreach (var node in cycle.Nodes)
            {
                Advertise(node);
            }

            return true;
        }

        void Advertise(NodeId node)
        {
            offers[node] = BookMemory.Offers(node, channels[node], Options);
            builder.Set(node, canInitiate: true, canWaive: true, [.. offers[node].Select(offer => Say(offer, digits))]);
        }
    }

    /// <summary>What is announced of an offer; strict consent, so that nothing but what is wanted moves.</summary>
    private static Intent Say(PairOffer offer, int digits) => new(
        offer.Peer,
        LiquidityBucket.Floor(offer.Out.Want, digits), LiquidityBucket.Floor(offer.Out.May, digits), offer.Out.Least,
        LiquidityBucket.Floor(offer.In.Want, digits), LiquidityBucket.Floor(offer.In.May, digits), offer.In.Least);

    private static string Percent(double share) => share.ToString("0.0 %", CultureInfo.InvariantCulture);

    private static string Million(long sat) => (sat / 1e6).ToString("0.00", CultureInfo.InvariantCulture);

    /// <param name="Share">The first node's, in truth.</param>
    /// <param name="Offers">By both ends, at each step from nothing to all of the capacity.</param>
    private sealed record Guess(double Share, (PairOffer One, PairOffer Other) Truth, (PairOffer One, PairOffer Other)[] Offers)
    {
        public double Error(int digits)
        {
            var heard = (Say(Truth.One, digits), Say(Truth.Other, digits));
            int[] possible = [.. Enumerable.Range(0, Offers.Length).Where(step => (Say(Offers[step].One, digits), Say(Offers[step].Other, digits)) == heard)];

            // With exact amounts no step may fit: the nearest one does.
            var guess = possible.Length > 0 ? (possible[0] + possible[^1]) / 2.0 / Steps : Nearest();
            return Math.Abs(guess - Share);
        }

        private double Nearest() => Math.Round(Share * Steps) / Steps;
    }
}
