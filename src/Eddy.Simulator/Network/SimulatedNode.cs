using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>A simulated LND: what its API shows, and what it does to the network.</summary>
public sealed partial class SimulatedNode
{
    private const ulong FirstAlias = 16_000_000UL << 40;

    /// <summary>LND's <c>channel-commit-interval</c>.</summary>
    private static readonly TimeSpan CommitInterval = TimeSpan.FromMilliseconds(50);

    private readonly List<ChannelEnd> _channels = [];
    private readonly Dictionary<ShortChannelId, ChannelEnd> _forwardTargets = [];
    private readonly Dictionary<NodeId, PeerLink> _links = [];
    private readonly Dictionary<NodeId, List<ChannelEnd>> _channelsByPeer = [];
    private ulong _aliases;

    internal SimulatedNode(SimulatedNetwork network, int index, NodeOptions options)
    {
        Network = network;
        Index = index;
        Key = options.Key ?? NodeKey.Derive(network.Options.Seed, $"node {index}");
        Alias = options.Alias ?? $"node-{index}";
        Version = options.Version;
        HeightLag = options.HeightLag;
        RefusesReplayedOnions = options.RefusesReplayedOnions;
        AllowsCircularRoutes = options.AllowsCircularRoutes;
        RejectsForwards = options.RejectsForwards;
        Switch = new(this);
        Links = new(this);
        Interceptor = new(this) { IsRequired = options.RequiresInterceptor };
        Invoices = new(this);
        Payments = new(this);
    }

    public SimulatedNetwork Network { get; }

    /// <summary>The number of the node within the network, from 0.</summary>
    public int Index { get; }

    public NodeKey Key { get; }

    public NodeId Id => Key.Id;

    public string Alias { get; }

    public LndVersion Version { get; }

    /// <summary>Blocks that this node is behind the chain.</summary>
    public uint HeightLag { get; set; }

    public uint Height => Network.Height > HeightLag ? Network.Height - HeightLag : 0;

    /// <summary>A made-up address of the peer port.</summary>
    public string Address => $"10.{(Index >> 16) & 255}.{(Index >> 8) & 255}.{Index & 255}:9735";

    /// <inheritdoc cref="NodeOptions.RefusesReplayedOnions"/>
    public bool RefusesReplayedOnions { get; set; }

    public bool AllowsCircularRoutes { get; set; }

    public bool RejectsForwards { get; set; }

    /// <summary>LND's <c>accept-positive-inbound-fees</c>.</summary>
    public bool AcceptsPositiveInboundFees { get; set; }

    public HtlcInterceptor Interceptor { get; }

    public InvoiceRegistry Invoices { get; }

    public PaymentRegistry Payments { get; }

    public ForwardingLog Forwards { get; } = new();

    public NodeFaults Faults { get; } = new();

    /// <summary>SubscribeHtlcEvents without its first message.</summary>
    public Broadcast<HtlcEvent> HtlcEvents { get; } = new();

    public Broadcast<PeerEvent> PeerEvents { get; } = new();

    public Broadcast<ChannelEvent> ChannelEvents { get; } = new();

    /// <summary>Custom messages as they arrive; lost while nobody listens.</summary>
    public Broadcast<CustomMessage> CustomMessages { get; } = new();

    /// <summary>The node's new height.</summary>
    public Broadcast<uint> Blocks { get; } = new();

    /// <summary>Every channel there ever was, closed ones too, in order of opening.</summary>
    public IReadOnlyList<ChannelEnd> Channels => _channels;

    /// <summary>Connections, live or not, to every peer there ever was one to.</summary>
    public IReadOnlyCollection<PeerLink> PeerLinks => _links.Values;

    internal HtlcSwitch Switch { get; }

    internal ChannelLinks Links { get; }

    /// <summary>The link to a peer; null where there never was one.</summary>
    public PeerLink? LinkTo(NodeId peer) => _links.GetValueOrDefault(peer);

    public bool IsConnectedTo(NodeId peer) => _links.TryGetValue(peer, out var link) && link.IsConnected;

    /// <summary>The own channel that any of its ids names, aliases and confirmed ids alike.</summary>
    public ChannelEnd? FindOwnChannel(ShortChannelId id) =>
        _channels.Find(end => end.IsOpen && (end.ChanId == id || end.Channel.Id == id || end.Aliases.Contains(id)));

    /// <summary>Sum of all open channels' balances as ChannelBalance adds them up.</summary>
    public MilliSatoshi ChannelBalance => Sum(end => end.Local);

    public MilliSatoshi RemoteChannelBalance => Sum(end => end.Remote);

    /// <summary>Pending incoming HTLCs.</summary>
    public MilliSatoshi UnsettledLocalBalance => Sum(end => end.Peer.OfferedSum);

    /// <summary>Pending outgoing HTLCs.</summary>
    public MilliSatoshi UnsettledRemoteBalance => Sum(end => end.OfferedSum);

