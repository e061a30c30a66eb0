using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>The interceptable switch: one client at most, the HTLCs that wait for its answer, and what happens to them without one.</summary>
public sealed class HtlcInterceptor
{
    private readonly SimulatedNode _node;
    private readonly Dictionary<CircuitKey, Held> _held = [];
    private InterceptorSession? _session;
    private DateTimeOffset _freeAt;

    internal HtlcInterceptor(SimulatedNode node) => _node = node;

    /// <summary>LND's <c>requireinterceptor</c>: without a client nothing is forwarded, and held HTLCs wait for the next one.</summary>
    public bool IsRequired { get; set; }

    public bool IsConnected => _session is not null;

    /// <summary>Keys that wait for an answer.</summary>
    public IReadOnlyCollection<CircuitKey> HeldKeys => _held.Keys;

    /// <summary>Packets that wait behind a client which does not read.</summary>
    public int Waiting => Loop.Count;

    internal SwitchLoop Loop => _node.Switch.Loop;

    private LndVersion Version => _node.Version;

    /// <summary>Opens the stream. Everything held is offered at once, in random order.</summary>
    public RpcResult<InterceptorSession> Connect(IInterceptorClient client)
    {
        if (_session is not null || _node.Network.Now < _freeAt)
        {
            return RpcError.Plain("interceptor already exists");
        }

        if (!_node.IsRunning)
        {
            return new RpcError(RpcCode.Unavailable, "connection refused");
        }

        var session = new InterceptorSession(this, client);
        _session = session;
        var held = _held.Values.OrderBy(entry => entry.Packet.Key.Channel).ThenBy(entry => entry.Packet.Key.HtlcId).ToArray();
        _node.Network.Random.Shuffle<Held>(held);
        foreach (var entry in held)
        {
            if (_session == session)
            {
                client.OnIntercepted(session, entry.Request);
            }
        }

        return session;
    }

    /// <summary>Takes a packet from an incoming link, or from a closed channel's contract.</summary>
    internal void Offer(ForwardPacket packet)
    {
        if (!packet.IsOnChain && FailsExpiryGuard(packet))
        {
            return;
        }

        if (_held.TryGetValue(packet.Key, out var held))
        {
            // What was held off chain and is on chain now is offered again with its new deadline; older versions keep the entry as it was.
            if (!packet.IsOnChain || held.Packet.IsOnChain || !Version.KeepsHeldOnError)
            {
                return;
            }
        }
        else if (_session is null)
        {
            ForwardWithoutClient(packet);
            return;
        }

        Hold(packet);
    }

    internal void Handle(InterceptorSession session, InterceptAnswer answer)
    {
        if (session == _session && Resolve(answer) is { } error)
        {
            Disconnect(session, error);
        }
    }

    /// <summary>Ends a session; with an error when it is LND that ends it.</summary>
    internal void Disconnect(InterceptorSession session, RpcError? error)
    {
        if (session.IsClosed)
        {
            return;
        }

        session.IsClosed = true;
        _session = null;
        _freeAt = _node.Network.Now + _node.Network.Options.InterceptorRelease;
        if (error is not null)
        {
            session.Client.OnClosed(session, error);
        }

        ReleaseAll();
        if (session.IsStalled)
        {
            Loop.IsBlocked = false;
        }
    }

    /// <summary>LND ends the stream, for whatever reason of its own: the client is told, and what it held is released.</summary>
    public void DropClient()
    {
        if (_session is { } session)
        {
            Disconnect(session, new RpcError(RpcCode.Unavailable, "error reading from server: EOF"));
        }
    }

    /// <summary>The node stops: nothing of this is kept; links offer their HTLCs again.</summary>
    internal void OnStop(RpcError reason)
    {
        _held.Clear();
        if (_session is { } session)
        {
            session.IsClosed = true;
            _session = null;
            session.Client.OnClosed(session, reason);
        }
    }

    internal void OnBlock()
    {
        if (_held.Count == 0)
        {
            return;
        }

        foreach (var entry in _held.Values.Where(entry => entry.Request.AutoFailHeight <= _node.Height).ToArray())
        {
            _held.Remove(entry.Packet.Key);
            if (!entry.Packet.IsOnChain)
            {
                Fail(entry.Packet, FailureCode.TemporaryChannelFailure);
            }
        }
    }

    private void Hold(ForwardPacket packet)
    {
        var request = CreateRequest(packet);
        _held[packet.Key] = new(packet, request);
        if (_session is { } session)
        {
            session.Client.OnIntercepted(session, request);
        }
    }

    private InterceptRequest CreateRequest(ForwardPacket packet)
    {
        var incoming = packet.Incoming;
        return new()
        {
            Circuit = packet.Key,
            IncomingAmount = incoming.Amount,
            IncomingExpiry = incoming.Expiry,
            Hash = incoming.Hash,
            OutgoingRequested = packet.OutgoingChannel,
            OutgoingAmount = new(packet.OutgoingMsat),
            OutgoingExpiry = packet.OutgoingExpiry,
            CustomRecords = packet.Hop.CustomRecords,
            WireRecords = incoming.WireRecords,
            AutoFailHeight = AutoFailHeight(packet),
            IsReplay = packet.IsReplay,
            Onion = incoming.Onion,
            HopIndex = incoming.HopIndex,
        };
    }

