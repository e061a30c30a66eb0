namespace Grpc.Core;

/// <summary>The result codes of a gRPC call (grpc/grpc doc/statuscodes.md).</summary>
public enum StatusCode
{
    /// <summary>Not an error.</summary>
    OK = 0,

    /// <summary>Cancelled, usually by the caller.</summary>
    Cancelled = 1,

    /// <summary>Unknown error. LND's plain errors carry this code, whatever their cause.</summary>
    Unknown = 2,

    /// <summary>The caller gave an invalid argument.</summary>
    InvalidArgument = 3,

    /// <summary>The deadline passed first; the work may have been done all the same.</summary>
    DeadlineExceeded = 4,

    /// <summary>Something asked for was not found.</summary>
    NotFound = 5,

    /// <summary>Something to be created exists already.</summary>
    AlreadyExists = 6,

    /// <summary>The caller is known and has no right to this.</summary>
    PermissionDenied = 7,

    /// <summary>A resource is used up, or a message is larger than a limit.</summary>
    ResourceExhausted = 8,

    /// <summary>The system is not in the state that the call needs.</summary>
    FailedPrecondition = 9,

    /// <summary>Aborted, usually over a conflict with another call.</summary>
    Aborted = 10,

    /// <summary>Past the end of a range.</summary>
    OutOfRange = 11,

    /// <summary>The service or the method does not exist, or a feature is not supported.</summary>
    Unimplemented = 12,

    /// <summary>A broken invariant, or a broken protocol.</summary>
    Internal = 13,

    /// <summary>The service cannot be reached at present; worth another try.</summary>
    Unavailable = 14,

    /// <summary>Data was lost or damaged beyond repair.</summary>
    DataLoss = 15,

    /// <summary>The caller's credentials are missing or not valid.</summary>
    Unauthenticated = 16,
}
