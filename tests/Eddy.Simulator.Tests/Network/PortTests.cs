using Eddy.Engine.Ports;
using Eddy.Forwarding;
using Eddy.Lightning;
using EngineInvoiceState = Eddy.Engine.Ports.InvoiceState;

namespace Eddy.Simulator.Tests.Network;

/// <summary>The engine's face: commands and events of <see cref="SimulatedLightningNode"/>.</summary>
public sealed class PortTests
{
    private static readonly Preimage Secret = new(Bytes32.Sha256("a ring's preimage"u8));

    [Fact]
    public void A_start_tells_who_the_node_is_then_its_peers_then_its_channels()
    {
        var ring = new RingFixture();
        var port = new Port(ring.A, gate: null);

        ring.Network.RunUntilIdle();

        var connected = Assert.IsType<NodeEvent.Connected>(port.Events[0]);
        Assert.Equal((ring.A.Id, "A", "regtest", "0.20.3-beta", 800_000u, 18u), (connected.Node.Id, connected.Node.Alias, connected.Node.Network, connected.Node.Version, connected.Node.Height, connected.Node.MinFinalCltv));
        Assert.Equal([ring.B.Id, ring.D.Id], Assert.IsType<NodeEvent.PeersListed>(port.Events[1]).Peers.Order(Comparer<NodeId>.Default).ToArray().OrderBy(id => id == ring.B.Id ? 0 : 1));
        var channels = Assert.IsType<NodeEvent.ChannelsListed>(port.Events[2]).Channels;
        Assert.Equal(2, channels.Length);
        var first = channels.Single(channel => channel.Peer == ring.B.Id);
        Assert.Equal((ring.Channels[0].Id, true, true), (first.Id, first.IsActive, first.IsInitiator));
        Assert.Equal(ring.Channels[0].Opener.Local.Satoshi, first.Local.Satoshi);
        Assert.InRange(first.Spendable.Value, ring.Channels[0].Opener.Spendable.Value - 1_001_000, ring.Channels[0].Opener.Spendable.Value);
        Assert.Equal(InterceptorState.Down, port.Single<NodeEvent.InterceptorChanged>().State);
    }

    [Fact]
    public void A_ring_is_invoiced_sent_waived_and_settled_through_the_ports_alone()
    {
        var ring = new RingFixture();
        var (alice, bob) = (new Port(ring.A, gate: null), new Port(ring.B, new WaivingGate()));
        RingFixture.Waive(ring.C);
        RingFixture.Waive(ring.D);
        ring.Network.RunUntilIdle();
        Assert.Equal(InterceptorState.Up, bob.Single<NodeEvent.InterceptorChanged>().State);

        var invoice = Assert.IsType<CommandOutcome.InvoiceAdded>(alice.Run(id => new NodeCommand.AddInvoice(id, Secret, new(RingFixture.Amount), 600, "ring")));
        Assert.Equal(18u, invoice.FinalCltv);
        var settled = alice.Run(id => new NodeCommand.SendToRoute(id, Secret.Hash(), RouteOf(ring, invoice.PaymentAddress)));

        Assert.Equal(MilliSatoshi.Zero, Assert.IsType<CommandOutcome.PaymentSettled>(settled).Fee);
        var found = Assert.IsType<CommandOutcome.InvoiceFound>(alice.Run(id => new NodeCommand.LookupInvoice(id, Secret.Hash())));
        Assert.Equal((EngineInvoiceState.Settled, RingFixture.Amount), (found.State, found.AmountPaid.Value));
        Assert.IsType<CommandOutcome.PaymentSettled>(alice.Run(id => new NodeCommand.TrackPayment(id, Secret.Hash())));

        var key = new CircuitKey(ring.Channels[0].Id, 0);
        Assert.Equal([1, 2, 3], bob.Gate!.Records.Single());
        Assert.Equal(
            [typeof(NodeEvent.WaiverBound), typeof(NodeEvent.HtlcForwarded), typeof(NodeEvent.HtlcSettled)],
            bob.Events.Where(item => item is NodeEvent.WaiverBound or NodeEvent.HtlcForwarded or NodeEvent.HtlcSettled).Select(item => item.GetType()));
        Assert.Equal(new NodeEvent.HtlcForwarded(key, ring.Channels[1].Id), bob.Single<NodeEvent.HtlcForwarded>());
        Assert.Equal(RingFixture.Amount, ring.Channels[0].Opener.TotalSent.Value);
        Assert.Equal(ring.Channels[0].Opener.Local.Satoshi, alice.Last<NodeEvent.ChannelsListed>().Channels.Single(channel => channel.Peer == ring.B.Id).Local.Satoshi);

        var circuits = Assert.IsType<CommandOutcome.CircuitsFound>(bob.Run(id => new NodeCommand.LookupCircuits(id, [key, key with { HtlcId = 9 }], 0)));
        Assert.Equal([CircuitFate.Settled, CircuitFate.Gone], circuits.Circuits.Select(circuit => circuit.Fate));
    }

