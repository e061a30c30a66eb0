using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Eddy.Engine.Views;

namespace Eddy.Demo;

/// <summary>What the demo came to, as <c>--json</c> prints it.</summary>
internal sealed record DemoReport(
    bool Settled, double Seconds, ImmutableArray<DemoRing> Rings, ImmutableArray<DemoBalance> Nodes, ImmutableArray<DemoChannel> Channels)
{
    /// <param name="end">The last picture: nothing is in flight in it.</param>
    public static DemoReport From(DemoPicture end)
    {
        var settled = end.Rings.Where(ring => ring.Outcome == Eddy.Rings.RingOutcome.Settled).Select(ToRing).ToImmutableArray();
        return new(
            !settled.IsEmpty,
            Math.Round(end.Elapsed.TotalSeconds, 2),
            settled,
            [.. end.Nodes.Select(node => new DemoBalance(node.Alias, node.Id.ToString(), node.Drift.Value))],
            [.. end.Channels.Select(channel => new DemoChannel(
                channel.Scid.ToString(), channel.Capacity.Satoshi, Round(channel.Before), Round(channel.Now), DemoOptions.Target))]);
    }

    /// <summary>A ring settled and nobody has a msat more or less.</summary>
    [JsonIgnore]
    public bool IsGood => Settled && Nodes.All(node => node.DriftMsat == 0);

    private static DemoRing ToRing(RingView ring) => new(
        ring.Id.ToString(),
        ring.Amount.Satoshi,
        ring.Fee.Value,
        [.. ring.Hops.OrderBy(hop => hop.Position).Select(hop => new DemoHop(hop.Node.ToString(), hop.Channel?.ToString() ?? ""))]);

    private static double Round(double share) => Math.Round(share, 4);
}

internal sealed record DemoRing(string Id, long AmountSat, long FeeMsat, ImmutableArray<DemoHop> Hops);

/// <param name="Scid">The channel the node sends on.</param>
internal sealed record DemoHop(string Node, string Scid);

internal sealed record DemoBalance(string Alias, string Pubkey, long DriftMsat);

/// <param name="Before">Local to capacity at the end that opened the channel.</param>
internal sealed record DemoChannel(string Scid, long CapacitySat, double Before, double After, double Target);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(DemoReport))]
[JsonSerializable(typeof(KeptReport))]
internal sealed partial class DemoJson : JsonSerializerContext;
