namespace Eddy.Lnd.Interception;

/// <summary>What the interceptor has done since the start; safe to read at any time.</summary>
public sealed class InterceptorStatistics
{
    private long _offered;
    private long _resumed;
    private long _waived;
    private long _silenced;
    private long _unsaved;
    private long _overflowed;
    private long _judgeFailures;

    /// <summary>HTLCs LND offered.</summary>
    public long Offered => Interlocked.Read(ref _offered);

    /// <summary>Answered with plain RESUME, for whatever reason.</summary>
    public long Resumed => Interlocked.Read(ref _resumed);

    /// <summary>Answered with RESUME_MODIFIED.</summary>
    public long Waived => Interlocked.Read(ref _waived);

    /// <summary>On-chain re-offers, which get no answer.</summary>
    public long Silenced => Interlocked.Read(ref _silenced);

    /// <summary>Resumed although the verdict was to waive: the binding did not reach the disk in time.</summary>
    public long Unsaved => Interlocked.Read(ref _unsaved);

    /// <summary>Resumed unread, for the judge was behind.</summary>
    public long Overflowed => Interlocked.Read(ref _overflowed);

    /// <summary>The judge threw: a bug of ours.</summary>
    public long JudgeFailures => Interlocked.Read(ref _judgeFailures);

    /// <summary>How long the judge took for one verdict.</summary>
    public LatencyHistogram JudgeTime { get; } = new();

    /// <summary>From the HTLC's arrival to its answer being handed to the transport.</summary>
    public LatencyHistogram AnswerTime { get; } = new();

    internal void CountOffered() => Interlocked.Increment(ref _offered);

    internal void CountResumed() => Interlocked.Increment(ref _resumed);

    internal void CountWaived() => Interlocked.Increment(ref _waived);

    internal void CountSilenced() => Interlocked.Increment(ref _silenced);

    internal void CountUnsaved() => Interlocked.Increment(ref _unsaved);

    internal void CountOverflowed() => Interlocked.Increment(ref _overflowed);

    internal void CountJudgeFailure() => Interlocked.Increment(ref _judgeFailures);
}
