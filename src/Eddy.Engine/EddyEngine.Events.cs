using Eddy.Engine.Greetings;
using Eddy.Engine.Ports;
using Eddy.Engine.Rings;
using Eddy.Engine.Storage;
using Eddy.Engine.Views;
using Eddy.Engine.Wire;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Engine;

/// <summary>What the node, the peers and the operator tell the engine.</summary>
public sealed partial class EddyEngine
{
    private void Apply(NodeEvent nodeEvent)
    {
        switch (nodeEvent)
        {
            case NodeEvent.Connected connected:
                OnConnected(connected.Node);
                break;
            case NodeEvent.Disconnected disconnected:
                LogDisconnected(disconnected.Reason);
                _context.IsConnected = false;
                _context.ConnectionReason = disconnected.Reason;
                _hasListed = false;
                _greeter.OnLndLost();
                break;
            case NodeEvent.ChannelsListed listed:
                OnChannels(listed);
                break;
            case NodeEvent.PeersListed listed:
                _greeter.OnPeersListed(listed.Peers);
                _gossiper.OnPeersChanged();
                _gossiper.OnOwnChange();
                break;
            case NodeEvent.PeerOnline online:
                _greeter.OnOnline(online.Peer);
                break;
            case NodeEvent.PeerOffline offline:
                _greeter.OnOffline(offline.Peer);
                _gossiper.OnPeersChanged();
                _gossiper.OnOwnChange();
                break;
            case NodeEvent.BlockConnected block:
                OnHeight(block.Height);
                break;
            case NodeEvent.SyncChanged sync:
                _context.IsSynced = sync.IsSynced;
                break;
            case NodeEvent.MessageReceived message:
                OnMessage(message);
                break;
            case NodeEvent.InterceptorChanged changed:
                OnInterceptor(changed);
                break;
            case NodeEvent.WaiverBound bound:
                OnBound(bound.Binding);
                break;
            case NodeEvent.HtlcForwarded forwarded:
                OnForwarded(forwarded);
                break;
            case NodeEvent.HtlcSettled settled when _rings.Find(settled.Key) is { } ring:
                _rings.Apply(ring, new RingEvent.HtlcSettled(_context.Now, settled.Key));
                break;
            case NodeEvent.HtlcFailed failed when _rings.Find(failed.Key) is { } ring:
                _rings.Apply(ring, new RingEvent.HtlcFailed(_context.Now, failed.Key, failed.LocalCode));
                break;
            case NodeEvent.HtlcEventsLost:
                foreach (var ring in _rings.Open.ToArray())
                {
                    _rings.Apply(ring, new RingEvent.HtlcEventsLost(_context.Now));
                }

                break;
            case NodeEvent.Completed completed:
                _context.Complete(completed);
                break;
        }
    }

    private void OnConnected(NodeIdentity node)
    {
        if (_context.Node is { } before && (before.Id != node.Id || before.Chain != node.Chain))
        {
            throw new InvalidOperationException($"LND was {before.Id} on {before.Network} and is {node.Id} on {node.Network} now.");
        }

        _context.Node = node;
        LogConnected(node.Alias, node.Id.ToShortString(), node.Network, node.Version, node.Height);
        _context.IsConnected = true;
        _context.ConnectionReason = "";
        OnHeight(node.Height);
        _gossiper.OnConnected();
    }

    private void OnHeight(uint height)
    {
        if (height != _context.Height)
        {
            _context.Height = height;
            _forwarding = _forwarding.WithHeight(height);
            _context.Ports.Gate.Publish(_forwarding);
        }
    }

    private void OnChannels(NodeEvent.ChannelsListed listed)
    {
        _context.Channels = [.. listed.Channels.OrderBy(static channel => channel.Id)];
        _rings.OnChannels();
        _forwarding = _forwarding.WithChannels(_context.Channels);
        LearnPast();
        _context.Ports.Gate.Publish(_forwarding);
        _liquidity.Invalidate();
        _greeter.OnChannels();
        _conduct.OnChannels();
        _gossiper.OnPeersChanged();
        _gossiper.OnOwnChange();
        if (!_hasListed && _context.IsConnected)
        {
            _hasListed = true;
            OnReady();
        }
    }

    /// <summary>LND is back and has listed what it holds: open questions are asked again, and rings of an earlier run go on.</summary>
    private void OnReady()
    {
        var restarted = _toRestart;
        _toRestart = [];
        var unanswered = _rings.Open.Where(ring => restarted.Contains(ring.Id) || RingEffects.IsLeftAlone(ring)).ToArray();
        _effects.OnReady();
        foreach (var ring in unanswered)
        {
            _rings.Apply(ring, new RingEvent.Restarted(_context.Now));
        }

        _proposer.SearchSoon();
    }

