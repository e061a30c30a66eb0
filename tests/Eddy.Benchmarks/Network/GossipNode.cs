using System.Security.Cryptography;
using Eddy.Engine;
using Eddy.Engine.Forwarding;
using Eddy.Engine.Ports;
using Eddy.Engine.Storage;
using Eddy.Lightning;
using Eddy.Simulator;

namespace Eddy.Benchmarks.Network;

/// <summary>A daemon's engine beside a node that has channels and peers, signs and carries messages, and does nothing else. In virtual time.</summary>
internal sealed class GossipNode : ILightningNode, IPeerMessenger, IEngineInbox, ISignatureVerifier, IDisposable
{
    private const long Reserve = 100;
    private static readonly Bytes32 Chain = Bytes32.Sha256("a chain for measuring"u8);
    private static readonly RoutingPolicy Policy = new(1_000, 100, 40, new(1_000), new(0));
    private static readonly TimeSpan Call = TimeSpan.FromMilliseconds(2);

    private readonly EventTimeline _timeline;
    private readonly GossipMeter _meter;
    private readonly MovingChannel[] _own;
    private readonly Channel[] _channels;
    private readonly Dictionary<ulong, int> _places;
    private readonly Dictionary<NodeId, (GossipNode Node, TimeSpan Latency, DateTimeOffset Last)> _peers = [];
    private readonly EddyEngine _engine;
    private ScheduledEvent? _timer;
    private bool _isStale;

    public GossipNode(EventTimeline timeline, GossipMeter meter, NodeId id, int number, IEnumerable<MovingChannel> channels, EngineOptions options)
    {
        _timeline = timeline;
        _meter = meter;
        Id = id;
        Number = number;
        _own = [.. channels.OrderBy(static channel => channel.Id)];
        _channels = [.. _own.Select(Read)];
        _places = _own.Select(static (channel, place) => (channel.Id, place)).ToDictionary(static entry => entry.Id, static entry => entry.place);
        var store = new InMemoryStore();
        var time = new SimulatedTimeProvider(timeline);
        _engine = new EddyEngine(options, new EnginePorts
        {
            Store = store,
            Node = this,
            Messenger = this,
            Gate = new HtlcGate(store, this, time),
            Time = time,
            Random = new Random(number),
            Entropy = new CryptographicEntropy(),
            Verifier = this,
        });
    }

    public NodeId Id { get; }

    public int Number { get; }

    public EddyEngine Engine => _engine;

    public int PeerCount => _peers.Count;

    public void Connect(GossipNode peer, TimeSpan latency) => _peers[peer.Id] = (peer, latency, DateTimeOffset.MinValue);

    public void Dispose() => _engine.Dispose();

    public void Start()
    {
        Step(_engine.Start);
        Handle(new NodeEvent.Connected(new(Id, $"node {Number}", "mainnet", Chain, "0.20.3", 900_000, 24)));
        Handle(new NodeEvent.PeersListed([.. _peers.Keys.Order()]));
        Handle(new NodeEvent.InterceptorChanged(InterceptorState.Up, ""));
        Handle(new NodeEvent.ChannelsListed([.. _channels]));
    }

    /// <summary>A balance has changed: the engine hears of it in the next listing.</summary>
    public void OnMoved(MovingChannel channel)
    {
        var place = _places[channel.Id];
        _channels[place] = Read(channel);
        if (!_isStale)
        {
            _isStale = true;
            _timeline.Schedule(TimeSpan.FromSeconds(5), () =>
            {
                _isStale = false;
                Handle(new NodeEvent.ChannelsListed([.. _channels]));
            });
        }
    }

    public void Execute(NodeCommand command)
    {
        CommandOutcome outcome = command is NodeCommand.SignMessage sign ? new CommandOutcome.Signed(Sign(sign.Message.Span)) : new CommandOutcome.Done();
        _timeline.Schedule(Call, () => Handle(new NodeEvent.Completed(command.Id, outcome)));
    }

    public void Send(CommandId id, NodeId peer, ReadOnlyMemory<byte> payload)
    {
        _meter.OnSent(this, payload);
        var (node, latency, last) = _peers[peer];
        var at = _timeline.Now + Call + latency;
        at = at > last ? at : last;
        _peers[peer] = (node, latency, at);
        _timeline.ScheduleAt(at, () =>
        {
            _meter.OnReceived(node, payload);
            node.Handle(new NodeEvent.MessageReceived(Id, payload));
        });
        _timeline.Schedule(Call, () => Handle(new NodeEvent.Completed(id, new CommandOutcome.Done())));
    }

    public void Post(NodeEvent nodeEvent) => _timeline.Schedule(TimeSpan.Zero, () => Handle(nodeEvent));

    /// <summary>What signatures cost is measured elsewhere.</summary>
    public bool Verify(NodeId node, SignatureDomain domain, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> signature) => true;

    private static byte[] Sign(ReadOnlySpan<byte> message)
    {
        var hash = SHA256.HashData(message);
        hash[0] = 1;
        return [31, .. hash, .. hash];
    }

    private Channel Read(MovingChannel channel)
    {
        var local = channel.LocalOf(Id);
        return new()
        {
            Id = new ShortChannelId(channel.Id),
            ChannelPoint = $"{channel.Id}:0",
            Peer = channel.Other(Id),
            Capacity = MilliSatoshi.FromSatoshi(channel.Capacity),
            Local = MilliSatoshi.FromSatoshi(local),
            Remote = MilliSatoshi.FromSatoshi(channel.Capacity - local),
            Spendable = MilliSatoshi.FromSatoshi(Math.Max(0, local - (channel.Capacity / Reserve))),
            Receivable = MilliSatoshi.FromSatoshi(Math.Max(0, channel.Capacity - local - (channel.Capacity / Reserve))),
            IsActive = true,
            Policy = Policy,
            PeerPolicy = Policy,
        };
    }

    private void Handle(NodeEvent nodeEvent) => Step(() => _engine.Handle(nodeEvent));

    private void Step(Action step)
    {
        step();
        _timer?.Cancel();
        _timer = _engine.NextTimer is { } due ? _timeline.ScheduleAt(due, () => Step(_engine.Tick)) : null;
    }
}
