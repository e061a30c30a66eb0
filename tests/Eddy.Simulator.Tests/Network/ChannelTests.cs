using Eddy.Lightning;

namespace Eddy.Simulator.Tests.Network;

public sealed class ChannelTests
{
    [Fact]
    public void The_bandwidth_of_the_worked_example_is_LNDs()
    {
        var network = new SimulatedNetwork(new() { FeePerKw = 2_500 });
        var (alice, bob) = (network.AddNode(), network.AddNode());
        var channel = network.OpenChannel(alice, bob, new()
        {
            Capacity = MilliSatoshi.FromSatoshi(5_000_000),
            OpenerBalance = MilliSatoshi.FromSatoshi(2_400_000 + 2_810 + 660),
        });

        Assert.Equal((2_400_000, 2_810, 50_000), (channel.Opener.Local.Satoshi, channel.CommitFeeSat, channel.Constraints.Reserve.Satoshi));
        Assert.Equal(2_345_470, channel.Opener.Spendable.Satoshi);
        Assert.Equal(5_000_000 - 2_403_470 - 50_000, channel.Other.Spendable.Satoshi);
        Assert.Equal(channel.Other.Spendable, channel.Opener.Receivable);
    }

    [Fact]
    public void What_the_bandwidth_allows_passes_and_one_msat_more_does_not()
    {
        var ring = new RingFixture();
        foreach (var extra in new[] { 1, 0 })
        {
            ring.Channels[0].Opener.SetPolicy(RingFixture.Policy with { MaxHtlcMsat = MilliSatoshi.Zero });
            var amount = ring.Channels[0].Opener.Spendable.Value + extra;
            var invoice = ring.Invoice(ring.B, amount);
            var payment = ring.Pay(ring.FeePayingRoute(invoice, [ring.Channels[0]], ring.A), invoice.Hash);

            Assert.Equal(extra == 0 ? "SUCCEEDED" : "TEMPORARY_CHANNEL_FAILURE@0", payment.Text);
        }
    }

    [Fact]
    public void A_peer_whose_opener_cannot_pay_for_one_more_output_sends_dust_only()
    {
        var network = new SimulatedNetwork();
        var (alice, bob) = (network.AddNode(), network.AddNode());
        var channel = network.OpenChannel(alice, bob, new()
        {
            Capacity = MilliSatoshi.FromSatoshi(1_000_000),
            OpenerBalance = MilliSatoshi.FromSatoshi(4_000),
        });

        Assert.Equal(353_999, channel.Other.Spendable.Value);
        Assert.Equal(0, channel.Opener.Spendable.Value);
    }

    [Fact]
    public void An_HTLC_in_flight_is_in_neither_balance_and_its_output_costs_the_opener()
    {
        var ring = new RingFixture();
        RingFixture.Intercept(ring.B, _ => null);
        var (local, remote) = (ring.Channels[0].Opener.Local, ring.Channels[0].Opener.Remote);
        ring.PayRing();

        // The recorded node showed 43 sat less while one HTLC was pending, at 253 sat per kw.
        var end = ring.Channels[0].Opener;
        Assert.Equal(local - new MilliSatoshi(RingFixture.Amount) - MilliSatoshi.FromSatoshi(43), end.Local);
        Assert.Equal((remote, RingFixture.Amount), (end.Remote, end.Unsettled.Value));
        Assert.Equal((RingFixture.Amount, 0L), (ring.A.UnsettledRemoteBalance.Value, ring.A.UnsettledLocalBalance.Value));
        Assert.Equal(RingFixture.Amount, ring.B.UnsettledLocalBalance.Value);
        Assert.Equal(ring.Channels[0].Capacity, end.Local + end.Remote + end.Unsettled + ring.Channels[0].OpenerCost);
    }

    [Fact]
    public void The_listed_satoshis_and_the_balances_in_msat_agree()
    {
        var ring = new RingFixture();
        var invoice = ring.Invoice(ring.B, 1_234_567);
        Assert.Equal("SUCCEEDED", ring.Pay(ring.FeePayingRoute(invoice, [ring.Channels[0]], ring.A), invoice.Hash).Text);

        foreach (var node in ring.Nodes)
        {
            Assert.Equal(node.ChannelBalance, new MilliSatoshi(node.Channels.Sum(end => end.Local.Value)));
        }

        var channel = ring.Channels[0];
        Assert.Equal(channel.Capacity.Satoshi, channel.Opener.Local.Satoshi + channel.Other.Local.Satoshi + channel.CommitFeeSat + 660);
        Assert.Equal((1_234_567, 1_234_567), (channel.Opener.TotalSent.Value, channel.Other.TotalReceived.Value));
    }

    [Fact]
    public void Trimmed_dust_counts_as_commitment_fee()
    {
        var ring = new RingFixture();
        RingFixture.Intercept(ring.B, _ => null);
        var invoice = ring.Invoice(amount: 300_000);
        ring.Pay(ring.RingRoute(invoice, 300_000), invoice.Hash);

        Assert.Equal(284 + 300, ring.Channels[0].CommitFeeSat);
        Assert.Equal(284, ring.Channels[0].CommitTxFeeSat);
    }

