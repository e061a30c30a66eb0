using System.Diagnostics.Tracing;
using System.Runtime.CompilerServices;
using Eddy.Lnd;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Eddy.Telemetry;

/// <summary>
/// Sends measures and traces to a collector. The libraries for it are loaded only by a process that does: nothing else in eddy names them.
/// </summary>
internal sealed class OtlpExport : IDisposable
{
    private const string RuntimeMeter = "System.Runtime";
    private const int FlushMilliseconds = 2_000;

    private readonly MeterProvider _meters;
    private readonly TracerProvider _traces;
    private readonly OtlpTrouble _trouble;

    private OtlpExport(MeterProvider meters, TracerProvider traces, OtlpTrouble trouble)
    {
        _meters = meters;
        _traces = traces;
        _trouble = trouble;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static OtlpExport Start(TelemetryOptions options, string instance, ILogger logger)
    {
        var trouble = new OtlpTrouble(logger, options.Endpoint);
        RingTrace.UseRingIds();
        var resource = ResourceBuilder.CreateDefault().AddService("eddy", serviceVersion: BuildVersion.Number, serviceInstanceId: instance);
        var meters = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource)
            .AddMeter(DaemonMeter.Name, RuntimeMeter)
            .AddOtlpExporter((exporter, reader) =>
            {
                Configure(exporter, options, "v1/metrics");
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)options.Interval.TotalMilliseconds;
            })
            .Build();
        string[] sources = options.HasLndSpans ? [DaemonMeter.Name, LndNode.ActivitySourceName] : [DaemonMeter.Name];
        var traces = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .AddSource(sources)
            .AddOtlpExporter(exporter => Configure(exporter, options, "v1/traces"))
            .Build();
        return new OtlpExport(meters, traces, trouble);
    }

    /// <summary>Sends what is left, if the collector takes it at once.</summary>
    public void Flush()
    {
        _traces.ForceFlush(FlushMilliseconds);
        _meters.ForceFlush(FlushMilliseconds);
    }

    public void Dispose()
    {
        _traces.Shutdown(FlushMilliseconds);
        _meters.Shutdown(FlushMilliseconds);
        _traces.Dispose();
        _meters.Dispose();
        _trouble.Dispose();
    }

    private static void Configure(OtlpExporterOptions exporter, TelemetryOptions options, string path)
    {
        exporter.Protocol = options.IsGrpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
        exporter.Endpoint = options.IsGrpc ? options.Endpoint : new Uri($"{options.Endpoint.AbsoluteUri.TrimEnd('/')}/{path}");
    }
}

/// <summary>The exporter says only to an event source that the collector is not there: an operator would never know.</summary>
internal sealed partial class OtlpTrouble(ILogger logger, Uri endpoint) : EventListener
{
    private const string Source = "OpenTelemetry-Exporter-OpenTelemetryProtocol";
    private static readonly long Quiet = (long)TimeSpan.FromMinutes(10).TotalMilliseconds;

    private readonly ILogger _logger = logger;
    private long _saidAt = long.MinValue;

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == Source)
        {
            EnableEvents(eventSource, EventLevel.Error);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        // The base class calls this before our fields are set.
        if (_logger is null)
        {
            return;
        }

        var (now, said) = (Environment.TickCount64, Interlocked.Read(ref _saidAt));
        if ((said == long.MinValue || now - said >= Quiet) && Interlocked.CompareExchange(ref _saidAt, now, said) == said)
        {
            LogTrouble(endpoint, FirstLine(eventData.Payload?.LastOrDefault()?.ToString() ?? eventData.EventName ?? ""));
        }
    }

    private static string FirstLine(string text) => text.Split('\n')[0].Trim();

    [LoggerMessage(LogLevel.Warning, "Measures and traces cannot be sent to {Endpoint}: {Why}")]
    private partial void LogTrouble(Uri endpoint, string why);
}
