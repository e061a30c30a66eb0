using Eddy.Protos.Lnrpc;
using Google.Protobuf;
using Grpc.Core;

namespace Eddy.Simulator.Tests.Grpc;

/// <summary>LND's API on simulated nodes, over TLS, with macaroons.</summary>
public sealed class SimulatedLndTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_node_tells_who_it_is_and_what_it_has()
    {
        await using var rig = await LndRig.StartAsync();
        var client = rig.Client('A');

        var info = await client.Lightning.GetInfoAsync(new(), cancellationToken: Token);
        var version = await client.Versioner.GetVersionAsync(new(), cancellationToken: Token);
        var channels = await client.Lightning.ListChannelsAsync(new(), cancellationToken: Token);
        var balance = await client.Lightning.ChannelBalanceAsync(new(), cancellationToken: Token);
        var peers = await client.Lightning.ListPeersAsync(new(), cancellationToken: Token);
        var fees = await client.Lightning.FeeReportAsync(new(), cancellationToken: Token);

        Assert.Equal(rig.Lnd('A').Node.Id.ToString(), info.IdentityPubkey);
        Assert.Equal(3u, info.NumActiveChannels);
        Assert.Equal("regtest", info.Chains.Single().Network);
        Assert.Equal("0.20.3-beta", version.Version_);
        Assert.Equal((0u, 20u, 3u), (version.AppMajor, version.AppMinor, version.AppPatch));
        Assert.Equal(3, channels.Channels.Count);
        Assert.All(channels.Channels, channel => Assert.True(channel.Active));
        Assert.Equal(balance.LocalBalance.Sat, (ulong)channels.Channels.Sum(channel => channel.LocalBalance));
        Assert.Equal(3, peers.Peers.Count);
        Assert.All(fees.ChannelFees, fee => Assert.Equal((1_000, 500), (fee.BaseFeeMsat, fee.FeePerMil)));

        var edge = await client.Lightning.GetChanInfoAsync(new() { ChanPoint = channels.Channels[0].ChannelPoint }, cancellationToken: Token);
        Assert.Equal(channels.Channels[0].ChanId, edge.ChannelId);
        Assert.Equal((80u, 500), (edge.Node1Policy.TimeLockDelta, edge.Node2Policy.FeeRateMilliMsat));
    }

    [Fact]
    public async Task What_does_not_exist_is_refused_with_LNDs_code_and_text()
    {
        await using var rig = await LndRig.StartAsync();
        var client = rig.Client('A');

        await RefusedAsync(StatusCode.NotFound, "edge not found", client.Lightning.GetChanInfoAsync(new() { ChanId = 1 }));
        await RefusedAsync(StatusCode.NotFound, "unable to find node", client.Lightning.GetNodeInfoAsync(new() { PubKey = NodeKey.Derive(99, "nobody").Id.ToString() }));
        await RefusedAsync(StatusCode.NotFound, "there are no existing invoices", client.Lightning.LookupInvoiceAsync(new() { RHash = Bytes(32) }));
        await RefusedAsync(StatusCode.Unknown, "need a message to sign", client.Lightning.SignMessageAsync(new()));
        await RefusedAsync(
            StatusCode.Unknown,
            "CLTV delta of 17 must be greater than minimum of 18",
            client.Lightning.AddInvoiceAsync(new() { ValueMsat = 1_000, CltvExpiry = 17 }));
        await RefusedAsync(
            StatusCode.InvalidArgument,
            "cannot set both FeeRate and FeeRatePpm at the same time",
            client.Lightning.UpdateChannelPolicyAsync(new() { Global = true, FeeRate = 0.1, FeeRatePpm = 1, TimeLockDelta = 80 }));
        using var tracked = client.Router.TrackPaymentV2(new() { PaymentHash = Bytes(32) });
        await RefusedAsync(StatusCode.NotFound, "payment isn't initiated", tracked.ResponseStream.MoveNext(Token));
    }

    [Fact]
    public async Task Calls_without_the_right_macaroon_get_LNDs_answers()
    {
        await using var rig = await LndRig.StartAsync();
        var nothing = rig.Client('A', withoutMacaroon: true);
        var nonsense = rig.Client('A', macaroonHex: "00");
        var foreign = rig.Client('A', macaroonHex: Convert.ToHexString(await File.ReadAllBytesAsync(rig.Lnd('B').AdminMacaroonPath)));
        var readOnly = rig.Client('A', macaroonHex: Convert.ToHexString(await File.ReadAllBytesAsync(rig.Lnd('A').ReadOnlyMacaroonPath)));

        await RefusedAsync(StatusCode.Unknown, "expected 1 macaroon, got 0", nothing.Lightning.GetInfoAsync(new()));
        await RefusedAsync(StatusCode.Unknown, "cannot determine data format of binary-encoded macaroon", nonsense.Lightning.GetInfoAsync(new()));
        await RefusedAsync(
            StatusCode.Unknown, "verification failed: signature mismatch after caveat verification", foreign.Lightning.GetInfoAsync(new()));
        await RefusedAsync(StatusCode.Unknown, "permission denied", readOnly.Lightning.AddInvoiceAsync(new() { ValueMsat = 1 }));
        using var interceptor = readOnly.Router.HtlcInterceptor();
        await RefusedAsync(StatusCode.Unknown, "permission denied", interceptor.ResponseStream.MoveNext(Token));
        Assert.Equal(Protos.Lnrpc.WalletState.ServerActive, (await nothing.State.GetStateAsync(new())).State);
        Assert.NotEmpty((await readOnly.Lightning.ListChannelsAsync(new())).Channels);
    }

    [Fact]
    public async Task A_baked_macaroon_opens_what_it_names_and_can_be_checked()
    {
        await using var rig = await LndRig.StartAsync();
        var admin = rig.Client('A');
        var baked = await admin.Lightning.BakeMacaroonAsync(new()
        {
            RootKeyId = 701,
            Permissions = { new MacaroonPermission { Entity = "uri", Action = "/lnrpc.Lightning/GetInfo" } },
        });
        var client = rig.Client('A', macaroonHex: baked.Macaroon);
        var bytes = ByteString.CopyFrom(Convert.FromHexString(baked.Macaroon));

        Assert.Equal(rig.Lnd('A').Node.Id.ToString(), (await client.Lightning.GetInfoAsync(new())).IdentityPubkey);
        await RefusedAsync(StatusCode.Unknown, "permission denied", client.Lightning.ListChannelsAsync(new()));
        Assert.True((await admin.Lightning.CheckMacaroonPermissionsAsync(new()
        {
            Macaroon = bytes,
            FullMethod = "/lnrpc.Lightning/GetInfo",
            CheckDefaultPermsFromFullMethod = true,
        })).Valid);
        await RefusedAsync(StatusCode.InvalidArgument, "permission denied", admin.Lightning.CheckMacaroonPermissionsAsync(new()
        {
            Macaroon = bytes,
            FullMethod = "/lnrpc.Lightning/ListChannels",
            Permissions = { new MacaroonPermission { Entity = "offchain", Action = "read" } },
        }));
    }

    [Fact]
    public async Task Until_the_wallet_is_open_only_the_state_service_answers()
    {
        await using var rig = await LndRig.StartAsync();
        var client = rig.Client('A');
        using var states = client.State.SubscribeState(new());
        await NextStateAsync(Protos.Lnrpc.WalletState.ServerActive);

        foreach (var (state, text) in new[]
        {
            (WalletState.Locked, "wallet locked, unlock it to enable full RPC access"),
            (WalletState.NonExisting, "wallet not created, create one to enable full RPC access"),
            (WalletState.Unlocked, "the RPC server is in the process of starting up, but not yet ready to accept calls"),
            (WalletState.WaitingToStart, "waiting to start, RPC services not available"),
        })
        {
            await rig.Pump.InvokeAsync(_ => rig.Lnd('A').Node.SetState(state));
            await NextStateAsync((Protos.Lnrpc.WalletState)state);
            await RefusedAsync(StatusCode.Unknown, text, client.Lightning.GetInfoAsync(new()));
            Assert.Equal((Protos.Lnrpc.WalletState)state, (await client.State.GetStateAsync(new())).State);
        }

        await rig.Pump.InvokeAsync(_ => rig.Lnd('A').Node.SetState(WalletState.ServerActive));
        await NextStateAsync(Protos.Lnrpc.WalletState.ServerActive);
        await client.Lightning.GetInfoAsync(new());

        async Task NextStateAsync(Protos.Lnrpc.WalletState expected)
        {
            Assert.True(await states.ResponseStream.MoveNext(Token));
            Assert.Equal(expected, states.ResponseStream.Current.State);
        }
    }

    [Fact]
    public async Task A_stopped_LND_breaks_its_streams_and_comes_back_on_the_same_port()
    {
        await using var rig = await LndRig.StartAsync();
        var lnd = rig.Lnd('A');
        var client = rig.Client('A');
        using var events = client.Router.SubscribeHtlcEvents(new());
        Assert.True(await events.ResponseStream.MoveNext(Token));
        var address = lnd.Address;

        await lnd.StopAsync();
        var ended = await Assert.ThrowsAsync<RpcException>(() => events.ResponseStream.MoveNext(Token));
        var refused = await Assert.ThrowsAsync<RpcException>(() => client.Lightning.GetInfoAsync(new()).ResponseAsync);
        await lnd.StartAgainAsync();

        Assert.Equal(StatusCode.Unavailable, ended.StatusCode);
        Assert.Equal(StatusCode.Unavailable, refused.StatusCode);
        Assert.Equal(address, lnd.Address);
        Assert.Equal(lnd.Node.Id.ToString(), (await client.Lightning.GetInfoAsync(new())).IdentityPubkey);
    }

    [Fact]
    public async Task A_node_that_restarts_in_the_model_restarts_for_its_clients_too()
    {
        await using var rig = await LndRig.StartAsync();
        var client = rig.Client('B');
        using var events = client.Router.SubscribeHtlcEvents(new());
        Assert.True(await events.ResponseStream.MoveNext(Token));

        await rig.Pump.InvokeAsync(_ => rig.Lnd('B').Node.Restart(TimeSpan.FromMilliseconds(200)));
        var ended = await Assert.ThrowsAsync<RpcException>(() => events.ResponseStream.MoveNext(Token));

        Assert.Equal(StatusCode.Unavailable, ended.StatusCode);
        await EventuallyAsync(async () =>
        {
            try
            {
                return (await client.Lightning.GetInfoAsync(new())).NumActiveChannels == 2;
            }
            catch (RpcException exception) when (exception.StatusCode == StatusCode.Unavailable)
            {
                return false;
            }
        });
    }

    [Fact]
    public async Task Streams_can_be_dropped_with_any_status()
    {
        await using var rig = await LndRig.StartAsync();
        var client = rig.Client('A');
        using var first = client.Router.SubscribeHtlcEvents(new());
        using var second = client.Router.SubscribeHtlcEvents(new());
        Assert.True(await first.ResponseStream.MoveNext(Token));
        Assert.True(await second.ResponseStream.MoveNext(Token));

        Assert.Equal(2, rig.Lnd('A').DropStreams("SubscribeHtlcEvents", RpcError.Plain("htlc event subscription terminated")));
        await RefusedAsync(StatusCode.Unknown, "htlc event subscription terminated", first.ResponseStream.MoveNext(Token));
        await RefusedAsync(StatusCode.Unknown, "htlc event subscription terminated", second.ResponseStream.MoveNext(Token));

        using var third = client.Router.SubscribeHtlcEvents(new());
        Assert.True(await third.ResponseStream.MoveNext(Token));
        Assert.Equal(1, rig.Lnd('A').DropStreams());
        Assert.False(await third.ResponseStream.MoveNext(Token));
    }

    [Fact]
    public async Task Custom_messages_reach_every_subscriber()
    {
        await using var rig = await LndRig.StartAsync();
        var (a, b) = (rig.Client('A'), rig.Client('B'));
        using var first = b.Lightning.SubscribeCustomMessages(new());
        using var second = b.Lightning.SubscribeCustomMessages(new());
        await EventuallyAsync(() => rig.Pump.InvokeAsync(_ => rig.Lnd('B').Node.CustomMessages.SubscriberCount == 2));

        var sent = await a.Lightning.SendCustomMessageAsync(new()
        {
            Peer = ByteString.CopyFrom(rig.Lnd('B').Node.Id.ToArray()),
            Type = 60_881,
            Data = ByteString.CopyFromUtf8("hello"),
        });

        Assert.Equal("message sent successfully", sent.Status);
        foreach (var stream in new[] { first, second })
        {
            Assert.True(await stream.ResponseStream.MoveNext(Token));
            Assert.Equal(rig.Lnd('A').Node.Id.ToString(), Convert.ToHexStringLower(stream.ResponseStream.Current.Peer.Span));
            Assert.Equal(60_881u, stream.ResponseStream.Current.Type);
            Assert.Equal("hello", stream.ResponseStream.Current.Data.ToStringUtf8());
        }

        await RefusedAsync(StatusCode.NotFound, "peer is not connected", a.Lightning.SendCustomMessageAsync(new()
        {
            Peer = ByteString.CopyFrom(NodeKey.Derive(99, "nobody").Id.ToArray()),
            Type = 60_881,
        }));
    }

    private static ByteString Bytes(int count) => ByteString.CopyFrom(new byte[count]);

    private static Task RefusedAsync<T>(StatusCode code, string text, AsyncUnaryCall<T> call) => RefusedAsync(code, text, call.ResponseAsync);

    private static async Task RefusedAsync(StatusCode code, string text, Task call)
    {
        var exception = await Assert.ThrowsAsync<RpcException>(() => call);
        Assert.Equal((code, text), (exception.StatusCode, exception.Status.Detail));
    }

    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await condition())
        {
            await Task.Delay(20, patience.Token);
        }
    }
}
