using System.Net;
using Eddy.Api.Login;

namespace Eddy.Api;

/// <summary>
/// Who is let in: nobody under a name that is not this machine's loopback address (a page in a browser could otherwise reach it, under a
/// name of its own or by its IP), no page but our own, and without the token or a session nothing of the node.
/// </summary>
internal sealed class ApiGuard(AccessToken token, SessionBook sessions)
{
    /// <summary>The half of a session that a script sends.</summary>
    public const string KeyHeader = "X-Eddy-Key";

    /// <returns>False where it is refused; then the answer is written.</returns>
    public async Task<bool> LetsInAsync(HttpContext context, ApiAccess access)
    {
        if (!IsOurs(context, context.Request.Host))
        {
            await context.WriteErrorAsync(StatusCodes.Status403Forbidden, "the Host header does not name this machine's loopback address");
            return false;
        }

        if (!IsOurOrigin(context))
        {
            await context.WriteErrorAsync(StatusCodes.Status403Forbidden, "the Origin header names a page that is not this daemon's");
            return false;
        }

        if (access == ApiAccess.Anybody || token.IsIn(context.Request.Headers.Authorization))
        {
            return true;
        }

        if (access == ApiAccess.LoggedIn && sessions.IsGood(context.Request.Cookies[LoginRoutes.CookieName(context)], context.Request.Headers[KeyHeader]))
        {
            if (HttpMethods.IsGet(context.Request.Method) || IsOwnPage(context))
            {
                return true;
            }

            await context.WriteErrorAsync(StatusCodes.Status403Forbidden, "only the daemon's own page may change something with a session");
            return false;
        }

        context.Response.Headers.WWWAuthenticate = "Bearer";
        await context.WriteErrorAsync(StatusCodes.Status401Unauthorized, "the token is missing or wrong: it stands in the data directory");
        return false;
    }

    // Only browsers send one; ours would be a page of this very address.
    private static bool IsOurOrigin(HttpContext context) => context.Request.Headers.Origin is not { Count: > 0 } origins
        || (origins is [{ } origin] && origin.StartsWith("http://", StringComparison.OrdinalIgnoreCase) && IsOurs(context, new HostString(origin["http://".Length..])));

    /// <summary>Browsers say of a page's request that changes something where the page is from. One that says nothing is none of ours.</summary>
    private static bool IsOwnPage(HttpContext context) =>
        context.Request.Headers.Origin is [{ } origin]
        && origin.Equals($"http://{context.Request.Host}", StringComparison.OrdinalIgnoreCase)
        && context.Request.Headers["Sec-Fetch-Site"] is [] or ["same-origin"];

    private static bool IsOurs(HttpContext context, HostString host)
    {
        var isLoopback = host.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
        return isLoopback && (host.Port ?? 80) == context.Connection.LocalPort;
    }
}
