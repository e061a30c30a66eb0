using System.Globalization;

namespace Eddy.Lnd.Access;

/// <summary>host:port of LND's gRPC API.</summary>
internal static class LndAddress
{
    private const int DefaultPort = 10009;

    /// <exception cref="LndProblemException">Not host, host:port or [IPv6]:port.</exception>
    public static Uri Parse(string host)
    {
        var text = host.Trim();
        var withPort = HasPort(text) ? text : string.Create(CultureInfo.InvariantCulture, $"{text}:{DefaultPort}");
        return text.Length > 0
            && !text.Contains('/', StringComparison.Ordinal)
            && Uri.TryCreate($"https://{withPort}", UriKind.Absolute, out var address)
            && address.Host.Length > 0
            && address is { PathAndQuery: "/", Fragment: "", UserInfo: "" }
            && address.Port > 0
            ? address
            : throw new LndProblemException(new(
                LndProblemKind.HostInvalid,
                $"'{host}' is not the address of an LND.",
                $"Set lnd.host to host:port of its gRPC API, like 127.0.0.1:{DefaultPort}."));
    }

    private static bool HasPort(string text)
    {
        var colon = text.LastIndexOf(':');
        return colon >= 0 && text.LastIndexOf(']') < colon;
    }
}
