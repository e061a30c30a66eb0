using Eddy.Lightning;

namespace Eddy.Simulator.Tests.Network;

public sealed class PaymentTests
{
    [Fact]
    public void A_paid_hash_is_never_paid_again()
    {
        var ring = new RingFixture();
        ring.WaiveEverywhere();
        var invoice = ring.Invoice();
        ring.Pay(ring.RingRoute(invoice), invoice.Hash);

        var again = ring.Pay(ring.RingRoute(invoice), invoice.Hash);

        Assert.Equal(RpcError.AlreadyExists("invoice is already paid"), again.Result!.Value.Error);
    }

    [Fact]
    public void A_hash_in_flight_takes_no_more_than_its_total()
    {
        var ring = new RingFixture();
        RingFixture.Intercept(ring.B, _ => null);
        var invoice = ring.Invoice();
        ring.Pay(ring.RingRoute(invoice), invoice.Hash);

        var route = ring.RingRoute(invoice);
        Assert.Equal(
            RpcError.Plain("attempted value exceeds payment amount: attempted=200000000 mSAT, payment amount=100000000 mSAT"),
            ring.Pay(route, invoice.Hash).Result!.Value.Error);
        Assert.Equal("payment address mismatch", ring.Pay(WithMpp(route, mpp => mpp with { PaymentAddr = default }), invoice.Hash).Text);
        Assert.Equal("mp payment total amount mismatch", ring.Pay(WithMpp(route, mpp => mpp with { Total = new(1) }), invoice.Hash).Text);
        Assert.Equal(RpcError.AlreadyExists("payment is in transition"), ring.Pay(WithMpp(route, _ => null), invoice.Hash).Result!.Value.Error);
    }

    [Fact]
    public void A_failed_hash_starts_afresh()
    {
        var ring = new RingFixture();
        var invoice = ring.Invoice();
        Assert.Equal("FEE_INSUFFICIENT@1", ring.Pay(ring.RingRoute(invoice), invoice.Hash).Text);

        ring.WaiveEverywhere();

        Assert.Equal("SUCCEEDED", ring.Pay(ring.RingRoute(invoice), invoice.Hash).Text);
        var payment = Assert.Single(ring.A.Payments.All);
        Assert.Equal((PaymentStatus.Succeeded, 2ul), (payment.Status, payment.PaymentIndex));
        Assert.Single(payment.Attempts);
    }

    [Fact]
    public void With_skip_temp_err_a_temporary_failure_leaves_the_payment_open()
    {
        var ring = new RingFixture();
        ring.WaiveEverywhere()[0].Script = request => InterceptAnswer.Fail(request.Circuit);
        var invoice = ring.Invoice();
        RpcResult<HtlcAttempt>? result = null;
        ring.A.Payments.SendToRoute(new() { Hash = invoice.Hash, Route = ring.RingRoute(invoice), SkipTempErr = true }, done => result = done);
        ring.Network.RunUntilIdle();

        Assert.Equal(AttemptStatus.Failed, result!.Value.Value.Status);
        Assert.Equal(PaymentStatus.InFlight, ring.A.Payments.Find(invoice.Hash)!.Status);
        Assert.Equal("payment already exists", ring.Pay(WithMpp(ring.RingRoute(invoice), _ => null), invoice.Hash).Text);
    }

    [Theory]
    [InlineData("none", "empty route hops provided")]
    [InlineData("many", "route has too many hops")]
    [InlineData("mpp", "cannot send MPP to intermediate")]
    [InlineData("record", "no custom records with types below 65536 allowed")]
    [InlineData("edge", "edge not found")]
    [InlineData("node", "channel edge does not match expected node")]
    public void Malformed_routes_are_refused_before_anything_is_sent(string fault, string expected)
    {
        var ring = new RingFixture();
        var invoice = ring.Invoice();
        var route = ring.RingRoute(invoice);
        route = fault switch
        {
            "none" => route with { Hops = [] },
            "many" => route with { Hops = [.. Enumerable.Repeat(route.Hops[0], 28)] },
            "mpp" => route with { Hops = route.Hops.SetItem(0, route.Hops[0] with { Mpp = route.Hops[3].Mpp }) },
            "record" => route with { Hops = route.Hops.SetItem(0, route.Hops[0] with { CustomRecords = CustomRecords.None.Add(65_535, [1]) }) },
            "edge" => route with { Hops = route.Hops.SetItem(0, route.Hops[0] with { Node = null, ChannelId = new(5) }) },
            _ => route with { Hops = route.Hops.SetItem(0, route.Hops[0] with { Node = null, ChannelId = ring.Channels[2].Id }) },
        };

        Assert.Equal(expected, ring.Pay(route, invoice.Hash).Text);
        Assert.Empty(ring.A.Payments.All);
    }

    [Fact]
    public void Nodes_of_public_channels_may_be_left_out()
    {
        var ring = new RingFixture();
        ring.WaiveEverywhere();

        Assert.Equal("SUCCEEDED", ring.PayRing(route => route with { Hops = [.. route.Hops.Select(hop => hop with { Node = null })] }).Text);
    }

