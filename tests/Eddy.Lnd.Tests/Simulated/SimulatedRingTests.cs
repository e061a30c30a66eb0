using Eddy.Engine.Ports;
using Eddy.Lightning;
using Eddy.Lnd.Access;
using Eddy.Lnd.Tests.Scripted;
using Eddy.Simulator;

namespace Eddy.Lnd.Tests.Simulated;

/// <summary>The adapter as it meets LND: over the simulated network's gRPC API, which answers as LND does.</summary>
public sealed class SimulatedRingTests
{
    private static readonly MilliSatoshi Amount = MilliSatoshi.FromSatoshi(1_000_000);
    private static readonly Preimage Secret = new(Bytes32.Sha256("a ring's preimage"u8));

    [Theory]
    [InlineData(18, 5)]
    [InlineData(19, 3)]
    [InlineData(20, 3)]
    [InlineData(21, 2)]
    public async Task A_waived_ring_settles_and_costs_nobody_anything(int minor, int patch)
    {
        await using var ring = await SimulatedRing.StartAsync(new((uint)minor, (uint)patch));
        await SimulatedRing.ConnectAsync(ring.Members);
        var before = await ring.WealthAsync();
        foreach (var member in (SimulatedRing.Member[])[ring.B, ring.C, ring.D])
        {
            member.WaiveFor(Secret.Hash());
        }

        var outcome = await PayAsync<CommandOutcome.PaymentSettled>(ring);

        Assert.Equal(MilliSatoshi.Zero, outcome.Fee);
        Assert.Equal(before, await ring.WealthAsync());
        foreach (var member in (SimulatedRing.Member[])[ring.B, ring.C, ring.D])
        {
            var bound = (await member.Inbox.WaitForAsync<NodeEvent.WaiverBound>()).Binding;
            Assert.True(bound.WaivedFee.Value > 0);
            var forwarded = await member.Inbox.WaitForAsync<NodeEvent.HtlcForwarded>();
            Assert.Equal((bound.Key, bound.Outgoing), (forwarded.Key, forwarded.Outgoing));
            Assert.Equal(bound.Key, (await member.Inbox.WaitForAsync<NodeEvent.HtlcSettled>()).Key);
            var order = member.Inbox.Events.Where(e => e is NodeEvent.WaiverBound or NodeEvent.HtlcForwarded or NodeEvent.HtlcSettled).Select(e => e.GetType());
            Assert.Equal([typeof(NodeEvent.WaiverBound), typeof(NodeEvent.HtlcForwarded), typeof(NodeEvent.HtlcSettled)], order);

            var unknown = bound.Key with { HtlcId = 99 };
            var found = await member.RunAsync<CommandOutcome.CircuitsFound>(id => new NodeCommand.LookupCircuits(id, [bound.Key, unknown], 1));
            Assert.Equal([CircuitFate.Settled, CircuitFate.Gone], found.Circuits.Select(circuit => circuit.Fate));
        }

        var invoice = await ring.A.RunAsync<CommandOutcome.InvoiceFound>(id => new NodeCommand.LookupInvoice(id, Secret.Hash()));
        Assert.Equal((Engine.Ports.InvoiceState.Settled, Amount, minor >= 21 ? 24u : 18u), (invoice.State, invoice.AmountPaid, invoice.FinalCltv));
        await ring.A.Inbox.WaitForAsync<NodeEvent.ChannelsListed>(
            listed => listed.Channels.Single(channel => channel.Peer == ring.B.Id).Local == listedBefore(ring.A, ring.B.Id) - Amount);

        static MilliSatoshi listedBefore(SimulatedRing.Member member, NodeId peer) =>
            member.Inbox.Events.OfType<NodeEvent.ChannelsListed>().First().Channels.Single(channel => channel.Peer == peer).Local;
    }

