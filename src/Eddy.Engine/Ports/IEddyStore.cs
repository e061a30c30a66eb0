using System.Collections.Immutable;
using Eddy.Engine.Storage;
using Eddy.Engine.Views;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Engine.Ports;

/// <summary>
/// What survives. Synchronous, with one owner: the engine. Every method throws <see cref="StoreException"/> where the store cannot do it,
/// and then has changed nothing.
/// </summary>
public interface IEddyStore : IDisposable
{
    /// <summary>What a starting engine needs.</summary>
    StoreContents Load();

    /// <summary>All of it or nothing, and on disk when it returns.</summary>
    void Commit(StoreBatch batch);

    RingRecord? FindRing(RingId ring);

    /// <summary>Whether any ring had this payment hash.</summary>
    bool KnowsHash(PaymentHash hash);

    /// <summary>The latest rings, newest first.</summary>
    ImmutableArray<RingRecord> LatestRings(int count);

    /// <summary>A ring's story, oldest line first.</summary>
    ImmutableArray<RingStoryLine> Story(RingId ring);

    /// <summary>Waived forwards, newest first.</summary>
    ImmutableArray<PhantomFee> PhantomFees(DateTimeOffset since, int count);

    /// <summary>The days from <paramref name="first"/> on (UTC) on which a ring ended, oldest first.</summary>
    ImmutableArray<DayFigures> Days(DateOnly first);
}

/// <summary>
/// The bindings of waivers to HTLCs, saved from the gate's binder while the engine goes on with its own work: the only part of the store
/// that is safe to call from another thread.
/// </summary>
public interface IBindingStore
{
    /// <summary>Saves the binding durably within the time-out. False for any reason whatever; the waiver is then not used.</summary>
    bool TrySave(WaiverBinding binding, TimeSpan timeout);
}
