using System.Diagnostics;

namespace Eddy.Telemetry;

/// <summary>What Prometheus' own libraries say of any process, under the names they use.</summary>
internal static class ProcessFigures
{
    private static readonly Lazy<double> StartedAt = new(static () =>
    {
        using var process = Process.GetCurrentProcess();
        return new DateTimeOffset(process.StartTime.ToUniversalTime(), TimeSpan.Zero).ToUnixTimeMilliseconds() / 1e3;
    });

    public static void Write(PrometheusText text) => text
        .Family("process_cpu_seconds_total", "counter", "Processor time of the process.")
        .Sample("process_cpu_seconds_total", "", Environment.CpuUsage.TotalTime.TotalSeconds)
        .Gauge("process_resident_memory_bytes", "Resident memory of the process.", Environment.WorkingSet)
        .Gauge("process_start_time_seconds", "When the process began, since 1970.", StartedAt.Value);
}
