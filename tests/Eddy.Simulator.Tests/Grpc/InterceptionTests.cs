using Eddy.Protos.Lnrpc;
using Eddy.Protos.Routerrpc;
using Google.Protobuf;
using Grpc.Core;

namespace Eddy.Simulator.Tests.Grpc;

/// <summary>HtlcInterceptor and payments by SendToRouteV2 over the API.</summary>
public sealed class InterceptionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_ring_whose_members_waive_settles_without_a_fee_and_shows_phantom_income()
    {
        await using var rig = await LndRig.StartAsync();
        using var b = await InterceptorClient.ConnectAsync(rig, 'B');
        using var c = await InterceptorClient.ConnectAsync(rig, 'C');
        using var d = await InterceptorClient.ConnectAsync(rig, 'D');
        b.OnRequest = c.OnRequest = d.OnRequest = Circulation.Waive;
        var a = rig.Client('A');
        var invoice = await Circulation.InvoiceAsync(a);
        var before = await BalanceAsync(a);

        var attempt = await a.Router.SendToRouteV2Async(await Circulation.RequestAsync(rig, "ABCDA", invoice));

        Assert.Equal(HTLCAttempt.Types.HTLCStatus.Succeeded, attempt.Status);
        Assert.Equal(before, await BalanceAsync(a));
        using var tracked = a.Router.TrackPaymentV2(new() { PaymentHash = invoice.RHash });
        Assert.True(await tracked.ResponseStream.MoveNext(Token));
        Assert.Equal((Protos.Lnrpc.Payment.Types.PaymentStatus.Succeeded, 0), (tracked.ResponseStream.Current.Status, tracked.ResponseStream.Current.FeeMsat));
        Assert.False(await tracked.ResponseStream.MoveNext(Token));
        Assert.Equal(Protos.Lnrpc.Invoice.Types.InvoiceState.Settled, (await a.Lightning.LookupInvoiceAsync(new() { RHash = invoice.RHash })).State);

        var history = await rig.Client('C').Lightning.ForwardingHistoryAsync(new());
        var forward = Assert.Single(history.ForwardingEvents);
        Assert.Equal((100_051_000ul, 100_000_000ul, 51_000ul), (forward.AmtInMsat, forward.AmtOutMsat, forward.FeeMsat));
        Assert.True(forward.HasIncomingHtlcId);
    }

    [Fact]
    public async Task Without_waivers_the_first_member_fails_the_ring()
    {
        await using var rig = await LndRig.StartAsync();
        var a = rig.Client('A');
        var invoice = await Circulation.InvoiceAsync(a);

        var attempt = await a.Router.SendToRouteV2Async(await Circulation.RequestAsync(rig, "ABCDA", invoice));

        Assert.Equal(HTLCAttempt.Types.HTLCStatus.Failed, attempt.Status);
        Assert.Equal((Failure.Types.FailureCode.FeeInsufficient, 1u), (attempt.Failure.Code, attempt.Failure.FailureSourceIndex));
    }

    [Fact]
    public async Task A_second_client_is_refused_and_the_place_is_free_again_when_the_first_has_gone()
    {
        await using var rig = await LndRig.StartAsync();
        using var first = await InterceptorClient.ConnectAsync(rig, 'B');
        var other = rig.Client('B');

        using (var second = other.Router.HtlcInterceptor())
        {
            var refused = await Assert.ThrowsAsync<RpcException>(() => second.ResponseStream.MoveNext(Token));
            Assert.Equal((StatusCode.Unknown, "interceptor already exists"), (refused.StatusCode, refused.Status.Detail));
        }

        Assert.False(first.Ended.IsCompleted);
        first.Dispose();
        await InterceptorClient.WaitAsync(() => rig.Pump.InvokeAsync(_ => !rig.Lnd('B').Node.Interceptor.IsConnected));
        using var third = await InterceptorClient.ConnectAsync(rig, 'B');
        Assert.False(third.Ended.IsCompleted);
    }

    [Fact]
    public async Task A_client_that_half_closes_gets_EOF()
    {
        await using var rig = await LndRig.StartAsync();
        using var client = await InterceptorClient.ConnectAsync(rig, 'B');

        await client.CompleteAsync();
        await client.Ended;

        Assert.Equal((StatusCode.Unknown, "EOF"), (client.Fault!.StatusCode, client.Fault.Status.Detail));
    }

    [Fact]
    public async Task A_wrong_answer_ends_the_stream_and_releases_what_was_held()
    {
        await using var rig = await LndRig.StartAsync();
        using var b = await InterceptorClient.ConnectAsync(rig, 'B');
        var a = rig.Client('A');
        var invoice = await Circulation.InvoiceAsync(rig.Client('C'));
        var payment = a.Router.SendToRouteV2Async(await Circulation.RequestAsync(rig, "ABC", invoice, fees: true));
        var held = await b.NextAsync(Token);
        Assert.Equal((100_051_000ul, 100_000_000ul), (held.IncomingAmountMsat, held.OutgoingAmountMsat));
        Assert.Equal((int)held.IncomingExpiry - 13, held.AutoFailHeight);
        Assert.Equal(1366, held.OnionBlob.Length);

        await b.AnswerAsync(new() { IncomingCircuitKey = held.IncomingCircuitKey, Action = ResolveHoldForwardAction.Settle, Preimage = ByteString.CopyFrom(new byte[32]) });
        await b.Ended;

        Assert.Equal((StatusCode.Unknown, "preimage does not match hash"), (b.Fault!.StatusCode, b.Fault.Status.Detail));
        Assert.Equal(HTLCAttempt.Types.HTLCStatus.Succeeded, (await payment).Status);
    }

    [Fact]
    public async Task A_client_that_gives_up_does_not_stop_its_payment()
    {
        await using var rig = await LndRig.StartAsync();
        using var b = await InterceptorClient.ConnectAsync(rig, 'B');
        var a = rig.Client('A');
        var invoice = await Circulation.InvoiceAsync(rig.Client('C'));
        using var patience = new CancellationTokenSource();
        using var payment = a.Router.SendToRouteV2Async(await Circulation.RequestAsync(rig, "ABC", invoice, fees: true), cancellationToken: patience.Token);
        var held = await b.NextAsync(Token);

        await patience.CancelAsync();
        await Assert.ThrowsAsync<RpcException>(() => payment.ResponseAsync);
        using var tracked = a.Router.TrackPaymentV2(new() { PaymentHash = invoice.RHash });
        Assert.True(await tracked.ResponseStream.MoveNext(Token));
        Assert.Equal(Protos.Lnrpc.Payment.Types.PaymentStatus.InFlight, tracked.ResponseStream.Current.Status);
        await b.AnswerAsync(Circulation.Resume(held));

        Assert.True(await tracked.ResponseStream.MoveNext(Token));
        Assert.Equal((Protos.Lnrpc.Payment.Types.PaymentStatus.Succeeded, 51_000), (tracked.ResponseStream.Current.Status, tracked.ResponseStream.Current.FeeMsat));
    }

    [Fact]
    public async Task A_client_that_does_not_read_stalls_every_forward_of_the_node_until_it_goes()
    {
        // More than the transport's buffers hold.
        const int most = 1_000;
        const int behind = 5;
        await using var rig = await LndRig.StartAsync();
        using var frozen = await InterceptorClient.ConnectAsync(rig, 'B', reads: false);
        var node = rig.Lnd('B').Node;
        var a = rig.Client('A');
        var payments = new List<Task<HTLCAttempt>>();
        while (await rig.Pump.InvokeAsync(_ => node.Interceptor.Waiting) < behind)
        {
            Assert.True(payments.Count < most, "The node never stalled.");
            var invoice = await Circulation.InvoiceAsync(rig.Client('C'), 2_000);
            payments.Add(a.Router.SendToRouteV2Async(await Circulation.RequestAsync(rig, "ABC", invoice, fees: true, amount: 2_000)).ResponseAsync);
        }

        // The loop is stuck in its write: it does not even take an answer.
        var first = await rig.Pump.InvokeAsync(_ => node.Interceptor.HeldKeys.First());
        var waiting = await rig.Pump.InvokeAsync(_ => node.Interceptor.Waiting);
        await frozen.AnswerAsync(new()
        {
            IncomingCircuitKey = new() { ChanId = first.Channel.Value, HtlcId = first.HtlcId },
            Action = ResolveHoldForwardAction.Resume,
        });
        await InterceptorClient.WaitAsync(() => rig.Pump.InvokeAsync(_ => node.Interceptor.Waiting > waiting));
        Assert.True(await rig.Pump.InvokeAsync(_ => node.Interceptor.HeldKeys.Contains(first)));
        Assert.DoesNotContain(payments, payment => payment.IsCompleted);

        frozen.Dispose();
        Assert.All(await Task.WhenAll(payments), attempt => Assert.Equal(HTLCAttempt.Types.HTLCStatus.Succeeded, attempt.Status));
    }

    [Fact]
    public async Task A_frozen_client_is_noticed_by_the_servers_keepalive_alone()
    {
        await using var rig = await LndRig.StartAsync(options: options => options with
        {
            ServerPingTime = TimeSpan.FromMilliseconds(100),
            ServerPingTimeout = TimeSpan.FromSeconds(1),
        });
        var freeze = new TaskCompletionSource();
        using var frozen = await InterceptorClient.ConnectAsync(rig, 'B', frozen: freeze.Task);
        freeze.SetResult();
        var invoice = await Circulation.InvoiceAsync(rig.Client('C'));

        var attempt = await rig.Client('A').Router.SendToRouteV2Async(await Circulation.RequestAsync(rig, "ABC", invoice, fees: true));

        // Held, then released when the connection was given up.
        Assert.Equal(HTLCAttempt.Types.HTLCStatus.Succeeded, attempt.Status);
        Assert.InRange(attempt.ResolveTimeNs - attempt.AttemptTimeNs, 1_000_000_000, long.MaxValue);
        Assert.False(await rig.Pump.InvokeAsync(_ => rig.Lnd('B').Node.Interceptor.IsConnected));
    }

    [Fact]
    public async Task A_private_channel_of_the_alias_type_is_forwarded_over_by_alias_only()
    {
        await using var rig = await LndRig.StartAsync();
        var (b, d) = (rig.Lnd('B').Node, rig.Lnd('D').Node);
        var end = await rig.Pump.InvokeAsync(network => network.OpenChannel(b, d, new()
        {
            Capacity = Eddy.Lightning.MilliSatoshi.FromSatoshi(1_000_000),
            OpenerBalance = Eddy.Lightning.MilliSatoshi.FromSatoshi(900_000),
            IsPrivate = true,
            HasScidAlias = true,
        }).Opener);
        using var interceptor = await InterceptorClient.ConnectAsync(rig, 'B');
        var requested = new List<ulong>();
        interceptor.OnRequest = request =>
        {
            requested.Add(request.OutgoingRequestedChanId);
            return Circulation.Waive(request);
        };
        var a = rig.Client('A');

        var byRealId = await SendAsync(end.ChanId.Value);
        var byAlias = await SendAsync(end.Aliases[0].Value);
        var shown = (await rig.Client('B').Lightning.ListChannelsAsync(new() { PrivateOnly = true })).Channels.Single();
        var there = (await rig.Client('D').Lightning.ListChannelsAsync(new() { PrivateOnly = true })).Channels.Single();

        Assert.Equal((Failure.Types.FailureCode.UnknownNextPeer, 1u), (byRealId.Failure.Code, byRealId.Failure.FailureSourceIndex));
        Assert.Equal(HTLCAttempt.Types.HTLCStatus.Succeeded, byAlias.Status);
        Assert.Equal((end.ChanId.Value, end.Aliases[0].Value), (shown.ChanId, shown.AliasScids.Single()));
        Assert.Equal(shown.AliasScids.Single(), there.PeerScidAlias);
        Assert.Equal([end.ChanId.Value, end.Aliases[0].Value], requested);

        async Task<HTLCAttempt> SendAsync(ulong channel)
        {
            var invoice = await Circulation.InvoiceAsync(rig.Client('D'));
            var request = await Circulation.RequestAsync(rig, "ABD", invoice);
            request.Route.Hops[1].ChanId = channel;
            return await a.Router.SendToRouteV2Async(request);
        }
    }

    [Fact]
    public async Task HTLC_events_come_in_LNDs_order()
    {
        await using var rig = await LndRig.StartAsync();
        using var b = await InterceptorClient.ConnectAsync(rig, 'B');
        b.OnRequest = Circulation.Resume;
        using var events = rig.Client('B').Router.SubscribeHtlcEvents(new());
        Assert.True(await events.ResponseStream.MoveNext(Token));
        Assert.Equal(Protos.Routerrpc.HtlcEvent.EventOneofCase.SubscribedEvent, events.ResponseStream.Current.EventCase);
        var invoice = await Circulation.InvoiceAsync(rig.Client('C'));

        var attempt = await rig.Client('A').Router.SendToRouteV2Async(await Circulation.RequestAsync(rig, "ABC", invoice, fees: true));

        Assert.Equal(HTLCAttempt.Types.HTLCStatus.Succeeded, attempt.Status);
        foreach (var (kind, type) in new[]
        {
            (Protos.Routerrpc.HtlcEvent.EventOneofCase.ForwardEvent, Protos.Routerrpc.HtlcEvent.Types.EventType.Forward),
            (Protos.Routerrpc.HtlcEvent.EventOneofCase.SettleEvent, Protos.Routerrpc.HtlcEvent.Types.EventType.Forward),
            (Protos.Routerrpc.HtlcEvent.EventOneofCase.FinalHtlcEvent, Protos.Routerrpc.HtlcEvent.Types.EventType.Unknown),
        })
        {
            Assert.True(await events.ResponseStream.MoveNext(Token));
            Assert.Equal((kind, type), (events.ResponseStream.Current.EventCase, events.ResponseStream.Current.EventType));
        }

        Assert.True(events.ResponseStream.Current.FinalHtlcEvent is { Settled: true, Offchain: true });
    }

    private static async Task<ulong> BalanceAsync(LndClient client) =>
        (await client.Lightning.ChannelBalanceAsync(new())).LocalBalance.Msat;
}
