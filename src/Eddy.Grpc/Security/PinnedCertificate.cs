using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;

namespace Eddy.Security;

/// <summary>
/// Trusts exactly the certificates in a PEM file, compared byte by byte, and nothing else: no authority, no name.
/// The file is read at every handshake, since LND replaces its certificate when that has expired.
/// </summary>
public sealed class PinnedCertificate(string pemPath, TimeProvider timeProvider)
{
    public PinnedCertificate(string pemPath)
        : this(pemPath, TimeProvider.System)
    {
    }

    public string PemPath { get; } = pemPath;

    /// <summary>A handler for a channel to LND: keepalive pings that LND tolerates, and this certificate only.</summary>
    public SocketsHttpHandler CreateHandler()
    {
        var handler = Http2Handler.Create();
        handler.SslOptions = new SslClientAuthenticationOptions
        {
            // A resumed session would be trusted for a certificate that was checked earlier.
            AllowTlsResume = false,
            RemoteCertificateValidationCallback = (_, certificate, _, _) => IsTrusted(certificate as X509Certificate2),
        };
        return handler;
    }

    /// <summary>Whether the file holds certificates at all; what there is to say about it before any connection.</summary>
    /// <exception cref="PinnedCertificateException">It is missing, unreadable, empty or not PEM.</exception>
    public void CheckFile()
    {
        foreach (var certificate in Load())
        {
            certificate.Dispose();
        }
    }

    /// <summary>True for a certificate that is one of the file's and valid now; all else throws, to keep the reason.</summary>
    /// <exception cref="PinnedCertificateException">It is not, or the file is no help.</exception>
    public bool IsTrusted(X509Certificate2? presented)
    {
        var pinned = Load();
        try
        {
            if (presented is null)
            {
                throw new PinnedCertificateException(CertificateFault.NotPresented, "The server presented no certificate.");
            }

            var isPinned = pinned.Any(certificate => certificate.RawDataMemory.Span.SequenceEqual(presented.RawDataMemory.Span));
            if (!isPinned)
            {
                throw new PinnedCertificateException(
                    CertificateFault.Different,
                    $"The server's certificate (SHA-256 {Fingerprint(presented)}) is not the one in {PemPath} "
                    + $"(SHA-256 {string.Join(", ", pinned.Select(Fingerprint))}): it was replaced, or this is another server.");
            }

            CheckTime(presented);
            return isPinned;
        }
        finally
        {
            foreach (var certificate in pinned)
            {
                certificate.Dispose();
            }
        }
    }

    private static string Fingerprint(X509Certificate2 certificate) => certificate.GetCertHashString(HashAlgorithmName.SHA256);

    private static string Show(DateTime time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private void CheckTime(X509Certificate2 certificate)
    {
        var now = timeProvider.GetUtcNow().UtcDateTime;
        if (now > certificate.NotAfter.ToUniversalTime())
        {
            throw new PinnedCertificateException(
                CertificateFault.Expired,
                $"The server's certificate, the one in {PemPath}, expired at {Show(certificate.NotAfter)}; "
                + "LND makes a new one when it restarts.");
        }

        if (now < certificate.NotBefore.ToUniversalTime())
        {
            throw new PinnedCertificateException(
                CertificateFault.NotYetValid,
                $"The server's certificate, the one in {PemPath}, is not valid before {Show(certificate.NotBefore)}, "
                + $"and the clock here says {Show(now)}.");
        }
    }

    private X509Certificate2Collection Load()
    {
        string text;
        try
        {
            text = File.ReadAllText(PemPath);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new PinnedCertificateException(CertificateFault.FileMissing, $"The certificate file {PemPath} does not exist.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PinnedCertificateException(
                CertificateFault.FileUnreadable, $"The certificate file {PemPath} cannot be read: {exception.Message}");
        }

        return Parse(PemPath, text);
    }

    /// <param name="path">Where it is from, for what is said of it.</param>
    /// <exception cref="PinnedCertificateException">It is empty or not PEM.</exception>
    internal static X509Certificate2Collection Parse(string path, string text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new PinnedCertificateException(CertificateFault.FileEmpty, $"The certificate file {path} is empty.");
        }

        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(text);
        }
        catch (CryptographicException)
        {
            certificates.Clear();
        }

        return certificates.Count > 0
            ? certificates
            : throw new PinnedCertificateException(
                CertificateFault.FileNotPem, $"The certificate file {path} holds no certificate in PEM form.");
    }
}