    private int AutoFailHeight(ForwardPacket packet)
    {
        if (!packet.IsOnChain)
        {
            return unchecked((int)(packet.Incoming.Expiry - Version.RejectDelta));
        }

        return Version.KeepsHeldOnError ? unchecked((int)packet.Incoming.Expiry) : 0;
    }

    private bool FailsExpiryGuard(ForwardPacket packet)
    {
        var expiry = packet.Incoming.Expiry;
        if (expiry < _node.Height + Version.InterceptDelta)
        {
            Fail(packet, FailureCode.ExpiryTooSoon);
            return true;
        }

        if (Version.HasExpiryTooFarGuard && expiry - Version.RejectDelta > int.MaxValue)
        {
            Fail(packet, FailureCode.ExpiryTooFar);
            return true;
        }

        return false;
    }

    private void ForwardWithoutClient(ForwardPacket packet)
    {
        if (packet.IsOnChain)
        {
            if (IsRequired)
            {
                Hold(packet);
            }
        }
        else if (!IsRequired)
        {
            _node.Switch.Forward(packet);
        }
        else if (packet.IsReplay)
        {
            Hold(packet);
        }
        else
        {
            Fail(packet, FailureCode.TemporaryChannelFailure);
        }
    }

    private void ReleaseAll()
    {
        if (IsRequired)
        {
            return;
        }

        var held = _held.Values.OrderBy(entry => entry.Packet.Key.Channel).ThenBy(entry => entry.Packet.Key.HtlcId).ToArray();
        foreach (var entry in held)
        {
            if (!entry.Packet.IsOnChain)
            {
                _held.Remove(entry.Packet.Key);
                _node.Switch.Forward(entry.Packet);
            }
        }
    }

    private RpcError? Resolve(InterceptAnswer answer)
    {
        if (answer.Circuit is not { } key)
        {
            return RpcError.InvalidArgument("CircuitKey missing from ForwardHtlcInterceptResponse");
        }

        if (InterceptAnswers.Check(answer) is { } malformed)
        {
            return malformed;
        }

        if (!_held.TryGetValue(key, out var held))
        {
            var name = $"(Chan ID={key.Channel.Block}:{key.Channel.Transaction}:{key.Channel.Output}, HTLC ID={key.HtlcId})";
            return RpcError.Plain(Version.KeepsHeldOnError ? $"forward does not exist: {name}" : $"fwd {name} not found");
        }

        // Before 0.20.2 the entry goes before its resolution runs: where that errs, nobody answers for the HTLC any more.
        if (!Version.KeepsHeldOnError)
        {
            _held.Remove(key);
        }

        var error = Apply(answer, held.Packet);
        if (error is null)
        {
            _held.Remove(key);
        }

        return error;
    }

    private RpcError? Apply(InterceptAnswer answer, ForwardPacket packet)
    {
        var onChain = Version.KeepsHeldOnError ? "held htlc in the on-chain flow" : "in the on-chain flow";
        switch (answer.Action)
        {
            case InterceptAction.Settle:
                var preimage = new Preimage(new Bytes32(answer.Preimage.AsSpan()));
                if (preimage.Hash() != packet.Incoming.Hash)
                {
                    return RpcError.Plain("preimage does not match hash");
                }

                _node.Switch.SettleIncoming(packet.IncomingEnd, packet.Incoming.Id, preimage, new(packet.OutgoingChannel, 0));
                return null;

            case InterceptAction.Fail when packet.IsOnChain:
                return RpcError.Plain($"cannot fail {onChain}");

            case InterceptAction.Fail:
                Fail(packet, answer.FailureMessage.IsEmpty ? InterceptAnswers.FailureOf(answer) : FailureCode.UnreadableFailure);
                return null;

            case InterceptAction.Resume or InterceptAction.ResumeModified when packet.IsOnChain:
                return RpcError.Plain($"cannot resume {onChain}");

            default:
                InterceptAnswers.Modify(packet, answer, Version);
                if (answer.Action == InterceptAction.ResumeModified)
                {
                    _node.Network.Watch?.OnModified(_node, packet.Incoming, new(packet.IncomingMsat, packet.OutgoingMsat));
                }

                _node.Switch.Forward(packet);
                return null;
        }
    }

    /// <summary>Fails the incoming HTLC from here: the reason carries the incoming channel's update and tells nothing about the outgoing one.</summary>
    private void Fail(ForwardPacket packet, FailureCode code)
    {
        var end = packet.IncomingEnd;
        var carriesUpdate = code is FailureCode.TemporaryChannelFailure or FailureCode.ExpiryTooSoon;
        var failure = new HtlcFailure(code, code == FailureCode.UnreadableFailure ? 0 : packet.SourceIndex)
        {
            ChannelUpdate = carriesUpdate ? new(end.ChanId, end.Policy, end.Node.Id, end.PolicyUpdatedAt) : null,
        };
        _node.Switch.FailIncoming(end, packet.Incoming.Id, failure, new(packet.OutgoingChannel, 0), linkFailure: null);
    }

    private sealed record Held(ForwardPacket Packet, InterceptRequest Request);
}