    [Fact]
    public void A_binding_that_cannot_be_saved_is_a_plain_resume()
    {
        var ring = new RingFixture();
        var (alice, bob) = (new Port(ring.A, gate: null), new Port(ring.B, new WaivingGate { CanBind = false }));
        ring.Network.RunUntilIdle();

        var outcome = Pay(ring, alice);

        Assert.Equal(new CommandOutcome.PaymentFailed(FailureCode.FeeInsufficient, 1), outcome);
        Assert.Empty(bob.Events.OfType<NodeEvent.WaiverBound>());
        Assert.Equal(FailureCode.FeeInsufficient, bob.Single<NodeEvent.HtlcFailed>().LocalCode);
    }

    [Fact]
    public void A_payment_is_answered_once_across_a_restart_of_its_node()
    {
        var ring = new RingFixture();
        var clients = ring.WaiveEverywhere();
        clients[1].Script = _ => null;
        var alice = new Port(ring.A, gate: null);
        ring.Network.RunUntilIdle();
        var id = Send(ring, alice);
        ring.Network.RunFor(TimeSpan.FromSeconds(1));

        ring.A.Restart(TimeSpan.FromSeconds(5));
        ring.Network.RunFor(TimeSpan.FromSeconds(20));
        Assert.Empty(alice.OutcomesOf(id));
        Assert.Single(alice.Events.OfType<NodeEvent.Disconnected>());
        Assert.Equal(2, alice.Events.OfType<NodeEvent.Connected>().Count());
        Assert.Single(alice.Events.OfType<NodeEvent.HtlcEventsLost>());

        clients[1].Session!.Answer(InterceptAnswer.ResumeModified(clients[1].Requests[0].Circuit, RingFixture.Amount + RingFixture.Fee));
        ring.Network.RunFor(TimeSpan.FromSeconds(20));
        Assert.IsType<CommandOutcome.PaymentSettled>(Assert.Single(alice.OutcomesOf(id)));
    }

    [Fact]
    public void A_lost_send_that_left_no_record_is_refused_in_the_end_and_a_refused_one_at_once()
    {
        var ring = new RingFixture();
        var alice = new Port(ring.A, gate: null);
        ring.Network.RunUntilIdle();

        ring.A.Faults.OnCall = method => method == "SendToRouteV2" ? new(TimeSpan.FromSeconds(1), new(RpcCode.Unavailable, "gone")) : null;
        var lost = Send(ring, alice);
        ring.Network.RunFor(TimeSpan.FromSeconds(20));
        Assert.Empty(alice.OutcomesOf(lost));
        ring.Network.RunFor(TimeSpan.FromSeconds(20));
        Assert.IsType<CommandOutcome.Refused>(Assert.Single(alice.OutcomesOf(lost)));

        ring.A.Faults.OnCall = _ => new(TimeSpan.Zero, RpcError.Plain("permission denied"));
        var refused = Send(ring, alice);
        ring.Network.RunUntilIdle();
        Assert.Equal(new CommandOutcome.Refused("permission denied"), Assert.Single(alice.OutcomesOf(refused)));
    }

    [Fact]
    public void An_unknown_payment_is_not_found_and_a_hash_sent_before_tells_its_end()
    {
        var ring = new RingFixture();
        ring.WaiveEverywhere();
        var alice = new Port(ring.A, gate: null);
        ring.Network.RunUntilIdle();

        Assert.IsType<CommandOutcome.NotFound>(alice.Run(id => new NodeCommand.TrackPayment(id, Secret.Hash())));
        Assert.IsType<CommandOutcome.PaymentSettled>(Pay(ring, alice));
        var again = alice.Run(id => new NodeCommand.SendToRoute(id, Secret.Hash(), RouteOf(ring, new byte[32])));
        Assert.IsType<CommandOutcome.PaymentSettled>(again);
        Assert.Single(ring.A.Payments.All.Single().Attempts);
    }