    [Fact]
    public async Task A_member_that_does_not_waive_is_named()
    {
        await using var ring = await SimulatedRing.StartAsync();
        await SimulatedRing.ConnectAsync(ring.Members);
        var before = await ring.WealthAsync();
        ring.B.WaiveFor(Secret.Hash());

        var failed = await PayAsync<CommandOutcome.PaymentFailed>(ring);

        Assert.Equal((FailureCode.FeeInsufficient, 2), (failed.Code, failed.Source));
        var bound = (await ring.B.Inbox.WaitForAsync<NodeEvent.WaiverBound>()).Binding;
        Assert.Equal(bound.Key, (await ring.B.Inbox.WaitForAsync<NodeEvent.HtlcFailed>()).Key);
        Assert.Equal(FailureCode.FeeInsufficient, (await ring.C.Inbox.WaitForAsync<NodeEvent.HtlcFailed>()).LocalCode);
        Assert.Equal(before, await ring.WealthAsync());
    }

    [Fact]
    public async Task A_payment_is_followed_through_a_restart_of_the_initiators_LND()
    {
        await using var ring = await SimulatedRing.StartAsync(
            options: options => options with { Timings = options.Timings with { JudgeLimit = TestInbox.Patience, BindBudget = TestInbox.Patience } });
        await SimulatedRing.ConnectAsync(ring.Members);
        using var hold = new ManualResetEventSlim();
        var held = new TaskCompletionSource();
        ring.B.WaiveFor(Secret.Hash());
        ring.C.WaiveFor(Secret.Hash());
        ring.D.WaiveFor(Secret.Hash());
        var waive = ring.C.Gate.OnJudge;
        ring.C.Gate.OnJudge = htlc =>
        {
            held.TrySetResult();
            hold.Wait(TestInbox.Patience);
            return waive(htlc);
        };
        var send = await StartPaymentAsync(ring);
        await held.Task.WaitAsync(TestInbox.Patience, TestContext.Current.CancellationToken);
        var mark = ring.A.Inbox.Mark;

        await ring.A.Lnd.StopAsync();
        await ring.A.Inbox.WaitForAsync<NodeEvent.Disconnected>(after: mark);
        await ring.A.Lnd.StartAgainAsync();
        await ring.A.Inbox.WaitForAsync<NodeEvent.Connected>(after: mark);
        await ring.A.Inbox.WaitForAsync<NodeEvent.HtlcEventsLost>(after: mark);
        Assert.DoesNotContain(ring.A.Inbox.Events.OfType<NodeEvent.Completed>(), completed => completed.Id == send);

        // The HTLC can come home only when the peers are back.
        await ring.A.Inbox.WaitForAsync<NodeEvent.ChannelsListed>(listed => listed.Channels.All(channel => channel.IsActive), mark);
        await ring.D.Inbox.WaitForAsync<NodeEvent.ChannelsListed>(listed => !listed.Channels.All(channel => channel.IsActive));
        var away = ring.D.Inbox.Events.ToList().FindIndex(e => e is NodeEvent.ChannelsListed listed && !listed.Channels.All(channel => channel.IsActive));
        await ring.D.Inbox.WaitForAsync<NodeEvent.ChannelsListed>(listed => listed.Channels.All(channel => channel.IsActive), away);
        hold.Set();

        await ring.A.Inbox.OutcomeAsync<CommandOutcome.PaymentSettled>(send);
        Assert.Single(ring.A.Inbox.Events.OfType<NodeEvent.Completed>(), completed => completed.Id == send);
    }

    [Fact]
    public async Task Streams_that_break_in_the_middle_are_replaced()
    {
        await using var ring = await SimulatedRing.StartAsync();
        await SimulatedRing.ConnectAsync(ring.B);
        var mark = ring.B.Inbox.Mark;

        ring.B.Lnd.DropConnections();
        await ring.B.Inbox.WaitForAsync<NodeEvent.Disconnected>(after: mark);
        await ring.B.Inbox.WaitForAsync<NodeEvent.Connected>(after: mark);
        await ring.B.Inbox.WaitForAsync<NodeEvent.InterceptorChanged>(changed => changed.State == InterceptorState.Up, mark);

        mark = ring.B.Inbox.Mark;
        await ring.B.Lnd.KillAsync();
        await ring.B.Inbox.WaitForAsync<NodeEvent.Disconnected>(after: mark);
        await ring.B.Lnd.StartAgainAsync();
        await ring.B.Inbox.WaitForAsync<NodeEvent.Connected>(after: mark);
        await ring.B.Inbox.WaitForAsync<NodeEvent.InterceptorChanged>(changed => changed.State == InterceptorState.Up, mark);

        mark = ring.B.Inbox.Mark;
        Assert.Equal(1, ring.B.Lnd.DropStreams("HtlcInterceptor", RpcError.Plain("shutdown")));
        await ring.B.Inbox.WaitForAsync<NodeEvent.InterceptorChanged>(changed => changed.State == InterceptorState.Down, mark);
        await ring.B.Inbox.WaitForAsync<NodeEvent.InterceptorChanged>(changed => changed.State == InterceptorState.Up, mark);
        Assert.DoesNotContain(ring.B.Inbox.Events.Skip(mark), nodeEvent => nodeEvent is NodeEvent.Disconnected);
    }

