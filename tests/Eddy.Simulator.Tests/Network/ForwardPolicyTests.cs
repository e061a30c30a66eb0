using Eddy.Lightning;

namespace Eddy.Simulator.Tests.Network;

/// <summary>The switch's checks, one by one and in their order.</summary>
public sealed class ForwardPolicyTests
{
    // out; base, ppm; inbound base, inbound ppm; least in_amount: the vectors of LND's formula, computed by hand.
    [Theory]
    [InlineData(1_000_000_000, 1_000, 250, -500, -100, 1_000_150_475)]
    [InlineData(250_000_000, 0, 1, 0, 0, 250_000_250)]
    [InlineData(250_000_001, 1_000, 500, 0, -2_000, 250_000_001)]
    [InlineData(123_456_789, 7, 333, 11, -45, 123_492_361)]
    [InlineData(100_000_000, 1_000, 500, 2_000, 300, 100_083_015)]
    public void The_least_incoming_amount_is_the_one_of_the_formula(long amount, long baseFee, long rate, int inboundBase, int inboundRate, long least)
    {
        Assert.Equal("SUCCEEDED", Forward(least));
        if (least > amount)
        {
            Assert.Equal("FEE_INSUFFICIENT@1", Forward(least - 1));
        }

        string Forward(long inAmount)
        {
            var ring = new RingFixture();
            ring.Channels[1].Opener.SetPolicy(RingFixture.Policy with { BaseFeeMsat = baseFee, FeeRatePpm = rate });
            ring.Channels[0].Other.SetPolicy(RingFixture.Policy with { InboundBaseFeeMsat = inboundBase, InboundFeeRatePpm = inboundRate });
            RingFixture.Intercept(ring.B, request => InterceptAnswer.ResumeModified(request.Circuit, (ulong)inAmount));
            var invoice = ring.Invoice(ring.C, amount);
            var route = ring.RingRoute(invoice, amount);
            route = route with { Hops = [route.Hops[0], route.Hops[1] with { Mpp = new(invoice.PaymentAddr, new(amount)) }] };
            return ring.Pay(route, invoice.Hash).Text;
        }
    }

    [Fact]
    public void An_incoming_amount_below_the_outgoing_one_fails_however_large_the_discount()
    {
        var ring = new RingFixture();
        ring.Channels[0].Other.SetPolicy(RingFixture.Policy with { InboundFeeRatePpm = -900_000 });
        RingFixture.Intercept(ring.B, request => InterceptAnswer.ResumeModified(request.Circuit, RingFixture.Amount - 1));

        Assert.Equal("FEE_INSUFFICIENT@1", ring.PayRing().Text);
    }

    public static TheoryData<string, FailureDetail, Action<RingFixture>, Func<Route, Route>?> LocalFailures() => new()
    {
        { "AMOUNT_BELOW_MINIMUM@1", FailureDetail.NoDetail, ring => Set(ring, policy => policy with { MinHtlcMsat = new(RingFixture.Amount + 1) }), null },
        { "TEMPORARY_CHANNEL_FAILURE@1", FailureDetail.HtlcExceedsMax, ring => Set(ring, policy => policy with { MaxHtlcMsat = new(RingFixture.Amount - 1) }), null },
        { "TEMPORARY_CHANNEL_FAILURE@1", FailureDetail.InsufficientBalance, Drain, null },
        { "INCORRECT_CLTV_EXPIRY@1", FailureDetail.NoDetail, ring => Set(ring, policy => policy with { CltvDelta = 81 }), null },
        { "UNKNOWN_NEXT_PEER@1", FailureDetail.NoDetail, _ => { }, route => With(route, 1, hop => hop with { ChannelId = ShortChannelId.Create(1, 2, 3) }) },
        { "UNKNOWN_NEXT_PEER@1", FailureDetail.NoDetail, ring => ring.Network.LinkBetween(ring.B, ring.C).IsBlocked = true, null },
        { "EXPIRY_TOO_SOON@1", FailureDetail.NoDetail, _ => { }, route => With(route, 0, hop => hop with { Expiry = 800_003 }) },
        { "EXPIRY_TOO_FAR@1", FailureDetail.NoDetail, _ => { }, route => With(route, 0, hop => hop with { Expiry = 802_017 }) },
        { "CHANNEL_DISABLED@1", FailureDetail.ForwardsDisabled, ring => ring.B.RejectsForwards = true, null },
        { "TEMPORARY_CHANNEL_FAILURE@1", FailureDetail.CircularRoute, _ => { }, route => With(route, 1, hop => hop with { ChannelId = route.Hops[0].ChannelId }) },
        { "INVALID_ONION_HMAC@0", FailureDetail.NoDetail, _ => { }, route => With(route, 0, hop => hop with { Node = NodeKey.Derive(9, "nobody").Id }) },
        { "INVALID_ONION_HMAC@1", FailureDetail.NoDetail, _ => { }, route => With(route, 1, hop => hop with { Node = NodeKey.Derive(9, "nobody").Id }) },
    };

