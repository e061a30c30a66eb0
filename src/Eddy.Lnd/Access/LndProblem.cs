using System.Collections.Immutable;

namespace Eddy.Lnd.Access;

/// <summary>What stands between us and LND.</summary>
public enum LndProblemKind
{
    HostInvalid,
    CertificateMissing,
    CertificateUnreadable,
    CertificateExpired,
    CertificateMismatch,
    MacaroonMissing,
    MacaroonUnreadable,
    MacaroonRefused,
    MissingRights,
    WrongNetwork,
    VersionTooOld,
    NotRunning,
    NotLnd,
    WalletMissing,
    WalletLocked,
    StartingUp,
    Unexpected,
}

/// <summary>One problem in words for the operator.</summary>
/// <param name="Kind">For programs.</param>
/// <param name="Message">One sentence: what is wrong.</param>
/// <param name="Remedy">One sentence: what to do about it.</param>
public sealed record LndProblem(LndProblemKind Kind, string Message, string Remedy)
{
    /// <summary>With <see cref="LndProblemKind.MissingRights"/>: the methods the macaroon does not allow.</summary>
    public ImmutableArray<string> MissingMethods { get; init; } = [];

    /// <summary>The process exit code that stands for it: 2 configuration, 3 cannot talk to LND, 4 refused, 1 anything else.</summary>
    public int ExitCode => Kind switch
    {
        LndProblemKind.HostInvalid
            or LndProblemKind.CertificateMissing
            or LndProblemKind.CertificateUnreadable
            or LndProblemKind.MacaroonMissing
            or LndProblemKind.MacaroonUnreadable
            or LndProblemKind.WrongNetwork
            or LndProblemKind.VersionTooOld => 2,
        LndProblemKind.CertificateExpired
            or LndProblemKind.CertificateMismatch
            or LndProblemKind.NotRunning
            or LndProblemKind.NotLnd
            or LndProblemKind.WalletMissing
            or LndProblemKind.WalletLocked
            or LndProblemKind.StartingUp => 3,
        LndProblemKind.MacaroonRefused or LndProblemKind.MissingRights => 4,
        _ => 1,
    };

    /// <summary>LND is there and waits for its operator, or is on its way: look again soon.</summary>
    internal bool IsWaiting => Kind is LndProblemKind.WalletMissing or LndProblemKind.WalletLocked or LndProblemKind.StartingUp;

    public override string ToString() => $"{Message} {Remedy}";
}

/// <summary>Carries a problem out of nested calls; never leaves this project.</summary>
internal sealed class LndProblemException(LndProblem problem) : Exception(problem.Message)
{
    public LndProblem Problem { get; } = problem;
}
