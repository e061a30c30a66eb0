using Eddy.Engine.Ports;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Lnd.Payments;
using Eddy.Lnd.Tests.Scripted;
using Eddy.Protos.Lnrpc;
using Eddy.Protos.Routerrpc;
using Eddy.Rings;
using Grpc.Core;

namespace Eddy.Lnd.Tests;

public sealed class CommandTests
{
    private const ulong Scid = 600UL << 40 | 1 << 16;

    private static readonly Preimage Secret = new(Bytes32.Sha256("preimage"u8));

    [Fact]
    public async Task A_signature_comes_as_65_bytes()
    {
        await using var rig = await Rig.StartAsync();

        var signed = await rig.RunAsync<CommandOutcome.Signed>(id => new NodeCommand.SignMessage(id, "is this compatible?"u8.ToArray()));

        Assert.Equal(65, signed.Signature.Length);
        Assert.Equal(0x20, signed.Signature.Span[0]);
    }

    [Theory]
    [InlineData(18, 18u)]
    [InlineData(20, 18u)]
    [InlineData(21, 24u)]
    [InlineData(34, 24u)]
    public async Task An_invoice_has_the_least_lock_time_that_the_version_takes(int minor, uint expected)
    {
        await using var rig = await Rig.StartAsync(lnd => lnd.Version = (0, (uint)minor, 5));

        var added = await rig.RunAsync<CommandOutcome.InvoiceAdded>(Invoice);

        Assert.Equal(expected, added.FinalCltv);
        var invoice = Assert.Single(rig.Lnd.Invoices.Values);
        Assert.Equal((5_000_000, 600, false, (ulong)expected), (invoice.ValueMsat, invoice.Expiry, invoice.Private, invoice.CltvExpiry));
        Assert.Equal(invoice.PaymentAddr.ToByteArray(), added.PaymentAddress.ToArray());
    }

    [Fact]
    public async Task Adding_an_invoice_twice_finds_the_first_one_while_it_is_open()
    {
        await using var rig = await Rig.StartAsync();
        var first = await rig.RunAsync<CommandOutcome.InvoiceAdded>(Invoice);

        var second = await rig.RunAsync<CommandOutcome.InvoiceAdded>(Invoice);
        Assert.Equal(first.PaymentAddress.ToArray(), second.PaymentAddress.ToArray());

        await rig.RunAsync<CommandOutcome.Done>(id => new NodeCommand.CancelInvoice(id, Secret.Hash()));
        await rig.RunAsync<CommandOutcome.Refused>(Invoice);
    }

