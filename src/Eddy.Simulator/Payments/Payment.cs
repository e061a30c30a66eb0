using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>LND's <c>Payment.PaymentStatus</c>.</summary>
public enum PaymentStatus
{
    Unknown = 0,
    InFlight = 1,
    Succeeded = 2,
    Failed = 3,
}

/// <summary>LND's <c>PaymentFailureReason</c>.</summary>
public enum PaymentFailureReason
{
    None = 0,
    Timeout = 1,
    NoRoute = 2,
    Error = 3,
    IncorrectPaymentDetails = 4,
    InsufficientBalance = 5,
    Canceled = 6,
}

/// <summary>LND's <c>HTLCAttempt.HTLCStatus</c>.</summary>
public enum AttemptStatus
{
    InFlight = 0,
    Succeeded = 1,
    Failed = 2,
}

/// <summary>One HTLC of a payment.</summary>
public sealed record HtlcAttempt
{
    public required ulong AttemptId { get; init; }

    public required AttemptStatus Status { get; init; }

    public required Route Route { get; init; }

    /// <summary>Records that travel with the HTLC to the first node.</summary>
    public ImmutableSortedDictionary<ulong, ImmutableArray<byte>> FirstHopCustomRecords { get; init; } = CustomRecords.None;

    public required DateTimeOffset AttemptTime { get; init; }

    public DateTimeOffset? ResolveTime { get; init; }

    public HtlcFailure? Failure { get; init; }

    public Preimage? Preimage { get; init; }
}

/// <summary>A payment as TrackPaymentV2 shows it: an immutable snapshot.</summary>
public sealed record Payment
{
    public required PaymentHash Hash { get; init; }

    public Preimage? Preimage { get; init; }

    public required MilliSatoshi Value { get; init; }

    public required PaymentStatus Status { get; init; }

    public required MilliSatoshi Fee { get; init; }

    public required DateTimeOffset CreationTime { get; init; }

    public required ImmutableArray<HtlcAttempt> Attempts { get; init; }

    public required ulong PaymentIndex { get; init; }

    public required PaymentFailureReason FailureReason { get; init; }

    /// <summary>What was paid, as text; empty for hand-made routes.</summary>
    public string PaymentRequest { get; init; } = "";

    public bool IsFinal => Status is PaymentStatus.Succeeded or PaymentStatus.Failed;
}
