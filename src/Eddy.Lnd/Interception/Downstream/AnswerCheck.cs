using System.Security.Cryptography;
using Eddy.Protos.Routerrpc;
using Grpc.Core;
using FailureCode = Eddy.Protos.Lnrpc.Failure.Types.FailureCode;

namespace Eddy.Lnd.Interception;

/// <summary>
/// What LND would say of a client's answer. It closes the stream at the first wrong one, and that stream is ours: whatever is wrong is said to
/// the client, in LND's words, and never passed on.
/// </summary>
internal static class AnswerCheck
{
    /// <summary>Reason and padding of an encrypted failure: 256 + 32 + 2 + 2.</summary>
    private const int FailureSize = 292;

    private const int PreimageSize = 32;
    private const ulong FirstCustomRecord = 65_536;
    private const int MostRecordBytes = 32 * 1024;

    // All bitcoin there will ever be. LND takes more, and what it then reckons with may wrap.
    private const ulong MaxMsat = 21_000_000UL * 100_000_000 * 1000;

    /// <summary>Null for an answer that can be passed on.</summary>
    public static Status? Fault(ForwardHtlcInterceptResponse answer, ForwardHtlcInterceptRequest asked) => answer.Action switch
    {
        ResolveHoldForwardAction.Resume => null,
        ResolveHoldForwardAction.Settle when answer.Preimage.IsEmpty => Plain("missing preimage"),
        ResolveHoldForwardAction.Settle => Opens(answer, asked) ? null : Plain("preimage does not match hash"),
        ResolveHoldForwardAction.Fail => FaultOfFailure(answer),
        ResolveHoldForwardAction.ResumeModified when answer.InAmountMsat > MaxMsat || answer.OutAmountMsat > MaxMsat => Invalid("an amount is more than all bitcoin there is"),
        ResolveHoldForwardAction.ResumeModified when answer.OutWireCustomRecords.Keys.Any(static type => type < FirstCustomRecord) =>
            Invalid("failed to validate custom records: no record may be below 65536"),
        ResolveHoldForwardAction.ResumeModified when answer.OutWireCustomRecords.Values.Sum(static record => (long)record.Length) > MostRecordBytes =>
            Invalid("failed to validate custom records: they are too long for a message to a peer"),
        ResolveHoldForwardAction.ResumeModified => null,
        _ => Invalid($"unrecognized resolve action {(int)answer.Action}"),
    };

    /// <summary>The same answer with nothing in it that its action does not need.</summary>
    public static ForwardHtlcInterceptResponse Clean(ForwardHtlcInterceptResponse answer)
    {
        var clean = new ForwardHtlcInterceptResponse { IncomingCircuitKey = answer.IncomingCircuitKey, Action = answer.Action };
        switch (answer.Action)
        {
            case ResolveHoldForwardAction.Settle:
                clean.Preimage = answer.Preimage;
                break;
            case ResolveHoldForwardAction.Fail:
                clean.FailureCode = answer.FailureCode;
                clean.FailureMessage = answer.FailureMessage;
                break;
            case ResolveHoldForwardAction.ResumeModified:
                clean.InAmountMsat = answer.InAmountMsat;
                clean.OutAmountMsat = answer.OutAmountMsat;
                clean.OutWireCustomRecords.Add(answer.OutWireCustomRecords);
                break;
        }

        return clean;
    }

    public static ForwardHtlcInterceptResponse Fail(CircuitKey key) =>
        new() { IncomingCircuitKey = key, Action = ResolveHoldForwardAction.Fail, FailureCode = FailureCode.TemporaryChannelFailure };

    private static Status? FaultOfFailure(ForwardHtlcInterceptResponse answer)
    {
        if (!answer.FailureMessage.IsEmpty)
        {
            return answer.FailureCode != FailureCode.Reserved ? Invalid("failure message and failure code are mutually exclusive")
                : answer.FailureMessage.Length != FailureSize ? Invalid("failure message length invalid")
                : null;
        }

        return answer.FailureCode is FailureCode.Reserved or FailureCode.TemporaryChannelFailure
            or FailureCode.InvalidOnionVersion or FailureCode.InvalidOnionHmac or FailureCode.InvalidOnionKey
            ? null
            : Invalid($"unsupported failure code: {(int)answer.FailureCode}");
    }

    private static bool Opens(ForwardHtlcInterceptResponse answer, ForwardHtlcInterceptRequest asked) =>
        answer.Preimage.Length == PreimageSize && SHA256.HashData(answer.Preimage.Span).AsSpan().SequenceEqual(asked.PaymentHash.Span);

    private static Status Plain(string text) => new(StatusCode.Unknown, text);

    private static Status Invalid(string text) => new(StatusCode.InvalidArgument, text);
}
