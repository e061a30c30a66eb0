using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>
/// A node's channel links: carries updates to the other ends and takes theirs. An add and a removal each take one link latency; the real
/// commitment dance of one and a half round trips is folded into it. A removal's <c>final_htlc_event</c> follows two latencies later.
/// </summary>
internal sealed class ChannelLinks(SimulatedNode node)
{
    private readonly Dictionary<ChannelEnd, LinkState> _links = [];

    /// <summary>Queues an update for the other end. What the peer has not seen when the connection drops is sent again after the reconnect.</summary>
    public void Send(ChannelEnd end, LinkUpdate update)
    {
        var state = StateOf(end);
        state.Outbox.Enqueue(update);
        if (end.IsActive)
        {
            ScheduleDelivery(end, state);
        }
    }

    /// <summary>Hands a decision to the incoming link: at once when it is up, else when it starts again.</summary>
    public void Resolve(ChannelEnd end, MailboxItem item)
    {
        if (end.IsActive)
        {
            Commit(end, item);
        }
        else if (end.IsOpen)
        {
            StateOf(end).Mailbox.Enqueue(item);
        }
        else
        {
            ResolveOnChain(end, item);
        }
    }

    /// <summary>The channel can be used again: decisions that waited, then updates that were lost, then HTLCs nobody has decided about.</summary>
    public void OnLinkUp(ChannelEnd end)
    {
        var state = StateOf(end);
        foreach (var _ in state.Outbox)
        {
            ScheduleDelivery(end, state);
        }

        while (state.Mailbox.TryDequeue(out var item))
        {
            Commit(end, item);
        }

        // One latency later (channel_reestablish), so that links which start in the same instant find one another up.
        var undecided = end.Incoming.Values.Where(htlc => htlc is { State: HtlcState.LockedIn, Resolution: null }).ToArray();
        if (undecided.Length > 0)
        {
            var link = end.Channel.Link;
            var epoch = link.Epoch;
            node.Network.Timeline.Schedule(link.Latency, () =>
            {
                if (link.Epoch == epoch)
                {
                    Replay(undecided);
                }
            });
        }
    }

    /// <summary>The node stops: what only its memory knew is gone.</summary>
    public void OnStop()
    {
        foreach (var state in _links.Values)
        {
            var kept = state.Mailbox.Where(item => !item.IsLost).ToArray();
            state.Mailbox.Clear();
            foreach (var item in kept)
            {
                state.Mailbox.Enqueue(item);
            }
        }
    }

    /// <summary>The channel is on chain: what was under way is decided there.</summary>
    public void OnForceClosed(ChannelEnd end)
    {
        var state = StateOf(end);
        while (state.Outbox.TryDequeue(out var update))
        {
            switch (update)
            {
                case LinkUpdate.Add add:
                    // The peer never had it in a commitment, so there is nothing to claim.
                    end.Remove(add.Htlc, isSettled: false);
                    node.Switch.OnOutgoingFailed(add.Htlc, OnChainFailure(add.Htlc));
                    break;

                case LinkUpdate.Settle settle:
                    Deliver(settle);
                    break;

                case LinkUpdate.Fail fail:
                    // A failure that was not signed does not exist on chain; the HTLC times out.
                    fail.Htlc.Resolution = null;
                    fail.Htlc.State = HtlcState.LockedIn;
                    break;
            }
        }

        while (state.Mailbox.TryDequeue(out var item))
        {
            ResolveOnChain(end, item);
        }
    }

    /// <summary>An offered HTLC of a closed channel is past its expiry.</summary>
    public void TimeOut(Htlc htlc)
    {
        htlc.Offerer.Remove(htlc, isSettled: false);
        htlc.Receiver.Node.PublishFinal(htlc, settled: false);
        node.Switch.OnOutgoingFailed(htlc, OnChainFailure(htlc));
    }