    [Fact]
    public void A_private_alias_channel_is_forwarded_over_by_the_forwarders_own_alias_only()
    {
        var ring = new RingFixture(3);
        var hidden = ring.Open(ring.B, ring.C, options => options with { IsPrivate = true, HasScidAlias = true });
        // Every node gives aliases of its own from the same range.
        ring.Open(ring.C, ring.A, options => options with { IsPrivate = true, HasScidAlias = true });
        ring.Channels[1].Opener.SetPolicy(RingFixture.Policy with { MinHtlcMsat = new(RingFixture.Amount + 1) });
        var clients = ring.WaiveEverywhere();

        Assert.Equal("UNKNOWN_NEXT_PEER@1", Pay(hidden.Id));
        Assert.Equal("SUCCEEDED", Pay(hidden.Opener.Aliases[0]));
        Assert.Equal(hidden.Opener.Aliases[0], clients[0].Requests[^1].OutgoingRequested);
        Assert.Equal(hidden.Id, clients[1].Requests[^1].Circuit.Channel);
        Assert.Equal(hidden.Id, ring.B.Forwards.Events[^1].Outgoing.Channel);
        Assert.Null(ring.A.FindGraphChannel(hidden.Id));
        Assert.Equal(hidden, ring.B.FindGraphChannel(hidden.Id));

        string Pay(ShortChannelId id) =>
            ring.PayRing(route => route with { Hops = route.Hops.SetItem(1, route.Hops[1] with { ChannelId = id }) }).Text;
    }

    [Fact]
    public void An_alias_of_the_wrong_end_sends_the_HTLC_to_somebody_who_cannot_read_it()
    {
        var ring = new RingFixture(3);

        // B's first alias belongs to its channel with A, C's first alias to the one with B: both are the same number.
        var withA = ring.Open(ring.B, ring.A, options => options with { IsPrivate = true, HasScidAlias = true });
        var withC = ring.Open(ring.B, ring.C, options => options with { IsPrivate = true, HasScidAlias = true });
        Assert.Equal(withA.Opener.Aliases[0], withC.Other.Aliases[0]);
        ring.WaiveEverywhere();

        Assert.Equal("INVALID_ONION_HMAC@1", ring.PayRing(route => route with
        {
            Hops = route.Hops.SetItem(1, route.Hops[1] with { ChannelId = withC.Other.Aliases[0] }),
        }).Text);
    }

    [Fact]
    public void The_initiators_first_hop_takes_alias_and_confirmed_id_alike()
    {
        var ring = new RingFixture();
        var hidden = ring.Open(ring.A, ring.B, options => options with { IsPrivate = true, HasScidAlias = true });
        ring.WaiveEverywhere();
        foreach (var id in new[] { hidden.Id, hidden.Opener.Aliases[0] })
        {
            Assert.Equal("SUCCEEDED", ring.PayRing(route => route with { Hops = route.Hops.SetItem(0, route.Hops[0] with { ChannelId = id }) }).Text);
        }

        Assert.Equal(2 * RingFixture.Amount, hidden.Opener.TotalSent.Value);
    }

    [Fact]
    public void A_zero_conf_channel_keeps_its_alias_as_id_at_either_end()
    {
        var ring = new RingFixture(3);
        var channel = ring.Open(ring.B, ring.C, options => options with { IsZeroConf = true });
        ring.Channels[1].Opener.SetPolicy(RingFixture.Policy with { MinHtlcMsat = new(RingFixture.Amount + 1) });
        var clients = ring.WaiveEverywhere();

        Assert.True(channel.Opener.ChanId.IsAlias);
        Assert.Equal(channel.Id, channel.Opener.ConfirmedId);
        foreach (var id in new[] { channel.Id, channel.Opener.ChanId })
        {
            Assert.Equal("SUCCEEDED", ring.PayRing(route => route with { Hops = route.Hops.SetItem(1, route.Hops[1] with { ChannelId = id }) }).Text);
            Assert.Equal(channel.Other.ChanId, clients[1].Requests[^1].Circuit.Channel);
        }
    }

    [Theory]
    [InlineData(20, 3, 17, "time lock delta of 17 is too small, minimum supported is 18")]
    [InlineData(21, 2, 18, "time lock delta of 18 is too small, minimum supported is 24")]
    [InlineData(21, 2, 24, null)]
    public void A_policys_time_lock_has_a_minimum(uint minor, uint patch, uint delta, string? error)
    {
        var ring = new RingFixture(version: new LndVersion(minor, patch));

        Assert.Equal(error, ring.Channels[0].Opener.SetPolicy(RingFixture.Policy with { CltvDelta = delta })?.Message);
    }

    [Fact]
    public void A_channel_that_cannot_pay_for_its_own_commitment_is_not_opened()
    {
        var network = new SimulatedNetwork();
        var (alice, bob) = (network.AddNode(), network.AddNode());

        Assert.Throws<ArgumentException>(() => network.OpenChannel(alice, bob, new() { Capacity = MilliSatoshi.FromSatoshi(20_000), OpenerBalance = new(1) }));
        Assert.Throws<ArgumentException>(() => network.OpenChannel(alice, alice, new() { Capacity = MilliSatoshi.FromSatoshi(20_000), OpenerBalance = MilliSatoshi.FromSatoshi(20_000) }));
        Assert.Empty(network.Channels);
    }
}