    [Fact]
    public async Task A_wallet_that_is_locked_is_waited_for()
    {
        await using var ring = await SimulatedRing.StartAsync();
        await ring.Pump.InvokeAsync(_ => ring.B.Lnd.Node.SetState(WalletState.Locked));
        ring.B.Adapter.Start(ring.B.Gate);

        var locked = await ring.B.Inbox.WaitForAsync<NodeEvent.Disconnected>();
        Assert.Contains("wallet is locked", locked.Reason, StringComparison.Ordinal);

        await ring.Pump.InvokeAsync(_ => ring.B.Lnd.Node.SetState(WalletState.ServerActive));
        await ring.B.Inbox.WaitForAsync<NodeEvent.Connected>();
    }

    [Fact]
    public async Task A_renewed_certificate_is_read_at_the_next_connection()
    {
        await using var ring = await SimulatedRing.StartAsync();
        await SimulatedRing.ConnectAsync(ring.B);
        var mark = ring.B.Inbox.Mark;

        await ring.B.Lnd.StopAsync();
        ring.B.Lnd.RenewCertificate();
        await ring.B.Lnd.StartAgainAsync();

        await ring.B.Inbox.WaitForAsync<NodeEvent.Connected>(after: mark);
    }

    [Fact]
    public async Task The_probe_names_what_each_of_LNDs_own_macaroons_lacks()
    {
        await using var ring = await SimulatedRing.StartAsync();
        var lnd = ring.A.Lnd;

        Assert.True((await ProbeAsync(ring.A.Options)).IsGood);
        Assert.True((await ProbeAsync(ring.A.Options with { MacaroonPath = lnd.AdminMacaroonPath })).IsGood);

        var readOnly = Assert.Single((await ProbeAsync(ring.A.Options with { MacaroonPath = lnd.ReadOnlyMacaroonPath })).Problems);
        Assert.Equal(4, readOnly.ExitCode);
        Assert.Equal(
            [
                "/lnrpc.Lightning/SendCustomMessage", "/lnrpc.Lightning/SignMessage", "/lnrpc.Lightning/AddInvoice",
                "/routerrpc.Router/SendToRouteV2", "/routerrpc.Router/HtlcInterceptor", "/invoicesrpc.Invoices/CancelInvoice",
            ],
            readOnly.MissingMethods);

        // May neither call GetInfo nor ask what it may: read from the macaroon.
        var invoice = Assert.Single((await ProbeAsync(ring.A.Options with { MacaroonPath = lnd.InvoiceMacaroonPath })).Problems);
        Assert.Equal(LndProblemKind.MissingRights, invoice.Kind);
        Assert.Contains("/lnrpc.Lightning/GetInfo", invoice.MissingMethods);
        Assert.DoesNotContain("/lnrpc.Lightning/AddInvoice", invoice.MissingMethods);

        ring.A.Bake(MacaroonRights.All.Select(right => right.Method).Where(method => !method.EndsWith("TrackPaymentV2", StringComparison.Ordinal)));
        Assert.Equal(["/routerrpc.Router/TrackPaymentV2"], Assert.Single((await ProbeAsync(ring.A.Options)).Problems).MissingMethods);

        var foreign = Assert.Single((await ProbeAsync(ring.A.Options with { MacaroonPath = ring.B.MacaroonPath })).Problems);
        Assert.Equal((LndProblemKind.MacaroonRefused, 4), (foreign.Kind, foreign.ExitCode));

        var certificate = Assert.Single((await ProbeAsync(ring.A.Options with { TlsCertPath = ring.B.Lnd.CertificatePath })).Problems);
        Assert.Equal((LndProblemKind.CertificateMismatch, 3), (certificate.Kind, certificate.ExitCode));
    }

