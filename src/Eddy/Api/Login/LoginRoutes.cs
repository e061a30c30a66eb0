using System.Globalization;

namespace Eddy.Api.Login;

/// <summary>How a browser gets in and out.</summary>
internal static class LoginRoutes
{
    public static IEnumerable<ApiRoute> Of(SessionBook sessions) =>
    [
        new("POST", "/v1/login", "A link that lets one browser in, once, for a minute and a half.", context => LinkAsync(context, sessions))
        {
            Access = ApiAccess.Token,
            Answers = [ApiAnswer.Ok("The link.", static () => ApiJson.Default.LoginReport)],
        },
        new("POST", "/v1/session", "Exchange the link's code for a session: a cookie, and a key for the header X-Eddy-Key.", context => RedeemAsync(context, sessions))
        {
            Access = ApiAccess.Anybody,
            Takes = static () => ApiJson.Default.SessionRequest,
            Answers =
            [
                ApiAnswer.Ok("The session; the cookie is set.", static () => ApiJson.Default.SessionReport),
                ApiAnswer.BadRequest("The request is no such JSON."),
                new(StatusCodes.Status401Unauthorized, "The code was used, or is too old.", static () => ApiJson.Default.ErrorReport),
            ],
        },
        new("POST", "/v1/logout", "End the session.", context => LogoutAsync(context, sessions))
        {
            Answers = [new(StatusCodes.Status204NoContent, "It is ended.", null)],
        },
    ];

    /// <summary>Cookies do not keep ports apart; daemons on one machine must.</summary>
    public static string CookieName(HttpContext context) => string.Create(CultureInfo.InvariantCulture, $"eddy_{context.Connection.LocalPort}");

    private static CookieOptions Cookie(TimeSpan lifetime) => new() { HttpOnly = true, SameSite = SameSiteMode.Strict, Path = "/v1", MaxAge = lifetime };

    private static Task LinkAsync(HttpContext context, SessionBook sessions)
    {
        var (code, expires) = sessions.NewCode();

        // After the #: what follows it never leaves the browser by itself, so that it is in no log and no Referer.
        return context.WriteAsync(new LoginReport($"http://{context.Request.Host}/login#{code}", expires), ApiJson.Default.LoginReport);
    }

    private static async Task RedeemAsync(HttpContext context, SessionBook sessions)
    {
        if (await context.ReadAsync(ApiJson.Default.SessionRequest) is not { } request)
        {
            return;
        }

        if (sessions.Redeem(request.Code ?? "") is not { } session)
        {
            await context.WriteErrorAsync(StatusCodes.Status401Unauthorized, "this link was used, or is too old: 'eddy dashboard' prints another");
            return;
        }

        context.Response.Cookies.Append(CookieName(context), session.Cookie, Cookie(SessionBook.Lifetime));
        await context.WriteAsync(new SessionReport(session.Key, session.ExpiresAt), ApiJson.Default.SessionReport);
    }

    private static Task LogoutAsync(HttpContext context, SessionBook sessions)
    {
        if (context.Request.Cookies[CookieName(context)] is { } cookie)
        {
            sessions.Revoke(cookie);
            context.Response.Cookies.Delete(CookieName(context), Cookie(TimeSpan.Zero));
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}
