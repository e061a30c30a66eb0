using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using Eddy.Api;

namespace Eddy.Dashboard;

/// <summary>
/// The dashboard's files, which are part of the program. They hold nothing of the node, so that anybody on this machine may have them; what
/// they show they ask the API for.
/// </summary>
internal static class DashboardRoutes
{
    private const string Page = "index.html";

    /// <summary>Nothing from elsewhere, nothing inline, in no frame.</summary>
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly ConcurrentDictionary<string, (byte[] Content, string Tag)> Files = new(StringComparer.Ordinal);

    public static ImmutableArray<ApiRoute> All { get; } =
    [
        Route("/", "The dashboard.", static _ => Page),
        Route("/login", "Where a link from 'eddy dashboard' leads.", static _ => Page),
        Route("/assets/{file}", "What the dashboard is made of.", static context => (string)context.Request.RouteValues["file"]!),
    ];

    private static ApiRoute Route(string path, string summary, Func<HttpContext, string> file) => new("GET", path, summary, context => SendAsync(context, file(context)))
    {
        Access = ApiAccess.Anybody,
        IsFile = true,
        Answers = [],
    };

    private static async Task SendAsync(HttpContext context, string name)
    {
        if (MediaType(name) is not { } media || Find(name) is not { } file)
        {
            await context.WriteErrorAsync(StatusCodes.Status404NotFound, "the dashboard has no such file");
            return;
        }

        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-cache";
        headers.ETag = file.Tag;
        if (context.Request.Headers.IfNoneMatch == file.Tag)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        context.Response.ContentType = media;
        context.Response.ContentLength = file.Content.Length;
        await context.Response.Body.WriteAsync(file.Content, context.RequestAborted);
    }

    private static string? MediaType(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        _ => null,
    };

    /// <summary>Kept after the first time; of names that are none nothing is kept.</summary>
    private static (byte[] Content, string Tag)? Find(string name)
    {
        if (Files.TryGetValue(name, out var known))
        {
            return known;
        }

        using var stream = typeof(DashboardRoutes).Assembly.GetManifestResourceStream($"dashboard/{name}");
        if (stream is null)
        {
            return null;
        }

        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return Files.GetOrAdd(name, (content, $"\"{Convert.ToHexStringLower(SHA256.HashData(content)[..8])}\""));
    }
}