    private void OnInterceptor(NodeEvent.InterceptorChanged changed)
    {
        var couldWaive = _context.CanWaive;
        if (_context.Interceptor != changed.State)
        {
            LogInterceptor(changed.State, changed.Reason);
        }

        _context.Interceptor = changed.State;
        _context.InterceptorReason = changed.Reason;
        if (couldWaive != _context.CanWaive)
        {
            _greeter.OnFlagsChanged();
            _gossiper.OnOwnChange();
        }
    }

    private void OnBound(WaiverBinding binding)
    {
        _bindings[binding.Key] = binding.IncomingExpiry;
        if (_rings.FindAnywhere(binding.Ring) is { } ring)
        {
            _rings.Apply(ring, new RingEvent.HtlcBound(_context.Now, binding));
        }
    }

    private void OnForwarded(NodeEvent.HtlcForwarded forwarded)
    {
        if (_rings.Find(forwarded.Key) is { State: MemberState.Bound bound } ring && ring.LeftOn is null)
        {
            ring.LeftOn = forwarded.Outgoing;
            _rings.Save(ring);
            if (forwarded.Outgoing != bound.Binding.Outgoing)
            {
                _rings.Tell(ring, $"LND chose the parallel channel {forwarded.Outgoing} instead of {bound.Binding.Outgoing}.");
            }
        }
    }

    private void OnMessage(NodeEvent.MessageReceived message)
    {
        if (_context.Node is null || _greeter.IsStranger(message.Peer))
        {
            return;
        }

        // It may have been on its way already when its peer was muted.
        if (_conduct.IsMuted(message.Peer))
        {
            return;
        }

        var peer = _peers.Add(message.Peer);
        if (!peer.Allowance.TryTake(message.Payload.Length, _context.Now))
        {
            _conduct.OnFlood(peer);
            return;
        }

        _context.Ports.Watch.MessageReceived(WireKind.Of(message.Payload.Span), message.Payload.Length);
        switch (WireDecoder.Decode(message.Payload))
        {
            case DecodeResult.Malformed malformed:
                LogMalformed(peer.Id.ToShortString(), malformed.Fault);
                _conduct.OnFault(peer, $"A message cannot be read. {malformed.Fault}");
                break;
            case DecodeResult.Decoded { Message: WireMessage.Greeting greeting }:
                OnGreeting(peer, greeting);
                break;
            case DecodeResult.Decoded { Message: var decoded } when peer is { IsEddy: true }:
                peer.LastSeen = _context.Now;
                OnEddyMessage(peer, decoded);
                break;
        }
    }

    private void OnGreeting(PeerState peer, WireMessage.Greeting greeting)
    {
        // The message may overtake the news of the connection.
        if (!peer.IsOnline)
        {
            _greeter.OnOnline(peer.Id);
        }

        _greeter.OnHello(peer, greeting.Hello);
    }

    private void OnEddyMessage(PeerState peer, WireMessage message)
    {
        switch (message)
        {
            case WireMessage.Adverts adverts:
                _gossiper.OnAdverts(peer, adverts.Parts);
                break;
            case WireMessage.Offers offers:
                _gossiper.OnOffers(peer, offers.Entries);
                break;
            case WireMessage.Request request:
                _gossiper.OnRequest(peer, request.Wanted);
                break;
            case WireMessage.Proposal proposal:
                _member.OnProposal(peer, proposal);
                break;
            case WireMessage.Reject reject when _rings.Find(reject.Ring) is { } ring:
                _rings.Apply(ring, new RingEvent.RejectReceived(_context.Now, peer.Id, reject.Position, reject.Reason));
                break;
            case WireMessage.Done done when _rings.Find(done.Ring) is { } ring:
                _rings.Apply(ring, new RingEvent.DoneReceived(_context.Now, peer.Id, done.Outcome, done.Position, done.Code));
                break;
        }
    }

    private OperatorReply Apply(OperatorRequest request) => request switch
    {
        OperatorRequest.Pause => SetPaused(true),
        OperatorRequest.Resume => SetPaused(false),
        OperatorRequest.Propose propose => Propose(propose.IsDryRun),
        OperatorRequest.Cancel cancel => Cancel(cancel.Ring),
        OperatorRequest.Reconfigure changed => Reconfigure(changed.Options),
        OperatorRequest.Say say => Say(say.Node, say.Word, say.For),
        OperatorRequest.Stop => Stop(),
        _ => throw new ArgumentException($"No such request: {request.GetType().Name}.", nameof(request)),
    };

