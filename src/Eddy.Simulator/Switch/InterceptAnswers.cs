using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>What LND accepts in an answer, and its texts for what it does not.</summary>
internal static class InterceptAnswers
{
    // An encrypted failure: 256 bytes of padded message, 32 of HMAC, two lengths.
    private const int FailureMessageSize = 292;

    /// <summary>The faults of an answer that can be seen without knowing the HTLC.</summary>
    public static RpcError? Check(InterceptAnswer answer) => answer.Action switch
    {
        InterceptAction.Settle when answer.Preimage.IsEmpty => RpcError.Plain("missing preimage"),
        InterceptAction.Settle when answer.Preimage.Length != Bytes32.Size =>
            RpcError.Plain($"invalid preimage length of {answer.Preimage.Length}, want {Bytes32.Size}"),
        InterceptAction.Settle or InterceptAction.Resume => null,
        InterceptAction.Fail => CheckFail(answer),
        InterceptAction.ResumeModified => CheckRecords(answer),
        _ => RpcError.InvalidArgument($"unrecognized resolve action {(int)answer.Action}"),
    };

    /// <summary>The code a FAIL sends back: none given means a temporary channel failure.</summary>
    public static FailureCode FailureOf(InterceptAnswer answer) =>
        answer.FailureCode == FailureCode.Reserved ? FailureCode.TemporaryChannelFailure : answer.FailureCode;

    /// <summary>Changes the packet as a RESUME_MODIFIED asks. The amounts are taken as they come: LND compares them with nothing.</summary>
    public static void Modify(ForwardPacket packet, InterceptAnswer answer, LndVersion version)
    {
        if (answer.Action != InterceptAction.ResumeModified)
        {
            return;
        }

        if (answer.InAmountMsat > 0)
        {
            packet.IncomingMsat = unchecked((long)answer.InAmountMsat);
        }

        if (answer.OutAmountMsat > 0)
        {
            packet.OutgoingMsat = unchecked((long)answer.OutAmountMsat);
        }

        if (!answer.OutWireRecords.IsEmpty)
        {
            packet.OutgoingWireRecords = version.MergesWireRecords
                ? packet.OutgoingWireRecords.SetItems(answer.OutWireRecords)
                : answer.OutWireRecords;
        }
    }

    private static RpcError? CheckFail(InterceptAnswer answer)
    {
        if (!answer.FailureMessage.IsEmpty)
        {
            if (answer.FailureCode != FailureCode.Reserved)
            {
                return RpcError.InvalidArgument("failure message and failure code are mutually exclusive");
            }

            return answer.FailureMessage.Length == FailureMessageSize
                ? null
                : RpcError.InvalidArgument("failure message length invalid");
        }

        return answer.FailureCode
            is FailureCode.Reserved or FailureCode.TemporaryChannelFailure
            or FailureCode.InvalidOnionVersion or FailureCode.InvalidOnionHmac or FailureCode.InvalidOnionKey
            ? null
            : RpcError.InvalidArgument($"unsupported failure code: {FailureNames.Of(answer.FailureCode)}");
    }

    private static RpcError? CheckRecords(InterceptAnswer answer) =>
        answer.OutWireRecords.IsEmpty || answer.OutWireRecords.Keys.First() >= CustomRecords.FirstType
            ? null
            : RpcError.InvalidArgument(
                $"failed to validate custom records: custom records entry with TLV type below min: {CustomRecords.FirstType}");
}
