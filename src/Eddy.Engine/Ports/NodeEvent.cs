using System.Collections.Immutable;
using Eddy.Forwarding;
using Eddy.Lightning;

namespace Eddy.Engine.Ports;

/// <summary>What an adapter tells the engine. On every (re)connection: Connected, PeersListed, ChannelsListed, and only then the rest.</summary>
public abstract record NodeEvent
{
    private NodeEvent()
    {
    }

    /// <summary>LND is there and ready; all streams but the interceptor's stand.</summary>
    public sealed record Connected(NodeIdentity Node) : NodeEvent;

    /// <summary>LND went away; the adapter keeps trying. <paramref name="Reason"/> is for the operator.</summary>
    public sealed record Disconnected(string Reason) : NodeEvent;

    /// <summary>All open channels. Sent after every (re)connection, on every channel or policy change and HTLC, at short notice.</summary>
    public sealed record ChannelsListed(ImmutableArray<Channel> Channels) : NodeEvent;

    /// <summary>All connected peers.</summary>
    public sealed record PeersListed(ImmutableArray<NodeId> Peers) : NodeEvent;

    public sealed record PeerOnline(NodeId Peer) : NodeEvent;

    public sealed record PeerOffline(NodeId Peer) : NodeEvent;

    public sealed record BlockConnected(uint Height) : NodeEvent;

    /// <summary>Whether LND says that it knows the chain to its tip; until it says otherwise it does.</summary>
    public sealed record SyncChanged(bool IsSynced) : NodeEvent;

    /// <summary>A custom message of our type. The peer is authentic, the payload is anything up to 65,533 bytes.</summary>
    public sealed record MessageReceived(NodeId Peer, ReadOnlyMemory<byte> Payload) : NodeEvent;

    /// <summary>The interceptor stream stands and its reader runs, or it does not, and why.</summary>
    public sealed record InterceptorChanged(InterceptorState State, string Reason) : NodeEvent;

    /// <summary>The gate used a waiver: saved, and the answer is on its way to LND.</summary>
    public sealed record WaiverBound(WaiverBinding Binding) : NodeEvent;

    /// <summary>One of our circuits left the node on <paramref name="Outgoing"/> (HtlcEvents forward_event). LND may choose a parallel channel.</summary>
    public sealed record HtlcForwarded(CircuitKey Key, ShortChannelId Outgoing) : NodeEvent;

    /// <summary>The circuit settled.</summary>
    public sealed record HtlcSettled(CircuitKey Key) : NodeEvent;

    /// <summary>The circuit failed, here (link_fail_event, with its code) or further on.</summary>
    public sealed record HtlcFailed(CircuitKey Key, FailureCode? LocalCode) : NodeEvent;

    /// <summary>The HTLC stream was interrupted: settles and fails may have been missed.</summary>
    public sealed record HtlcEventsLost : NodeEvent;

    public sealed record Completed(CommandId Id, CommandOutcome Outcome) : NodeEvent;
}

/// <summary>The node eddy runs beside.</summary>
/// <param name="Chain">Genesis block hash, in LND's display order reversed to wire order.</param>
/// <param name="MinFinalCltv">The least final CLTV delta AddInvoice takes: 18, from 0.21 on 24.</param>
public sealed record NodeIdentity(NodeId Id, string Alias, string Network, Bytes32 Chain, string Version, uint Height, uint MinFinalCltv);

/// <summary>Whether this node can waive.</summary>
public enum InterceptorState
{
    Down = 0,
    Up = 1,

    /// <summary>Another program holds LND's only place: eddy goes on as an initiator.</summary>
    Taken = 2,
}
