using Eddy.Engine.Ports;
using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>
/// The engine's ports over a simulated node, in virtual time: what Eddy.Lnd does over gRPC, without it. Everything that reaches the inbox
/// is an event of the timeline, so that a call never comes back before it has returned. Single-threaded as the model.
/// </summary>
public sealed partial class SimulatedLightningNode : ILightningNode, IPeerMessenger, IDisposable
{
    private readonly IEngineInbox _inbox;
    private readonly PortTimings _timings;
    private readonly List<Subscription> _subscriptions = [];
    private readonly HashSet<PaymentFollower> _followers = [];
    private readonly Dictionary<NodeId, DateTimeOffset> _lastSend = [];
    private readonly Subscription _states;
    private IHtlcGate? _gate;
    private GateClient? _interceptor;
    private ScheduledEvent? _listing;
    private (InterceptorState State, string Reason) _reported = (InterceptorState.Down, "");
    private bool _isStarted;
    private bool _isConnected;
    private bool _wasConnected;
    private bool _isDisposed;

    public SimulatedLightningNode(SimulatedNode node, IEngineInbox inbox, PortTimings? timings = null)
    {
        Node = node;
        _inbox = inbox;
        _timings = timings ?? new();
        _states = node.StateChanges.Subscribe(OnState);
    }

    public SimulatedNode Node { get; }

    /// <summary>Connects to the node, now or as soon as it runs.</summary>
    /// <param name="gate">Judges HTLCs; null leaves the interceptor's place to others.</param>
    public void Start(IHtlcGate? gate)
    {
        if (_isStarted)
        {
            throw new InvalidOperationException("The adapter was started before.");
        }

        _isStarted = true;
        _gate = gate;
        Connect();
    }

    /// <summary>Ends in good order: what the interceptor was offered is answered first.</summary>
    public void Stop()
    {
        _interceptor?.Drain();
        Dispose();
    }

    /// <summary>Ends at once, as when the process dies: nothing is answered and nobody is told.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _states.Dispose();
        Unsubscribe();
        _interceptor?.Kill();
        foreach (var follower in _followers)
        {
            follower.Abandon();
        }
    }

    /// <inheritdoc/>
    public void Execute(NodeCommand command)
    {
        var fault = Node.Faults.OnCall?.Invoke(NodeCalls.MethodOf(command));
        Schedule(_timings.Call + (fault?.Delay ?? TimeSpan.Zero), () => Run(command, fault));
    }

    /// <inheritdoc/>
    public void Send(CommandId id, NodeId peer, ReadOnlyMemory<byte> payload)
    {
        var fault = Node.Faults.OnCall?.Invoke(nameof(SimulatedNode.SendCustomMessage));
        var due = Node.Network.Now + _timings.Call + (fault?.Delay ?? TimeSpan.Zero);
        var last = _lastSend.GetValueOrDefault(peer);
        due = due > last ? due : last;
        _lastSend[peer] = due;
        Schedule(due - Node.Network.Now, () => Complete(id, SendNow(peer, payload, fault?.Error)));
    }

    private CommandOutcome SendNow(NodeId peer, ReadOnlyMemory<byte> payload, RpcError? fault)
    {
        if (payload.Length > IPeerMessenger.MaxMessageSize)
        {
            return new CommandOutcome.Refused($"A message of {payload.Length} bytes is over the limit of {IPeerMessenger.MaxMessageSize}.");
        }

        if (!_isConnected)
        {
            return new CommandOutcome.Unavailable("Not connected to LND.");
        }

        if (fault is not null)
        {
            return NodeCalls.ToOutcome(fault);
        }

        return Node.SendCustomMessage(peer.ToArray(), IPeerMessenger.MessageType, [.. payload.Span]).TryGet(out _, out var error)
            ? new CommandOutcome.Done()
            : error.Code == RpcCode.NotFound ? new CommandOutcome.NotFound(error.Message) : new CommandOutcome.Unavailable(error.Message);
    }

    private void Run(NodeCommand command, CallFault? fault)
    {
        switch (command)
        {
            case NodeCommand.SendToRoute send:
                RunSend(send, fault);
                return;

            case NodeCommand.TrackPayment track:
                NewFollower(track.Id, track.Hash).Track();
                return;
        }

        if (!_isConnected)
        {
            Complete(command.Id, new CommandOutcome.Unavailable("Not connected to LND."));
        }
        else if (fault?.Error is { } error)
        {
            var outcome = NodeCalls.ToOutcome(error);
            if (fault.IsCarriedOut && outcome is CommandOutcome.Unavailable && command is not NodeCommand.Refresh)
            {
                NodeCalls.Run(Node, command);
            }

            Complete(command.Id, outcome);
        }
        else if (command is NodeCommand.Refresh)
        {
            ListPeers();
            ListChannels();
            Complete(command.Id, new CommandOutcome.Done());
        }
        else
        {
            Complete(command.Id, NodeCalls.Run(Node, command));
        }
    }

    private void RunSend(NodeCommand.SendToRoute send, CallFault? fault)
    {
        if (!_isConnected)
        {
            Complete(send.Id, new CommandOutcome.Unavailable("Not connected to LND."));
        }
        else if (send.Route.ToRoute() is not { } route)
        {
            Complete(send.Id, new CommandOutcome.Refused("The route has no hops or no payment address of 32 bytes."));
        }
        else if (fault?.Error is not { } error)
        {
            NewFollower(send.Id, send.Hash).Send(route);
        }
        else if (NodeCalls.ToOutcome(error) is CommandOutcome.Refused refused)
        {
            Complete(send.Id, refused);
        }
        else
        {
            if (fault.IsCarriedOut)
            {
                Node.Payments.SendToRoute(new() { Hash = send.Hash, Route = route }, static _ => { });
            }

            NewFollower(send.Id, send.Hash).FollowLostSend();
        }
    }

    private PaymentFollower NewFollower(CommandId id, PaymentHash hash)
    {
        PaymentFollower? follower = null;
        follower = new(Node, hash, _timings, outcome =>
        {
            _followers.Remove(follower!);
            Complete(id, outcome);
        });
        _followers.Add(follower);
        return follower;
    }

    private void Complete(CommandId id, CommandOutcome outcome) => Post(new NodeEvent.Completed(id, outcome));

    private void Post(NodeEvent nodeEvent) => Schedule(TimeSpan.Zero, () => _inbox.Post(nodeEvent));

    private void Schedule(TimeSpan delay, Action action) => Node.Network.Timeline.Schedule(delay, () =>
    {
        if (!_isDisposed)
        {
            action();
        }
    });
}
