using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>LND's <c>HtlcEvent.EventType</c>.</summary>
public enum HtlcEventType
{
    Unknown = 0,
    Send = 1,
    Receive = 2,
    Forward = 3,
}

/// <summary>LND's <c>FailureDetail</c>, with its numbers.</summary>
public enum FailureDetail
{
    Unknown = 0,
    NoDetail = 1,
    OnionDecode = 2,
    LinkNotEligible = 3,
    OnChainTimeout = 4,
    HtlcExceedsMax = 5,
    InsufficientBalance = 6,
    IncompleteForward = 7,
    HtlcAddFailed = 8,
    ForwardsDisabled = 9,
    InvoiceCanceled = 10,
    InvoiceUnderpaid = 11,
    InvoiceExpiryTooSoon = 12,
    InvoiceNotOpen = 13,
    MppInvoiceTimeout = 14,
    AddressMismatch = 15,
    SetTotalMismatch = 16,
    SetTotalTooLow = 17,
    SetOverpaid = 18,
    UnknownInvoice = 19,
    InvalidKeysend = 20,
    MppInProgress = 21,
    CircularRoute = 22,
}

/// <summary>Amounts and time locks of both legs; the incoming amount is the one a RESUME_MODIFIED has put in.</summary>
public readonly record struct HtlcInfo(uint IncomingTimelock, uint OutgoingTimelock, MilliSatoshi IncomingAmount, MilliSatoshi OutgoingAmount);

/// <summary>What SubscribeHtlcEvents shows. A leg that does not exist has scid and id 0.</summary>
public abstract record HtlcEvent
{
    private HtlcEvent()
    {
    }

    public required CircuitKey Incoming { get; init; }

    public required CircuitKey Outgoing { get; init; }

    public required DateTimeOffset Time { get; init; }

    public required HtlcEventType Type { get; init; }

    public sealed record Forward(HtlcInfo Info) : HtlcEvent;

    public sealed record ForwardFail : HtlcEvent;

    public sealed record Settle(Preimage Preimage) : HtlcEvent;

    public sealed record LinkFail(HtlcInfo Info, FailureCode WireFailure, FailureDetail Detail, string Text) : HtlcEvent;

    /// <summary>The incoming HTLC is definitely removed; no outgoing leg, type unknown.</summary>
    public sealed record Final(bool Settled, bool Offchain) : HtlcEvent;
}
