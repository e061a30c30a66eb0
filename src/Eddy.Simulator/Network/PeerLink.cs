namespace Eddy.Simulator;

/// <summary>The connection of two nodes, with all channels between them.</summary>
public sealed class PeerLink
{
    private readonly SimulatedNetwork _network;
    private readonly List<SimulatedChannel> _channels = [];
    private readonly Direction _fromA = new();
    private readonly Direction _fromB = new();
    private bool _isBlocked;
    private ScheduledEvent? _reconnect;

    internal PeerLink(SimulatedNetwork network, SimulatedNode a, SimulatedNode b)
    {
        (_network, A, B) = (network, a, b);
        Latency = network.Options.LinkLatency;
    }

    public SimulatedNode A { get; }

    public SimulatedNode B { get; }

    public IReadOnlyList<SimulatedChannel> Channels => _channels;

    public bool IsConnected { get; private set; }

    /// <summary>One way. A change holds for what is sent from now on; nothing overtakes.</summary>
    public TimeSpan Latency { get; set; }

    /// <summary>How often the connection was lost.</summary>
    public int Flaps { get; private set; }

    public DateTimeOffset? LastFlap { get; private set; }

    /// <summary>True: the two cannot reach each other (a partition). Setting it drops the connection; clearing it lets them connect again.</summary>
    public bool IsBlocked
    {
        get => _isBlocked;
        set
        {
            _isBlocked = value;
            if (value)
            {
                Disconnect();
            }
            else
            {
                ScheduleReconnect();
            }
        }
    }

    /// <summary>Counts connections: what was sent in an earlier one never arrives.</summary>
    internal int Epoch { get; private set; }

    /// <summary>Connections whose links have started are this one.</summary>
    internal bool IsEstablished { get; private set; }

    public SimulatedNode PeerOf(SimulatedNode node) => node == A ? B : A;

    /// <summary>What goes wrong with custom messages that <paramref name="sender"/> sends.</summary>
    public MessageFaults FaultsFrom(SimulatedNode sender) => From(sender).Faults;

    /// <summary>Connects; false where one of the two is down or they cannot reach each other.</summary>
    public bool TryConnect()
    {
        if (IsConnected)
        {
            return true;
        }

        if (_isBlocked || !A.AcceptsPeers || !B.AcceptsPeers)
        {
            return false;
        }

        _reconnect?.Cancel();
        IsConnected = true;
        Epoch++;
        (_fromA.LastArrival, _fromB.LastArrival) = (default, default);
        A.PeerEvents.Publish(new(B.Id, IsOnline: true));
        B.PeerEvents.Publish(new(A.Id, IsOnline: true));

        var epoch = Epoch;
        _network.Timeline.Schedule(_network.Options.LinkStartDelay, () => StartLinks(epoch));
        return true;
    }

    /// <summary>Drops the connection. Peers with channels connect again by themselves, unless they cannot.</summary>
    public void Disconnect()
    {
        if (!IsConnected)
        {
            return;
        }

        IsConnected = false;
        IsEstablished = false;
        Epoch++;
        Flaps++;
        LastFlap = _network.Now;
        foreach (var channel in _channels)
        {
            StopLink(channel);
        }

        A.PeerEvents.Publish(new(B.Id, IsOnline: false));
        B.PeerEvents.Publish(new(A.Id, IsOnline: false));
        ScheduleReconnect();
    }

    public override string ToString() => $"{A.Alias}-{B.Alias}";

    /// <summary>Connects and starts the links without delay, as when a network is built.</summary>
    internal void ConnectNow()
    {
        if (TryConnect())
        {
            StartLinks(Epoch);
        }
    }

    internal void Add(SimulatedChannel channel)
    {
        _channels.Add(channel);
        if (IsEstablished)
        {
            StartLink(channel);
        }
    }

    internal void ScheduleReconnect()
    {
        if (_network.Options.ReconnectDelay is not { } delay || IsConnected || !_channels.Exists(channel => channel.Status == ChannelStatus.Open))
        {
            return;
        }

        _reconnect?.Cancel();
        _reconnect = _network.Timeline.Schedule(delay, () => TryConnect());
    }

    /// <summary>When something sent now arrives: after the latency, and never before what was sent earlier.</summary>
    internal DateTimeOffset ArrivalTime(SimulatedNode sender, TimeSpan extra = default)
    {
        var direction = From(sender);
        var arrival = _network.Now + Latency + extra;
        direction.LastArrival = arrival > direction.LastArrival ? arrival : direction.LastArrival;
        return direction.LastArrival;
    }

    internal static void StopLink(SimulatedChannel channel)
    {
        if (!channel.IsLinkUp)
        {
            return;
        }

        channel.IsLinkUp = false;
        channel.Opener.Node.ChannelEvents.Publish(new ChannelEvent.Inactive(channel.Opener));
        channel.Other.Node.ChannelEvents.Publish(new ChannelEvent.Inactive(channel.Other));
    }

    private Direction From(SimulatedNode sender) => sender == A ? _fromA : _fromB;

    private void StartLinks(int epoch)
    {
        if (epoch != Epoch || IsEstablished)
        {
            return;
        }

        IsEstablished = true;
        foreach (var channel in _channels.ToArray())
        {
            StartLink(channel);
        }
    }

    private static void StartLink(SimulatedChannel channel)
    {
        if (channel.Status != ChannelStatus.Open || channel.IsLinkUp)
        {
            return;
        }

        channel.IsLinkUp = true;
        channel.Opener.Node.ChannelEvents.Publish(new ChannelEvent.Active(channel.Opener));
        channel.Other.Node.ChannelEvents.Publish(new ChannelEvent.Active(channel.Other));
        channel.Opener.Node.Links.OnLinkUp(channel.Opener);
        channel.Other.Node.Links.OnLinkUp(channel.Other);
    }

    private sealed class Direction
    {
        public MessageFaults Faults { get; } = new();

        public DateTimeOffset LastArrival { get; set; }
    }
}
