namespace Eddy.Security;

/// <summary>A server's certificate is not trusted; the message says why in a sentence for the operator.</summary>
public sealed class PinnedCertificateException(CertificateFault fault, string message) : Exception(message)
{
    public CertificateFault Fault { get; } = fault;

    /// <summary>The certificate's fault behind a failed call or connection, or null where it failed for another reason.</summary>
    public static PinnedCertificateException? FindIn(Exception? exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is PinnedCertificateException found)
            {
                return found;
            }
        }

        return null;
    }
}
