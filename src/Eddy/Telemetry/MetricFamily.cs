using System.Collections.Frozen;
using System.Diagnostics.Metrics;

namespace Eddy.Telemetry;

/// <summary>One instrument as Prometheus sees it: its series by their labels.</summary>
internal sealed class MetricFamily
{
    /// <summary>Counted without labels: shown from the start, for a rate that begins with the first event misses it.</summary>
    private static readonly FrozenSet<string> Unlabelled = FrozenSet.Create(
        "eddy.cycles.found", "eddy.peer.faults", "eddy.peer.mutes", "eddy.phantom_fee",
        "eddy.store.commit.duration", "eddy.htlc.verdict.duration", "eddy.htlc.hold.duration");

    private readonly Instrument _instrument;
    private readonly string _name;
    private readonly string _type;
    private readonly double[]? _bounds;
    private readonly HistogramCell? _plain;
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, double> _values = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, HistogramCell> _cells = new(StringComparer.Ordinal);

    public MetricFamily(Instrument instrument)
    {
        _instrument = instrument;
        var isCounter = instrument is Counter<long> or ObservableCounter<long> or Counter<double> or ObservableCounter<double>;
        _name = PrometheusText.NameOf(instrument.Name, instrument.Unit, isCounter);
        if (instrument is Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds })
        {
            _bounds = [.. bounds];
            _plain = Unlabelled.Contains(instrument.Name) ? new HistogramCell(_bounds) : null;
        }

        _type = isCounter ? "counter" : _bounds is null ? "gauge" : "histogram";
        if (isCounter && Unlabelled.Contains(instrument.Name))
        {
            _values[""] = 0;
        }
    }

    public string Name => _name;

    /// <summary>What is observed is said anew at each reading.</summary>
    public void BeginReading()
    {
        if (_instrument.IsObservable)
        {
            lock (_lock)
            {
                _values.Clear();
            }
        }
    }

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (_plain is { } plain && tags.IsEmpty)
        {
            plain.Record(value);
            return;
        }

        var labels = LabelsOf(tags);
        lock (_lock)
        {
            if (_bounds is not null)
            {
                if (!_cells.TryGetValue(labels, out var cell))
                {
                    _cells.Add(labels, cell = new HistogramCell(_bounds));
                }

                cell.Record(value);
            }
            else
            {
                _values[labels] = _instrument.IsObservable ? value : _values.GetValueOrDefault(labels) + value;
            }
        }
    }

    public void Write(PrometheusText text)
    {
        text.Family(_name, _type, _instrument.Description ?? "");
        lock (_lock)
        {
            foreach (var (labels, value) in _values)
            {
                text.Sample(_name, labels, value);
            }

            foreach (var (labels, cell) in _cells)
            {
                cell.Write(text, _name, labels);
            }
        }

        _plain?.Write(text, _name, "");
    }

    private static string LabelsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
        {
            return "";
        }

        var labels = new string[tags.Length];
        for (var index = 0; index < tags.Length; index++)
        {
            labels[index] = PrometheusText.Label(tags[index].Key, tags[index].Value?.ToString() ?? "");
        }

        return string.Join(',', labels);
    }
}
