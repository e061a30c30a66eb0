using Eddy.Engine.Ports;
using Eddy.Lightning;
using Eddy.Lnd.Tests.Scripted;
using Eddy.Protos.Lnrpc;
using Eddy.Protos.Routerrpc;
using Google.Protobuf;
using Grpc.Core;

namespace Eddy.Lnd.Tests;

public sealed class SessionTests
{
    private const ulong Scid = 600UL << 40 | 1 << 16;

    [Fact]
    public async Task The_first_events_are_connection_peers_and_channels_in_this_order()
    {
        await using var rig = await Rig.StartAsync(lnd => lnd.AddChannel(Scid, ScriptedLnd.Bob));

        var events = rig.Inbox.Events;
        var connected = Assert.IsType<NodeEvent.Connected>(events[0]).Node;
        Assert.Equal((ScriptedLnd.Self, "alice", "regtest", 800u, 18u), (connected.Id, connected.Alias, connected.Network, connected.Height, connected.MinFinalCltv));
        Assert.Equal([ScriptedLnd.Bob, ScriptedLnd.Carol], Assert.IsType<NodeEvent.PeersListed>(events[1]).Peers);
        var channel = Assert.Single(Assert.IsType<NodeEvent.ChannelsListed>(events[2]).Channels);
        Assert.Equal((Scid, ScriptedLnd.Bob, true), (channel.Id.Value, channel.Peer, channel.IsActive));
        Assert.Equal(MilliSatoshi.FromSatoshi(2_344_470), channel.Spendable);
        Assert.Equal((1_000, 500, 80u), (channel.Policy!.BaseFeeMsat, channel.Policy.FeeRatePpm, channel.Policy.CltvDelta));
        Assert.NotNull(channel.PeerPolicy);
    }

    [Fact]
    public async Task How_long_LND_has_been_silent_is_known_long_before_a_call_is_given_up()
    {
        await using var rig = await Rig.StartAsync();
        Assert.InRange(rig.Node.Silence!.Value, TimeSpan.Zero, TestInbox.Patience);

        var thaw = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        rig.Lnd.BeforeGetInfo = () => thaw.Task;
        Assert.True(SpinWait.SpinUntil(() => rig.Node.Silence > TimeSpan.FromSeconds(2), TestInbox.Patience));
        thaw.SetResult();
        Assert.True(SpinWait.SpinUntil(() => rig.Node.Silence < TimeSpan.FromSeconds(2), TestInbox.Patience));
    }

    [Fact]
    public async Task What_happens_while_the_listing_is_made_comes_after_it()
    {
        var listing = new TaskCompletionSource();
        await using var rig = await Rig.StartAsync(
            lnd =>
            {
                lnd.AddChannel(Scid, ScriptedLnd.Bob);
                lnd.BeforeListChannels = () => listing.Task;
            },
            waitForConnection: false);
        await rig.Lnd.WaitForSubscribersAsync();
        rig.Lnd.CustomMessages.Emit(Message(ScriptedLnd.Bob, IPeerMessenger.MessageType, "early"));
        rig.Lnd.PeerEvents.Emit(new PeerEvent { PubKey = ScriptedLnd.Carol.ToString(), Type = PeerEvent.Types.EventType.PeerOffline });
        await rig.Lnd.Interceptor.WaitForClientAsync();
        listing.SetResult();

        await rig.Inbox.WaitForAsync<NodeEvent.MessageReceived>();
        await rig.Inbox.WaitForAsync<NodeEvent.PeerOffline>();
        await rig.Inbox.WaitForAsync<NodeEvent.InterceptorChanged>();
        Assert.Equal(
            [typeof(NodeEvent.Connected), typeof(NodeEvent.PeersListed), typeof(NodeEvent.ChannelsListed)],
            rig.Inbox.Events.Take(3).Select(nodeEvent => nodeEvent.GetType()));
    }

    [Fact]
    public async Task A_locked_wallet_is_waited_for_and_the_operator_told_once()
    {
        await using var rig = await Rig.StartAsync(lnd => lnd.State = WalletState.Locked, waitForConnection: false);
        var disconnected = await rig.Inbox.WaitForAsync<NodeEvent.Disconnected>();
        Assert.Contains("wallet is locked", disconnected.Reason, StringComparison.Ordinal);
        Assert.Contains("lncli unlock", disconnected.Reason, StringComparison.Ordinal);

        rig.Lnd.State = WalletState.Unlocked;
        await rig.Inbox.WaitForAsync<NodeEvent.Disconnected>(other => other.Reason.Contains("starting up", StringComparison.Ordinal));
        rig.Lnd.State = WalletState.ServerActive;

        await rig.Inbox.WaitForAsync<NodeEvent.ChannelsListed>();
        Assert.Equal(2, rig.Inbox.Events.OfType<NodeEvent.Disconnected>().Count());
        Assert.Empty(rig.Inbox.Events.OfType<NodeEvent.HtlcEventsLost>());
    }

