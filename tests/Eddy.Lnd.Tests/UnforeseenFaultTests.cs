using Eddy.Engine.Ports;
using Eddy.Lightning;
using Eddy.Lnd.Access;
using Eddy.Lnd.Messages;
using Eddy.Lnd.Payments;
using Eddy.Lnd.Session;
using Eddy.Lnd.Tests.Scripted;
using Eddy.Protos.Lnrpc;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eddy.Lnd.Tests;

/// <summary>What nobody thought of: no command loses its outcome over it, and a broken adapter says so.</summary>
public sealed class UnforeseenFaultTests
{
    private static readonly Lightning.PaymentHash Hash = new(Bytes32.Sha256("hash"u8));

    private static readonly PaymentRoute Route = new(
        960,
        new(100_000_000),
        Bytes32.Sha256("address"u8).ToArray(),
        [new PaymentHop(new(1), ScriptedLnd.Bob, new(100_000_000), 880, default), new PaymentHop(new(2), ScriptedLnd.Self, new(100_000_000), 880, default)]);

    public enum Fault
    {
        /// <summary>The session ended between its choice and the call.</summary>
        ConnectionDisposed = 0,

        /// <summary>A bug of ours: any exception that is not gRPC's.</summary>
        NoConnection = 1,
    }

    [Theory]
    [InlineData(Fault.ConnectionDisposed)]
    [InlineData(Fault.NoConnection)]
    public async Task A_payment_whose_call_breaks_is_followed_to_its_end(Fault fault)
    {
        await using var lnd = await ScriptedLnd.StartAsync(Settles);
        using var connection = LndConnection.Open(lnd.Options);
        var slot = new SessionSlot();
        slot.Set(Broken(lnd, slot, fault));
        var runner = new PaymentRunner(slot, lnd.Options.Timings, NullLogger<PaymentRunner>.Instance);

        var sending = runner.SendAsync(new NodeCommand.SendToRoute(new(1), Hash, Route), TestContext.Current.CancellationToken);
        slot.Clear();
        slot.Set(NewSession(lnd, slot, connection));

        var settled = Assert.IsType<CommandOutcome.PaymentSettled>(await sending.WaitAsync(TestInbox.Patience, TestContext.Current.CancellationToken));
        Assert.Equal(3, settled.Fee.Value);
        Assert.False(lnd.Calls.ContainsKey("SendToRouteV2"));
    }

    [Theory]
    [InlineData(Fault.ConnectionDisposed)]
    [InlineData(Fault.NoConnection)]
    public async Task A_message_whose_call_breaks_gives_way_to_the_next_one(Fault fault)
    {
        await using var lnd = await ScriptedLnd.StartAsync();
        using var connection = LndConnection.Open(lnd.Options);
        var inbox = new TestInbox();
        var events = new EventPump(inbox);
        var slot = new SessionSlot();
        slot.Set(Broken(lnd, slot, fault));
        using var stop = new CancellationTokenSource();
        var messages = new PeerMessages(slot, events, lnd.Options.Timings, NullLogger<PeerMessages>.Instance);
        var loops = Task.WhenAll(messages.RunAsync(stop.Token), events.RunAsync(stop.Token));

        messages.Send(new(1), ScriptedLnd.Bob, new byte[] { 1 });
        messages.Send(new(2), ScriptedLnd.Bob, new byte[] { 2 });
        await inbox.OutcomeAsync<CommandOutcome.Unavailable>(new(1));
        await inbox.OutcomeAsync<CommandOutcome.Unavailable>(new(2));
        slot.Clear();
        slot.Set(NewSession(lnd, slot, connection));
        messages.Send(new(3), ScriptedLnd.Bob, new byte[] { 3 });

        await inbox.OutcomeAsync<CommandOutcome.Done>(new(3));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loops);
    }

    [Fact]
    public async Task A_command_that_breaks_is_answered()
    {
        await using var rig = await Rig.StartAsync();

        var outcome = await rig.RunAsync<CommandOutcome.Unavailable>(id => new NodeCommand.AddInvoice(id, default, new(1_000), 60, null!));

        Assert.Contains("failed", outcome.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_payment_that_cannot_even_be_written_is_answered_from_LNDs_records()
    {
        await using var rig = await Rig.StartAsync();

        await rig.RunAsync<CommandOutcome.Refused>(id => new NodeCommand.SendToRoute(id, Hash, null!));

        Assert.False(rig.Lnd.Calls.ContainsKey("SendToRouteV2"));
        Assert.True(rig.Lnd.Calls.ContainsKey("TrackPaymentV2"));
    }

    [Fact]
    public async Task An_adapter_whose_loop_breaks_says_so()
    {
        await using var lnd = await ScriptedLnd.StartAsync();
        await using var node = new LndNode(lnd.Options, new BrokenInbox(), NullLoggerFactory.Instance);

        node.Start(null);

        await Assert.ThrowsAsync<FormatException>(() => node.Completion.WaitAsync(TestInbox.Patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_adapter_that_is_disposed_ends_well()
    {
        await using var rig = await Rig.StartAsync();
        var completion = rig.Node.Completion;
        Assert.False(completion.IsCompleted);

        await rig.Node.DisposeAsync();

        await completion.WaitAsync(TestInbox.Patience, TestContext.Current.CancellationToken);
    }

    private static void Settles(ScriptedLnd lnd) => lnd.OnTrackPayment = (_, responses, _) =>
        responses.WriteAsync(new Payment { Status = Payment.Types.PaymentStatus.Succeeded, FeeMsat = 3 });

    private static LndSession Broken(ScriptedLnd lnd, SessionSlot slot, Fault fault)
    {
        if (fault == Fault.NoConnection)
        {
            return NewSession(lnd, slot, null!);
        }

        var connection = LndConnection.Open(lnd.Options);
        connection.Dispose();
        return NewSession(lnd, slot, connection);
    }

    private static LndSession NewSession(ScriptedLnd lnd, SessionSlot slot, LndConnection connection) => new(
        new SessionContext(lnd.Options, new EventPump(new TestInbox()), slot, null, NullLoggerFactory.Instance),
        connection,
        new Greeting(new NodeIdentity(ScriptedLnd.Self, "self", "regtest", default, "0.20.3", 800, 18), new LndVersion(0, 20, 3), WalletState.ServerActive));

    private sealed class BrokenInbox : IEngineInbox
    {
        public void Post(NodeEvent nodeEvent) => throw new FormatException("broken");
    }
}
