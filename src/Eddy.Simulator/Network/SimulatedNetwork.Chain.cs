namespace Eddy.Simulator;

// The chain: blocks, closes, and what is decided there.
public sealed partial class SimulatedNetwork
{
    /// <summary>Finds blocks, one after another, at this instant.</summary>
    public void MineBlocks(int count = 1)
    {
        for (var i = 0; i < count; i++)
        {
            Height++;
            TimeOutContracts();
            foreach (var node in _nodes)
            {
                node.OnBlock();
            }

            CloseExpired();
        }
    }

    /// <summary>Finds a block every <paramref name="interval"/>, until <see cref="StopMining"/>.</summary>
    public void StartMining(TimeSpan interval)
    {
        StopMining();
        _mining = Timeline.Schedule(interval, Mine, isBackground: true);

        void Mine()
        {
            MineBlocks();
            _mining = Timeline.Schedule(interval, Mine, isBackground: true);
        }
    }

    public void StopMining() => _mining?.Cancel();

    /// <summary>
    /// Puts a channel's commitment transaction on chain, confirmed at once. Balances are final; each HTLC goes to whoever shows the preimage
    /// before its expiry, else back; incoming ones that were forwarded are offered to the interceptor again, which can only settle them.
    /// </summary>
    public void ForceClose(SimulatedChannel channel, SimulatedNode closedBy)
    {
        if (channel.Status != ChannelStatus.Open)
        {
            return;
        }

        PeerLink.StopLink(channel);
        channel.Status = ChannelStatus.ForceClosed;
        channel.ClosedBy = closedBy;
        channel.ClosedHeight = Height;
        _closing.Add(channel);
        foreach (var end in new[] { channel.Opener, channel.Other })
        {
            end.Node.ChannelEvents.Publish(new ChannelEvent.Closed(end, closedBy.Id));
        }

        if (!channel.IsPrivate)
        {
            GraphEvents.Publish(new GraphEvent.ChannelClosed(channel));
        }

        channel.Opener.Node.Links.OnForceClosed(channel.Opener);
        channel.Other.Node.Links.OnForceClosed(channel.Other);
        foreach (var end in new[] { channel.Opener, channel.Other })
        {
            foreach (var htlc in end.Incoming.Values.ToArray())
            {
                end.Node.Switch.OnContested(htlc);
            }
        }

        OnContractResolved(channel);
    }

    internal void OnContractResolved(SimulatedChannel channel)
    {
        if (channel.HtlcCount > 0 || channel.Status != ChannelStatus.ForceClosed)
        {
            return;
        }

        channel.Status = ChannelStatus.Resolved;
        _closing.Remove(channel);
        foreach (var end in new[] { channel.Opener, channel.Other })
        {
            end.Node.ChannelEvents.Publish(new ChannelEvent.FullyResolved(end));
        }
    }

    private void TimeOutContracts()
    {
        foreach (var channel in _closing.ToArray())
        {
            foreach (var end in new[] { channel.Opener, channel.Other })
            {
                foreach (var htlc in end.Offered.Values.Where(htlc => htlc.Expiry <= Height).ToArray())
                {
                    end.Node.Links.TimeOut(htlc);
                }
            }

            OnContractResolved(channel);
        }
    }

    /// <summary>An offered HTLC past its expiry is taken to the chain by whoever offered it.</summary>
    private void CloseExpired()
    {
        foreach (var channel in _channels)
        {
            if (channel.HtlcCount == 0 || channel.Status != ChannelStatus.Open)
            {
                continue;
            }

            foreach (var end in new[] { channel.Opener, channel.Other })
            {
                if (end.Node.IsRunning && end.Offered.Values.Any(htlc => htlc.Expiry <= end.Node.Height))
                {
                    ForceClose(channel, end.Node);
                    break;
                }
            }
        }
    }
}
