using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Simulator.Rounds;

/// <summary>One of a node's channels with a pool; averages over all draws.</summary>
/// <param name="LocalBefore">The node's share of the balance.</param>
/// <param name="DeviationBefore">How far from half it stands.</param>
/// <param name="Rings">Rings over the pair.</param>
public sealed record PoolChannel(
    GraphChannel Channel, GraphNode Peer, double LocalBefore, double LocalAfter, double DeviationBefore, double DeviationAfter, double Rings);

/// <summary>What a closed pool of nodes would do for one of them.</summary>
/// <param name="Draws">Assignments of balances simulated.</param>
/// <param name="Rings">Rings through the node, on average.</param>
/// <param name="MovedSat">What they moved, on average.</param>
/// <param name="FeesSavedSat">What moving the same round the same rings would have cost the node by the policies in the graph, on average.</param>
public sealed record PoolEstimate(
    NodeId Me, int Members, int Draws, double Rings, double MovedSat, double FeesSavedSat, ImmutableArray<PoolChannel> Channels)
{
    /// <summary>Enough that an average over them hardly moves any more.</summary>
    public const int StandardDraws = 40;

    /// <param name="draws">1 takes the graph's balances as they are; more draws them anew from the seed.</param>
    /// <exception cref="UnknownNodeException">One of the nodes is not in the graph.</exception>
    public static PoolEstimate Of(
        ChannelGraph graph, NodeId me, IReadOnlyCollection<NodeId> others, RoundOptions options, int draws, CancellationToken cancellationToken = default)
    {
        var pool = graph.Among(new Participants.Named([me, .. others]).Choose(graph, options.Seed));
        var own = pool.IndexOf(me);
        int[] places = [.. Enumerable.Range(0, pool.Channels.Length).Where(place => pool.Channels[place].First == own || pool.Channels[place].Second == own)];
        var sums = places.Select(static _ => new double[5]).ToArray();
        var (rings, moved, saved) = (0, 0.0, 0.0);
        for (var draw = 0; draw < draws; draw++)
        {
            var seed = unchecked(options.Seed + (ulong)draw);
            var before = draws == 1 ? pool : pool.WithBalancesDrawn(seed);
            var result = new RoundNetwork(before, options with { Seed = seed }).Run(cancellationToken);
            var through = result.Rings.Where(ring => ring.Members.Contains(own)).ToArray();
            rings += through.Length;
            moved += through.Sum(static ring => (double)ring.AmountSat);
            saved += through.Sum(ring => (double)ring.CostFor(own)) / MilliSatoshi.PerSatoshi;
            for (var place = 0; place < places.Length; place++)
            {
                Add(sums[place], own, before.Channels[places[place]], result.Graph.Channels[places[place]], through);
            }
        }

        return new(
            me,
            pool.Nodes.Length,
            draws,
            (double)rings / draws,
            moved / draws,
            saved / draws,
            [
                .. places.Select((place, index) => new PoolChannel(
                    pool.Channels[place],
                    pool.Nodes[PeerOf(own, pool.Channels[place])],
                    sums[index][0] / draws,
                    sums[index][1] / draws,
                    sums[index][2] / draws,
                    sums[index][3] / draws,
                    sums[index][4] / draws)),
            ]);
    }

    private static void Add(double[] sums, int own, GraphChannel before, GraphChannel after, SettledRing[] rings)
    {
        sums[0] += Share(own, before);
        sums[1] += Share(own, after);
        sums[2] += Math.Abs(Share(own, before) - 0.5);
        sums[3] += Math.Abs(Share(own, after) - 0.5);
        var peer = PeerOf(own, before);
        sums[4] += rings.Count(ring => AreNeighbours(ring.Members, own, peer));
    }

    private static bool AreNeighbours(ImmutableArray<int> members, int one, int other)
    {
        var place = members.IndexOf(one);
        return members[(place + 1) % members.Length] == other || members[(place + members.Length - 1) % members.Length] == other;
    }

    private static int PeerOf(int own, GraphChannel channel) => channel.First == own ? channel.Second : channel.First;

    private static double Share(int own, GraphChannel channel) =>
        (double)(channel.First == own ? channel.FirstLocalSat : channel.CapacitySat - channel.FirstLocalSat) / channel.CapacitySat;
}