    [Theory]
    [MemberData(nameof(LocalFailures))]
    public void Each_fault_has_LNDs_code_at_the_right_place(string expected, FailureDetail detail, Action<RingFixture> arrange, Func<Route, Route>? change)
    {
        var ring = new RingFixture();
        ring.WaiveEverywhere();
        arrange(ring);
        var wealth = ring.Wealth();

        var payment = ring.PayRing(change);

        Assert.Equal(expected, payment.Text);
        Assert.Equal(detail, payment.Attempt.Failure!.Detail);
        Assert.Equal(wealth, ring.Wealth());
        Assert.Equal(PaymentStatus.Failed, ring.A.Payments.All.Single().Status);
        Assert.Equal(PaymentFailureReason.Error, ring.A.Payments.All.Single().FailureReason);
    }

    [Fact]
    public void The_fee_is_judged_before_everything_else_and_the_time_lock_last()
    {
        var ring = new RingFixture();
        Set(ring, _ => new(1_000, 500, 200, new(RingFixture.Amount + 1), new(1)));
        Assert.Equal("FEE_INSUFFICIENT@1", ring.PayRing().Text);

        ring.WaiveEverywhere();
        Assert.Equal("AMOUNT_BELOW_MINIMUM@1", ring.PayRing().Text);

        Set(ring, policy => policy with { MinHtlcMsat = new(1_000) });
        Assert.Equal(FailureDetail.HtlcExceedsMax, ring.PayRing().Attempt.Failure!.Detail);

        Set(ring, policy => policy with { MaxHtlcMsat = MilliSatoshi.Zero });
        Assert.Equal("EXPIRY_TOO_SOON@1", ring.PayRing(route => With(route, 0, hop => hop with { Expiry = 800_001 })).Text);
        Assert.Equal("INCORRECT_CLTV_EXPIRY@1", ring.PayRing().Text);
    }

    [Fact]
    public void A_disabled_channel_forwards_all_the_same()
    {
        var ring = new RingFixture();
        Set(ring, policy => policy with { Disabled = true });
        ring.WaiveEverywhere();

        Assert.Equal("SUCCEEDED", ring.PayRing().Text);
    }

    [Fact]
    public void Dust_beyond_the_fee_exposure_is_refused()
    {
        var ring = new RingFixture();
        RingFixture.Intercept(ring.C, _ => null);
        Set(ring, policy => policy with { BaseFeeMsat = 0, FeeRatePpm = 0 });
        const long dust = 353_000;
        var failures = new List<string>();
        for (var i = 0; i < 483 && failures.Count == 0; i++)
        {
            var invoice = ring.Invoice(amount: dust);
            var payment = ring.Pay(ring.RingRoute(invoice, dust), invoice.Hash);
            if (payment.Result is not null)
            {
                failures.Add(payment.Text);
            }
        }

        // All 483 slots full of dust stay below 500,000 sat, so the next failure is the lack of slots at the first hop.
        Assert.Empty(failures);
        var last = ring.Invoice(amount: dust);
        var refused = ring.Pay(ring.RingRoute(last, dust), last.Hash);
        Assert.Equal(("TEMPORARY_CHANNEL_FAILURE@0", FailureDetail.HtlcAddFailed), (refused.Text, refused.Attempt.Failure!.Detail));
    }

