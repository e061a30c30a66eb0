namespace Eddy.Rings;

/// <summary>How a ring ended. Numbers are on the wire.</summary>
public enum RingOutcome
{
    Unknown = 0,
    Settled = 1,

    /// <summary>The payment was sent and failed; nobody has paid anything.</summary>
    Failed = 2,

    /// <summary>Ended before any payment, by the initiator.</summary>
    Cancelled = 3,

    /// <summary>A member refused.</summary>
    Rejected = 4,

    /// <summary>Time ran out before any payment.</summary>
    Expired = 5,
}
