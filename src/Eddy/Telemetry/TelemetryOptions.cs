namespace Eddy.Telemetry;

/// <summary>Where measures and traces are sent to.</summary>
/// <param name="Endpoint">Of the collector.</param>
/// <param name="IsGrpc">OTLP over gRPC; else over HTTP, with the paths <c>/v1/metrics</c> and <c>/v1/traces</c> below the endpoint.</param>
/// <param name="Interval">Between two exports of the measures.</param>
/// <param name="HasLndSpans">A span for each call to LND as well.</param>
internal sealed record TelemetryOptions(Uri Endpoint, bool IsGrpc, TimeSpan Interval, bool HasLndSpans);
