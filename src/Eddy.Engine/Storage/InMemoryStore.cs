using System.Collections.Immutable;
using Eddy.Engine.Ports;
using Eddy.Engine.Views;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Engine.Storage;

/// <summary>
/// The store in memory, for simulation: what was committed is there for the next engine on the same store, what was not is gone with the
/// last one. Faults can be switched on.
/// </summary>
public sealed class InMemoryStore : IEddyStore, IBindingStore
{
    private readonly Dictionary<RingId, RingRecord> _rings = [];
    private readonly HashSet<RingId> _open = [];
    private readonly Dictionary<RingId, List<RingStoryLine>> _stories = [];
    private readonly SortedDictionary<long, OutboxEntry> _outbox = [];
    private readonly Dictionary<string, string> _settings = [];
    private readonly SortedDictionary<string, BackOffRecord> _backOffs = new(StringComparer.Ordinal);
    private readonly SortedDictionary<(int Day, string Key), long> _counters =
        new(Comparer<(int Day, string Key)>.Create(static (left, right) =>
            left.Day != right.Day ? left.Day.CompareTo(right.Day) : string.CompareOrdinal(left.Key, right.Key)));

    private readonly Dictionary<CircuitKey, PhantomFee> _phantomFees = [];
    private readonly Dictionary<CircuitKey, WaiverBinding> _bindings = [];

    /// <summary>If set, every commit and binding fails so: nothing is changed.</summary>
    public StoreFault? Fault { get; set; }

    /// <summary>How many batches were committed.</summary>
    public long Commits { get; private set; }

    /// <summary>Effects that are not known to be done.</summary>
    public int OutboxCount => _outbox.Count;

    public int BindingCount => _bindings.Count;

    /// <summary>Rings, ended ones included.</summary>
    public int RingCount => _rings.Count;

    /// <inheritdoc/>
    public StoreContents Load() => new()
    {
        OpenRings = [.. _open.Select(id => _rings[id]).OrderBy(static ring => ring.StartedAt).ThenBy(static ring => ring.Id)],
        Bindings = [.. _bindings.Values.OrderBy(static binding => Order(binding.Key))],
        Outbox = [.. _outbox.Values],
        Settings = _settings.ToImmutableDictionary(),
        BackOffs = [.. _backOffs.Values],
        Counters = [.. _counters.Select(static counter => new DailyCounter(counter.Key.Day, counter.Key.Key, counter.Value))],
        Totals = Total(),
    };

    /// <inheritdoc/>
    public void Commit(StoreBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (Fault is { } fault)
        {
            throw new StoreException(fault, "The store was told to fail.");
        }

        // The only thing that can go wrong, before anything is changed.
        if (batch.OutboxAdded.Any(entry => _outbox.ContainsKey(entry.Id)))
        {
            throw new StoreException(StoreFault.Failed, "An outbox number was given twice.");
        }

        Write(batch);
        Commits++;
    }

    /// <inheritdoc/>
    public RingRecord? FindRing(RingId ring) => _rings.GetValueOrDefault(ring);

    /// <inheritdoc/>
    public bool KnowsHash(PaymentHash hash) => _rings.Values.Any(ring => ring.Hash == hash);

    /// <inheritdoc/>
    public ImmutableArray<RingRecord> LatestRings(int count) =>
        [.. _rings.Values.OrderByDescending(static ring => ring.StartedAt).ThenBy(static ring => ring.Id).Take(count)];

    /// <inheritdoc/>
    public ImmutableArray<RingStoryLine> Story(RingId ring) => _stories.TryGetValue(ring, out var lines) ? [.. lines] : [];

    /// <inheritdoc/>
    public ImmutableArray<PhantomFee> PhantomFees(DateTimeOffset since, int count) =>
        [.. _phantomFees.Values.Where(fee => fee.SettledAt >= since).OrderByDescending(static fee => fee.SettledAt)
            .ThenBy(static fee => Order(fee.Key)).Take(count)];

