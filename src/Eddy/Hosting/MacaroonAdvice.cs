using Eddy.Lnd.Access;

namespace Eddy.Hosting;

/// <summary>How to bake eddy's macaroon, for the place where it is looked for.</summary>
internal static class MacaroonAdvice
{
    private static readonly string[] LndsOwn = ["admin.macaroon", "readonly.macaroon", "invoice.macaroon", "invoices.macaroon", "router.macaroon", "signer.macaroon"];

    /// <param name="path">Where the configuration looks for the macaroon.</param>
    /// <param name="network">Null for lncli's default.</param>
    public static string BakeCommand(string path, string? network) => MacaroonRights.BakeCommand(SavePath(path), network);

    /// <summary>Never over one of LND's own files: eddy's then goes beside it.</summary>
    public static string SavePath(string path) =>
        LndsOwn.Contains(Path.GetFileName(path)) ? Path.Combine(Path.GetDirectoryName(path) ?? "", "eddy.macaroon") : path;
}
