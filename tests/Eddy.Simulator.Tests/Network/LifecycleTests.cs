using Eddy.Lightning;

namespace Eddy.Simulator.Tests.Network;

public sealed class LifecycleTests
{
    [Fact]
    public void Peers_with_channels_come_back_by_themselves_and_their_links_a_little_later()
    {
        var ring = new RingFixture();
        var seen = new List<string>();
        ring.A.PeerEvents.Subscribe(peer => seen.Add($"{(peer.IsOnline ? "online" : "offline")} {Active()}"));
        ring.A.ChannelEvents.Subscribe(channel => seen.Add(channel.GetType().Name));

        Assert.Equal("disconnect initiated", ring.A.DisconnectPeer(ring.B.Id).Value);
        Assert.Contains("is not connected", ring.A.DisconnectPeer(ring.B.Id).Error!.Message, StringComparison.Ordinal);
        ring.Network.RunUntilIdle();

        Assert.Equal(["Inactive", "offline False", "online False", "Active"], seen);
        Assert.True(Active());
        Assert.Equal(1, ring.Network.LinkBetween(ring.A, ring.B).Flaps);

        bool Active() => ring.Channels[0].Opener.IsActive;
    }

    [Fact]
    public void Connecting_says_what_LND_says()
    {
        var ring = new RingFixture();
        Assert.StartsWith("already connected to peer: ", ring.A.ConnectPeer(ring.B.Id).Error!.Message, StringComparison.Ordinal);
        Assert.Equal("cannot make connection to self", ring.A.ConnectPeer(ring.A.Id).Error!.Message);
        Assert.True(ring.A.ConnectPeer(ring.C.Id).IsOk);
        Assert.True(ring.A.IsConnectedTo(ring.C.Id));

        ring.D.Stop();
        Assert.Contains("connection refused", ring.B.ConnectPeer(ring.D.Id).Error!.Message, StringComparison.Ordinal);
        ring.D.SetState(WalletState.RpcActive);
        Assert.Equal("server is still in the process of starting", ring.D.ConnectPeer(ring.A.Id).Error!.Message);
    }

    [Theory]
    [InlineData(WalletState.Locked, "wallet locked, unlock it to enable full RPC access")]
    [InlineData(WalletState.NonExisting, "wallet not created, create one to enable full RPC access")]
    [InlineData(WalletState.Unlocked, "the RPC server is in the process of starting up, but not yet ready to accept calls")]
    [InlineData(WalletState.WaitingToStart, "waiting to start, RPC services not available")]
    [InlineData(WalletState.RpcActive, null)]
    [InlineData(WalletState.ServerActive, null)]
    public void States_have_LNDs_texts(WalletState state, string? text) => Assert.Equal(text, state.Refusal()?.Message);

    [Fact]
    public void A_locked_wallet_has_no_peers_and_an_unlocked_one_finds_them_again()
    {
        var ring = new RingFixture();
        var states = new List<WalletState>();
        ring.B.StateChanges.Subscribe(states.Add);

        ring.B.SetState(WalletState.Locked);
        ring.Network.RunUntilIdle();
        Assert.False(ring.B.IsRunning);
        Assert.True(ring.B.IsReachable);
        Assert.False(ring.A.IsConnectedTo(ring.B.Id));

        ring.B.SetState(WalletState.ServerActive);
        ring.Network.RunUntilIdle();
        Assert.True(ring.Channels[0].Opener.IsActive);
        Assert.Equal([WalletState.Locked, WalletState.ServerActive], states);
    }

    [Fact]
    public void A_partition_lasts_until_it_is_healed()
    {
        var ring = new RingFixture();
        ring.WaiveEverywhere();
        ring.Network.Partition([ring.A, ring.B]);
        ring.Network.RunUntilIdle();
        Assert.Equal("UNKNOWN_NEXT_PEER@1", ring.PayRing().Text);
        Assert.True(ring.Channels[0].Opener.IsActive);

        ring.Network.Heal();
        ring.Network.RunUntilIdle();
        Assert.Equal("SUCCEEDED", ring.PayRing().Text);
    }

    [Fact]
    public void A_settlement_under_way_survives_a_lost_connection_and_a_restart()
    {
        foreach (var restart in new[] { false, true })
        {
            for (var cut = 0; cut < 120; cut += 5)
            {
                var ring = new RingFixture();
                var clients = ring.WaiveEverywhere();
                var wealth = ring.Wealth();
                var payment = ring.PayRing(run: false);
                ring.Network.RunFor(TimeSpan.FromMilliseconds(cut));
                if (restart)
                {
                    ring.C.Restart(TimeSpan.FromSeconds(2));
                }
                else
                {
                    ring.Network.LinkBetween(ring.C, ring.D).Disconnect();
                    ring.Network.LinkBetween(ring.B, ring.C).Disconnect();
                }

                ring.Network.RunUntilIdle();
                ring.Network.AssertConserved();
                Assert.NotEqual("IN_FLIGHT", payment.Text);
                Assert.Equal(wealth, ring.Wealth());
                Assert.All(clients, client => Assert.InRange(client.Requests.Count, 0, 2));
            }
        }
    }

    [Fact]
    public void Heights_may_lag_and_blocks_are_announced()
    {
        var ring = new RingFixture(node: (i, options) => options with { HeightLag = i == 1 ? 2u : 0 });
        var heights = new List<uint>();
        ring.B.Blocks.Subscribe(heights.Add);

        ring.Network.MineBlocks(2);

        Assert.Equal([799_999u, 800_000u], heights);
        Assert.Equal((800_002u, 800_000u), (ring.A.Height, ring.B.Height));
    }

