using Eddy.Lightning;

namespace Eddy.Simulator;

// The channel graph as this node sees it.
public sealed partial class SimulatedNode
{
    /// <summary>What DescribeGraph shows: every public channel, and with <paramref name="includeUnannounced"/> the node's own private ones.</summary>
    public IEnumerable<SimulatedChannel> Graph(bool includeUnannounced) =>
        Network.Channels.Where(channel => channel.Status == ChannelStatus.Open && (!channel.IsPrivate || (includeUnannounced && IsPartyTo(channel))));

    /// <summary>GetChanInfo by id: public channels by their confirmed id, own ones also where they are private; null: "edge not found".</summary>
    public SimulatedChannel? FindGraphChannel(ShortChannelId id) =>
        Network.FindChannel(id) is { } channel && (!channel.IsPrivate || IsPartyTo(channel)) ? channel : null;

    /// <summary>GetChanInfo by outpoint.</summary>
    public SimulatedChannel? FindGraphChannel(string channelPoint) =>
        Graph(includeUnannounced: true).FirstOrDefault(channel => channel.ChannelPoint == channelPoint);

    private bool IsPartyTo(SimulatedChannel channel) => channel.Opener.Node == this || channel.Other.Node == this;
}
