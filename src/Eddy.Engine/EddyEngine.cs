using Eddy.Engine.Greetings;
using Eddy.Engine.Ports;
using Eddy.Engine.Storage;
using Eddy.Engine.Timers;
using Eddy.Engine.Views;
using Eddy.Protos.Wire;
using Google.Protobuf;

namespace Eddy.Engine;

/// <summary>
/// A node's eddy: synchronous and deterministic, with one owner. Each call is one step: it takes what happened, saves what that changes
/// and only then acts. Outcomes of what it asks for come back as events. Time comes from the clock it was given and from
/// <see cref="NextTimer"/>: its owner calls <see cref="Tick"/> when that is due.
/// </summary>
public sealed partial class EddyEngine
{
    private readonly EngineContext _context;
    private readonly PeerTable _peers = new();
    private readonly Greeter _greeter;
    private EngineView? _view;

    public EddyEngine(EngineOptions options, EnginePorts ports)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(ports);

        _context = new EngineContext(options, ports);
        _greeter = new Greeter(_context, _peers);
        StartedAt = _context.Now;
    }

    public DateTimeOffset StartedAt { get; }

    /// <summary>When <see cref="Tick"/> has something to do; null while no timer is set.</summary>
    public DateTimeOffset? NextTimer => _context.Timers.Next;

    /// <summary>What the engine shows now; made when it is asked for.</summary>
    public EngineView View => _view ??= BuildView();

    /// <summary>Reads the store and takes up again what was under way. Called once, before anything else.</summary>
    public void Start() => Step(() =>
    {
        var contents = _context.Ports.Store.Load();
        _context.IsPaused = contents.Settings.GetValueOrDefault(StoreSettings.Paused) == bool.TrueString;
    });

    public void Handle(NodeEvent nodeEvent)
    {
        ArgumentNullException.ThrowIfNull(nodeEvent);
        Step(() => Apply(nodeEvent));
    }

    public OperatorReply Handle(OperatorRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        OperatorReply reply = null!;
        Step(() => reply = Apply(request));
        return reply;
    }

    /// <summary>Runs the timers that are due.</summary>
    public void Tick()
    {
        var now = _context.Ports.Time.GetUtcNow();
        while (_context.Timers.TryTakeDue(now, out var timer))
        {
            Step(() => Apply(timer));
        }
    }

    private void Step(Action apply)
    {
        _context.BeginStep();
        apply();
        _context.EndStep();
        _view = null;
    }

    private void Apply(NodeEvent nodeEvent)
    {
        switch (nodeEvent)
        {
            case NodeEvent.Connected connected:
                _context.Node = connected.Node;
                _context.Height = Math.Max(_context.Height, connected.Node.Height);
                _context.IsConnected = true;
                _context.ConnectionReason = "";
                break;
            case NodeEvent.Disconnected disconnected:
                _context.IsConnected = false;
                _context.ConnectionReason = disconnected.Reason;
                _greeter.OnLndLost();
                break;
            case NodeEvent.ChannelsListed listed:
                _context.Channels = [.. listed.Channels.OrderBy(static channel => channel.Id)];
                _greeter.OnChannels();
                break;
            case NodeEvent.PeersListed listed:
                _greeter.OnPeersListed(listed.Peers);
                break;
            case NodeEvent.PeerOnline online:
                _greeter.OnOnline(online.Peer);
                break;
            case NodeEvent.PeerOffline offline:
                _greeter.OnOffline(offline.Peer);
                break;
            case NodeEvent.BlockConnected block:
                _context.Height = block.Height;
                break;
            case NodeEvent.InterceptorChanged changed:
                OnInterceptor(changed);
                break;
            case NodeEvent.MessageReceived message:
                OnMessage(message);
                break;
            case NodeEvent.Completed completed:
                _context.Complete(completed);
                break;
        }
    }

    private void Apply(EngineTimer timer)
    {
        switch (timer.Kind)
        {
            case TimerKind.RepeatHello:
                _greeter.OnRepeatDue(timer.Peer);
                break;
        }
    }

    private OperatorReply Apply(OperatorRequest request) => request switch
    {
        OperatorRequest.Pause => SetPaused(true),
        OperatorRequest.Resume => SetPaused(false),
        _ => new OperatorReply(OperatorStatus.Refused, "This engine has no rings."),
    };

    private OperatorReply SetPaused(bool isPaused)
    {
        var hasChanged = _context.IsPaused != isPaused;
        _context.IsPaused = isPaused;
        if (hasChanged)
        {
            _context.Batch.Settings[StoreSettings.Paused] = isPaused.ToString();
        }

        return new OperatorReply(OperatorStatus.Done, (isPaused, hasChanged) switch
        {
            (true, true) => "Paused: no ring is proposed or accepted, rings under way end.",
            (true, false) => "It was paused already.",
            (false, true) => "Resumed.",
            (false, false) => "It was not paused.",
        });
    }

    private void OnInterceptor(NodeEvent.InterceptorChanged changed)
    {
        var couldWaive = _context.CanWaive;
        _context.Interceptor = changed.State;
        _context.InterceptorReason = changed.Reason;
        if (couldWaive != _context.CanWaive)
        {
            _greeter.OnFlagsChanged();
        }
    }

    private void OnMessage(NodeEvent.MessageReceived message)
    {
        if (message.Payload.Length > IPeerMessenger.MaxMessageSize || _context.Node is null)
        {
            return;
        }

        var peer = _peers.Add(message.Peer);
        if (!peer.Allowance.TryTake(_context.Now))
        {
            return;
        }

        Envelope envelope;
        try
        {
            envelope = Envelope.Parser.ParseFrom(message.Payload.Span);
        }
        catch (InvalidProtocolBufferException)
        {
            return;
        }

        if (envelope.BodyCase == Envelope.BodyOneofCase.Hello)
        {
            _greeter.OnHello(peer, envelope.Hello);
        }
    }
}
