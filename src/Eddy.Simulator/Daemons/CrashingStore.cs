using System.Collections.Immutable;
using Eddy.Engine.Ports;
using Eddy.Engine.Storage;
using Eddy.Engine.Views;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Simulator;

/// <summary>A store that lets its process die once, right before or right after a commit: what it holds is what the next process finds.</summary>
public sealed class CrashingStore : IEddyStore, IBindingStore
{
    public InMemoryStore Inner { get; } = new();

    /// <summary>The number of the commit, from 1; null for none.</summary>
    public long? CrashAt { get; set; }

    /// <summary>True: the state before that commit is what is left of it.</summary>
    public bool CrashesBefore { get; set; }

    public long Commits { get; private set; }

    /// <summary>Called when it does.</summary>
    public Action Crashed { get; set; } = static () => { };

    public bool BindingsFail { get; set; }

    public StoreContents Load() => Inner.Load();

    public void Commit(StoreBatch batch)
    {
        Commits++;
        var isLast = Commits == CrashAt;
        if (!isLast || !CrashesBefore)
        {
            Inner.Commit(batch);
        }

        if (isLast)
        {
            Crashed();
            throw new CrashException();
        }
    }

    public RingRecord? FindRing(RingId ring) => Inner.FindRing(ring);

    public bool KnowsHash(PaymentHash hash) => Inner.KnowsHash(hash);

    public ImmutableArray<RingRecord> LatestRings(int count) => Inner.LatestRings(count);

    public ImmutableArray<RingStoryLine> Story(RingId ring) => Inner.Story(ring);

    public ImmutableArray<PhantomFee> PhantomFees(DateTimeOffset since, int count) => Inner.PhantomFees(since, count);

    /// <inheritdoc/>
    public ImmutableArray<DayFigures> Days(DateOnly first) => Inner.Days(first);

    public bool TrySave(WaiverBinding binding, TimeSpan timeout) => !BindingsFail && Inner.TrySave(binding, timeout);

    public void Dispose() => Inner.Dispose();
}