    [Fact]
    public async Task An_LND_before_0_18_4_is_refused()
    {
        await using var ring = await SimulatedRing.StartAsync(new(18, 3));

        var problem = Assert.Single((await ProbeAsync(ring.A.Options)).Problems);

        Assert.Equal((LndProblemKind.VersionTooOld, 2), (problem.Kind, problem.ExitCode));
    }

    [Fact]
    public async Task Messages_arrive_in_order_and_an_absent_peer_is_said_to_be_absent()
    {
        await using var ring = await SimulatedRing.StartAsync();
        await SimulatedRing.ConnectAsync(ring.A, ring.B);

        var ids = Enumerable.Range(1, 100).Select(number => ring.A.Send(ring.B.Id, [(byte)number])).ToList();
        await ring.B.Inbox.WaitForAsync<NodeEvent.MessageReceived>(message => message.Payload.Span[0] == 50);
        await ring.A.Inbox.OutcomeAsync<CommandOutcome.NotFound>(ring.A.Send(ring.C.Id, [1]));
        await ring.Pump.InvokeAsync(_ =>
        {
            ring.A.Lnd.Node.LinkTo(ring.B.Id)!.IsBlocked = true;
        });

        await ring.A.Inbox.WaitForAsync<NodeEvent.PeerOffline>(offline => offline.Peer == ring.B.Id);
        await ring.A.Inbox.OutcomeAsync<CommandOutcome.NotFound>(ring.A.Send(ring.B.Id, [1]));
        var received = ring.B.Inbox.Events.OfType<NodeEvent.MessageReceived>().Select(message => (int)message.Payload.Span[0]).ToList();
        Assert.Equal(Enumerable.Range(1, received.Count), received);
        Assert.All(ring.B.Inbox.Events.OfType<NodeEvent.MessageReceived>(), message => Assert.Equal(ring.A.Id, message.Peer));
        foreach (var id in ids.Take(50))
        {
            await ring.A.Inbox.OutcomeAsync<CommandOutcome.Done>(id);
        }
    }

    [Fact]
    public async Task A_policy_changed_in_LND_is_seen_before_the_next_waiver()
    {
        await using var ring = await SimulatedRing.StartAsync();
        await SimulatedRing.ConnectAsync(ring.Members);
        var dearer = new RoutingPolicy(5_000, 900, 80, new(1_000), MilliSatoshi.FromSatoshi(4_950_000), -700, 300);
        await ring.Pump.InvokeAsync(network => ring.C.Lnd.Node.Channels.Single(end => end.Peer.Node.Id == ring.D.Id).SetPolicy(dearer));
        await ring.C.Inbox.WaitForAsync<NodeEvent.ChannelsListed>(listed => listed.Channels.Any(channel => channel.Policy == dearer));
        foreach (var member in (SimulatedRing.Member[])[ring.B, ring.C, ring.D])
        {
            member.WaiveFor(Secret.Hash());
        }

        await PayAsync<CommandOutcome.PaymentSettled>(ring);
    }

    [Fact]
    public async Task Blocks_are_noticed()
    {
        await using var ring = await SimulatedRing.StartAsync();
        await SimulatedRing.ConnectAsync(ring.B);

        await ring.Pump.InvokeAsync(network => network.MineBlocks(3));

        await ring.B.Inbox.WaitForAsync<NodeEvent.BlockConnected>(block => block.Height == 578);
    }

    private static Task<ProbeResult> ProbeAsync(LndOptions options) => LndProbe.RunAsync(options, TestContext.Current.CancellationToken);

    private static async Task<T> PayAsync<T>(SimulatedRing ring)
        where T : CommandOutcome => await ring.A.Inbox.OutcomeAsync<T>(await StartPaymentAsync(ring));

    private static async Task<CommandId> StartPaymentAsync(SimulatedRing ring)
    {
        var height = ring.A.Inbox.Events.OfType<NodeEvent.Connected>().Last().Node.Height;
        var invoice = await ring.A.RunAsync<CommandOutcome.InvoiceAdded>(id => new NodeCommand.AddInvoice(id, Secret, Amount, 600, "ring"));
        return ring.A.Execute(id => new NodeCommand.SendToRoute(id, Secret.Hash(), ring.Route(Amount, invoice, height)));
    }
}
