using System.Collections.Immutable;
using Eddy.Rings;

namespace Eddy.Simulator.Rounds;

/// <summary>Where a network stands after a round.</summary>
/// <param name="Round">0 before the first.</param>
/// <param name="VolumeSat">Demand served so far, less what moved where nothing was wanted.</param>
/// <param name="Settled">Rings so far.</param>
/// <param name="Proposed">Rings proposed so far.</param>
/// <param name="Depleted">Share of the pairs with less than 5 % on one side.</param>
public readonly record struct RoundFigures(int Round, long VolumeSat, int Settled, int Proposed, double Depleted);

/// <summary>A ring that settled.</summary>
/// <param name="Members">Indices of its nodes in the graph, the initiator first.</param>
/// <param name="FeesMsat">What each member's own policy asks for sending it on: waived.</param>
public sealed record SettledRing(int Round, long AmountSat, ImmutableArray<int> Members, ImmutableArray<long> FeesMsat)
{
    public int Length => Members.Length;

    /// <summary>What moving the same amount round the same ring would have cost one of its members, in msat.</summary>
    public long CostFor(int member) => FeesMsat.Where((_, place) => Members[place] != member).Sum();
}

/// <summary>What a simulation in rounds came to.</summary>
/// <param name="VolumeSat">Demand served, less what moved where nothing was wanted: for each pair of nodes, by how much what it wants moved has come down.</param>
/// <param name="HopVolumeSat">All sat moved, hop by hop.</param>
/// <param name="Rounds">Up to the last one in which a ring settled.</param>
/// <param name="RoundsTo80">The first round after which 80 % of the volume was reached.</param>
/// <param name="Series">After every round, the start first.</param>
/// <param name="Rings">In the order in which they settled.</param>
/// <param name="Refusals">How often members said no, by reason.</param>
/// <param name="Before">Of every pair, the first node's share of the balance.</param>
/// <param name="After">The same at the end.</param>
/// <param name="Graph">The graph with the balances of the end.</param>
public sealed record RoundResult(
    long VolumeSat,
    long HopVolumeSat,
    int Rounds,
    int RoundsTo80,
    ImmutableArray<RoundFigures> Series,
    ImmutableArray<SettledRing> Rings,
    ImmutableSortedDictionary<RejectReason, int> Refusals,
    ImmutableArray<double> Before,
    ImmutableArray<double> After,
    ChannelGraph Graph)
{
    public double DepletedBefore => PairShares.Depleted(Before);

    public double DepletedAfter => PairShares.Depleted(After);

    public double MeanDeviationBefore => PairShares.MeanDeviation(Before);

    public double MeanDeviationAfter => PairShares.MeanDeviation(After);
}

/// <summary>What can be said of pairs by the first node's share of the balance in each.</summary>
public static class PairShares
{
    private const double DepletedBelow = 0.05;

    /// <summary>Of each pair of nodes, all channels together, in order of the pairs.</summary>
    public static ImmutableArray<double> Of(ChannelGraph graph)
    {
        var pairs = new SortedDictionary<(int, int), (long Local, long Capacity)>();
        foreach (var channel in graph.Channels)
        {
            var (local, capacity) = pairs.GetValueOrDefault((channel.First, channel.Second));
            pairs[(channel.First, channel.Second)] = (local + channel.FirstLocalSat, capacity + channel.CapacitySat);
        }

        return [.. pairs.Values.Select(static pair => (double)pair.Local / pair.Capacity)];
    }

    /// <summary>The share of pairs with less than 5 % on one side.</summary>
    public static double Depleted(ImmutableArray<double> shares) =>
        shares.IsEmpty ? 0 : (double)shares.Count(static share => share is < DepletedBelow or > 1 - DepletedBelow) / shares.Length;

    /// <summary>How far from half, on average.</summary>
    public static double MeanDeviation(ImmutableArray<double> shares) => shares.IsEmpty ? 0 : shares.Average(static share => Math.Abs(share - 0.5));
}
