using Eddy.Engine.Views;
using Eddy.Lightning;
using Eddy.Rings;
using Eddy.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eddy.Tests.Telemetry;

public sealed class OtlpExportTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_collector_gets_the_measures_and_a_trace_of_each_ring(bool isGrpc)
    {
        await using var collector = await OtlpReceiver.StartAsync(isGrpc);
        using var meter = new DaemonMeter();
        var id = new RingId(Bytes32.Sha256(new byte[] { isGrpc ? (byte)1 : (byte)2 }));
        using (var export = OtlpExport.Start(new TelemetryOptions(collector.Address, isGrpc, TimeSpan.FromMinutes(10), false), "test", NullLogger.Instance))
        {
            meter.RingEnded(Ring(id));
            export.Flush();
            await collector.UntilAsync(() => collector.Metrics.ContainsKey("eddy.ring.duration") && collector.Spans.Any(span => Belongs(span, id)));
        }

        Assert.Equal("s", collector.Metrics["eddy.ring.duration"]);
        Assert.Equal("{proposal}", collector.Metrics["eddy.proposals"]);
        var spans = collector.Spans.Where(span => Belongs(span, id)).ToDictionary(static span => span.Name);
        var whole = spans["propose ring"];
        Assert.Equal("", whole.ParentId);
        Assert.Equal(400_000_000UL, whole.End - whole.Start);
        Assert.Equal(["propose ring", "sign ring", "walk ring"], spans.Keys.Order());
        Assert.Equal(whole.SpanId, spans["walk ring"].ParentId);
        Assert.Equal(100_000_000UL, spans["walk ring"].Start - whole.Start);
        Assert.Equal(300_000_000UL, spans["walk ring"].End - spans["walk ring"].Start);
    }

    [Fact]
    public async Task A_collector_that_is_not_there_is_named_in_the_log()
    {
        var log = new TellingLogger();
        using var meter = new DaemonMeter();
        using var export = OtlpExport.Start(new TelemetryOptions(new("http://127.0.0.1:9"), false, TimeSpan.FromMinutes(10), false), "test", log);

        meter.PeerMuted();
        export.Flush();

        Assert.Contains("http://127.0.0.1:9/", await log.Said.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    // The trace's id is the beginning of the ring's.
    private static bool Belongs(ReceivedSpan span, RingId id) => id.ToString().StartsWith(span.TraceId, StringComparison.Ordinal);

    private static RingAccount Ring(RingId id) => new(
        id, "initiator", 4, MilliSatoshi.FromSatoshi(100_000), MilliSatoshi.Zero, MilliSatoshi.Zero, MilliSatoshi.Zero, RingOutcome.Settled, "none", "Settled.",
        Start, Start.AddMilliseconds(400),
        [new("sign", Start, Start.AddMilliseconds(100)), new("walk", Start.AddMilliseconds(100), Start.AddMilliseconds(400))]);

    private sealed class TellingLogger : Microsoft.Extensions.Logging.ILogger
    {
        private readonly TaskCompletionSource<string> _said = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<string> Said => _said.Task;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(Microsoft.Extensions.Logging.LogLevel logLevel) => true;

        public void Log<TState>(
            Microsoft.Extensions.Logging.LogLevel logLevel, Microsoft.Extensions.Logging.EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _said.TrySetResult(formatter(state, exception));
    }
}