    [Fact]
    public void Calls_to_a_node_that_is_down_are_unavailable()
    {
        var ring = new RingFixture();
        var alice = new Port(ring.A, gate: null);
        ring.Network.RunUntilIdle();
        ring.A.SetState(WalletState.Locked);

        Assert.IsType<CommandOutcome.Unavailable>(alice.Run(id => new NodeCommand.SignMessage(id, new byte[] { 1 })));
        Assert.Equal("wallet locked, unlock it to enable full RPC access", alice.Single<NodeEvent.Disconnected>().Reason);
    }

    [Fact]
    public void Signatures_are_the_nodes_own()
    {
        var ring = new RingFixture();
        var alice = new Port(ring.A, gate: null);
        ring.Network.RunUntilIdle();

        var signed = Assert.IsType<CommandOutcome.Signed>(alice.Run(id => new NodeCommand.SignMessage(id, "eddy"u8.ToArray())));

        Assert.True(MessageSignature.TryRecover(signed.Signature.Span, MessageSignature.Digest("eddy"u8), out var signer));
        Assert.Equal(ring.A.Id, signer);
    }

    [Fact]
    public void Messages_of_the_engines_type_pass_in_order_and_others_do_not()
    {
        var ring = new RingFixture();
        var (alice, bob) = (new Port(ring.A, gate: null), new Port(ring.B, gate: null));
        ring.Network.RunUntilIdle();
        var slow = true;
        ring.A.Faults.OnCall = method => method == "SendCustomMessage" && slow ? new(TimeSpan.FromSeconds(1), null) : null;
        alice.Node.Send(new(1), ring.B.Id, new byte[] { 1 });
        slow = false;
        alice.Node.Send(new(2), ring.B.Id, new byte[] { 2 });
        alice.Node.Send(new(3), ring.C.Id, new byte[] { 3 });
        ring.A.SendCustomMessage(ring.B.Id.ToArray(), 40_001, [9]);
        ring.Network.RunUntilIdle();

        Assert.Equal([1, 2], bob.Events.OfType<NodeEvent.MessageReceived>().Select(message => (int)message.Payload.Span[0]));
        Assert.IsType<CommandOutcome.Done>(Assert.Single(alice.OutcomesOf(new(1))));
        Assert.IsType<CommandOutcome.NotFound>(Assert.Single(alice.OutcomesOf(new(3))));
    }

    [Fact]
    public void An_interceptor_held_by_somebody_else_is_taken_until_it_is_free()
    {
        var ring = new RingFixture();
        var other = RingFixture.Intercept(ring.B, _ => null);
        var bob = new Port(ring.B, new WaivingGate());
        ring.Network.RunUntilIdle();
        Assert.Equal(InterceptorState.Taken, bob.Single<NodeEvent.InterceptorChanged>().State);

        other.Session!.Close();
        ring.Network.RunFor(TimeSpan.FromMinutes(1));
        Assert.Equal(InterceptorState.Up, bob.Last<NodeEvent.InterceptorChanged>().State);

        bob.Node.Stop();
        Assert.False(ring.B.Interceptor.IsConnected);
        var count = bob.Events.Count;
        ring.Network.MineBlocks();
        ring.Network.RunUntilIdle();
        Assert.Equal(count, bob.Events.Count);
    }

    [Fact]
    public void A_process_that_dies_with_a_waiver_unanswered_lets_the_HTLC_go_unmodified()
    {
        var ring = new RingFixture();
        var (alice, bob) = (new Port(ring.A, gate: null), new Port(ring.B, new WaivingGate()));
        ring.Network.RunUntilIdle();
        var id = Send(ring, alice);
        while (bob.Gate!.Records.Count == 0)
        {
            Assert.True(ring.Network.Step());
        }

        bob.Node.Dispose();
        ring.Network.RunUntilIdle();

        Assert.Equal(new CommandOutcome.PaymentFailed(FailureCode.FeeInsufficient, 1), Assert.Single(alice.OutcomesOf(id)));
    }