    /// <inheritdoc/>
    public ImmutableArray<DayFigures> Days(DateOnly first)
    {
        var rings = _rings.Values.Where(static ring => ring is { IsFinal: true, EndedAt: not null }).ToLookup(static ring => DayOf(ring.EndedAt!.Value));
        var fees = _phantomFees.Values.ToLookup(static fee => DayOf(fee.SettledAt));
        return
        [
            .. rings.Select(static day => day.Key).Union(fees.Select(static day => day.Key)).Where(day => day >= first).Order().Select(day =>
            {
                var settled = rings[day].Where(static ring => ring.Outcome == RingOutcome.Settled).ToArray();
                return new DayFigures(
                    day,
                    settled.Length,
                    rings[day].Count() - settled.Length,
                    new MilliSatoshi(settled.Sum(static ring => ring.Amount.Value)),
                    new MilliSatoshi(settled.Sum(static ring => ring.SavedFee.Value)),
                    new MilliSatoshi(fees[day].Sum(static fee => fee.Fee.Value)));
            }),
        ];
    }

    /// <inheritdoc/>
    public bool TrySave(WaiverBinding binding, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(binding);
        lock (_bindings)
        {
            return Fault is null
                && !_bindings.Values.Any(other => other.Ring == binding.Ring)
                && _bindings.TryAdd(binding.Key, binding);
        }
    }

    public void Dispose()
    {
        // The contents outlive the engine on purpose: the next one finds them.
    }

    private static DateOnly DayOf(DateTimeOffset at) => DateOnly.FromDateTime(at.UtcDateTime);

    private static (ulong, ulong) Order(CircuitKey key) => (key.Channel.Value, key.HtlcId);

    private void Write(StoreBatch batch)
    {
        foreach (var ring in batch.Rings)
        {
            _rings[ring.Id] = ring;
            _ = ring.IsFinal ? _open.Remove(ring.Id) : _open.Add(ring.Id);
        }

        foreach (var (ring, line) in batch.Story)
        {
            (_stories.TryGetValue(ring, out var lines) ? lines : _stories[ring] = []).Add(line);
        }

        foreach (var id in batch.OutboxDone)
        {
            _outbox.Remove(id);
        }

        foreach (var entry in batch.OutboxAdded)
        {
            _outbox.Add(entry.Id, entry);
        }

        foreach (var (key, value) in batch.Settings)
        {
            _settings[key] = value;
        }

        foreach (var (key, record) in batch.BackOffs)
        {
            if (record is null)
            {
                _backOffs.Remove(key);
            }
            else
            {
                _backOffs[key] = record;
            }
        }

        foreach (var (key, value) in batch.Counters)
        {
            _counters[key] = value;
        }

        foreach (var fee in batch.PhantomFees)
        {
            _phantomFees.TryAdd(fee.Key, fee);
        }

        Forget(batch);
    }

    private void Forget(StoreBatch batch)
    {
        lock (_bindings)
        {
            foreach (var key in batch.BindingsEnded)
            {
                _bindings.Remove(key);
            }
        }

        if (batch.ForgetCountersBefore is { } firstDay)
        {
            foreach (var key in _counters.Keys.Where(key => key.Day > 0 && key.Day < firstDay).ToArray())
            {
                _counters.Remove(key);
            }
        }

        if (batch.ForgetFailuresBefore is { } time)
        {
            foreach (var ring in _rings.Values.Where(ring => ring.IsFinal && ring.Outcome != RingOutcome.Settled && ring.EndedAt < time).ToArray())
            {
                Remove(ring.Id);
            }
        }

        if (batch.MostFailures is { } most)
        {
            var failures = _rings.Values.Where(static ring => ring.IsFinal && ring.Outcome != RingOutcome.Settled);
            foreach (var ring in failures.OrderByDescending(static ring => ring.EndedAt).ThenBy(static ring => ring.Id).Skip(most).ToArray())
            {
                Remove(ring.Id);
            }
        }
    }

    private void Remove(RingId ring)
    {
        _rings.Remove(ring);
        _stories.Remove(ring);
    }

    private RingTotals Total()
    {
        var settled = _rings.Values.Where(static ring => ring.Outcome == RingOutcome.Settled).ToArray();
        return new RingTotals(
            settled.Length,
            _rings.Values.Count(static ring => ring.IsFinal && ring.Outcome != RingOutcome.Settled),
            _open.Count,
            Sum(settled, static ring => ring.Amount),
            Sum(settled, static ring => ring.WaivedFee),
            Sum(settled, static ring => ring.SavedFee));
    }

    private static MilliSatoshi Sum(RingRecord[] rings, Func<RingRecord, MilliSatoshi> amount) =>
        new(rings.Sum(ring => amount(ring).Value));
}
