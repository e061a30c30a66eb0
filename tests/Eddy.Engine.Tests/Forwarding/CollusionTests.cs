using Eddy.Engine.Forwarding;
using Eddy.Engine.Ports;
using Eddy.Engine.Storage;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Rings;
using Eddy.Simulator;

namespace Eddy.Engine.Tests.Forwarding;

/// <summary>
/// The previous and the next peer work together: the HTLC passes, the previous one disconnects and comes back, so that LND offers the same
/// key again, and at that very moment the next one settles. LND forwards a copy that is waived then a second time, and the next one takes it.
/// </summary>
public sealed class CollusionTests
{
    private static readonly MilliSatoshi Amount = MilliSatoshi.FromSatoshi(100_000);
    private static readonly Bytes32 Secret = Bytes32.Sha256("the record of B"u8);
    private static readonly Preimage Preimage = new(Bytes32.Sha256("C knows it"u8));

    /// <summary>The settlement, so long before or after the copy is offered.</summary>
    private static IEnumerable<int> Offsets => Enumerable.Range(-15, 31).Select(static step => step * 3);

    [Fact]
    public void Whenever_the_next_peer_settles_a_copy_of_the_rings_HTLC_costs_nothing()
    {
        var offeredAfter = Run(settleAfter: null, forgets: false).OfferedAfter;

        Assert.All(Offsets, offset =>
        {
            var run = Run(offeredAfter + TimeSpan.FromMilliseconds(offset), forgets: false);
            Assert.Equal((offset, 0L), (offset, run.Change));
            Assert.True(run.Waived == 1, $"{run.Waived} waivers at {offset} ms");
        });
    }

    [Fact]
    public void A_gate_that_forgot_the_keys_it_used_would_pay_twice()
    {
        var offeredAfter = Run(settleAfter: null, forgets: true).OfferedAfter;

        Assert.Contains(Offsets, offset => Run(offeredAfter + TimeSpan.FromMilliseconds(offset), forgets: true).Change == -Amount.Value);
    }

    private static (TimeSpan OfferedAfter, long Change, int Waived) Run(TimeSpan? settleAfter, bool forgets)
    {
        var network = new SimulatedNetwork(new NetworkOptions { FeePerKw = 253 });
        var nodes = Enumerable.Range(0, 4).Select(index => network.AddNode(new NodeOptions { RefusesReplayedOnions = index != 2 })).ToArray();
        var channels = Enumerable.Range(0, 3).Select(index => network.OpenChannel(nodes[index], nodes[index + 1], new ChannelOptions
        {
            Capacity = MilliSatoshi.FromSatoshi(5_000_000),
            OpenerBalance = MilliSatoshi.FromSatoshi(4_000_000),
            OpenerPolicy = new RoutingPolicy(1_000, 500, 80, new(1_000), MilliSatoshi.Zero),
            PeerPolicy = new RoutingPolicy(1_000, 500, 80, new(1_000), MilliSatoshi.Zero),
        })).ToArray();
        var (a, b, c, d) = (nodes[0], nodes[1], nodes[2], nodes[3]);

        // A disk that takes its time gives the attackers theirs.
        var inbox = new Inbox();
        var gate = new Gate(network, inbox, forgets);
        using var adapter = new SimulatedLightningNode(b, inbox, new PortTimings { Answer = TimeSpan.FromMilliseconds(15), Bind = TimeSpan.FromMilliseconds(15) });
        adapter.Start(gate);
        var accomplice = new Accomplice();
        accomplice.Session = c.Interceptor.Connect(accomplice).Value;
        network.RunFor(TimeSpan.FromSeconds(5));

        var outgoing = channels[1].At(b).ChanId;
        var waiver = new Waiver(
            new RingId(Bytes32.Sha256("ring"u8)), Preimage.Hash(), Secret.Hash(), Amount, Amount, a.Id, outgoing, [outgoing], c.Id, 800, Amount,
            network.Now.AddHours(1));
        gate.Open(ForwardingView.Empty.WithChannels(inbox.Channels).WithHeight(network.Height).WithWaivers([waiver]));
        var before = b.Wealth.Value;
        Pay(network, a, d, channels);
        network.RunFor(TimeSpan.FromSeconds(2));
        Assert.Single(accomplice.Held);

        var left = network.Now;
        network.LinkBetween(a, b).Disconnect();
        if (settleAfter is { } delay)
        {
            network.Timeline.Schedule(delay, accomplice.SettleAll);
        }

        // Whatever reaches the accomplice later it takes as well.
        for (var second = 0; second < 10; second++)
        {
            network.RunFor(TimeSpan.FromSeconds(1));
            if (settleAfter is not null && second > 3)
            {
                accomplice.SettleAll();
            }
        }

        network.AssertConserved();
        return (gate.Offered.Count > 1 ? gate.Offered[1] - left : TimeSpan.Zero, b.Wealth.Value - before, gate.Waived);
    }

