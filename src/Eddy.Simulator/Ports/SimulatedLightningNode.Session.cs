using Eddy.Engine.Ports;

namespace Eddy.Simulator;

// The connection to the node: streams, listings, the interceptor.
public sealed partial class SimulatedLightningNode
{
    private void OnState(WalletState state)
    {
        if (!_isStarted || _isDisposed)
        {
            return;
        }

        if (state == WalletState.ServerActive)
        {
            // The interceptor comes first: links replay their HTLCs as soon as they are up.
            Connect();
            return;
        }

        if (_isConnected)
        {
            _isConnected = false;
            _wasConnected = true;
            Unsubscribe();
            Post(new NodeEvent.Disconnected(state.Refusal()?.Message ?? "LND is starting."));
        }
    }

    /// <summary>The streams of events break while LND goes on: what happens until they stand again is not heard of.</summary>
    public void DropStreams()
    {
        if (!_isConnected || _isDisposed)
        {
            return;
        }

        _isConnected = false;
        _wasConnected = true;
        Unsubscribe();
        Post(new NodeEvent.Disconnected("A stream ended."));
        Connect();
    }

    private void Connect()
    {
        if (Node.State != WalletState.ServerActive || !Node.IsReachable)
        {
            return;
        }

        OpenInterceptor();
        var wasConnected = _wasConnected;
        Schedule(wasConnected ? _timings.Reconnect : TimeSpan.Zero, () =>
        {
            if (!_isConnected && Node is { IsReachable: true, State: WalletState.ServerActive })
            {
                Announce(wasConnected);
            }
        });
    }

    private void Announce(bool isReturn)
    {
        _isConnected = true;
        Post(new NodeEvent.Connected(new(
            Node.Id,
            Node.Alias,
            Node.Network.Options.Chain,
            GenesisBlocks.Of(Node.Network.Options.Chain),
            Node.Version.ToString(),
            Node.Height,
            Node.Version.MinCltvDelta)));
        ListPeers();
        ListChannels();
        Subscribe();
        if (isReturn)
        {
            Post(new NodeEvent.HtlcEventsLost());
        }

        Post(new NodeEvent.InterceptorChanged(_reported.State, _reported.Reason));
    }

    private void Subscribe()
    {
        Unsubscribe();
        _subscriptions.Add(Node.PeerEvents.Subscribe(peer =>
            Post(peer.IsOnline ? new NodeEvent.PeerOnline(peer.Peer) : new NodeEvent.PeerOffline(peer.Peer))));
        _subscriptions.Add(Node.Blocks.Subscribe(height => Post(new NodeEvent.BlockConnected(height))));
        _subscriptions.Add(Node.CustomMessages.Subscribe(message =>
        {
            if (message.Type == IPeerMessenger.MessageType)
            {
                Post(new NodeEvent.MessageReceived(message.Peer, message.Data.AsMemory()));
            }
        }));
        _subscriptions.Add(Node.ChannelEvents.Subscribe(_ => ListSoon()));
        _subscriptions.Add(Node.Network.GraphEvents.Subscribe(change =>
        {
            if (change is GraphEvent.PolicyChanged policy && (policy.Owner.Node == Node || policy.Owner.Peer.Node == Node))
            {
                ListSoon();
            }
        }));
        _subscriptions.Add(Node.HtlcEvents.Subscribe(htlc =>
        {
            ListSoon();
            if (htlc.ToNodeEvent() is { } nodeEvent)
            {
                Post(nodeEvent);
            }
        }));
    }

    private void Unsubscribe()
    {
        foreach (var subscription in _subscriptions)
        {
            subscription.Dispose();
        }

        _subscriptions.Clear();
        _listing?.Cancel();
        _listing = null;
    }

    private void ListPeers() => Post(new NodeEvent.PeersListed(
        [.. Node.PeerLinks.Where(link => link.IsConnected).Select(link => link.PeerOf(Node).Id).Order()]));

    private void ListChannels() => Post(new NodeEvent.ChannelsListed([.. Node.Channels.Where(end => end.IsOpen).Select(end => end.ToChannel())]));

    /// <summary>One listing covers whatever happens before it.</summary>
    private void ListSoon()
    {
        if (_listing is { IsPending: true })
        {
            return;
        }

        _listing = Node.Network.Timeline.Schedule(_timings.RefreshDelay, () =>
        {
            if (_isConnected && !_isDisposed)
            {
                ListChannels();
            }
        });
    }

    private void OpenInterceptor()
    {
        if (_gate is null || _isDisposed || _interceptor is not null)
        {
            return;
        }

        var client = new GateClient(Node, _gate, _timings, binding => Post(new NodeEvent.WaiverBound(binding)), OnInterceptorClosed);
        _interceptor = client;
        if (client.Connect() is not { } error)
        {
            Report(InterceptorState.Up, "");
            return;
        }

        _interceptor = null;
        var isTaken = error.Code == RpcCode.Unknown;
        Report(
            isTaken ? InterceptorState.Taken : InterceptorState.Down,
            isTaken ? "Another program holds LND's only interceptor place." : error.Message);
        if (isTaken)
        {
            RetryInterceptor(_timings.InterceptorRetry);
        }
    }

    private void OnInterceptorClosed(RpcError reason)
    {
        _interceptor = null;
        Report(InterceptorState.Down, reason.Message);

        // Where the node went down its return opens the stream again.
        if (Node.IsRunning)
        {
            RetryInterceptor(_timings.Reconnect);
        }
    }

    private void RetryInterceptor(TimeSpan delay) => Node.Network.Timeline.Schedule(
        delay,
        () =>
        {
            if (Node.IsRunning)
            {
                OpenInterceptor();
            }
        },
        isBackground: true);

    private void Report(InterceptorState state, string reason)
    {
        if (_reported == (state, reason))
        {
            return;
        }

        _reported = (state, reason);
        if (_isConnected)
        {
            Post(new NodeEvent.InterceptorChanged(state, reason));
        }
    }
}
