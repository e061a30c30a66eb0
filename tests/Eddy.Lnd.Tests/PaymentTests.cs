using Eddy.Engine.Ports;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Lnd.Tests.Scripted;
using Eddy.Protos.Lnrpc;
using Eddy.Protos.Routerrpc;
using Grpc.Core;

namespace Eddy.Lnd.Tests;

public sealed class PaymentTests
{
    private const ulong Scid = 600UL << 40 | 1 << 16;

    private static readonly Lightning.PaymentHash Hash = new(Bytes32.Sha256("hash"u8));
    private static readonly PaymentRoute Route = new(
        960,
        new(100_000_000),
        Bytes32.Sha256("address"u8).ToArray(),
        [
            new PaymentHop(new(Scid), ScriptedLnd.Bob, new(100_000_000), 880, "for bob"u8.ToArray()),
            new PaymentHop(new(Scid + 1), ScriptedLnd.Self, new(100_000_000), 880, default),
        ]);

    [Fact]
    public async Task A_route_is_sent_as_LND_reads_it()
    {
        await using var rig = await Rig.StartAsync();
        var sent = new TaskCompletionSource<SendToRouteRequest>();
        rig.Lnd.OnSendToRoute = (request, _) =>
        {
            sent.SetResult(request);
            return Task.FromResult(new HTLCAttempt { Status = HTLCAttempt.Types.HTLCStatus.Succeeded });
        };

        var settled = await SendAsync<CommandOutcome.PaymentSettled>(rig);

        Assert.Equal(0, settled.Fee.Value);
        var request = await sent.Task;
        Assert.False(request.SkipTempErr);
        Assert.Equal(Hash.Value.ToArray(), request.PaymentHash.ToByteArray());
        Assert.Equal((960u, 100_000_000), (request.Route.TotalTimeLock, request.Route.TotalAmtMsat));
        Assert.Equal([Scid, Scid + 1], request.Route.Hops.Select(hop => hop.ChanId));
        Assert.Equal([ScriptedLnd.Bob.ToString(), ScriptedLnd.Self.ToString()], request.Route.Hops.Select(hop => hop.PubKey));
        Assert.Equal("for bob"u8.ToArray(), request.Route.Hops[0].CustomRecords[InterceptedHtlc.RecordType].ToByteArray());
        Assert.Null(request.Route.Hops[0].MppRecord);
        Assert.Empty(request.Route.Hops[1].CustomRecords);
        Assert.Equal(100_000_000, request.Route.Hops[1].MppRecord.TotalAmtMsat);
        Assert.Equal(Route.PaymentAddress.ToArray(), request.Route.Hops[1].MppRecord.PaymentAddr.ToByteArray());
    }

    [Fact]
    public async Task A_failed_attempt_names_code_and_hop()
    {
        await using var rig = await Rig.StartAsync();
        rig.Lnd.OnSendToRoute = (_, _) => Task.FromResult(Failed(Failure.Types.FailureCode.FeeInsufficient, 1));

        var failed = await SendAsync<CommandOutcome.PaymentFailed>(rig);

        Assert.Equal((FailureCode.FeeInsufficient, 1), (failed.Code, failed.Source));
    }

    [Fact]
    public async Task A_failure_nobody_signed_names_no_hop()
    {
        await using var rig = await Rig.StartAsync();
        rig.Lnd.OnSendToRoute = (_, _) => Task.FromResult(Failed(Failure.Types.FailureCode.UnreadableFailure, 0));

        Assert.Equal(-1, (await SendAsync<CommandOutcome.PaymentFailed>(rig)).Source);
    }

    [Fact]
    public async Task What_LND_refuses_outright_was_not_sent()
    {
        await using var rig = await Rig.StartAsync();
        rig.Lnd.OnSendToRoute = (_, _) => throw new RpcException(new Status(StatusCode.Unknown, "route has too many hops"));

        await SendAsync<CommandOutcome.Refused>(rig);
        Assert.False(rig.Lnd.Calls.ContainsKey("TrackPaymentV2"));
    }

    [Fact]
    public async Task A_payment_is_followed_through_a_restart_of_LND()
    {
        await using var rig = await Rig.StartAsync();
        var sending = new TaskCompletionSource();
        rig.Lnd.OnSendToRoute = async (_, context) =>
        {
            sending.SetResult();
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
            throw new InvalidOperationException();
        };
        var settle = new TaskCompletionSource();
        rig.Lnd.OnTrackPayment = async (_, responses, _) =>
        {
            await responses.WriteAsync(new Payment { Status = Payment.Types.PaymentStatus.InFlight });
            await settle.Task;
            await responses.WriteAsync(new Payment { Status = Payment.Types.PaymentStatus.Succeeded, FeeMsat = 3 });
        };
        var id = rig.Execute(command => new NodeCommand.SendToRoute(command, Hash, Route));
        await sending.Task.WaitAsync(TestInbox.Patience, TestContext.Current.CancellationToken);
        var mark = rig.Inbox.Mark;

        await rig.Lnd.StopAsync();
        await rig.Inbox.WaitForAsync<NodeEvent.Disconnected>(after: mark);
        Assert.Empty(rig.Inbox.Events.OfType<NodeEvent.Completed>());
        await rig.Lnd.ListenAsync();
        await rig.Inbox.WaitForAsync<NodeEvent.Connected>(after: mark);
        settle.SetResult();

        Assert.Equal(3, (await rig.Inbox.OutcomeAsync<CommandOutcome.PaymentSettled>(id)).Fee.Value);
        Assert.Single(rig.Inbox.Events.OfType<NodeEvent.Completed>());
        Assert.Equal(1, rig.Lnd.Calls["SendToRouteV2"]);
    }

