using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>LND's <c>Invoice.InvoiceState</c>.</summary>
public enum InvoiceState
{
    Open = 0,
    Settled = 1,
    Canceled = 2,
    Accepted = 3,
}

/// <summary>LND's <c>InvoiceHTLCState</c>.</summary>
public enum InvoiceHtlcState
{
    Accepted = 0,
    Settled = 1,
    Canceled = 2,
}

/// <summary>An HTLC that pays an invoice.</summary>
public sealed record InvoiceHtlc
{
    public required CircuitKey Circuit { get; init; }

    public required MilliSatoshi Amount { get; init; }

    public required uint AcceptHeight { get; init; }

    public required DateTimeOffset AcceptTime { get; init; }

    public DateTimeOffset? ResolveTime { get; init; }

    public required uint ExpiryHeight { get; init; }

    public required InvoiceHtlcState State { get; init; }

    public required ImmutableSortedDictionary<ulong, ImmutableArray<byte>> CustomRecords { get; init; }

    public required MilliSatoshi MppTotal { get; init; }
}

/// <summary>An invoice as LookupInvoice shows it: an immutable snapshot.</summary>
public sealed record Invoice
{
    public required PaymentHash Hash { get; init; }

    /// <summary>Null for a hold invoice that is not settled.</summary>
    public Preimage? Preimage { get; init; }

    public string Memo { get; init; } = "";

    public ImmutableArray<byte> DescriptionHash { get; init; } = [];

    /// <summary>0 takes any amount.</summary>
    public required MilliSatoshi Value { get; init; }

    public required DateTimeOffset CreationDate { get; init; }

    public DateTimeOffset? SettleDate { get; init; }

    public required TimeSpan Expiry { get; init; }

    /// <summary>The final CLTV delta.</summary>
    public required uint CltvExpiry { get; init; }

    public required ulong AddIndex { get; init; }

    public ulong SettleIndex { get; init; }

    public MilliSatoshi AmountPaid { get; init; }

    public InvoiceState State { get; init; }

    public ImmutableArray<InvoiceHtlc> Htlcs { get; init; } = [];

    public required Bytes32 PaymentAddr { get; init; }

    public bool IsPrivate { get; init; }

    public bool IsHold { get; init; }

    /// <summary>BOLT 11, signed when somebody first asks for it.</summary>
    public string PaymentRequest => SignedRequest?.Value ?? "";

    internal Lazy<string>? SignedRequest { get; init; }
}

/// <summary>What AddInvoice and AddHoldInvoice are asked for.</summary>
public sealed record InvoiceRequest
{
    public string Memo { get; init; } = "";

    public ImmutableArray<byte> DescriptionHash { get; init; } = [];

    public MilliSatoshi Value { get; init; }

    /// <summary>Seconds; 0 for LND's default of a day.</summary>
    public long ExpirySeconds { get; init; }

    /// <summary>0 for LND's default of 80 blocks.</summary>
    public ulong CltvExpiry { get; init; }

    public bool IsPrivate { get; init; }

    /// <summary>Null: the node makes one up. Not for hold invoices.</summary>
    public Preimage? Preimage { get; init; }

    /// <summary>Set for a hold invoice, whose preimage the node does not know.</summary>
    public PaymentHash? HoldHash { get; init; }
}