    private static void Pay(SimulatedNetwork network, SimulatedNode a, SimulatedNode d, SimulatedChannel[] channels)
    {
        var invoice = d.Invoices.Add(new() { Value = Amount, HoldHash = Preimage.Hash() }).Value;
        var expiry = network.Height + 83;
        var hops = new RouteHop[3];
        for (var hop = 2; hop >= 0; hop--)
        {
            hops[hop] = new RouteHop
            {
                ChannelId = channels[hop].Id,
                Node = network.Nodes[hop + 1].Id,
                AmountToForward = Amount,
                Expiry = expiry,
                Mpp = hop == 2 ? new(invoice.PaymentAddr, Amount) : null,
                CustomRecords = hop == 0 ? Eddy.Simulator.CustomRecords.None.Add(InterceptedHtlc.RecordType, [.. Secret.ToArray()]) : Eddy.Simulator.CustomRecords.None,
            };
            expiry += hop == 2 ? 0u : 80u;
        }

        a.Payments.SendToRoute(new() { Hash = invoice.Hash, Route = new Route { TotalAmount = Amount, TotalTimeLock = expiry, Hops = [.. hops] } }, static _ => { });
    }

    private sealed class Gate(SimulatedNetwork network, IEngineInbox inbox, bool forgets) : IHtlcGate
    {
        private HtlcGate _gate = new(new InMemoryStore(), inbox, network.Time);
        private ForwardingView _view = ForwardingView.Empty;

        public List<DateTimeOffset> Offered { get; } = [];

        public int Waived { get; private set; }

        public void Open(ForwardingView view)
        {
            _view = view;
            _gate.Open([], view);
        }

        public HtlcVerdict Judge(in InterceptedHtlc htlc)
        {
            Offered.Add(network.Now);
            if (forgets && Offered.Count > 1)
            {
                _gate = new(new InMemoryStore(), inbox, network.Time);
                _gate.Open([], _view);
            }

            var verdict = _gate.Judge(in htlc);
            Waived += verdict.Action == HtlcAction.Waive ? 1 : 0;
            return verdict;
        }

        public bool TryBind(WaiverBinding binding) => _gate.TryBind(binding);
    }

    private sealed class Accomplice : IInterceptorClient
    {
        public InterceptorSession? Session { get; set; }

        public List<InterceptRequest> Held { get; } = [];

        public void OnIntercepted(InterceptorSession session, InterceptRequest request) => Held.Add(request);

        public void OnClosed(InterceptorSession session, RpcError reason)
        {
        }

        public void SettleAll()
        {
            foreach (var request in Held)
            {
                Session!.Answer(InterceptAnswer.Settle(request.Circuit, Preimage));
            }

            Held.Clear();
        }
    }

    private sealed class Inbox : IEngineInbox
    {
        public IReadOnlyList<Channel> Channels { get; private set; } = [];

        public void Post(NodeEvent nodeEvent) => Channels = (nodeEvent as NodeEvent.ChannelsListed)?.Channels.ToArray() ?? Channels;
    }
}