    [Theory]
    [InlineData(StatusCode.Unknown, "htlcswitch shutting down")]
    [InlineData(StatusCode.AlreadyExists, "payment is in transition")]
    [InlineData(StatusCode.Internal, "internal server error")]
    public async Task An_unclear_end_of_the_call_is_resolved_by_LNDs_record(StatusCode code, string text)
    {
        await using var rig = await Rig.StartAsync();
        rig.Lnd.OnSendToRoute = (_, _) => throw new RpcException(new Status(code, text));
        var looks = 0;
        rig.Lnd.OnTrackPayment = async (_, responses, _) =>
        {
            if (Interlocked.Increment(ref looks) == 1)
            {
                // The record is made a moment after the call broke.
                throw new RpcException(new Status(StatusCode.NotFound, "payment isn't initiated"));
            }

            var payment = new Payment { Status = Payment.Types.PaymentStatus.Failed };
            payment.Htlcs.Add(Failed(Failure.Types.FailureCode.TemporaryChannelFailure, 2));
            await responses.WriteAsync(payment);
        };

        var failed = await SendAsync<CommandOutcome.PaymentFailed>(rig);

        Assert.Equal((FailureCode.TemporaryChannelFailure, 2), (failed.Code, failed.Source));
        Assert.Equal(1, rig.Lnd.Calls["SendToRouteV2"]);
    }

    [Fact]
    public async Task A_lost_send_counts_as_never_sent_only_when_LND_has_no_record_for_a_while()
    {
        await using var rig = await Rig.StartAsync();
        rig.Lnd.OnSendToRoute = (_, _) => throw new RpcException(new Status(StatusCode.Unknown, "htlcswitch shutting down"));

        var refused = await SendAsync<CommandOutcome.Refused>(rig);

        Assert.Contains("no record", refused.Reason, StringComparison.Ordinal);
        Assert.True(rig.Lnd.Calls["TrackPaymentV2"] >= 2);
    }

    [Fact]
    public async Task Tracking_what_LND_does_not_know_finds_nothing()
    {
        await using var rig = await Rig.StartAsync();

        await rig.RunAsync<CommandOutcome.NotFound>(id => new NodeCommand.TrackPayment(id, Hash));
    }

    [Fact]
    public async Task Tracking_waits_for_the_connection()
    {
        await using var rig = await Rig.StartAsync(
            lnd =>
            {
                lnd.State = WalletState.Locked;
                lnd.OnTrackPayment = (_, responses, _) => responses.WriteAsync(new Payment { Status = Payment.Types.PaymentStatus.Succeeded });
            },
            waitForConnection: false);
        var id = rig.Execute(command => new NodeCommand.TrackPayment(command, Hash));
        await rig.Inbox.WaitForAsync<NodeEvent.Disconnected>();

        rig.Lnd.State = WalletState.ServerActive;

        await rig.Inbox.OutcomeAsync<CommandOutcome.PaymentSettled>(id);
    }

    [Fact]
    public async Task A_track_stream_that_ends_early_is_opened_again()
    {
        await using var rig = await Rig.StartAsync();
        var looks = 0;
        rig.Lnd.OnTrackPayment = (_, responses, _) => responses.WriteAsync(new Payment
        {
            Status = Interlocked.Increment(ref looks) < 3 ? Payment.Types.PaymentStatus.InFlight : Payment.Types.PaymentStatus.Succeeded,
        });

        await rig.RunAsync<CommandOutcome.PaymentSettled>(id => new NodeCommand.TrackPayment(id, Hash));
        Assert.Equal(3, looks);
    }

    [Fact]
    public async Task A_payment_under_way_when_we_stop_is_left_without_an_answer()
    {
        var rig = await Rig.StartAsync();
        var sending = new TaskCompletionSource();
        rig.Lnd.OnSendToRoute = async (_, context) =>
        {
            sending.SetResult();
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
            throw new InvalidOperationException();
        };
        rig.Execute(command => new NodeCommand.SendToRoute(command, Hash, Route));
        await sending.Task.WaitAsync(TestInbox.Patience, TestContext.Current.CancellationToken);

        await rig.DisposeAsync();

        Assert.Empty(rig.Inbox.Events.OfType<NodeEvent.Completed>());
    }

    private static Task<T> SendAsync<T>(Rig rig)
        where T : CommandOutcome => rig.RunAsync<T>(id => new NodeCommand.SendToRoute(id, Hash, Route));

    private static HTLCAttempt Failed(Failure.Types.FailureCode code, uint source) => new()
    {
        Status = HTLCAttempt.Types.HTLCStatus.Failed,
        Failure = new Failure { Code = code, FailureSourceIndex = source },
    };
}
