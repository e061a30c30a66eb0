using Eddy.Lnd.Access;
using Grpc.Core;

namespace Eddy.Lnd.Payments;

/// <summary>What an error of SendToRouteV2 says about the payment.</summary>
internal enum SendFailure
{
    /// <summary>Nothing is known: LND may have sent, or may still do so. The payment has to be followed.</summary>
    Unclear = 0,

    /// <summary>LND refused before it made a record or an HTLC.</summary>
    NotSent = 1,

    /// <summary>LND has a payment with this hash already; this call sent nothing.</summary>
    Existing = 2,
}

/// <summary>
/// Sorts the errors of SendToRouteV2 (routing/router.go, router_backend.go; 0.18.5 to 0.21.2). LND writes a record of the payment
/// before it sends, and after all the checks whose texts are listed here. What is not listed counts as unclear: a wrong "not sent"
/// could pay twice, a wrong "unclear" costs a look at the records.
/// </summary>
internal static class SendFailures
{
    private static readonly string[] NotSentTexts =
    [
        "permission denied",
        "verification failed",
        "expected 1 macaroon",
        "encoding/hex",
        "invalid hash length",
        "unable to send, no routes provided",
        "empty route hops provided",
        "route has too many hops",
        "missing payment_addr",
        "missing total_msat",
        "cannot send MPP to intermediate",
        "channel edge does not match expected node",
        "invalid custom record",
        "custom records entry with TLV type below min",
        "max payload size exceeded",
        "max routing info size",
    ];

    private static readonly string[] ExistingTexts =
    [
        "invoice is already paid",
        "payment is in transition",
        "payment already exists",
        "attempted value exceeds payment amount",
        "payment address mismatch",
        "total amount mismatch",
        "payment has settled htlcs",
        "payment has failure reason",
        "payment has reached final",
    ];

    public static SendFailure Classify(RpcException exception) => exception.StatusCode switch
    {
        StatusCode.AlreadyExists => SendFailure.Existing,
        StatusCode.InvalidArgument or StatusCode.Unimplemented or StatusCode.PermissionDenied or StatusCode.Unauthenticated => SendFailure.NotSent,
        StatusCode.Unknown when Array.Exists(ExistingTexts, text => LndErrors.Says(exception, text)) => SendFailure.Existing,
        StatusCode.Unknown when LndErrors.IsNotReady(exception) || Array.Exists(NotSentTexts, text => LndErrors.Says(exception, text)) =>
            SendFailure.NotSent,

        // "htlcswitch shutting down" among them: the HTLC may be on its way, and LND goes on with it when it is back.
        _ => SendFailure.Unclear,
    };
}
