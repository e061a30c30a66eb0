using System.Collections.Immutable;
using Eddy.Engine.Views;
using Eddy.Lightning;

namespace Eddy.Demo;

/// <summary>The whole demo at one moment.</summary>
/// <param name="Phase">What is going on, in a few words.</param>
/// <param name="Rings">As their initiators show them, oldest first.</param>
/// <param name="Messages">Custom messages between daemons so far.</param>
/// <param name="Trail">The latest of them that are about rings, oldest first.</param>
internal sealed record DemoPicture(
    string Phase,
    TimeSpan Elapsed,
    ImmutableArray<DemoNodePicture> Nodes,
    ImmutableArray<DemoChannelPicture> Channels,
    ImmutableArray<RingView> Rings,
    long Messages,
    ImmutableArray<string> Trail)
{
    public string AliasOf(NodeId id) => Nodes.FirstOrDefault(node => node.Id == id)?.Alias ?? id.ToShortString();
}

/// <param name="Drift">ChannelBalance now less ChannelBalance at the start.</param>
internal sealed record DemoNodePicture(
    string Alias, NodeId Id, bool IsConnected, bool CanWaive, int EddyPeers, int Adverts, MilliSatoshi Balance, MilliSatoshi Drift);

/// <param name="Before">Local balance as a share of the capacity at the end that opened the channel, at the start.</param>
/// <param name="InFlight">HTLCs on it, either way.</param>
internal sealed record DemoChannelPicture(
    ShortChannelId Scid, string From, string To, MilliSatoshi Capacity, double Before, double Now, int InFlight);
