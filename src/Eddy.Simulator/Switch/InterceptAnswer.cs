using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>LND's <c>ResolveHoldForwardAction</c>, with its numbers. The protobuf default is <see cref="Settle"/>.</summary>
public enum InterceptAction
{
    Settle = 0,
    Fail = 1,
    Resume = 2,
    ResumeModified = 3,
}

/// <summary>A client's answer to an <see cref="InterceptRequest"/>: the fields of LND's <c>ForwardHtlcInterceptResponse</c>.</summary>
public sealed record InterceptAnswer
{
    /// <summary>Null when the client left the key out.</summary>
    public required CircuitKey? Circuit { get; init; }

    /// <summary>Any number: an undefined one closes the stream, as with LND.</summary>
    public InterceptAction Action { get; init; }

    /// <summary>Empty for none, else any length.</summary>
    public ImmutableArray<byte> Preimage { get; init; } = [];

    /// <summary>Empty for none; 292 bytes otherwise.</summary>
    public ImmutableArray<byte> FailureMessage { get; init; } = [];

    public FailureCode FailureCode { get; init; }

    /// <summary>0 leaves the incoming amount. Never compared with the real one, and wraps above 2^63.</summary>
    public ulong InAmountMsat { get; init; }

    /// <summary>0 leaves the outgoing amount.</summary>
    public ulong OutAmountMsat { get; init; }

    public ImmutableSortedDictionary<ulong, ImmutableArray<byte>> OutWireRecords { get; init; } = CustomRecords.None;

    public static InterceptAnswer Resume(CircuitKey circuit) => new() { Circuit = circuit, Action = InterceptAction.Resume };

    public static InterceptAnswer ResumeModified(CircuitKey circuit, ulong inAmountMsat) =>
        new() { Circuit = circuit, Action = InterceptAction.ResumeModified, InAmountMsat = inAmountMsat };

    public static InterceptAnswer Fail(CircuitKey circuit, FailureCode code = FailureCode.Reserved) =>
        new() { Circuit = circuit, Action = InterceptAction.Fail, FailureCode = code };

    public static InterceptAnswer Settle(CircuitKey circuit, Preimage preimage) =>
        new() { Circuit = circuit, Action = InterceptAction.Settle, Preimage = [.. preimage.Value.ToArray()] };
}
