using System.Diagnostics.CodeAnalysis;

namespace Eddy.Simulator;

/// <summary>gRPC's status codes, as far as LND uses them.</summary>
public enum RpcCode
{
    Ok = 0,
    Cancelled = 1,
    Unknown = 2,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    Internal = 13,
    Unavailable = 14,
}

/// <summary>What a call to a simulated LND ends with instead of an answer. LND's plain Go errors have the code <see cref="RpcCode.Unknown"/>.</summary>
public sealed record RpcError(RpcCode Code, string Message)
{
    /// <summary>A Go error without a gRPC status.</summary>
    public static RpcError Plain(string message) => new(RpcCode.Unknown, message);

    public static RpcError NotFound(string message) => new(RpcCode.NotFound, message);

    public static RpcError InvalidArgument(string message) => new(RpcCode.InvalidArgument, message);

    public static RpcError AlreadyExists(string message) => new(RpcCode.AlreadyExists, message);
}

/// <summary>An answer or an error; exactly one of them.</summary>
public readonly record struct RpcResult<T>
{
    private readonly T? _value;

    private RpcResult(T? value, RpcError? error) => (_value, Error) = (value, error);

    public RpcError? Error { get; }

    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsOk => Error is null;

    /// <exception cref="InvalidOperationException">The call failed.</exception>
    public T Value => IsOk ? _value! : throw new InvalidOperationException($"The call failed: {Error.Code} {Error.Message}");

    public static implicit operator RpcResult<T>(T value) => new(value, null);

    public static implicit operator RpcResult<T>(RpcError error) => new(default, error);

    public bool TryGet([MaybeNullWhen(false)] out T value, [NotNullWhen(false)] out RpcError? error)
    {
        (value, error) = (_value, Error);
        return IsOk;
    }
}