    [Fact]
    public void A_listing_follows_every_change_at_short_notice()
    {
        var ring = new RingFixture();
        var alice = new Port(ring.A, gate: null);
        ring.Network.RunUntilIdle();
        var before = alice.Events.OfType<NodeEvent.ChannelsListed>().Count();

        ring.Channels[0].Opener.SetPolicy(RingFixture.Policy with { BaseFeeMsat = 7 });
        ring.Channels[0].Other.SetPolicy(RingFixture.Policy with { BaseFeeMsat = 8 });
        ring.Network.RunUntilIdle();

        Assert.Equal(before + 1, alice.Events.OfType<NodeEvent.ChannelsListed>().Count());
        var channel = alice.Last<NodeEvent.ChannelsListed>().Channels.Single(item => item.Peer == ring.B.Id);
        Assert.Equal((7, 8), (channel.Policy!.BaseFeeMsat, channel.PeerPolicy!.BaseFeeMsat));
        Assert.IsType<CommandOutcome.Done>(alice.Run(id => new NodeCommand.Refresh(id)));
    }

    private static PaymentRoute RouteOf(RingFixture ring, ReadOnlyMemory<byte> address)
    {
        var route = ring.RingRoute(ring.Invoice(ring.D));
        return new(route.TotalTimeLock, route.TotalAmount, address,
            [.. route.Hops.Select(hop => new PaymentHop(hop.ChannelId, hop.Node!.Value, hop.AmountToForward, hop.Expiry, new byte[] { 1, 2, 3 }))]);
    }

    private static CommandId Send(RingFixture ring, Port alice)
    {
        var invoice = ring.A.Invoices.Lookup(Secret.Hash()).TryGet(out var existing, out _)
            ? existing
            : ring.A.Invoices.Add(new() { Value = new(RingFixture.Amount), Preimage = Secret }).Value;
        return alice.Execute(id => new NodeCommand.SendToRoute(id, Secret.Hash(), RouteOf(ring, invoice.PaymentAddr.ToArray())));
    }

    private static CommandOutcome Pay(RingFixture ring, Port alice)
    {
        var id = Send(ring, alice);
        ring.Network.RunUntilIdle();
        return Assert.Single(alice.OutcomesOf(id));
    }

    private sealed class Port : IEngineInbox
    {
        private long _lastId = 100;

        public Port(SimulatedNode node, WaivingGate? gate)
        {
            Gate = gate;
            Node = new(node, this);
            Node.Start(gate);
        }

        public SimulatedLightningNode Node { get; }

        public WaivingGate? Gate { get; }

        public List<NodeEvent> Events { get; } = [];

        public void Post(NodeEvent nodeEvent) => Events.Add(nodeEvent);

        public CommandId Execute(Func<CommandId, NodeCommand> command)
        {
            var id = new CommandId(++_lastId);
            Node.Execute(command(id));
            Assert.Empty(OutcomesOf(id));
            return id;
        }

        public CommandOutcome Run(Func<CommandId, NodeCommand> command)
        {
            var id = Execute(command);
            Node.Node.Network.RunFor(TimeSpan.FromSeconds(5));
            return Assert.Single(OutcomesOf(id));
        }

        public List<CommandOutcome> OutcomesOf(CommandId id) =>
            [.. Events.OfType<NodeEvent.Completed>().Where(completed => completed.Id == id).Select(completed => completed.Outcome)];

        public T Single<T>()
            where T : NodeEvent => Assert.Single(Events.OfType<T>());

        public T Last<T>()
            where T : NodeEvent => Events.OfType<T>().Last();
    }

    private sealed class WaivingGate : IHtlcGate
    {
        public bool CanBind { get; init; } = true;

        public List<byte[]> Records { get; } = [];

        public HtlcVerdict Judge(in InterceptedHtlc htlc)
        {
            Records.Add(htlc.Record.ToArray());
            var binding = new WaiverBinding(
                default, htlc.Hash, htlc.Key, htlc.RequestedChannel, htlc.OutgoingAmount, new(RingFixture.Fee), htlc.IncomingExpiry);
            return new(HtlcAction.Waive, htlc.OutgoingAmount + new MilliSatoshi(RingFixture.Fee), binding);
        }

        public bool TryBind(WaiverBinding binding) => CanBind;
    }
}
