using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>
/// A whole Lightning network on one thread: nodes, links, channels, a chain and one timeline of events. Same options and same calls give
/// the same run. Virtual time by default; <see cref="RealTimePump"/> runs it by the wall clock.
/// </summary>
public sealed partial class SimulatedNetwork
{
    private readonly List<SimulatedNode> _nodes = [];
    private readonly List<SimulatedChannel> _channels = [];
    private readonly List<SimulatedChannel> _closing = [];
    private readonly Dictionary<NodeId, SimulatedNode> _nodesById = [];
    private readonly Dictionary<ShortChannelId, SimulatedChannel> _channelsById = [];
    private uint _shortChannelIds;
    private ScheduledEvent? _mining;

    public SimulatedNetwork(NetworkOptions? options = null)
    {
        Options = options ?? new();
        Timeline = new(Options.StartTime);
        Time = new(Timeline);
        Random = new SeededRandom(Options.Seed).Fork("network");
        Height = Options.StartHeight;
    }

    public NetworkOptions Options { get; }

    public EventTimeline Timeline { get; }

    /// <summary>The timeline for code that takes a <see cref="TimeProvider"/>.</summary>
    public SimulatedTimeProvider Time { get; }

    public DateTimeOffset Now => Timeline.Now;

    /// <summary>What the model draws from while it runs.</summary>
    public SeededRandom Random { get; }

    public uint Height { get; private set; }

    /// <summary>Sees every HTLC come and go, as the ledger does. What a checker goes by instead of what anybody says of himself.</summary>
    internal INetworkWatch? Watch { get; set; }

    public IReadOnlyList<SimulatedNode> Nodes => _nodes;

    /// <summary>All channels there ever were.</summary>
    public IReadOnlyList<SimulatedChannel> Channels => _channels;

    /// <summary>What happens to the public graph. Every node knows it at once.</summary>
    public Broadcast<GraphEvent> GraphEvents { get; } = new();

    /// <summary>The channels of the public graph.</summary>
    public IEnumerable<SimulatedChannel> PublicChannels =>
        _channels.Where(channel => channel is { IsPrivate: false, Status: ChannelStatus.Open });

    public SimulatedNode AddNode(NodeOptions? options = null)
    {
        var node = new SimulatedNode(this, _nodes.Count, options ?? new());
        _nodes.Add(node);
        _nodesById.Add(node.Id, node);
        return node;
    }

    public SimulatedNode? FindNode(NodeId id) => _nodesById.GetValueOrDefault(id);

    /// <summary>An open channel by its confirmed id.</summary>
    public SimulatedChannel? FindChannel(ShortChannelId id) =>
        _channelsById.TryGetValue(id, out var channel) && channel.Status == ChannelStatus.Open ? channel : null;

    /// <summary>Opens a channel, confirmed and active at once; the two are connected if they were not.</summary>
    public SimulatedChannel OpenChannel(SimulatedNode opener, SimulatedNode peer, ChannelOptions options)
    {
        if (opener == peer)
        {
            throw new ArgumentException("A channel needs two nodes.", nameof(peer));
        }

        var link = LinkBetween(opener, peer);
        var channel = new SimulatedChannel(this, _channels.Count, link, opener, peer, options);
        if (!_channelsById.TryAdd(channel.Id, channel))
        {
            throw new ArgumentException($"There is a channel {channel.Id} already.", nameof(options));
        }

        _channels.Add(channel);
        opener.Add(channel.Opener);
        peer.Add(channel.Other);
        link.ConnectNow();
        link.Add(channel);
        opener.ChannelEvents.Publish(new ChannelEvent.Opened(channel.Opener));
        peer.ChannelEvents.Publish(new ChannelEvent.Opened(channel.Other));
        if (!channel.IsPrivate)
        {
            GraphEvents.Publish(new GraphEvent.PolicyChanged(channel, channel.Opener));
            GraphEvents.Publish(new GraphEvent.PolicyChanged(channel, channel.Other));
        }

        return channel;
    }

    /// <summary>The link of two nodes, made when there was none; not connected by this.</summary>
    public PeerLink LinkBetween(SimulatedNode a, SimulatedNode b)
    {
        if (a.LinkTo(b.Id) is { } existing)
        {
            return existing;
        }

        var link = new PeerLink(this, a, b);
        a.Add(link);
        b.Add(link);
        return link;
    }

    /// <summary>Cuts every link between <paramref name="group"/> and the rest, until <see cref="Heal"/>.</summary>
    public void Partition(IEnumerable<SimulatedNode> group)
    {
        var inside = group.ToHashSet();
        foreach (var link in AllLinks().Where(link => inside.Contains(link.A) != inside.Contains(link.B)).ToArray())
        {
            link.IsBlocked = true;
        }
    }

    /// <summary>Ends every partition.</summary>
    public void Heal()
    {
        foreach (var link in AllLinks().Where(link => link.IsBlocked).ToArray())
        {
            link.IsBlocked = false;
        }
    }

    /// <summary>Takes the next event; false when nothing is scheduled.</summary>
    public bool Step() => Timeline.RunNext();

    public void RunFor(TimeSpan time) => Timeline.AdvanceTo(Now + time);

    /// <summary>Runs until nothing but timers is left. Held and stuck HTLCs count as nothing: they wait for somebody.</summary>
    /// <exception cref="InvalidOperationException">It did not come to rest within <paramref name="limit"/> (an hour of virtual time).</exception>
    public void RunUntilIdle(TimeSpan? limit = null)
    {
        var most = limit ?? TimeSpan.FromHours(1);
        if (!Timeline.RunUntilIdle(Now + most))
        {
            throw new InvalidOperationException($"The network did not come to rest within {most}.");
        }
    }

    internal ShortChannelId NextShortChannelId() => ShortChannelId.Create(Options.StartHeight - 6, ++_shortChannelIds, 0);

    internal Bytes32 DeriveTxid(int index)
    {
        Span<byte> txid = stackalloc byte[Bytes32.Size];
        SeededRandom.Derive(Options.Seed, $"funding {index}", txid);
        return new(txid);
    }

    private IEnumerable<PeerLink> AllLinks() =>
        _nodes.SelectMany(node => node.PeerLinks.Where(link => link.A == node));
}
