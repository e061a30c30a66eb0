using System.Net;

namespace Eddy.Api;

/// <summary>
/// Who is let in: nobody under a name that is not this machine's loopback address (a page in a browser could otherwise reach it, under a
/// name of its own or by its IP), no page but our own, and without the token or a session nothing of the node.
/// </summary>
internal sealed class ApiGuard(AccessToken token)
{
    /// <summary>Null where the request may go on; else the answer is written.</summary>
    /// <returns>False where it is refused.</returns>
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

        context.Response.Headers.WWWAuthenticate = "Bearer";
        await context.WriteErrorAsync(StatusCodes.Status401Unauthorized, "the token is missing or wrong: it stands in the data directory");
        return false;
    }

    // Only browsers send one; ours would be a page of this very address.
    private static bool IsOurOrigin(HttpContext context) => context.Request.Headers.Origin is not { Count: > 0 } origins
        || (origins is [{ } origin] && origin.StartsWith("http://", StringComparison.OrdinalIgnoreCase) && IsOurs(context, new HostString(origin["http://".Length..])));

    private static bool IsOurs(HttpContext context, HostString host)
    {
        var isLoopback = host.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
        return isLoopback && (host.Port ?? 80) == context.Connection.LocalPort;
    }
}
