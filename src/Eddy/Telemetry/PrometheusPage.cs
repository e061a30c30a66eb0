using System.Diagnostics.Metrics;

namespace Eddy.Telemetry;

/// <summary>Gathers what a daemon's meter measures, and shows it as a page for Prometheus.</summary>
internal sealed class PrometheusPage : IDisposable
{
    private readonly DaemonMeter _meter;
    private readonly MeterListener _listener = new();
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);

    public PrometheusPage(DaemonMeter meter)
    {
        _meter = meter;
        _listener.InstrumentPublished = OnPublished;
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => ((MetricFamily)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => ((MetricFamily)state!).Record(value, tags));
        _listener.Start();
    }

    /// <summary>The page as it is now. Looks at the engine first.</summary>
    public async Task<string> WriteAsync(CancellationToken cancellationToken)
    {
        await _meter.RefreshAsync(cancellationToken);
        var text = new PrometheusText();
        lock (_lock)
        {
            foreach (var family in _families.Values)
            {
                family.BeginReading();
            }

            _listener.RecordObservableInstruments();
            foreach (var family in _families.Values)
            {
                family.Write(text);
            }
        }

        ProcessFigures.Write(text);
        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private void OnPublished(Instrument instrument, MeterListener listener)
    {
        // Every daemon of a process has a meter of the same name.
        if (!ReferenceEquals(instrument.Meter, _meter.Meter))
        {
            return;
        }

        var family = new MetricFamily(instrument);
        lock (_lock)
        {
            _families.Add(family.Name, family);
        }

        listener.EnableMeasurementEvents(instrument, family);
    }
}