    [Fact]
    public async Task The_interceptor_stands_before_the_channels_of_a_starting_LND_are_up()
    {
        await using var rig = await Rig.StartAsync(lnd => lnd.State = WalletState.RpcActive, waitForConnection: false);

        await rig.Lnd.Interceptor.WaitForClientAsync();
        Assert.Empty(rig.Inbox.Events);
        Assert.Equal(0, rig.Lnd.PeerEvents.Subscriptions);

        rig.Lnd.State = WalletState.ServerActive;
        await rig.Inbox.WaitForAsync<NodeEvent.ChannelsListed>();
    }

    [Fact]
    public async Task After_a_restart_of_LND_everything_is_listed_again_and_missed_HTLCs_are_admitted()
    {
        await using var rig = await Rig.StartAsync(lnd => lnd.AddChannel(Scid, ScriptedLnd.Bob));
        await rig.Inbox.WaitForAsync<NodeEvent.InterceptorChanged>(changed => changed.State == InterceptorState.Up);
        var mark = rig.Inbox.Mark;

        await rig.Lnd.StopAsync();
        await rig.Inbox.WaitForAsync<NodeEvent.Disconnected>(after: mark);
        rig.Lnd.AddChannel(Scid + 1, ScriptedLnd.Carol);
        await rig.Lnd.ListenAsync();

        var listed = await rig.Inbox.WaitForAsync<NodeEvent.ChannelsListed>(list => list.Channels.Length == 2, mark);
        await rig.Inbox.WaitForAsync<NodeEvent.HtlcEventsLost>(after: mark);
        await rig.Inbox.WaitForAsync<NodeEvent.InterceptorChanged>(changed => changed.State == InterceptorState.Up, mark);
        var events = rig.Inbox.Events.Skip(mark).ToList();
        var connected = events.FindIndex(nodeEvent => nodeEvent is NodeEvent.Connected);
        Assert.IsType<NodeEvent.PeersListed>(events[connected + 1]);
        Assert.Same(listed, events[connected + 2]);
        Assert.Contains(events.Take(connected), nodeEvent => nodeEvent is NodeEvent.InterceptorChanged { State: InterceptorState.Down });
    }

    [Fact]
    public async Task A_certificate_that_LND_replaced_is_read_anew()
    {
        await using var rig = await Rig.StartAsync();
        var mark = rig.Inbox.Mark;
        await rig.Lnd.StopAsync();
        rig.Lnd.Replace(TestFiles.CreateCertificate());
        await rig.Lnd.ListenAsync();

        await rig.Inbox.WaitForAsync<NodeEvent.Disconnected>(other => other.Reason.Contains("is not the one in", StringComparison.Ordinal), mark);
        rig.Lnd.WriteCertificate();
        await rig.Inbox.WaitForAsync<NodeEvent.Connected>(after: mark);
    }

    [Fact]
    public async Task An_HTLC_stream_that_ends_by_itself_is_opened_again_alone()
    {
        await using var rig = await Rig.StartAsync();
        var mark = rig.Inbox.Mark;

        rig.Lnd.HtlcEvents.End(new Status(StatusCode.Unknown, "unknown failure detail: 99"));
        await rig.Inbox.WaitForAsync<NodeEvent.HtlcEventsLost>(after: mark);
        rig.Lnd.HtlcEvents.Emit(Forward(7, htlc => htlc.SettleEvent = new()));

        await rig.Inbox.WaitForAsync<NodeEvent.HtlcSettled>(after: mark);
        Assert.Empty(rig.Inbox.Events.OfType<NodeEvent.Disconnected>());
        Assert.Equal(1, rig.Lnd.PeerEvents.Subscriptions);
    }

    [Fact]
    public async Task A_peer_stream_that_ends_with_OK_is_opened_again_and_the_peers_are_listed()
    {
        await using var rig = await Rig.StartAsync();
        var mark = rig.Inbox.Mark;

        rig.Lnd.PeerEvents.End(null);

        await rig.Inbox.WaitForAsync<NodeEvent.PeersListed>(after: mark);
        Assert.Empty(rig.Inbox.Events.OfType<NodeEvent.Disconnected>());
    }

    [Fact]
    public async Task A_stream_that_ends_UNAVAILABLE_ends_the_connection()
    {
        await using var rig = await Rig.StartAsync();
        var mark = rig.Inbox.Mark;

        rig.Lnd.ChannelEvents.End(new Status(StatusCode.Unavailable, "transport is closing"));

        await rig.Inbox.WaitForAsync<NodeEvent.Disconnected>(after: mark);
        await rig.Inbox.WaitForAsync<NodeEvent.Connected>(after: mark);
    }

