using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Eddy.Hosting;

namespace Eddy.Interception;

/// <summary>The self-signed certificate of eddy's interceptor endpoint, made once and kept: its clients trust exactly this one.</summary>
internal static class InterceptorCertificate
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private static readonly TimeSpan Backdated = TimeSpan.FromDays(1);
    private static readonly TimeSpan Validity = TimeSpan.FromDays(10 * 365);
    private static readonly TimeSpan Renewal = TimeSpan.FromDays(30);

    public static string PathIn(string directory) => Path.Combine(directory, "tls.cert");

    /// <summary>The directory's; a new one where there is none, or it soon expires.</summary>
    public static X509Certificate2 OpenOrCreate(string directory, DateTimeOffset now)
    {
        var (path, keyPath) = (PathIn(directory), Path.Combine(directory, "tls.key"));
        if (File.Exists(path) && File.Exists(keyPath) && TryRead(path, keyPath) is { } kept)
        {
            if (kept.NotAfter.ToUniversalTime() > now.UtcDateTime + Renewal)
            {
                return kept;
            }

            kept.Dispose();
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=eddy interceptor", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            X509KeyUsageFlags.KeyEncipherment | X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication)], critical: false));
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(now - Backdated, now + Validity);
        PrivateFile.WriteAllText(keyPath, key.ExportECPrivateKeyPem() + "\n");
        PrivateFile.WriteAllText(path, made.ExportCertificatePem() + "\n");
        return TryRead(path, keyPath) ?? throw new CryptographicException($"{path} cannot be read back.");
    }

    private static X509Certificate2? TryRead(string path, string keyPath)
    {
        try
        {
            return X509Certificate2.CreateFromPemFile(path, keyPath);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
