using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Protos.Routerrpc;

namespace Eddy.Lnd.Interception;

/// <summary>From LND's interceptor messages to ours and back.</summary>
internal static class OfferedHtlc
{
    // All bitcoin there will ever be: an amount beyond it is a sender's joke, or an attack on somebody's arithmetic.
    private const ulong MaxMsat = 21_000_000UL * 100_000_000 * 1000;

    /// <summary>
    /// An HTLC of a channel that is on chain. RESUME would be a wrong answer and close the stream. Off chain LND's auto-fail height is
    /// always some blocks before the expiry; below zero it has wrapped an absurd expiry (before 0.20.3), which it refuses itself once resumed.
    /// </summary>
    public static bool IsUnanswerable(ForwardHtlcInterceptRequest request) =>
        request.IncomingCircuitKey is null
        || request.AutoFailHeight == 0
        || (request.AutoFailHeight > 0 && (uint)request.AutoFailHeight >= request.IncomingExpiry);

    /// <summary>False for what no judge should see; such an HTLC is resumed.</summary>
    public static bool TryRead(ForwardHtlcInterceptRequest request, out InterceptedHtlc htlc)
    {
        htlc = default;
        if (request.IncomingAmountMsat > MaxMsat
            || request.OutgoingAmountMsat > MaxMsat
            || !Bytes32.TryFrom(request.PaymentHash.Span, out var hash))
        {
            return false;
        }

        var record = request.CustomRecords.TryGetValue(InterceptedHtlc.RecordType, out var bytes) ? bytes.Memory : default;
        htlc = new(
            ReadKey(request.IncomingCircuitKey),
            new((long)request.IncomingAmountMsat),
            request.IncomingExpiry,
            new(hash),
            new(request.OutgoingRequestedChanId),
            new((long)request.OutgoingAmountMsat),
            request.OutgoingExpiry,
            request.AutoFailHeight,
            !request.OutgoingRequestedNodeId.IsEmpty,
            record);
        return true;
    }

    public static Lightning.CircuitKey ReadKey(Protos.Routerrpc.CircuitKey key) => new(new(key.ChanId), key.HtlcId);

    // The action is always set: left out it means SETTLE.
    public static ForwardHtlcInterceptResponse Resume(Protos.Routerrpc.CircuitKey key) =>
        new() { IncomingCircuitKey = key, Action = ResolveHoldForwardAction.Resume };

    /// <summary>Tells LND that <paramref name="inAmount"/> came in. Nothing else is set: an outgoing amount would be paid by us.</summary>
    public static ForwardHtlcInterceptResponse Waive(Protos.Routerrpc.CircuitKey key, MilliSatoshi inAmount) => new()
    {
        IncomingCircuitKey = key,
        Action = ResolveHoldForwardAction.ResumeModified,
        InAmountMsat = (ulong)inAmount.Value,
    };
}
