namespace Eddy.Rings;

/// <summary>What is wrong with the terms that came back, and whose they are.</summary>
/// <param name="Position">Of the member at fault; null where it is nobody in particular.</param>
public sealed record TermsFault(TermsFaultKind Kind, int? Position);

public enum TermsFaultKind
{
    /// <summary>A member's terms are missing, or there are more than members.</summary>
    Count = 0,

    /// <summary>Not decodable.</summary>
    Malformed = 1,

    /// <summary>Not signed by that member.</summary>
    Signature = 2,

    /// <summary>Terms for another offer.</summary>
    Digest = 3,

    /// <summary>Terms for another position.</summary>
    Position = 4,

    /// <summary>No channel named.</summary>
    Channel = 5,

    /// <summary>CLTV delta out of bounds.</summary>
    CltvDelta = 6,

    /// <summary>More than the member before agreed to, or less than the offer's least.</summary>
    Amount = 7,

    /// <summary>The amount agreed on is outside what the member's channel takes.</summary>
    HtlcLimits = 8,

    /// <summary>A gain that the amount cannot bring about.</summary>
    Gain = 9,

    /// <summary>Together the members lock money for longer than the offer says; the position is that of the longest.</summary>
    LockTime = 10,

    /// <summary>Nobody would be nearer its target.</summary>
    NobodyGains = 11,
}
