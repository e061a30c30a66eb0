using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Engine.Ports;

/// <summary>How a command ended.</summary>
public abstract record CommandOutcome
{
    private CommandOutcome()
    {
    }

    public sealed record Done : CommandOutcome;

    /// <param name="Signature">65 bytes: header, r, s (LND's SignMessage after z-base-32 decoding).</param>
    public sealed record Signed(ReadOnlyMemory<byte> Signature) : CommandOutcome;

    /// <param name="PaymentAddress">32 bytes for the MPP record.</param>
    /// <param name="FinalCltv">The invoice's final CLTV delta.</param>
    public sealed record InvoiceAdded(ReadOnlyMemory<byte> PaymentAddress, uint FinalCltv) : CommandOutcome;

    public sealed record InvoiceFound(InvoiceState State, MilliSatoshi AmountPaid, ReadOnlyMemory<byte> PaymentAddress, uint FinalCltv) : CommandOutcome;

    /// <param name="Fee">What the payment cost beyond its amount; zero for a ring that was waived everywhere.</param>
    public sealed record PaymentSettled(MilliSatoshi Fee) : CommandOutcome;

    /// <param name="Code">As LND reports it.</param>
    /// <param name="Source">0 for our own node, k for the node reached after hop k; -1 where LND names none.</param>
    public sealed record PaymentFailed(FailureCode Code, int Source) : CommandOutcome;

    /// <summary>One entry for each key asked for, in that order.</summary>
    public sealed record CircuitsFound(ImmutableArray<CircuitStatus> Circuits) : CommandOutcome;

    public sealed record NotFound(string Reason) : CommandOutcome;

    /// <summary>LND said no: it is certain that the command had no effect.</summary>
    public sealed record Refused(string Reason) : CommandOutcome;

    /// <summary>LND could not be asked, or it is not known what became of it. Never the answer to SendToRoute after the call left.</summary>
    public sealed record Unavailable(string Reason) : CommandOutcome;
}

/// <summary>LND's invoice states.</summary>
public enum InvoiceState
{
    Open = 0,
    Settled = 1,
    Cancelled = 2,
    Accepted = 3,
}

/// <summary>What LND knows of one incoming HTLC of ours.</summary>
public sealed record CircuitStatus(CircuitKey Key, CircuitFate Fate);
