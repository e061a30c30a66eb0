using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Engine.Storage;

/// <summary>A ring as it is kept: what is asked for as columns, the machine's state as bytes with a format number.</summary>
/// <param name="Position">Ours: 0 for the initiator.</param>
/// <param name="State">Name of the state in the ring machine.</param>
/// <param name="Fee">Paid by us; zero for a ring that settled as agreed.</param>
/// <param name="WaivedFee">Waived by us as a member.</param>
/// <param name="SavedFee">As an initiator: what the ring would have cost.</param>
/// <param name="Format">Version of <paramref name="Blob"/>.</param>
public sealed record RingRecord(
    RingId Id,
    int Position,
    string State,
    bool IsFinal,
    RingOutcome Outcome,
    PaymentHash Hash,
    MilliSatoshi Amount,
    MilliSatoshi Fee,
    MilliSatoshi WaivedFee,
    MilliSatoshi SavedFee,
    int? FailurePosition,
    string Reason,
    DateTimeOffset StartedAt,
    DateTimeOffset? EndedAt,
    int Format,
    ReadOnlyMemory<byte> Blob);
