namespace Eddy.Security;

/// <summary>Why a server's certificate is not trusted.</summary>
public enum CertificateFault
{
    /// <summary>There is no file at the path.</summary>
    FileMissing,

    /// <summary>The file cannot be read.</summary>
    FileUnreadable,

    /// <summary>The file has no content.</summary>
    FileEmpty,

    /// <summary>The file holds something else than certificates in PEM.</summary>
    FileNotPem,

    /// <summary>The server presented no certificate.</summary>
    NotPresented,

    /// <summary>The server presented another certificate than the file holds.</summary>
    Different,

    /// <summary>The certificate is the file's, and its time is over.</summary>
    Expired,

    /// <summary>The certificate is the file's, and its time has not begun.</summary>
    NotYetValid,
}
