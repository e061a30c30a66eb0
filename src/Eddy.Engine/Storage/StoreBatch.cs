using Eddy.Engine.Views;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Engine.Storage;

/// <summary>What one step of the engine changes, saved together.</summary>
public sealed class StoreBatch
{
    /// <summary>Inserted, or replaced as a whole.</summary>
    public List<RingRecord> Rings { get; } = [];

    public List<(RingId Ring, RingStoryLine Line)> Story { get; } = [];

    public List<OutboxEntry> OutboxAdded { get; } = [];

    public List<long> OutboxDone { get; } = [];

    public Dictionary<string, string> Settings { get; } = [];

    /// <summary>Inserted or replaced; removed where the value is null.</summary>
    public Dictionary<string, BackOffRecord?> BackOffs { get; } = [];

    public Dictionary<(int Day, string Key), long> Counters { get; } = [];

    /// <summary>Inserted once by circuit key; a second one for the same key changes nothing.</summary>
    public List<PhantomFee> PhantomFees { get; } = [];

    /// <summary>Bindings that ended: LND can not offer these keys again.</summary>
    public List<CircuitKey> BindingsEnded { get; } = [];

    /// <summary>Daily counters before this day are forgotten; those of day 0 stay.</summary>
    public int? ForgetCountersBefore { get; set; }

    /// <summary>Rings that ended before this time without having settled are forgotten, with their stories.</summary>
    public DateTimeOffset? ForgetFailuresBefore { get; set; }

    /// <summary>Of the rings that ended without having settled, the latest so many are kept, and the others forgotten with their stories.</summary>
    public int? MostFailures { get; set; }

    public bool IsEmpty => OutboxDone.Count == 0 && HasNothingButOutboxDone;

    /// <summary>Nothing is lost where only this is saved late: an effect that is not known to be done is idempotent.</summary>
    public bool HasNothingButOutboxDone =>
        Rings.Count == 0 && Story.Count == 0 && OutboxAdded.Count == 0 && Settings.Count == 0
        && BackOffs.Count == 0 && Counters.Count == 0 && PhantomFees.Count == 0 && BindingsEnded.Count == 0
        && ForgetCountersBefore is null && ForgetFailuresBefore is null && MostFailures is null;

    public void Clear()
    {
        Rings.Clear();
        Story.Clear();
        OutboxAdded.Clear();
        OutboxDone.Clear();
        Settings.Clear();
        BackOffs.Clear();
        Counters.Clear();
        PhantomFees.Clear();
        BindingsEnded.Clear();
        ForgetCountersBefore = null;
        ForgetFailuresBefore = null;
        MostFailures = null;
    }
}
