using Grpc.Core;

namespace Eddy.Lnd.Access;

/// <summary>
/// What LND's refusals mean. LND answers nearly everything with code UNKNOWN and a text (0.18.5 to 0.21.2), so the texts decide; they
/// are matched by the part that says it.
/// </summary>
internal static class LndErrors
{
    private static readonly string[] MacaroonTexts =
    [
        "verification failed", "expected 1 macaroon", "encoding/hex", "macaroon", "root key",
    ];

    public static LndProblem Explain(RpcException exception, string method, LndOptions options) => exception.StatusCode switch
    {
        StatusCode.Unavailable => TlsCertificate.Explain(exception) ?? NotRunning(exception, options),
        StatusCode.DeadlineExceeded => new(
            LndProblemKind.NotRunning,
            $"LND at {options.Host} does not answer {method}.",
            "Check that lnd.host is its gRPC address and that LND is not overloaded."),
        StatusCode.Unimplemented => new(
            LndProblemKind.NotLnd,
            $"What listens at {options.Host} does not know {method}.",
            "Check that lnd.host is the gRPC address of an LND release build."),
        _ => ExplainText(exception, method),
    };

    public static bool IsPermissionDenied(RpcException exception) => Says(exception, "permission denied");

    /// <summary>A second client, or our own last stream a moment ago, holds LND's only interceptor place.</summary>
    public static bool IsInterceptorTaken(RpcException exception) => Says(exception, "interceptor already exists");

    public static bool IsInvoiceNotFound(RpcException exception) =>
        exception.StatusCode == StatusCode.NotFound
        || Says(exception, "unable to locate invoice")
        || Says(exception, "there are no existing invoices");

    public static bool IsPaymentNotFound(RpcException exception) =>
        exception.StatusCode == StatusCode.NotFound || Says(exception, "payment isn't initiated");

    /// <summary>It is unknown what became of the call, or nobody was there to take it.</summary>
    public static bool IsUnclear(RpcException exception) =>
        exception.StatusCode is StatusCode.Unavailable
            or StatusCode.DeadlineExceeded
            or StatusCode.Cancelled
            or StatusCode.Aborted
            or StatusCode.Internal
            or StatusCode.DataLoss
            or StatusCode.ResourceExhausted
        || Says(exception, "shutting down")
        || Says(exception, "shutdown")
        || IsNotReady(exception);

    /// <summary>LND's front door refused the call: no part of it was carried out.</summary>
    public static bool IsNotReady(RpcException exception) => exception.StatusCode == StatusCode.Unknown && NotReady(exception.Status.Detail) is not null;

    public static bool Says(RpcException exception, string text) =>
        exception.Status.Detail.Contains(text, StringComparison.OrdinalIgnoreCase);

    /// <summary>LND's own words, for the operator.</summary>
    public static string Describe(RpcException exception) =>
        exception.Status.Detail.Length > 0 ? exception.Status.Detail : exception.StatusCode.ToString();

    public static LndProblem WalletMissing { get; } = new(
        LndProblemKind.WalletMissing, "LND has no wallet yet.", "Create one with 'lncli create'; eddy goes on by itself.");

    public static LndProblem WalletLocked { get; } = new(
        LndProblemKind.WalletLocked, "LND's wallet is locked.", "Unlock it with 'lncli unlock'; eddy goes on by itself.");

    public static LndProblem StartingUp { get; } = new(
        LndProblemKind.StartingUp, "LND is starting up.", "Wait a moment; eddy goes on by itself.");

    private static LndProblem ExplainText(RpcException exception, string method)
    {
        if (IsPermissionDenied(exception))
        {
            return MacaroonRights.Lacking(method);
        }

        if (exception.StatusCode == StatusCode.Unknown && NotReady(exception.Status.Detail) is { } waiting)
        {
            return waiting;
        }

        return Array.Exists(MacaroonTexts, text => Says(exception, text))
            ? new(
                LndProblemKind.MacaroonRefused,
                $"LND refuses the macaroon: {Describe(exception)}.",
                "Check that it was baked by this LND and is not revoked or expired, or bake another with the line that 'eddy macaroon' prints.")
            : new(
                LndProblemKind.Unexpected,
                $"LND answered {method} with {exception.StatusCode}: {Describe(exception)}.",
                "Look into LND's log.");
    }

    private static LndProblem? NotReady(string text) => text switch
    {
        _ when text.Contains("wallet not created", StringComparison.Ordinal) => WalletMissing,
        _ when text.Contains("wallet locked", StringComparison.Ordinal) => WalletLocked,
        _ when text.Contains("waiting to start", StringComparison.Ordinal) => StartingUp,
        _ when text.Contains("in the process of starting", StringComparison.Ordinal) => StartingUp,
        _ when text.Contains("router not started", StringComparison.Ordinal) => StartingUp,
        _ => null,
    };

    private static LndProblem NotRunning(RpcException exception, LndOptions options) => new(
        LndProblemKind.NotRunning,
        $"LND does not answer at {options.Host}{(options.Proxy is { } proxy ? $" through the proxy {proxy}" : "")}: {Describe(exception)}.",
        options.Proxy is null ? "Start LND, or set lnd.host to its gRPC address." : "Start LND and the proxy, or correct lnd.host and lnd.proxy.");
}