    private void Replay(Htlc[] undecided)
    {
        foreach (var htlc in undecided)
        {
            if (htlc is { State: HtlcState.LockedIn, Resolution: null })
            {
                node.Switch.OnLockedIn(htlc, isReplay: true);
            }
        }
    }

    private static HtlcFailure OnChainFailure(Htlc htlc) =>
        new(FailureCode.PermanentChannelFailure, htlc.HopIndex, FailureDetail.OnChainTimeout);

    private LinkState StateOf(ChannelEnd end)
    {
        if (!_links.TryGetValue(end, out var state))
        {
            _links.Add(end, state = new());
        }

        return state;
    }

    private void ScheduleDelivery(ChannelEnd end, LinkState state)
    {
        var link = end.Channel.Link;
        var epoch = link.Epoch;
        node.Network.Timeline.ScheduleAt(link.ArrivalTime(node), () =>
        {
            if (link.Epoch == epoch && state.Outbox.TryDequeue(out var update))
            {
                Deliver(update);
            }
        });
    }

    /// <summary>Runs at the sender's links: hands the update to the peer, and changes the shared ledger.</summary>
    private void Deliver(LinkUpdate update)
    {
        var htlc = update.Htlc;
        switch (update)
        {
            case LinkUpdate.Add:
                htlc.State = HtlcState.LockedIn;
                htlc.Offerer.CountUpdate();
                htlc.Receiver.Node.Switch.OnLockedIn(htlc, isReplay: false);
                break;

            case LinkUpdate.Settle settle:
                htlc.Offerer.Remove(htlc, isSettled: true);
                node.PublishFinal(htlc, settled: true);
                htlc.Offerer.Node.Switch.OnOutgoingSettled(htlc, settle.Preimage);
                break;

            case LinkUpdate.Fail fail:
                htlc.Offerer.Remove(htlc, isSettled: false);
                node.PublishFinal(htlc, settled: false);
                htlc.Offerer.Node.Switch.OnOutgoingFailed(htlc, fail.Failure);
                break;
        }
    }

    private void Commit(ChannelEnd end, MailboxItem item)
    {
        var key = new CircuitKey(end.ChanId, item.HtlcId);
        node.Switch.DeleteCircuit(key);
        if (!end.Incoming.TryGetValue(item.HtlcId, out var htlc) || htlc.Resolution is not null)
        {
            // LND: "HTLC with ID ... has already been settled". Nobody upstream is left to pay.
            return;
        }

        htlc.Resolution = item.Resolution;
        htlc.State = HtlcState.Resolving;
        item.Published?.Invoke();
        Send(end, item.Resolution switch
        {
            HtlcResolution.Settle settle => new LinkUpdate.Settle(htlc, settle.Preimage),
            HtlcResolution.Fail fail => new LinkUpdate.Fail(htlc, fail.Failure),
            _ => throw new InvalidOperationException("An HTLC is settled or failed."),
        });
    }

    private void ResolveOnChain(ChannelEnd end, MailboxItem item)
    {
        node.Switch.DeleteCircuit(new(end.ChanId, item.HtlcId));
        if (item.Resolution is HtlcResolution.Settle settle
            && end.Incoming.TryGetValue(item.HtlcId, out var htlc)
            && htlc.Resolution is null)
        {
            htlc.Resolution = settle;
            item.Published?.Invoke();
            htlc.Offerer.Remove(htlc, isSettled: true);
            node.PublishFinal(htlc, settled: true);
            htlc.Offerer.Node.Switch.OnOutgoingSettled(htlc, settle.Preimage);
            node.Network.OnContractResolved(end.Channel);
        }
    }

    private sealed class LinkState
    {
        /// <summary>Updates the peer has not taken yet.</summary>
        public Queue<LinkUpdate> Outbox { get; } = new();

        /// <summary>Decisions that wait for the link.</summary>
        public Queue<MailboxItem> Mailbox { get; } = new();
    }
}