    [Fact]
    public async Task Only_messages_of_our_type_are_passed_on()
    {
        await using var rig = await Rig.StartAsync();

        rig.Lnd.CustomMessages.Emit(Message(ScriptedLnd.Bob, 32769, "foreign"));
        rig.Lnd.CustomMessages.Emit(new CustomMessage { Peer = ByteString.CopyFromUtf8("nobody"), Type = IPeerMessenger.MessageType });
        rig.Lnd.CustomMessages.Emit(Message(ScriptedLnd.Carol, IPeerMessenger.MessageType, "ours"));

        var received = await rig.Inbox.WaitForAsync<NodeEvent.MessageReceived>();
        Assert.Equal(ScriptedLnd.Carol, received.Peer);
        Assert.Equal("ours"u8.ToArray(), received.Payload.ToArray());
    }

    [Fact]
    public async Task HTLC_events_tell_the_fate_of_forwards_and_of_nothing_else()
    {
        await using var rig = await Rig.StartAsync(lnd => lnd.AddChannel(Scid, ScriptedLnd.Bob));
        var mark = rig.Inbox.Mark;

        rig.Lnd.HtlcEvents.Emit(new HtlcEvent { EventType = HtlcEvent.Types.EventType.Send, OutgoingChannelId = Scid, ForwardEvent = new() });
        rig.Lnd.HtlcEvents.Emit(Forward(1, htlc => htlc.ForwardEvent = new()));
        rig.Lnd.HtlcEvents.Emit(Forward(1, htlc => htlc.SettleEvent = new()));
        rig.Lnd.HtlcEvents.Emit(new HtlcEvent { IncomingChannelId = Scid, IncomingHtlcId = 1, FinalHtlcEvent = new() { Settled = true, Offchain = true } });
        rig.Lnd.HtlcEvents.Emit(Forward(2, htlc => htlc.ForwardFailEvent = new()));
        rig.Lnd.HtlcEvents.Emit(Forward(3, htlc => htlc.LinkFailEvent = new() { WireFailure = Failure.Types.FailureCode.FeeInsufficient }));
        rig.Lnd.HtlcEvents.Emit(new HtlcEvent { IncomingChannelId = Scid, IncomingHtlcId = 4, FinalHtlcEvent = new() { Settled = false, Offchain = false } });

        await rig.Inbox.WaitForAsync<NodeEvent.HtlcFailed>(failed => failed.Key.HtlcId == 4);
        Assert.Equal(
            [
                new NodeEvent.HtlcForwarded(Key(1), new(Scid + 9)),
                new NodeEvent.HtlcSettled(Key(1)),
                new NodeEvent.HtlcFailed(Key(2), null),
                new NodeEvent.HtlcFailed(Key(3), FailureCode.FeeInsufficient),
                new NodeEvent.HtlcFailed(Key(4), null),
            ],
            rig.Inbox.Events.Skip(mark).Where(nodeEvent => nodeEvent is NodeEvent.HtlcForwarded or NodeEvent.HtlcSettled or NodeEvent.HtlcFailed));
        await rig.Inbox.WaitForAsync<NodeEvent.ChannelsListed>(after: mark);
    }

    [Fact]
    public async Task A_new_height_is_noticed()
    {
        await using var rig = await Rig.StartAsync();

        rig.Lnd.Height = 801;

        Assert.Equal(801u, (await rig.Inbox.WaitForAsync<NodeEvent.BlockConnected>()).Height);
    }

    [Fact]
    public async Task Our_own_fee_change_is_noticed_without_any_event()
    {
        await using var rig = await Rig.StartAsync(lnd => lnd.AddChannel(Scid, ScriptedLnd.Bob));

        rig.Lnd.OwnPolicy(Scid).InboundFeeRateMilliMsat = -250;

        await rig.Inbox.WaitForAsync<NodeEvent.ChannelsListed>(listed => listed.Channels[0].Policy!.InboundFeeRatePpm == -250);
        Assert.Equal(2, rig.Lnd.Calls["GetChanInfo"]);
    }

    [Fact]
    public async Task An_HTLC_that_fails_as_if_our_policy_were_another_makes_us_read_it()
    {
        await using var rig = await Rig.StartAsync(lnd => lnd.AddChannel(Scid, ScriptedLnd.Bob));

        rig.Lnd.OwnPolicy(Scid).TimeLockDelta = 144;
        rig.Lnd.HtlcEvents.Emit(Forward(3, htlc => htlc.LinkFailEvent = new() { WireFailure = Failure.Types.FailureCode.IncorrectCltvExpiry }));

        await rig.Inbox.WaitForAsync<NodeEvent.ChannelsListed>(listed => listed.Channels[0].Policy!.CltvDelta == 144);
    }

