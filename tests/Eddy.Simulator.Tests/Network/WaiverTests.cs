using Eddy.Lightning;

namespace Eddy.Simulator.Tests.Network;

/// <summary>The recorded cases a to f: what a zero-fee circulation does for each answer of its members.</summary>
public sealed class WaiverTests
{
    [Fact]
    public void A_zero_fee_circulation_without_interceptors_fails_at_the_first_member()
    {
        var ring = new RingFixture();

        var payment = ring.PayRing();

        Assert.Equal("FEE_INSUFFICIENT@1", payment.Text);
        Assert.Equal(RingFixture.Amount, payment.Attempt.Failure!.HtlcAmount.Value);
        Assert.Equal(ring.Channels[1].Id, payment.Attempt.Failure.ChannelUpdate!.ChannelId);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(12)]
    public void A_waived_ring_settles_and_no_node_gains_or_loses_a_msat(int size)
    {
        var ring = new RingFixture(size);
        var clients = ring.WaiveEverywhere();
        var wealth = ring.Wealth();
        var balances = ring.Nodes.Select(node => node.ChannelBalance).ToArray();

        var payment = ring.PayRing();

        Assert.Equal("SUCCEEDED", payment.Text);
        Assert.Equal(wealth, ring.Wealth());
        Assert.Equal(balances, ring.Nodes.Select(node => node.ChannelBalance));
        Assert.All(clients, client => Assert.Single(client.Requests));
        Assert.All(ring.Channels, channel => Assert.Equal(3_900_000, channel.Opener.Gross.Satoshi));
        Assert.Equal(MilliSatoshi.Zero, ring.A.Payments.All.Single().Fee);
    }

    [Fact]
    public void The_books_show_a_fee_that_nobody_received()
    {
        var ring = new RingFixture();
        ring.WaiveEverywhere();

        ring.PayRing();

        foreach (var node in ring.Nodes.Skip(1))
        {
            var forward = Assert.Single(node.Forwards.Events);
            Assert.Equal((100_051_000, 100_000_000, 51_000), (forward.AmountIn.Value, forward.AmountOut.Value, forward.Fee.Value));
            Assert.Equal(51, node.Forwards.FeesSince(ring.Network.Options.StartTime).Satoshi);
        }
    }

    [Theory]
    [InlineData(-1, "FEE_INSUFFICIENT@1")]
    [InlineData(0, "SUCCEEDED")]
    [InlineData(1, "SUCCEEDED")]
    [InlineData(100_000_000, "SUCCEEDED")]
    public void One_msat_below_the_policys_fee_fails_and_anything_above_passes(long margin, string outcome)
    {
        var ring = new RingFixture();
        foreach (var node in ring.Nodes.Skip(1))
        {
            RingFixture.Waive(node, RingFixture.Fee + margin);
        }

        var payment = ring.PayRing();

        Assert.Equal(outcome, payment.Text);
        Assert.Equal(payment.IsSettled ? null : new MilliSatoshi(RingFixture.Amount), payment.Attempt.Failure?.HtlcAmount);
    }

