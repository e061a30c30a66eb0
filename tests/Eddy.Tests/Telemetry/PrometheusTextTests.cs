using Eddy.Telemetry;

namespace Eddy.Tests.Telemetry;

public sealed class PrometheusTextTests
{
    [Theory]
    [InlineData("eddy.ring.duration", "s", false, "eddy_ring_duration_seconds")]
    [InlineData("eddy.messages.sent.bytes", "By", true, "eddy_messages_sent_bytes_total")]
    [InlineData("eddy.fees.waived", "{millisatoshi}", true, "eddy_fees_waived_millisatoshis_total")]
    [InlineData("eddy.budget.remaining", "{satoshi}", false, "eddy_budget_remaining_satoshis")]
    [InlineData("eddy.rings.settled", "{ring}", true, "eddy_rings_settled_total")]
    [InlineData("eddy.build.info", null, false, "eddy_build_info")]
    public void Names_carry_their_unit(string instrument, string? unit, bool isCounter, string name) =>
        Assert.Equal(name, PrometheusText.NameOf(instrument, unit, isCounter));

    [Fact]
    public void What_a_label_holds_cannot_end_it()
    {
        var page = new PrometheusText()
            .Family("eddy_things", "gauge", "one\\two\nthree")
            .Sample("eddy_things", PrometheusText.Label("name", "a\"b\\c\nd"), 1.5)
            .ToString();

        Assert.Equal("# HELP eddy_things one\\\\two\\nthree\n# TYPE eddy_things gauge\neddy_things{name=\"a\\\"b\\\\c\\nd\"} 1.5\n", page);
        Assert.Single(PrometheusParser.Parse(page).Samples);
    }

    [Theory]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(2_100_000_000_000_000, "2100000000000000")]
    [InlineData(1e-6, "1E-06")]
    public void Numbers_are_written_as_prometheus_reads_them(double value, string text) => Assert.Equal(text, PrometheusText.Number(value));

    [Fact]
    public void A_histogram_counts_up_to_and_with_each_bound()
    {
        var cell = new HistogramCell([0.1, 1]);
        foreach (var value in new[] { 0.05, 0.1, 0.5, 3 })
        {
            cell.Record(value);
        }

        var text = new PrometheusText().Family("eddy_wait_seconds", "histogram", "Waits.");
        cell.Write(text, "eddy_wait_seconds", "kind=\"x\"");
        var page = PrometheusParser.Parse(text.ToString());

        Assert.Equal(2, page.Value("eddy_wait_seconds_bucket", "kind=\"x\",le=\"0.1\""));
        Assert.Equal(3, page.Value("eddy_wait_seconds_bucket", "kind=\"x\",le=\"1\""));
        Assert.Equal(4, page.Value("eddy_wait_seconds_bucket", "kind=\"x\",le=\"+Inf\""));
        Assert.Equal(4, page.Value("eddy_wait_seconds_count", "kind=\"x\""));
        Assert.Equal(3.65, page.Value("eddy_wait_seconds_sum", "kind=\"x\""), 6);
    }

    [Fact]
    public void Measuring_a_verdict_takes_no_memory()
    {
        using var meter = new DaemonMeter();
        using var page = new PrometheusPage(meter);
        meter.VerdictTime.Record(1e-6);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 10_000; round++)
        {
            meter.VerdictTime.Record(1e-6);
        }

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1_000, "Something is allocated for each verdict.");
    }

    [Fact]
    public async Task Each_daemon_of_a_process_shows_its_own()
    {
        using var one = new DaemonMeter();
        using var other = new DaemonMeter();
        using var page = new PrometheusPage(one);
        one.PeerMuted();
        other.PeerMuted();

        Assert.Equal(1, PrometheusParser.Parse(await page.WriteAsync(TestContext.Current.CancellationToken)).Value("eddy_peer_mutes_total"));
    }
}
