using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>LND's <c>PeerEvent</c>.</summary>
public sealed record PeerEvent(NodeId Peer, bool IsOnline);

/// <summary>LND's <c>ChannelEventUpdate</c>.</summary>
public abstract record ChannelEvent(ChannelEnd Channel)
{
    /// <summary>The channel is confirmed and usable.</summary>
    public sealed record Opened(ChannelEnd Channel) : ChannelEvent(Channel);

    /// <summary>The channel is closed on chain; HTLCs may still be open there.</summary>
    public sealed record Closed(ChannelEnd Channel, NodeId ClosedBy) : ChannelEvent(Channel);

    /// <summary>The link is eligible to forward.</summary>
    public sealed record Active(ChannelEnd Channel) : ChannelEvent(Channel);

    public sealed record Inactive(ChannelEnd Channel) : ChannelEvent(Channel);

    /// <summary>Nothing of a closed channel is open any more.</summary>
    public sealed record FullyResolved(ChannelEnd Channel) : ChannelEvent(Channel);

    /// <summary>A commitment update is complete (shown by LND 0.21 and later).</summary>
    public sealed record Updated(ChannelEnd Channel) : ChannelEvent(Channel);
}

/// <summary>A public channel's new policy, or a new or closed public channel, as the graph subscription shows it.</summary>
public abstract record GraphEvent
{
    private GraphEvent()
    {
    }

    public sealed record PolicyChanged(SimulatedChannel Channel, ChannelEnd Owner) : GraphEvent;

    public sealed record ChannelClosed(SimulatedChannel Channel) : GraphEvent;

    public sealed record NodeAnnounced(SimulatedNode Node) : GraphEvent;
}
