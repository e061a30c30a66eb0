using System.Collections.Immutable;
using System.Diagnostics;
using Eddy.Engine.Ports;
using Eddy.Engine.Storage;
using Eddy.Engine.Views;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Telemetry;

/// <summary>Times the commits of a store.</summary>
internal sealed class MeasuredStore(IEddyStore store, DaemonMeter meter) : IEddyStore
{
    public StoreContents Load() => store.Load();

    public void Commit(StoreBatch batch)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            store.Commit(batch);
        }
        catch (StoreException exception)
        {
            meter.StoreFailed(exception.Fault);
            throw;
        }

        meter.Committed(Stopwatch.GetElapsedTime(started));
    }

    public RingRecord? FindRing(RingId ring) => store.FindRing(ring);

    public bool KnowsHash(PaymentHash hash) => store.KnowsHash(hash);

    public ImmutableArray<RingRecord> LatestRings(int count) => store.LatestRings(count);

    public ImmutableArray<RingStoryLine> Story(RingId ring) => store.Story(ring);

    public ImmutableArray<PhantomFee> PhantomFees(DateTimeOffset since, int count) => store.PhantomFees(since, count);

    public ImmutableArray<DayFigures> Days(DateOnly first) => store.Days(first);

    /// <summary>The store belongs to whoever made it.</summary>
    public void Dispose()
    {
    }
}
