using Eddy.Engine.Ports;
using Eddy.Lightning;
using Eddy.Lnd.Channels;
using Eddy.Protos.Lnrpc;
using Eddy.Protos.Routerrpc;

namespace Eddy.Lnd.Session;

/// <summary>From the events of LND's streams to ours.</summary>
internal sealed class NodeEventReader(EventPump events, ChannelWatcher channels)
{
    public ValueTask OnPeerAsync(PeerEvent peer, CancellationToken cancellationToken) => !NodeId.TryParse(peer.PubKey, out var id)
        ? ValueTask.CompletedTask
        : events.PostStreamAsync(
            peer.Type == PeerEvent.Types.EventType.PeerOnline ? new NodeEvent.PeerOnline(id) : new NodeEvent.PeerOffline(id),
            cancellationToken);

    public ValueTask OnChannelAsync(ChannelEventUpdate update, CancellationToken cancellationToken)
    {
        channels.Trigger();
        return ValueTask.CompletedTask;
    }

    public ValueTask OnMessageAsync(CustomMessage message, CancellationToken cancellationToken)
    {
        if (message.Type == IPeerMessenger.MessageType && NodeId.TryFrom(message.Peer.Span, out var peer))
        {
            events.PostMessage(new NodeEvent.MessageReceived(peer, message.Data.Memory));
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask OnHtlcAsync(HtlcEvent htlc, CancellationToken cancellationToken)
    {
        // Balances move with our own payments too.
        channels.Trigger();
        return ReadForward(htlc) is { } forward ? events.PostStreamAsync(forward, cancellationToken) : ValueTask.CompletedTask;
    }

    private NodeEvent? ReadForward(HtlcEvent htlc)
    {
        var key = new Lightning.CircuitKey(new(htlc.IncomingChannelId), htlc.IncomingHtlcId);
        if (htlc.EventCase == HtlcEvent.EventOneofCase.FinalHtlcEvent)
        {
            // Off chain the events of the forward itself have told it already.
            return htlc.FinalHtlcEvent switch
            {
                { Offchain: true } => null,
                { Settled: true } => new NodeEvent.HtlcSettled(key),
                _ => new NodeEvent.HtlcFailed(key, null),
            };
        }

        if (htlc.EventType != HtlcEvent.Types.EventType.Forward)
        {
            return null;
        }

        switch (htlc.EventCase)
        {
            case HtlcEvent.EventOneofCase.ForwardEvent:
                return new NodeEvent.HtlcForwarded(key, new(htlc.OutgoingChannelId));
            case HtlcEvent.EventOneofCase.SettleEvent:
                return new NodeEvent.HtlcSettled(key);
            case HtlcEvent.EventOneofCase.ForwardFailEvent:
                return new NodeEvent.HtlcFailed(key, null);
            case HtlcEvent.EventOneofCase.LinkFailEvent:
                var code = (FailureCode)(int)htlc.LinkFailEvent.WireFailure;
                SuspectPolicies(code, htlc);
                return new NodeEvent.HtlcFailed(key, code);
            default:
                return null;
        }
    }

    private void SuspectPolicies(FailureCode code, HtlcEvent htlc)
    {
        if (code is FailureCode.FeeInsufficient or FailureCode.IncorrectCltvExpiry or FailureCode.AmountBelowMinimum)
        {
            channels.Suspect(new(htlc.IncomingChannelId));
            channels.Suspect(new(htlc.OutgoingChannelId));
        }
    }
}