    [Fact]
    public void Blocks_can_come_by_a_timer()
    {
        var ring = new RingFixture();
        ring.Network.StartMining(TimeSpan.FromMinutes(10));
        ring.Network.RunFor(TimeSpan.FromHours(1));
        Assert.Equal(800_006u, ring.Network.Height);

        ring.Network.StopMining();
        ring.Network.RunFor(TimeSpan.FromHours(1));
        Assert.Equal(800_006u, ring.Network.Height);
    }

    [Fact]
    public void A_stuck_hop_holds_the_HTLC_until_it_is_released()
    {
        var ring = new RingFixture();
        ring.WaiveEverywhere();
        ring.C.Faults.StuckHop = _ => true;
        var payment = ring.PayRing();
        Assert.Equal("IN_FLIGHT", payment.Text);
        Assert.Single(ring.C.Faults.Stuck);

        ring.C.Faults.ReleaseStuck();
        ring.Network.RunUntilIdle();

        Assert.Equal("SUCCEEDED", payment.Text);
    }

    [Fact]
    public void A_hop_that_stays_stuck_is_closed_at_the_expiry_and_the_HTLC_goes_back()
    {
        var ring = new RingFixture();
        ring.WaiveEverywhere();
        var wealth = ring.Wealth();
        ring.C.Faults.StuckHop = _ => true;
        var payment = ring.PayRing();
        var expiry = ring.C.Faults.Stuck[0].Expiry;

        ring.Network.MineBlocks((int)(expiry - ring.Network.Height));
        Assert.Equal(ChannelStatus.ForceClosed, ring.Channels[1].Status);
        ring.Network.MineBlocks();
        ring.Network.RunUntilIdle();

        Assert.Equal("PERMANENT_CHANNEL_FAILURE@1", payment.Text);
        Assert.Equal(ChannelStatus.Resolved, ring.Channels[1].Status);
        Assert.Equal(ChannelStatus.Open, ring.Channels[0].Status);
        Assert.Equal(wealth, ring.Wealth());
        ring.Network.AssertConserved();
    }

    [Theory]
    [InlineData(18, 5)]
    [InlineData(20, 3)]
    public void An_HTLC_of_a_closed_channel_is_offered_again_and_can_only_be_settled(uint minor, uint patch)
    {
        var version = new LndVersion(minor, patch);
        var ring = new RingFixture(version: version);
        var client = RingFixture.Intercept(ring.B, request => InterceptAnswer.ResumeModified(request.Circuit, RingFixture.Amount + RingFixture.Fee));
        var stuck = RingFixture.Intercept(ring.C, _ => null);
        var invoice = ring.Invoice();
        var payment = ring.Pay(ring.RingRoute(invoice), invoice.Hash);
        Assert.Single(stuck.Requests);
        client.Script = _ => null;
        var before = ring.B.Wealth;

        ring.Network.ForceClose(ring.Channels[0], ring.A);

        var reoffer = client.Requests[^1];
        Assert.Equal(2, client.Requests.Count);
        Assert.Equal(version.KeepsHeldOnError ? (int)reoffer.IncomingExpiry : 0, reoffer.AutoFailHeight);

        client.Session!.Answer(InterceptAnswer.Resume(reoffer.Circuit));
        Assert.Equal(version.KeepsHeldOnError ? "cannot resume held htlc in the on-chain flow" : "cannot resume in the on-chain flow", client.Closed!.Message);
        Assert.Equal("IN_FLIGHT", payment.Text);

        var next = RingFixture.Intercept(ring.B, _ => null);
        Assert.Equal(version.KeepsHeldOnError ? 1 : 0, next.Requests.Count);
        if (version.KeepsHeldOnError)
        {
            next.Session!.Answer(InterceptAnswer.Settle(reoffer.Circuit, invoice.Preimage!.Value));
            ring.Network.RunUntilIdle();
            Assert.Equal("SUCCEEDED", payment.Text);
            Assert.Equal(before + new MilliSatoshi(RingFixture.Amount), ring.B.Wealth);
        }
    }

    [Fact]
    public void Before_0_20_2_an_on_chain_offer_is_forgotten_at_the_next_block()
    {
        var ring = new RingFixture(version: LndVersion.V0193);
        var client = RingFixture.Waive(ring.B);
        RingFixture.Intercept(ring.C, _ => null);
        ring.PayRing();
        client.Script = _ => null;
        Assert.Empty(ring.B.Interceptor.HeldKeys);
        ring.Network.ForceClose(ring.Channels[0], ring.A);
        Assert.Single(ring.B.Interceptor.HeldKeys);

        ring.Network.MineBlocks();

        Assert.Empty(ring.B.Interceptor.HeldKeys);
        Assert.Null(client.Closed);
    }

    [Fact]
    public void A_preimage_that_arrives_after_the_close_still_claims_the_HTLC()
    {
        var ring = new RingFixture();
        ring.WaiveEverywhere();
        var wealth = ring.Wealth();
        ring.D.Faults.StuckHop = _ => true;
        var payment = ring.PayRing();
        ring.Network.ForceClose(ring.Channels[0], ring.B);

        ring.D.Faults.ReleaseStuck();
        ring.Network.RunUntilIdle();

        Assert.Equal("SUCCEEDED", payment.Text);
        Assert.Equal(ChannelStatus.Resolved, ring.Channels[0].Status);
        Assert.Equal(wealth, ring.Wealth());
        ring.Network.AssertConserved();
    }
}