    private OperatorReply Say(NodeId node, PeerWord word, TimeSpan? length)
    {
        var until = length is { } span ? _context.Now + span : PeerWordView.ForGood;
        var isKnown = true;
        switch (word)
        {
            case PeerWord.Allow or PeerWord.Deny:
                _words.Say(node, word, until);
                break;
            case PeerWord.Mute:
                _conduct.Mute(_peers.Add(node), until);
                break;
            case PeerWord.Unmute:
                isKnown = _conduct.Unmute(node);
                break;
            default:
                isKnown = _words.Forget(node) | _conduct.Unmute(node) | _backOffs.Forget(node);
                break;
        }

        OnWelcomeChanged();
        var name = RingStory.Name(node);
        var end = until == PeerWordView.ForGood ? "until that is taken back" : $"until {until:u}";
        var message = word switch
        {
            PeerWord.Allow => $"Rings with {name} are welcome {end}.",
            PeerWord.Deny => $"No ring with {name} {end}.",
            PeerWord.Mute => $"{name} is not listened to {end}.",
            PeerWord.Unmute => isKnown ? $"{name} is listened to again." : $"{name} was not muted.",
            _ => isKnown ? $"Nothing is held against {name} any more." : $"Nothing was said of {name}.",
        };
        LogOperator(message);
        return new OperatorReply(isKnown ? OperatorStatus.Done : OperatorStatus.NotFound, message);
    }

    /// <summary>Who is welcome has changed.</summary>
    private void OnWelcomeChanged()
    {
        _liquidity.Invalidate();
        _owner.OnOptions();
        _gossiper.OnPeersChanged();
        _gossiper.OnOwnChange();
        _proposer.SearchSoon();
    }

    private OperatorReply Stop()
    {
        _context.IsStopping = true;
        _owner.OnPause();
        _gossiper.OnOwnChange();
        return new OperatorReply(OperatorStatus.Done, $"{_rings.OpenCount} rings are under way.");
    }

    private OperatorReply Reconfigure(EngineOptions options)
    {
        var couldInitiate = _context.CanInitiate;
        _context.Options = options with { Rings = options.Rings with { MaxLength = _context.Options.Rings.MaxLength } };
        _liquidity.Invalidate();
        _owner.OnOptions();
        if (couldInitiate != _context.CanInitiate)
        {
            _greeter.OnFlagsChanged();
        }

        _gossiper.OnPeersChanged();
        _gossiper.OnOwnChange();
        _proposer.OnOptions();
        LogOperator("The operator's wishes have changed.");
        return new OperatorReply(OperatorStatus.Done, "From now on it holds; rings under way keep their terms.");
    }

    /// <summary>An operator who asks for a ring and gets none is told what there would be.</summary>
    private OperatorReply Propose(bool isDryRun)
    {
        var reply = _proposer.Propose(isDryRun);
        return reply.Status == OperatorStatus.NotFound && _diagnosis.Explain(null).FirstOrDefault() is { } reason
            ? reply with { Message = $"{reply.Message} {reason.What}" }
            : reply;
    }

    private OperatorReply SetPaused(bool isPaused)
    {
        var hasChanged = _context.IsPaused != isPaused;
        _context.IsPaused = isPaused;
        if (hasChanged)
        {
            LogOperator(isPaused ? "Paused by the operator." : "Resumed by the operator.");
            _context.Batch.Settings[StoreSettings.Paused] = isPaused.ToString();
            if (isPaused)
            {
                _owner.OnPause();
            }

            _gossiper.OnOwnChange();
            _proposer.SearchSoon();
        }

        return new OperatorReply(OperatorStatus.Done, (isPaused, hasChanged) switch
        {
            (true, true) => "Paused: no ring is proposed or accepted, rings under way end.",
            (true, false) => "It was paused already.",
            (false, true) => "Resumed.",
            (false, false) => "It was not paused.",
        });
    }

    private OperatorReply Cancel(RingId id)
    {
        if (_rings.FindAnywhere(id) is not { } ring)
        {
            return new OperatorReply(OperatorStatus.NotFound, $"There is no ring {id}.");
        }

        if (ring.State.IsFinal)
        {
            return new OperatorReply(OperatorStatus.Refused, $"The ring has ended already: {RingStory.Ending(ring.Terms, ring.State).Reason}", id);
        }

        _rings.Apply(ring, new RingEvent.CancelRequested(_context.Now));
        return ring.State.IsFinal
            ? new OperatorReply(OperatorStatus.Done, "Cancelled.", id)
            : new OperatorReply(OperatorStatus.Refused, "The payment may be under way already: nobody can call it back.", id);
    }
}
