using System.Text.Json.Serialization;
using Eddy.Simulator.Rounds;

namespace Eddy.Simulate;

/// <summary>What <c>eddy simulate --graph --json</c> prints. Amounts in sat.</summary>
/// <param name="VolumeSat">Moved where it was wanted.</param>
/// <param name="OptimumSat">What somebody who knows every balance could move in circles at best, each pair of nodes taken together.</param>
/// <param name="Share">The one by the other.</param>
/// <param name="Payments">Rings that settled.</param>
/// <param name="RoundsTo80">To 80 % of the volume.</param>
/// <param name="DepletedBefore">Share of the pairs of nodes with less than 5 % on one side.</param>
/// <param name="MeanDeviationBefore">How far from half of its capacity a pair's balance stands, on average.</param>
/// <param name="AdvertCopies">How often an advert reaches a node; null where gossip is not simulated message by message.</param>
/// <param name="GossipBytesPerHourMedian">Of a node; null likewise.</param>
/// <param name="Seconds">Of real time.</param>
internal sealed record NetworkReport(
    long VolumeSat,
    long OptimumSat,
    double Share,
    int Payments,
    int Rounds,
    [property: JsonPropertyName("rounds_to_80")] int RoundsTo80,
    double DepletedBefore,
    double DepletedAfter,
    double MeanDeviationBefore,
    double MeanDeviationAfter,
    double? AdvertCopies,
    long? GossipBytesPerHourMedian,
    double Seconds,
    long PeakMemoryMb)
{
    private const int Megabyte = 1 << 20;

    public static NetworkReport From(RoundResult result, long optimumSat, TimeSpan took, long peakMemory) => new(
        result.VolumeSat,
        optimumSat,
        optimumSat == 0 ? 0 : Math.Round((double)result.VolumeSat / optimumSat, 4),
        result.Rings.Length,
        result.Rounds,
        result.RoundsTo80,
        Math.Round(result.DepletedBefore, 4),
        Math.Round(result.DepletedAfter, 4),
        Math.Round(result.MeanDeviationBefore, 4),
        Math.Round(result.MeanDeviationAfter, 4),
        null,
        null,
        Math.Round(took.TotalSeconds, 1),
        peakMemory / Megabyte);
}

/// <summary>What <c>eddy simulate --graph --me --with --json</c> prints.</summary>
/// <param name="Draws">Assignments of balances over which figures are averaged; 1 where they are given.</param>
/// <param name="Rings">Rings through this node, on average.</param>
/// <param name="MovedSat">What they moved out of this node, on average; as much came in.</param>
/// <param name="FeesSavedSat">What the same moves would have cost this node by the policies of the graph, on average.</param>
internal sealed record PoolReport(
    string Me, int Members, int Draws, double Rings, long MovedSat, long FeesSavedSat, long FeesSavedPpm, IReadOnlyList<PoolChannelReport> Channels);

/// <summary>One of this node's channels with the pool.</summary>
/// <param name="DeviationBefore">How far from half, as a share of the capacity, on average.</param>
internal sealed record PoolChannelReport(
    string Scid, string Peer, string PeerAlias, long CapacitySat, double LocalBefore, double LocalAfter, double DeviationBefore, double DeviationAfter, double Rings);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(NetworkReport))]
[JsonSerializable(typeof(PoolReport))]
internal sealed partial class NetworkJson : JsonSerializerContext;
