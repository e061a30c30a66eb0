using Eddy.Security;
using Grpc.Core;

namespace Eddy.Lnd.Access;

/// <summary>LND's certificate: the pinned file, and what is wrong with it in words for the operator.</summary>
internal static class TlsCertificate
{
    /// <exception cref="LndProblemException">The file cannot be used.</exception>
    public static PinnedCertificate Read(string path)
    {
        var certificate = new PinnedCertificate(path);
        try
        {
            certificate.CheckFile();
            return certificate;
        }
        catch (PinnedCertificateException exception)
        {
            throw new LndProblemException(Explain(exception));
        }
    }

    /// <summary>Null where the call failed for another reason.</summary>
    public static LndProblem? Explain(RpcException exception) =>
        PinnedCertificateException.FindIn(exception.Status.DebugException) is { } cause ? Explain(cause) : null;

    private static LndProblem Explain(PinnedCertificateException exception) => exception.Fault switch
    {
        CertificateFault.FileMissing => new(
            LndProblemKind.CertificateMissing,
            exception.Message,
            "Set lnd.tlscert to LND's tls.cert; LND writes it when it starts for the first time."),
        CertificateFault.FileUnreadable or CertificateFault.FileEmpty or CertificateFault.FileNotPem => new(
            LndProblemKind.CertificateUnreadable,
            exception.Message,
            "Set lnd.tlscert to a readable copy of LND's tls.cert."),
        CertificateFault.Expired => new(
            LndProblemKind.CertificateExpired,
            exception.Message,
            "Restart LND, and give eddy the new tls.cert if it reads a copy."),
        CertificateFault.NotYetValid => new(
            LndProblemKind.CertificateExpired,
            exception.Message,
            "Set the clock."),
        _ => new(
            LndProblemKind.CertificateMismatch,
            exception.Message,
            "Give eddy the tls.cert of the LND at lnd.host; one with tlsencryptkey shows another certificate while its wallet is locked."),
    };
}
