using System.Collections.Immutable;
using Eddy.Engine.Ports;
using Eddy.Engine.Storage;
using Eddy.Engine.Tests.Wire;
using Eddy.Engine.Wire;
using Eddy.Lightning;
using Eddy.Protos.Wire;
using Eddy.Rings;
using Google.Protobuf;
using RingOffer = Eddy.Rings.RingOffer;

namespace Eddy.Engine.Tests.Network;

/// <summary>
/// One engine whose channels and peers are puppets: whatever they say and offer is what a test makes them. All signatures count as good. Its
/// key is the highest, so that anybody may propose to it.
/// </summary>
internal sealed class Refuser
{
    private readonly TestRing _ring = new(4);
    private int _proposals;

    /// <param name="options">What its owner wants.</param>
    /// <param name="canWaive">It gets LND's interceptor.</param>
    /// <param name="prepare">Puts things into its store before it starts.</param>
    public Refuser(EngineOptions options, bool canWaive = true, Action<Refuser, StoreBatch>? prepare = null)
    {
        var self = _ring.Daemons.MaxBy(static daemon => daemon.Node.Id)!;
        var place = _ring.Daemons.ToList().IndexOf(self);
        Previous = _ring.Daemons[(place + 3) % 4].Node.Id;
        Next = _ring.Daemons[(place + 1) % 4].Node.Id;
        Other = _ring.Daemons[(place + 2) % 4].Node.Id;
        Daemon = new TestDaemon(self.Node, options, new Trusting());
        var batch = new StoreBatch();
        prepare?.Invoke(this, batch);
        Daemon.Store.Inner.Commit(batch);
        Start(canWaive);
    }

    public TestDaemon Daemon { get; }

    /// <summary>Who brings the proposals; its channel is nearly empty on our side.</summary>
    public NodeId Previous { get; }

    /// <summary>Our channel to it is nearly full on our side.</summary>
    public NodeId Next { get; }

    /// <summary>No channel with it.</summary>
    public NodeId Other { get; }

    public ImmutableArray<Channel> Channels
    {
        get;
        set
        {
            field = value;
            Daemon.Handle(new NodeEvent.ChannelsListed(value));
        }
    }

    = [];

    public static Channel Channel(uint number, NodeId peer, long localSat, long capacitySat = 10_000_000)
    {
        var policy = new RoutingPolicy(1_000, 500, 80, new(1_000), MilliSatoshi.Zero);
        return new Channel
        {
            Id = new ShortChannelId(((ulong)(700_000 + number) << 40) | (1UL << 16)),
            ChannelPoint = new string('0', 64) + ":0",
            Peer = peer,
            Capacity = MilliSatoshi.FromSatoshi(capacitySat),
            Local = MilliSatoshi.FromSatoshi(localSat),
            Remote = MilliSatoshi.FromSatoshi(capacitySat - localSat),
            Spendable = MilliSatoshi.FromSatoshi(Math.Max(0, localSat - 100_000)),
            Receivable = MilliSatoshi.FromSatoshi(Math.Max(0, capacitySat - localSat - 100_000)),
            IsActive = true,
            Policy = policy,
            PeerPolicy = policy,
        };
    }

    public void Restart()
    {
        Daemon.Kill();
        Start(canWaive: true);
    }

    public void Hear(NodeId peer, ReadOnlyMemory<byte> message) => Daemon.Handle(new NodeEvent.MessageReceived(peer, message));

    /// <summary>A peer that can waive and never initiates, unless it does.</summary>
    public void Greet(NodeId peer) => Hear(peer, WireEncoder.Encode(new Hello
    {
        MinVersion = 1,
        MaxVersion = 1,
        Chain = ByteString.CopyFrom(Daemon.Identity!.Chain.ToArray()),
        CanInitiate = peer != Next,
        CanWaive = true,
    }));

    /// <summary>A proposal from the node before us, by default round the two neighbours; what it says is up to <paramref name="change"/>.</summary>
    public void Propose(Func<RingOffer, RingOffer>? change = null, params NodeId[] nodes)
    {
        _proposals++;
        var members = nodes.Length > 0 ? nodes.ToImmutableArray() : [Previous, Daemon.Node.Id, Next];
        var offer = WireSamples.Offer(members.Length) with
        {
            Chain = Daemon.Identity!.Chain,
            Nodes = members,
            Id = new RingId(WireSamples.Hash(1_000 + _proposals)),
            Hash = new PaymentHash(WireSamples.Hash(2_000 + _proposals)),
            Amount = MilliSatoshi.FromSatoshi(100_000),
        };
        Hear(members[0], WireEncoder.Encode(WireSamples.Signed(WireEncoder.EncodeOffer(change is null ? offer : change(offer))), []));
    }

    private void Start(bool canWaive)
    {
        Daemon.Start(canWaive);
        Assert.True(_ring.RunUntil(() => Daemon.View.IsConnected && Daemon.View.Interceptor == (canWaive ? InterceptorState.Up : InterceptorState.Down)));
        Channels = [Channel(1, Previous, 1_000_000), Channel(2, Next, 9_000_000)];
        Greet(Previous);
        Greet(Next);
    }

    private sealed class Trusting : ISignatureVerifier
    {
        public bool Verify(NodeId node, SignatureDomain domain, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> signature) => true;
    }
}