    [Fact]
    public async Task Cancelling_is_done_as_often_as_one_likes_but_not_after_the_settle()
    {
        await using var rig = await Rig.StartAsync();
        await rig.RunAsync<CommandOutcome.InvoiceAdded>(Invoice);

        await rig.RunAsync<CommandOutcome.Done>(id => new NodeCommand.CancelInvoice(id, Secret.Hash()));
        await rig.RunAsync<CommandOutcome.Done>(id => new NodeCommand.CancelInvoice(id, Secret.Hash()));
        await rig.RunAsync<CommandOutcome.NotFound>(id => new NodeCommand.CancelInvoice(id, new(Bytes32.Sha256("other"u8))));

        rig.Lnd.Invoices.Values.Single().State = Protos.Lnrpc.Invoice.Types.InvoiceState.Settled;
        var refused = await rig.RunAsync<CommandOutcome.Refused>(id => new NodeCommand.CancelInvoice(id, Secret.Hash()));
        Assert.Contains("already settled", refused.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_invoice_is_looked_up()
    {
        await using var rig = await Rig.StartAsync();
        await rig.RunAsync<CommandOutcome.NotFound>(id => new NodeCommand.LookupInvoice(id, Secret.Hash()));
        await rig.RunAsync<CommandOutcome.InvoiceAdded>(Invoice);

        var open = await rig.RunAsync<CommandOutcome.InvoiceFound>(id => new NodeCommand.LookupInvoice(id, Secret.Hash()));
        Assert.Equal((InvoiceState.Open, 0, 18u), (open.State, open.AmountPaid.Value, open.FinalCltv));

        var invoice = rig.Lnd.Invoices.Values.Single();
        (invoice.State, invoice.AmtPaidMsat) = (Protos.Lnrpc.Invoice.Types.InvoiceState.Settled, 5_000_000);
        var settled = await rig.RunAsync<CommandOutcome.InvoiceFound>(id => new NodeCommand.LookupInvoice(id, Secret.Hash()));
        Assert.Equal((InvoiceState.Settled, 5_000_000), (settled.State, settled.AmountPaid.Value));
    }

    [Fact]
    public async Task Without_a_connection_commands_are_answered_all_the_same()
    {
        await using var rig = await Rig.StartAsync(lnd => lnd.State = WalletState.Locked, waitForConnection: false);

        await rig.RunAsync<CommandOutcome.Unavailable>(Invoice);
        await rig.RunAsync<CommandOutcome.Unavailable>(id => new NodeCommand.SendToRoute(id, Secret.Hash(), Route()));
        await rig.RunAsync<CommandOutcome.Unavailable>(id => new NodeCommand.Refresh(id));
    }

    [Fact]
    public async Task A_refusal_for_lack_of_rights_names_the_method()
    {
        await using var rig = await Rig.StartAsync(lnd => lnd.Denied.Add("AddInvoice"));

        var refused = await rig.RunAsync<CommandOutcome.Refused>(Invoice);

        Assert.Contains("/lnrpc.Lightning/AddInvoice", refused.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_that_LND_breaks_off_is_not_a_refusal()
    {
        await using var rig = await Rig.StartAsync(lnd => lnd.Failures["AddInvoice"] = new Status(StatusCode.Internal, "internal server error"));

        await rig.RunAsync<CommandOutcome.Unavailable>(Invoice);
    }

    [Theory]
    [InlineData(0, 19, 3)]
    [InlineData(0, 21, 2)]
    public async Task Circuits_are_found_pending_settled_or_gone(int major, int minor, int patch)
    {
        await using var rig = await Rig.StartAsync(lnd =>
        {
            lnd.Version = ((uint)major, (uint)minor, (uint)patch);
            var channel = lnd.AddChannel(Scid, ScriptedLnd.Bob);
            channel.PendingHtlcs.Add(new HTLC { Incoming = true, HtlcIndex = 1, Amount = 100_000 });
            channel.PendingHtlcs.Add(new HTLC { Incoming = true, HtlcIndex = 4, Amount = 100_000 });
            channel.PendingHtlcs.Add(new HTLC { Incoming = false, HtlcIndex = 3, Amount = 100_000 });
            lnd.Forwards.Add(new ForwardingEvent { ChanIdIn = Scid, IncomingHtlcId = 2, TimestampNs = 2_000_000_000 });
            lnd.Forwards.Add(new ForwardingEvent { ChanIdIn = Scid, IncomingHtlcId = 4, TimestampNs = 3_000_000_000 });
            lnd.Forwards.Add(new ForwardingEvent { ChanIdIn = Scid + 1, IncomingHtlcId = 3, TimestampNs = 3_000_000_000 });
        });

        var found = await LookupAsync(rig, 1, 2, 3, 4);

        // 4 settled at the far end already, and is only still being taken off the channel.
        Assert.Equal([CircuitFate.Pending, CircuitFate.Settled, CircuitFate.Gone, CircuitFate.Settled], found);
    }

    [Fact]
    public async Task Before_0_19_a_settled_circuit_is_known_by_its_amounts()
    {
        await using var rig = await Rig.StartAsync(lnd =>
        {
            lnd.Version = (0, 18, 5);
            lnd.AddChannel(Scid, ScriptedLnd.Bob).PendingHtlcs.Add(new HTLC { Incoming = true, HtlcIndex = 1 });
            lnd.Forwards.Add(new ForwardingEvent { ChanIdIn = Scid, AmtInMsat = 7_051, AmtOutMsat = 7_000, TimestampNs = 2_000_000_000 });
        });
        rig.Gate.OnJudge = htlc => new(
            HtlcAction.Waive,
            new(htlc.OutgoingAmount.Value + 51),
            new WaiverBinding(new RingId(Bytes32.Sha256("ring"u8)), htlc.Hash, htlc.Key, htlc.RequestedChannel, htlc.OutgoingAmount, new(51), htlc.IncomingExpiry));
        await rig.Lnd.Interceptor.WaitForClientAsync();
        foreach (var (htlc, amount) in ((ulong, ulong)[])[(2, 7_000), (3, 8_000)])
        {
            rig.Lnd.Interceptor.Offer(new ForwardHtlcInterceptRequest
            {
                IncomingCircuitKey = new() { ChanId = Scid, HtlcId = htlc },
                PaymentHash = Google.Protobuf.ByteString.CopyFrom(new byte[32]),
                IncomingAmountMsat = amount,
                OutgoingAmountMsat = amount,
                IncomingExpiry = 1_000,
                AutoFailHeight = 987,
            });
            await rig.Lnd.Interceptor.AnswerAsync();
        }

        Assert.Equal([CircuitFate.Pending, CircuitFate.Settled, CircuitFate.Gone], await LookupAsync(rig, 1, 2, 3));

        // A circuit of an earlier run: the channel is all there is to go by.
        Assert.Equal([CircuitFate.Settled], await LookupAsync(rig, 77));
    }

    [Theory]
    [InlineData(StatusCode.Unknown, "permission denied", nameof(SendFailure.NotSent))]
    [InlineData(StatusCode.Unknown, "invalid hash length of 3, want 32", nameof(SendFailure.NotSent))]
    [InlineData(StatusCode.Unknown, "payload size 1470, payload limit 1300: max payload size exceeded", nameof(SendFailure.NotSent))]
    [InlineData(StatusCode.Unknown, "max routing info size of 1300 bytes exceeded", nameof(SendFailure.NotSent))]
    [InlineData(StatusCode.Unknown, "wallet locked, unlock it to enable full RPC access", nameof(SendFailure.NotSent))]
    [InlineData(StatusCode.Unimplemented, "unknown method", nameof(SendFailure.NotSent))]
    [InlineData(StatusCode.AlreadyExists, "payment is in transition", nameof(SendFailure.Existing))]
    [InlineData(StatusCode.Unknown, "attempted value exceeds payment amount: attempted=200000000 mSAT, payment amount=100000000 mSAT", nameof(SendFailure.Existing))]
    [InlineData(StatusCode.Unknown, "htlcswitch shutting down", nameof(SendFailure.Unclear))]
    [InlineData(StatusCode.Unknown, "something new", nameof(SendFailure.Unclear))]
    [InlineData(StatusCode.Unavailable, "connection refused", nameof(SendFailure.Unclear))]
    [InlineData(StatusCode.Internal, "internal server error", nameof(SendFailure.Unclear))]
    [InlineData(StatusCode.DeadlineExceeded, "", nameof(SendFailure.Unclear))]
    [InlineData(StatusCode.Cancelled, "", nameof(SendFailure.Unclear))]
    public void Only_what_LND_refuses_before_its_record_counts_as_not_sent(StatusCode code, string text, string expected) =>
        Assert.Equal(expected, SendFailures.Classify(new RpcException(new Status(code, text))).ToString());

    private static NodeCommand.AddInvoice Invoice(CommandId id) => new(id, Secret, new(5_000_000), 600, "ring");

    private static PaymentRoute Route() => new(900, new(5_000_000), new byte[32], [new PaymentHop(new(Scid), ScriptedLnd.Bob, new(5_000_000), 840, default)]);

    private static async Task<IEnumerable<CircuitFate>> LookupAsync(Rig rig, params ulong[] htlcs)
    {
        var keys = htlcs.Select(htlc => new Lightning.CircuitKey(new(Scid), htlc)).ToArray();
        var found = await rig.RunAsync<CommandOutcome.CircuitsFound>(id => new NodeCommand.LookupCircuits(id, [.. keys], 1));
        Assert.Equal(keys, found.Circuits.Select(circuit => circuit.Key));
        return found.Circuits.Select(circuit => circuit.Fate);
    }
}