    [Fact]
    public async Task Without_the_right_to_the_fee_report_policies_are_read_at_every_listing()
    {
        await using var rig = await Rig.StartAsync(lnd =>
        {
            lnd.AddChannel(Scid, ScriptedLnd.Bob);
            lnd.Denied.Add("FeeReport");
        });
        var mark = rig.Inbox.Mark;
        rig.Lnd.OwnPolicy(Scid).FeeBaseMsat = 5;
        await rig.RunAsync<CommandOutcome.Done>(id => new NodeCommand.Refresh(id));

        await rig.Inbox.WaitForAsync<NodeEvent.ChannelsListed>(listed => listed.Channels[0].Policy!.BaseFeeMsat == 5, mark);
        Assert.Empty(rig.Inbox.Events.OfType<NodeEvent.Disconnected>());
    }

    [Fact]
    public async Task A_refresh_completes_after_its_events()
    {
        await using var rig = await Rig.StartAsync(lnd => lnd.AddChannel(Scid, ScriptedLnd.Bob));
        var mark = rig.Inbox.Mark;
        rig.Lnd.OwnPolicy(Scid).TimeLockDelta = 40;

        await rig.RunAsync<CommandOutcome.Done>(id => new NodeCommand.Refresh(id));

        var events = rig.Inbox.Events.Skip(mark).TakeWhile(nodeEvent => nodeEvent is not NodeEvent.Completed).ToList();
        Assert.Contains(events, nodeEvent => nodeEvent is NodeEvent.PeersListed);
        var channel = Assert.Single(events.OfType<NodeEvent.ChannelsListed>().Last().Channels);
        Assert.Equal((40u, "alias of 02c604"), (channel.Policy!.CltvDelta, channel.PeerAlias));
    }

    [Fact]
    public async Task A_zero_conf_channel_is_asked_for_by_its_outpoint_and_a_private_one_needs_its_alias()
    {
        const ulong alias = 16_000_000UL << 40 | 3;
        await using var rig = await Rig.StartAsync(lnd =>
        {
            var zeroConf = lnd.AddChannel(alias, ScriptedLnd.Bob);
            zeroConf.ZeroConf = true;
            zeroConf.ZeroConfConfirmedScid = Scid;
            lnd.Edges[0].ChannelId = Scid;
            var hidden = lnd.AddChannel(Scid + 1, ScriptedLnd.Carol);
            hidden.Private = true;
            hidden.AliasScids.Add(alias + 1);
        });

        var channels = (await rig.Inbox.WaitForAsync<NodeEvent.ChannelsListed>()).Channels;
        Assert.Equal((new ShortChannelId(Scid), false), (channels[0].ConfirmedId!.Value, channels[0].NeedsAlias));
        Assert.NotNull(channels[0].Policy);
        Assert.True(channels[1].NeedsAlias);
        Assert.Equal(new ShortChannelId(alias + 1), channels[1].RouteId);
    }

    [Fact]
    public async Task An_LND_that_is_too_old_is_not_used()
    {
        await using var rig = await Rig.StartAsync(lnd => lnd.Version = (0, 18, 3), waitForConnection: false);

        var disconnected = await rig.Inbox.WaitForAsync<NodeEvent.Disconnected>();

        Assert.Contains("too old", disconnected.Reason, StringComparison.Ordinal);
        Assert.Equal(0, rig.Lnd.Interceptor.Attempts);
    }

    [Fact]
    public async Task A_missing_right_to_a_stream_is_named()
    {
        await using var rig = await Rig.StartAsync(lnd => lnd.Denied.Add("SubscribeCustomMessages"), waitForConnection: false);

        var disconnected = await rig.Inbox.WaitForAsync<NodeEvent.Disconnected>();

        Assert.Contains("/lnrpc.Lightning/SubscribeCustomMessages", disconnected.Reason, StringComparison.Ordinal);
    }

    private static Lightning.CircuitKey Key(ulong htlc) => new(new(Scid), htlc);

    private static HtlcEvent Forward(ulong htlc, Action<HtlcEvent> set)
    {
        var forward = new HtlcEvent
        {
            EventType = HtlcEvent.Types.EventType.Forward,
            IncomingChannelId = Scid,
            IncomingHtlcId = htlc,
            OutgoingChannelId = Scid + 9,
        };
        set(forward);
        return forward;
    }

    private static CustomMessage Message(NodeId from, uint type, string text) =>
        new() { Peer = ByteString.CopyFrom(from.ToArray()), Type = type, Data = ByteString.CopyFromUtf8(text) };
}
