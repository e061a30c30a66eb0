using System.Collections.Immutable;

namespace Eddy.Lnd.Access;

/// <summary>One method of LND that eddy calls.</summary>
/// <param name="Method">The full path, <c>/package.Service/Method</c>: as a permission its entity is <c>uri</c>.</param>
/// <param name="Entity">LND's own permission for the method: a macaroon with it (like the admin macaroon) may call it too.</param>
/// <param name="Action">The action on the entity: read or write.</param>
/// <param name="IsOptional">Eddy works without it, only less well.</param>
public sealed record MacaroonRight(string Method, string Entity, string Action, bool IsOptional = false);

/// <summary>The least a macaroon must allow for eddy, the same on every version of LND from 0.18.4 on.</summary>
public static class MacaroonRights
{
    internal const string Interceptor = "/routerrpc.Router/HtlcInterceptor";
    internal const string CheckPermissions = "/lnrpc.Lightning/CheckMacaroonPermissions";
    internal const string FeeReport = "/lnrpc.Lightning/FeeReport";

    /// <summary>Every method eddy calls. The State service is left out: it needs no macaroon and cannot be baked.</summary>
    public static readonly ImmutableArray<MacaroonRight> All =
    [
        new("/lnrpc.Lightning/GetInfo", "info", "read"),
        new("/lnrpc.Lightning/ListChannels", "offchain", "read"),
        new("/lnrpc.Lightning/GetChanInfo", "info", "read"),
        new("/lnrpc.Lightning/ListPeers", "peers", "read"),
        new("/lnrpc.Lightning/SubscribePeerEvents", "peers", "read"),
        new("/lnrpc.Lightning/SubscribeChannelEvents", "offchain", "read"),
        new("/lnrpc.Lightning/SubscribeCustomMessages", "offchain", "read"),
        new("/lnrpc.Lightning/SendCustomMessage", "offchain", "write"),
        new("/lnrpc.Lightning/SignMessage", "message", "write"),
        new("/lnrpc.Lightning/AddInvoice", "invoices", "write"),
        new("/lnrpc.Lightning/LookupInvoice", "invoices", "read"),
        new("/lnrpc.Lightning/ForwardingHistory", "offchain", "read"),
        new(FeeReport, "offchain", "read"),
        new(CheckPermissions, "macaroon", "read", IsOptional: true),
        new("/routerrpc.Router/SendToRouteV2", "offchain", "write"),
        new("/routerrpc.Router/TrackPaymentV2", "offchain", "read"),
        new(Interceptor, "offchain", "write"),
        new("/routerrpc.Router/SubscribeHtlcEvents", "offchain", "read"),
        new("/invoicesrpc.Invoices/CancelInvoice", "invoices", "write"),
        new("/verrpc.Versioner/GetVersion", "info", "read", IsOptional: true),
    ];

    /// <summary>A root key of its own, so that the macaroon can be revoked alone (<c>lncli deletemacaroonid 701</c>).</summary>
    public const int RootKeyId = 701;

    /// <summary>The line that bakes the macaroon, for a shell.</summary>
    /// <param name="savePath">Where lncli is to put it.</param>
    /// <param name="network">Null for lncli's default.</param>
    /// <param name="lndDir">LND's directory; null for lncli's default.</param>
    /// <param name="host">LND's gRPC address; null for lncli's default.</param>
    public static string BakeCommand(string savePath, string? network = null, string? lndDir = null, string? host = null)
    {
        var rights = string.Join(' ', All.Select(right => $"uri:{right.Method}"));
        var flags = (lndDir is null ? "" : $" --lnddir={Quote(lndDir)}")
            + (host is null ? "" : $" --rpcserver={Quote(host)}")
            + (network is null or "mainnet" ? "" : $" --network={network}");
        return $"lncli{flags} bakemacaroon --save_to={Quote(savePath)} --root_key_id={RootKeyId} {rights}";
    }

    /// <summary>What <paramref name="operations"/> (entity and action) do not grant.</summary>
    internal static ImmutableArray<MacaroonRight> Missing(IReadOnlySet<(string Entity, string Action)> operations) =>
    [
        .. All.Where(right => !operations.Contains(("uri", right.Method)) && !operations.Contains((right.Entity, right.Action))),
    ];

    internal static LndProblem Lacking(params IEnumerable<string> methods)
    {
        ImmutableArray<string> missing = [.. methods];
        return new(
            LndProblemKind.MissingRights,
            $"The macaroon does not allow {string.Join(", ", missing)}.",
            "Bake one that does with the line that 'eddy macaroon' prints.")
        {
            MissingMethods = missing,
        };
    }

    private static string Quote(string path) =>
        path.All(character => char.IsAsciiLetterOrDigit(character) || "/._-~:".Contains(character, StringComparison.Ordinal))
            ? path
            : $"'{path.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