    [Theory]
    [InlineData(20, 3, 340, "FEE_INSUFFICIENT@1")]
    [InlineData(20, 3, 400, "max routing info size of 1300 bytes exceeded")]
    // The recorded node said 1470 at a height of 575, which takes a byte less at each of the four hops.
    [InlineData(21, 2, 400, "payload size 1474, payload limit 1300: max payload size exceeded")]
    [InlineData(18, 5, 400, "INTERNAL_FAILURE@0")]
    public void Onions_have_room_for_1300_bytes(uint minor, uint patch, int record, string expected)
    {
        var ring = new RingFixture(version: new LndVersion(minor, patch));
        var records = CustomRecords.None.Add(65_537, [.. new byte[record]]);

        Assert.Equal(expected, ring.PayRing(route => route with
        {
            Hops = [.. route.Hops.Take(3).Select(hop => hop with { CustomRecords = records }), route.Hops[3]],
        }).Text);
    }

    [Theory]
    [InlineData("min", "AMOUNT_BELOW_MINIMUM@0")]
    [InlineData("max", "TEMPORARY_CHANNEL_FAILURE@0")]
    [InlineData("soon", "EXPIRY_TOO_SOON@0")]
    [InlineData("far", "EXPIRY_TOO_FAR@0")]
    [InlineData("balance", "TEMPORARY_CHANNEL_FAILURE@0")]
    [InlineData("unknown", "UNKNOWN_NEXT_PEER@0")]
    public void The_first_hop_is_checked_by_the_senders_own_policy(string fault, string expected)
    {
        var ring = new RingFixture();
        var own = ring.Channels[0].Opener;
        Assert.Null(own.SetPolicy(fault switch
        {
            "min" => own.Policy with { MinHtlcMsat = new(RingFixture.Amount + 1) },
            "max" => own.Policy with { MaxHtlcMsat = new(RingFixture.Amount - 1) },
            _ => own.Policy with { MaxHtlcMsat = MilliSatoshi.Zero },
        }));

        var payment = ring.PayRing(route => fault switch
        {
            "soon" => route with { TotalTimeLock = ring.Network.Height + 3 },
            "far" => route with { TotalTimeLock = ring.Network.Height + 2_017 },
            "balance" => route with { TotalAmount = own.Spendable + new MilliSatoshi(1) },
            "unknown" => route with { Hops = route.Hops.SetItem(0, route.Hops[0] with { ChannelId = new(77) }) },
            _ => route,
        });

        Assert.Equal(expected, payment.Text);
        Assert.Equal(AttemptStatus.Failed, payment.Attempt.Status);
    }

    [Fact]
    public void The_first_hop_is_strict_among_parallel_channels()
    {
        var ring = new RingFixture();
        var parallel = ring.Open(ring.A, ring.B);
        ring.WaiveEverywhere();

        for (var i = 0; i < 10; i++)
        {
            Assert.Equal("SUCCEEDED", ring.PayRing().Text);
        }

        Assert.Equal(MilliSatoshi.Zero, parallel.Opener.TotalSent);
    }

    [Fact]
    public void Tracking_shows_the_present_state_then_every_change()
    {
        var ring = new RingFixture();
        ring.WaiveEverywhere();
        var invoice = ring.Invoice();
        Assert.Equal(RpcError.NotFound("payment isn't initiated"), ring.A.Payments.Track(invoice.Hash, _ => { }).Error);

        ring.Pay(ring.RingRoute(invoice), invoice.Hash, run: false);
        var states = new List<(PaymentStatus, AttemptStatus)>();
        ring.A.Payments.Track(invoice.Hash, payment => states.Add((payment.Status, payment.Attempts.Single().Status)));
        ring.Network.RunUntilIdle();

        Assert.Equal([(PaymentStatus.InFlight, AttemptStatus.InFlight), (PaymentStatus.Succeeded, AttemptStatus.Succeeded)], states);
    }

    [Fact]
    public void A_restart_ends_the_call_and_not_the_payment()
    {
        var ring = new RingFixture();
        var clients = ring.WaiveEverywhere();
        clients[1].Script = _ => null;
        var invoice = ring.Invoice();
        var payment = ring.Pay(ring.RingRoute(invoice), invoice.Hash);

        ring.A.Restart(TimeSpan.FromSeconds(3));
        Assert.Equal(RpcError.Plain("htlcswitch shutting down"), payment.Result!.Value.Error);
        ring.Network.RunUntilIdle();
        Assert.Equal(PaymentStatus.InFlight, ring.A.Payments.Find(invoice.Hash)!.Status);
        Assert.Equal(2, clients[0].Requests.Count);

        clients[1].Session!.Answer(InterceptAnswer.ResumeModified(clients[1].Requests[0].Circuit, RingFixture.Amount + RingFixture.Fee));
        ring.Network.RunUntilIdle();
        Assert.Equal(PaymentStatus.Succeeded, ring.A.Payments.Find(invoice.Hash)!.Status);
        Assert.Equal(MilliSatoshi.Zero, ring.A.Payments.Find(invoice.Hash)!.Fee);
        ring.Network.AssertConserved();
    }

    private static Route WithMpp(Route route, Func<MppRecord, MppRecord?> change) =>
        route with { Hops = route.Hops.SetItem(route.Hops.Length - 1, route.Hops[^1] with { Mpp = change(route.Hops[^1].Mpp!) }) };
}