    [Fact]
    public void Slots_and_amounts_in_flight_are_limits_of_the_channel()
    {
        var ring = new RingFixture(3);
        var narrow = ring.Open(ring.A, ring.B, options => options with { MaxAcceptedHtlcs = 2, MaxInFlight = MilliSatoshi.FromSatoshi(150_000) });
        var held = RingFixture.Intercept(ring.B, _ => null);

        Assert.Equal("IN_FLIGHT", Pay(100_000_000).Text);
        Assert.Equal(("TEMPORARY_CHANNEL_FAILURE@0", FailureDetail.HtlcAddFailed), Describe(Pay(60_000_000)));
        Assert.Equal("IN_FLIGHT", Pay(1_000_000).Text);
        Assert.Equal(("TEMPORARY_CHANNEL_FAILURE@0", FailureDetail.HtlcAddFailed), Describe(Pay(1_000_000)));
        Assert.Equal(2, held.Requests.Count);

        PaymentOutcome Pay(long amount)
        {
            var invoice = ring.Invoice(amount: amount);
            var route = ring.RingRoute(invoice, amount);
            return ring.Pay(With(route, 0, hop => hop with { ChannelId = narrow.Id }), invoice.Hash);
        }

        static (string Text, FailureDetail Detail) Describe(PaymentOutcome payment) => (payment.Text, payment.Attempt.Failure!.Detail);
    }

    [Fact]
    public void A_changed_inbound_fee_does_not_reach_an_HTLC_that_is_held_but_a_changed_outbound_fee_does()
    {
        var ring = new RingFixture();
        var held = RingFixture.Intercept(ring.B, _ => null);
        foreach (var node in ring.Nodes.Skip(2))
        {
            RingFixture.Waive(node);
        }

        var first = ring.PayRing();
        ring.Channels[0].Other.SetPolicy(RingFixture.Policy with { InboundBaseFeeMsat = 100_000 });
        held.Session!.Answer(InterceptAnswer.ResumeModified(held.Requests[0].Circuit, RingFixture.Amount + RingFixture.Fee));
        ring.Network.RunUntilIdle();
        Assert.Equal("SUCCEEDED", first.Text);

        ring.Channels[0].Other.SetPolicy(RingFixture.Policy);
        var second = ring.PayRing();
        Set(ring, policy => policy with { BaseFeeMsat = 1_001 });
        held.Session.Answer(InterceptAnswer.ResumeModified(held.Requests[1].Circuit, RingFixture.Amount + RingFixture.Fee));
        ring.Network.RunUntilIdle();
        Assert.Equal("FEE_INSUFFICIENT@1", second.Text);
    }

    private static void Set(RingFixture ring, Func<RoutingPolicy, RoutingPolicy> change)
    {
        var end = ring.Channels[1].Opener;
        Assert.Null(end.SetPolicy(change(end.Policy)));
    }

    /// <summary>Moves B's side of B-C away.</summary>
    private static void Drain(RingFixture ring)
    {
        var amount = ring.Channels[1].Opener.Spendable.Value - 50_000_000;
        var invoice = ring.Invoice(ring.C, amount);
        Assert.Equal("SUCCEEDED", ring.Pay(ring.FeePayingRoute(invoice, [ring.Channels[1]], ring.B), invoice.Hash, ring.B).Text);
    }

    private static Route With(Route route, int hop, Func<RouteHop, RouteHop> change) =>
        route with { Hops = route.Hops.SetItem(hop, change(route.Hops[hop])) };
}