    [Fact]
    public void The_largest_signed_amount_passes_and_ruins_the_fee_sum_only()
    {
        var ring = new RingFixture();
        ring.WaiveEverywhere()[1].Script = request => InterceptAnswer.ResumeModified(request.Circuit, long.MaxValue);

        Assert.Equal("SUCCEEDED", ring.PayRing().Text);
        Assert.True(ring.C.Forwards.FeesSince(ring.Network.Options.StartTime).Satoshi > 21_000_000L * 100_000_000);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_member_that_only_resumes_fails_the_ring_at_its_own_place(int member)
    {
        var ring = new RingFixture();
        var clients = ring.WaiveEverywhere();
        clients[member - 1].Script = request => InterceptAnswer.Resume(request.Circuit);

        Assert.Equal($"FEE_INSUFFICIENT@{member}", ring.PayRing().Text);
    }

    [Fact]
    public void A_member_without_interceptor_fails_the_ring_at_its_own_place()
    {
        var ring = new RingFixture();
        RingFixture.Waive(ring.B);

        Assert.Equal("FEE_INSUFFICIENT@2", ring.PayRing().Text);
    }

    [Fact]
    public void A_modification_without_amounts_or_with_the_outgoing_one_alone_is_a_plain_resume()
    {
        var empty = new RingFixture();
        RingFixture.Intercept(empty.B, request => InterceptAnswer.ResumeModified(request.Circuit, 0));
        Assert.Equal("FEE_INSUFFICIENT@1", empty.PayRing().Text);

        var outOnly = new RingFixture();
        RingFixture.Intercept(outOnly.B, request => InterceptAnswer.ResumeModified(request.Circuit, 0) with { OutAmountMsat = (ulong)request.IncomingAmount.Value });
        Assert.Equal("FEE_INSUFFICIENT@1", outOnly.PayRing().Text);
    }

    [Fact]
    public void A_member_that_does_not_compare_the_amounts_pays_what_the_one_before_kept()
    {
        var ring = new RingFixture();
        var clients = ring.WaiveEverywhere();
        clients[0].Script = request => InterceptAnswer.ResumeModified(request.Circuit, RingFixture.Amount + RingFixture.Fee) with { OutAmountMsat = RingFixture.Amount - 1_000 };
        var before = ring.Wealth();

        Assert.Equal("SUCCEEDED", ring.PayRing().Text);
        Assert.Equal(before[1] + 1_000, ring.B.Wealth.Value);
        Assert.Equal(before[2] - 1_000, ring.C.Wealth.Value);
    }

    [Fact]
    public void LND_forwards_a_hundred_million_for_one_msat_when_it_is_told_so()
    {
        var ring = new RingFixture();
        ring.WaiveEverywhere();
        var before = ring.Wealth();
        var invoice = ring.Invoice();
        var route = ring.RingRoute(invoice) with { TotalAmount = new(1_000) };

        Assert.Equal("SUCCEEDED", ring.Pay(route, invoice.Hash).Text);
        Assert.Equal(before[0] + RingFixture.Amount - 1_000, ring.A.Wealth.Value);
        Assert.Equal(before[1] - RingFixture.Amount + 1_000, ring.B.Wealth.Value);
    }

    [Fact]
    public void Less_than_the_invoice_at_the_end_is_refused_there()
    {
        var ring = new RingFixture();
        var clients = ring.WaiveEverywhere();
        clients[2].Script = request => InterceptAnswer.ResumeModified(request.Circuit, RingFixture.Amount + RingFixture.Fee) with { OutAmountMsat = RingFixture.Amount - 1_000 };

        Assert.Equal("FINAL_INCORRECT_HTLC_AMOUNT@4", ring.PayRing().Text);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void A_member_that_raises_what_it_forwards_pays_the_difference(int member)
    {
        var ring = new RingFixture();
        var clients = ring.WaiveEverywhere();
        clients[member].Script = request => InterceptAnswer.ResumeModified(request.Circuit, 2 * RingFixture.Amount) with { OutAmountMsat = RingFixture.Amount + 1_000_000 };
        var node = ring.Nodes[member + 1];
        var before = node.Wealth;

        Assert.Equal("SUCCEEDED", ring.PayRing().Text);
        Assert.Equal(before - new MilliSatoshi(1_000_000), node.Wealth);
    }

    [Fact]
    public void Negative_inbound_fees_let_a_zero_fee_circulation_pass_without_any_interceptor()
    {
        var ring = new RingFixture();
        for (var i = 0; i < 3; i++)
        {
            Assert.Null(ring.Channels[i].Other.SetPolicy(RingFixture.Policy with { InboundBaseFeeMsat = -1_000, InboundFeeRatePpm = -500 }));
        }

        Assert.Equal("SUCCEEDED", ring.PayRing().Text);
        Assert.Equal(0, ring.B.Forwards.Events.Single().Fee.Value);
    }

    [Theory]
    [InlineData(83_014, "FEE_INSUFFICIENT@1")]
    [InlineData(83_015, "SUCCEEDED")]
    public void A_positive_inbound_fee_comes_on_top_of_the_outbound_one(long fee, string outcome)
    {
        var ring = new RingFixture();
        Assert.Null(ring.Channels[0].Other.SetPolicy(RingFixture.Policy with { InboundBaseFeeMsat = 2_000, InboundFeeRatePpm = 300 }));
        var clients = ring.WaiveEverywhere();
        clients[0].Script = request => InterceptAnswer.ResumeModified(request.Circuit, (ulong)(RingFixture.Amount + fee));

        Assert.Equal(outcome, ring.PayRing().Text);
    }

    [Fact]
    public void Parallel_channels_share_the_forwards_whatever_was_asked_for()
    {
        var other = 0;
        for (var seed = 1UL; seed <= 40; seed++)
        {
            var ring = new RingFixture(seed: seed);
            var parallel = ring.Open(ring.B, ring.C);
            ring.WaiveEverywhere();

            Assert.Equal("SUCCEEDED", ring.PayRing().Text);
            other += parallel.Opener.TotalSent > MilliSatoshi.Zero ? 1 : 0;
        }

        Assert.InRange(other, 10, 30);
    }

    [Fact]
    public void The_initiators_own_interceptor_is_never_asked()
    {
        var ring = new RingFixture();
        ring.WaiveEverywhere();
        var own = RingFixture.Intercept(ring.A, request => InterceptAnswer.Fail(request.Circuit));

        Assert.Equal("SUCCEEDED", ring.PayRing().Text);
        Assert.Empty(own.Requests);
    }
}