    /// <summary>All this node would have if everything it has offered came back: free of commitment fees, so it changes by payments alone.</summary>
    public MilliSatoshi Wealth
    {
        get
        {
            long sum = 0;
            foreach (var end in _channels)
            {
                sum += end.Gross.Value + end.OfferedSum.Value;
            }

            return new(sum);
        }
    }

    /// <summary>Signs for the engine's port in the place of the real thing, which takes most of a simulation's time; null: really.</summary>
    internal Func<ReadOnlyMemory<byte>, byte[]>? Signer { get; set; }

    /// <summary>SignMessage: null where the message is empty, which LND refuses ("need a message to sign").</summary>
    public RpcResult<string> SignMessage(ReadOnlySpan<byte> message, bool singleHash = false) =>
        message.IsEmpty ? RpcError.Plain("need a message to sign") : MessageSignature.Sign(Key, message, singleHash);

    /// <summary>VerifyMessage: the key that signed, and whether it is a node of the public graph.</summary>
    public RpcResult<VerifiedMessage> VerifyMessage(ReadOnlySpan<byte> message, string signature)
    {
        if (message.IsEmpty)
        {
            return RpcError.Plain("need a message to verify");
        }

        if (!ZBase32.TryDecode(signature, out var bytes))
        {
            return RpcError.Plain("failed to decode signature: illegal z-base-32 data");
        }

        if (!MessageSignature.TryRecover(bytes, MessageSignature.Digest(message), out var signer))
        {
            return new VerifiedMessage(IsValid: false, null);
        }

        return new VerifiedMessage(Network.FindNode(signer) is { } node && node.IsAnnounced, signer);
    }

    /// <summary>Has a public channel, so that others know of it.</summary>
    public bool IsAnnounced => _channels.Exists(end => end is { IsOpen: true, Channel.IsPrivate: false });

    public override string ToString() => Alias;

    internal ShortChannelId NextAlias() => new(FirstAlias + _aliases++);

    internal void Add(PeerLink link) => _links.Add(link.PeerOf(this).Id, link);

    internal void Add(ChannelEnd end)
    {
        _channels.Add(end);
        foreach (var id in end.Aliases.Append(end.ChanId).Append(end.Channel.Id).Where(end.IsNamedBy).Distinct())
        {
            _forwardTargets.TryAdd(id, end);
        }

        var peer = end.Peer.Node.Id;
        if (!_channelsByPeer.TryGetValue(peer, out var channels))
        {
            _channelsByPeer.Add(peer, channels = []);
        }

        channels.Add(end);
    }

    /// <summary>The channel an onion names; null where LND would not know the id, or refuses it.</summary>
    internal ChannelEnd? FindForwardTarget(ShortChannelId id) => _forwardTargets.GetValueOrDefault(id);

    internal List<ChannelEnd> ChannelsWith(SimulatedNode peer) => _channelsByPeer.GetValueOrDefault(peer.Id) ?? [];

    internal void OnChannelUpdated(ChannelEnd end)
    {
        if (ChannelEvents.HasSubscribers)
        {
            ChannelEvents.Publish(new ChannelEvent.Updated(end));
        }
    }

    internal void Publish(
        HtlcEventType type, CircuitKey incoming, CircuitKey outgoing, Func<CircuitKey, CircuitKey, DateTimeOffset, HtlcEvent> create)
    {
        if (HtlcEvents.HasSubscribers)
        {
            HtlcEvents.Publish(create(type == HtlcEventType.Send ? default : incoming, outgoing, Network.Now));
        }
    }

    /// <summary>
    /// The incoming HTLC's removal is irrevocable: two latencies after the offerer took it. A fulfil is handed on at once and committed
    /// with others a little later, so that a payment is settled all the way back before the first of these events.
    /// </summary>
    internal void PublishFinal(Htlc htlc, bool settled)
    {
        if (!HtlcEvents.HasSubscribers)
        {
            return;
        }

        var isOffchain = htlc.Receiver.IsOpen;
        var key = htlc.IncomingKey;
        var commit = settled ? CommitInterval : TimeSpan.Zero;
        Network.Timeline.Schedule((2 * htlc.Receiver.Channel.Link.Latency) + commit, () =>
            Publish(HtlcEventType.Unknown, key, default, (incoming, outgoing, time) => new HtlcEvent.Final(settled, isOffchain)
            {
                Incoming = incoming,
                Outgoing = outgoing,
                Time = time,
                Type = HtlcEventType.Unknown,
            }));
    }

    private MilliSatoshi Sum(Func<ChannelEnd, MilliSatoshi> amount)
    {
        var sum = MilliSatoshi.Zero;
        foreach (var end in _channels)
        {
            sum += end.IsOpen ? amount(end) : MilliSatoshi.Zero;
        }

        return sum;
    }
}

/// <summary>VerifyMessage's answer. LND calls a signature valid when the key it recovers is some node of its graph.</summary>
public sealed record VerifiedMessage(bool IsValid, NodeId? Signer);
