using Eddy.Lightning;

namespace Eddy.Simulator.Tests.Network;

public sealed class InvoiceTests
{
    [Theory]
    [InlineData(20, 3, 17, "CLTV delta of 17 must be greater than minimum of 18")]
    [InlineData(20, 3, 18, null)]
    [InlineData(21, 2, 20, "CLTV delta of 20 must be greater than minimum of 24")]
    [InlineData(21, 2, 24, null)]
    [InlineData(20, 3, 65_536, "CLTV delta of 65536 is too large, max accepted is: 65535")]
    public void The_least_final_delta_depends_on_the_version(uint minor, uint patch, uint delta, string? error)
    {
        var ring = new RingFixture(version: new LndVersion(minor, patch));

        Assert.Equal(error, ring.A.Invoices.Add(new() { Value = new(1_000), CltvExpiry = delta }).Error?.Message);
    }

    [Fact]
    public void Defaults_are_LNDs_and_the_preimage_may_be_given()
    {
        var ring = new RingFixture();
        var preimage = new Preimage(Bytes32.Sha256("own"u8));

        var invoice = ring.A.Invoices.Add(new() { Value = new(5_000), Preimage = preimage }).Value;

        Assert.Equal((80u, TimeSpan.FromDays(1), 1ul), (invoice.CltvExpiry, invoice.Expiry, invoice.AddIndex));
        Assert.Equal(preimage.Hash(), invoice.Hash);
        Assert.Equal("invoice with payment hash already exists", ring.A.Invoices.Add(new() { Preimage = preimage }).Error!.Message);
        Assert.StartsWith("lnbcrt50n1", invoice.PaymentRequest, StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_of_memo_expiry_and_value_hold()
    {
        var invoices = new RingFixture().A.Invoices;

        Assert.Contains("memo too large", invoices.Add(new() { Memo = new string('x', 1_025) }).Error!.Message, StringComparison.Ordinal);
        Assert.NotNull(invoices.Add(new() { ExpirySeconds = 31_536_001 }).Error);
        Assert.NotNull(invoices.Add(new() { Value = MilliSatoshi.FromSatoshi(100_000L * 100_000_000 + 1) }).Error);
        Assert.NotNull(invoices.Add(new() { Value = new(-1) }).Error);
        Assert.True(invoices.Add(new() { Memo = new string('x', 1_024), ExpirySeconds = 31_536_000 }).IsOk);
    }

    [Fact]
    public void Unknown_invoices_are_not_found_with_LNDs_two_texts()
    {
        var ring = new RingFixture();
        Assert.Equal(RpcError.NotFound("there are no existing invoices"), ring.A.Invoices.Lookup(default).Error);

        ring.Invoice();
        Assert.Equal(RpcError.NotFound("unable to locate invoice"), ring.A.Invoices.Lookup(default).Error);
        Assert.Equal(RpcError.NotFound("unable to locate invoice"), ring.A.Invoices.Cancel(default));
    }

    [Fact]
    public void Cancelling_works_twice_and_not_after_settlement()
    {
        var ring = new RingFixture();
        ring.WaiveEverywhere();
        var open = ring.Invoice();
        Assert.Null(ring.A.Invoices.Cancel(open.Hash));
        Assert.Null(ring.A.Invoices.Cancel(open.Hash));
        Assert.Equal("INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS@4", ring.Pay(ring.RingRoute(open), open.Hash).Text);

        var paid = ring.Invoice();
        Assert.Equal("SUCCEEDED", ring.Pay(ring.RingRoute(paid), paid.Hash).Text);
        Assert.Equal("invoice already settled", ring.A.Invoices.Cancel(paid.Hash)!.Message);
        Assert.Equal((InvoiceState.Settled, RingFixture.Amount, 1ul), Describe(ring.A.Invoices.Lookup(paid.Hash).Value));
    }

    [Fact]
    public void An_open_invoice_expires()
    {
        var ring = new RingFixture();
        var invoice = ring.A.Invoices.Add(new() { Value = new(1_000), ExpirySeconds = 60 }).Value;

        ring.Network.RunFor(TimeSpan.FromSeconds(59));
        Assert.Equal(InvoiceState.Open, ring.A.Invoices.Lookup(invoice.Hash).Value.State);
        ring.Network.RunFor(TimeSpan.FromSeconds(2));
        Assert.Equal(InvoiceState.Canceled, ring.A.Invoices.Lookup(invoice.Hash).Value.State);
    }

    [Fact]
    public void A_hold_invoice_waits_and_then_settles_or_fails_as_it_is_told()
    {
        var ring = new RingFixture();
        ring.WaiveEverywhere();
        var preimage = new Preimage(Bytes32.Sha256("held"u8));
        var states = new List<InvoiceState>();
        using var subscription = ring.A.Invoices.Changes.Subscribe(invoice => states.Add(invoice.State));
        var invoice = ring.A.Invoices.Add(new() { Value = new(RingFixture.Amount), HoldHash = preimage.Hash() }).Value;
        Assert.Equal("invoice still open", ring.A.Invoices.Settle(preimage)!.Message);

        var payment = ring.Pay(ring.RingRoute(invoice), invoice.Hash);
        Assert.Equal("IN_FLIGHT", payment.Text);
        Assert.Null(ring.A.Invoices.Settle(preimage));
        ring.Network.RunUntilIdle();

        Assert.Equal("SUCCEEDED", payment.Text);
        Assert.Null(ring.A.Invoices.Settle(preimage));
        Assert.Equal([InvoiceState.Open, InvoiceState.Accepted, InvoiceState.Settled], states);

        var other = new Preimage(Bytes32.Sha256("cancelled"u8));
        var cancelled = ring.A.Invoices.Add(new() { Value = new(RingFixture.Amount), HoldHash = other.Hash() }).Value;
        var refused = ring.Pay(ring.RingRoute(cancelled), cancelled.Hash);
        Assert.Null(ring.A.Invoices.Cancel(cancelled.Hash));
        ring.Network.RunUntilIdle();
        Assert.Equal("INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS@4", refused.Text);
        Assert.Equal("invoice already canceled", ring.A.Invoices.Settle(other)!.Message);
    }

    [Theory]
    [InlineData(20, 3, 12)]
    [InlineData(21, 2, 18)]
    public void An_accepted_hold_invoice_is_cancelled_before_its_HTLC_expires(uint minor, uint patch, int delta)
    {
        var ring = new RingFixture(version: new LndVersion(minor, patch));
        ring.WaiveEverywhere();
        var invoice = ring.A.Invoices.Add(new() { Value = new(RingFixture.Amount), HoldHash = default(Preimage).Hash() }).Value;
        var payment = ring.Pay(ring.RingRoute(invoice), invoice.Hash);
        var expiry = (int)ring.A.Invoices.Lookup(invoice.Hash).Value.Htlcs.Single().ExpiryHeight;

        ring.Network.MineBlocks(expiry - delta - (int)ring.Network.Height - 1);
        ring.Network.RunUntilIdle();
        Assert.Equal("IN_FLIGHT", payment.Text);
        ring.Network.MineBlocks();
        ring.Network.RunUntilIdle();
        Assert.Equal("INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS@4", payment.Text);
        Assert.All(ring.Channels, channel => Assert.Equal(ChannelStatus.Open, channel.Status));
    }

    [Theory]
    [InlineData(20, 3, 80u, 80, "SUCCEEDED")]
    [InlineData(20, 3, 80u, 79, "INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS@4")]
    [InlineData(20, 3, 18u, 18, "SUCCEEDED")]
    [InlineData(20, 3, 18u, 17, "INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS@4")]
    [InlineData(21, 2, 24u, 24, "SUCCEEDED")]
    [InlineData(21, 2, 24u, 23, "INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS@4")]
    public void The_final_HTLC_must_leave_the_invoices_delta(uint minor, uint patch, uint invoiceDelta, int finalDelta, string expected)
    {
        var ring = new RingFixture(version: new LndVersion(minor, patch));
        ring.WaiveEverywhere();
        var invoice = ring.Invoice(cltv: invoiceDelta);

        var payment = ring.Pay(ring.RingRoute(invoice, finalDelta: finalDelta), invoice.Hash);

        Assert.Equal(expected, payment.Text);
        if (payment.Attempt.Failure is { } failure)
        {
            Assert.Equal((FailureDetail.InvoiceExpiryTooSoon, ring.Network.Height, 0L), (failure.Detail, failure.Height, failure.HtlcAmount.Value));
        }
    }

    [Theory]
    [InlineData(0, FailureDetail.SetTotalTooLow)]
    [InlineData(RingFixture.Amount - 1, FailureDetail.SetTotalTooLow)]
    public void A_total_below_the_value_is_refused(long total, FailureDetail detail)
    {
        var ring = new RingFixture();
        ring.WaiveEverywhere();

        var payment = ring.PayRing(route => WithMpp(route, mpp => mpp with { Total = new(total) }));

        Assert.Equal(("INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS@4", detail), (payment.Text, payment.Attempt.Failure!.Detail));
    }

    [Fact]
    public void A_wrong_payment_address_is_refused()
    {
        var ring = new RingFixture();
        ring.WaiveEverywhere();

        Assert.Equal(
            FailureDetail.AddressMismatch,
            ring.PayRing(route => WithMpp(route, mpp => mpp with { PaymentAddr = default })).Attempt.Failure!.Detail);
    }

    [Fact]
    public void A_final_HTLC_that_expires_before_the_onion_says_is_refused_as_such()
    {
        var ring = new RingFixture();
        ring.WaiveEverywhere();

        Assert.Equal("FINAL_INCORRECT_CLTV_EXPIRY@4", ring.PayRing(route => route with
        {
            Hops = route.Hops.SetItem(3, route.Hops[3] with { Expiry = route.Hops[3].Expiry + 1 }),
        }).Text);
    }

    [Fact]
    public void An_incomplete_set_waits_two_minutes_and_two_halves_settle_together()
    {
        var ring = new RingFixture();
        ring.WaiveEverywhere();
        var invoice = ring.Invoice();
        var half = Half(ring, invoice);
        var alone = ring.Pay(half, invoice.Hash, run: false);
        ring.Network.RunFor(TimeSpan.FromSeconds(119));
        Assert.Equal("IN_FLIGHT", alone.Text);
        ring.Network.RunUntilIdle();
        Assert.Equal("MPP_TIMEOUT@4", alone.Text);

        var first = ring.Pay(half, invoice.Hash, run: false);
        ring.Network.RunFor(TimeSpan.FromSeconds(1));
        var second = ring.Pay(half, invoice.Hash);
        Assert.Equal(("SUCCEEDED", "SUCCEEDED"), (first.Text, second.Text));
        Assert.Equal(RingFixture.Amount, ring.A.Invoices.Lookup(invoice.Hash).Value.AmountPaid.Value);
    }

    [Fact]
    public void A_settled_invoice_takes_no_second_payment()
    {
        var ring = new RingFixture();
        var invoice = ring.Invoice(ring.D);
        var path = ring.FeePayingRoute(invoice, [.. ring.Channels.Take(3)], ring.A);
        Assert.Equal("SUCCEEDED", ring.Pay(path, invoice.Hash).Text);

        var again = ring.Pay(ring.FeePayingRoute(invoice, [.. ring.Channels.Skip(1).Take(2)], ring.B), invoice.Hash, ring.B);
        Assert.Equal(FailureDetail.InvoiceNotOpen, again.Attempt.Failure!.Detail);
    }

    private static Route Half(RingFixture ring, Invoice invoice) =>
        WithMpp(ring.RingRoute(invoice, RingFixture.Amount / 2), mpp => mpp with { Total = new(RingFixture.Amount) });

    private static Route WithMpp(Route route, Func<MppRecord, MppRecord> change) =>
        route with { Hops = route.Hops.SetItem(route.Hops.Length - 1, route.Hops[^1] with { Mpp = change(route.Hops[^1].Mpp!) }) };

    private static (InvoiceState State, long Paid, ulong SettleIndex) Describe(Invoice invoice) =>
        (invoice.State, invoice.AmountPaid.Value, invoice.SettleIndex);
}
