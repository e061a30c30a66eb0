using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Eddy.Engine.Views;
using Eddy.Hosting;
using Eddy.Lightning;
using Eddy.Rings;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Eddy.Api;

/// <summary>
/// The operator's HTTP API, on loopback only: <c>/v1/...</c>, JSON, a bearer token on every request, and no answer to a request whose Host
/// or Origin header names anything but this address (a page in a browser could otherwise reach it, under a name of its own or by its IP).
/// </summary>
internal sealed partial class ApiServer : IAsyncDisposable
{
    private const int LongestRequest = 16 * 1024;
    private const int LeastIdDigits = 4;
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private readonly WebApplication _app;
    private readonly IEngineDesk _desk;
    private readonly AccessToken _token;
    private readonly ILogger<ApiServer> _logger;

    private ApiServer(WebApplication app, IEngineDesk desk, AccessToken token, ILogger<ApiServer> logger)
    {
        _app = app;
        _desk = desk;
        _token = token;
        _logger = logger;
    }

    /// <summary>Where it listens; the port is the real one where 0 was asked for.</summary>
    public Uri Address { get; private set; } = null!;

    /// <exception cref="StartException">The port is taken, or the address is not to be had.</exception>
    public static async Task<ApiServer> StartAsync(
        IPEndPoint listen, IEngineDesk desk, AccessToken token, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        // The slim builder still brings configuration files, file watchers and loggers: an idle daemon's memory is mostly such things.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "eddy" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = LongestRequest;
            kestrel.Limits.MaxConcurrentConnections = 64;
            kestrel.Listen(listen);
        });
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        var app = builder.Build();
        var server = new ApiServer(app, desk, token, loggers.CreateLogger<ApiServer>());
        server.Map();
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (Exception e)
        {
            await app.DisposeAsync();
            if (e is not (IOException or SocketException))
            {
                throw;
            }

            var line = $"cannot listen on {listen}: the port is taken or the address is not this machine's; set eddy.listen";
            throw new StartException(ExitCode.Failed, line, e) { MayPass = true };
        }

        server.Address = new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static ErrorReport NoAnswer => new("the engine does not answer: see the daemon's log");

    private void Map()
    {
        _app.Use(GuardAsync);
        Get("/v1/status", view => ReportMapping.Status(view, _desk), static () => ApiJson.Default.StatusReport);
        Get("/v1/channels", ReportMapping.Channels, static () => ApiJson.Default.ChannelsReport);
        Get("/v1/peers", ReportMapping.Peers, static () => ApiJson.Default.PeersReport);
        Get("/v1/adverts", ReportMapping.Adverts, static () => ApiJson.Default.AdvertsReport);
        Get("/v1/rings", ReportMapping.Rings, static () => ApiJson.Default.RingsReport);
        _app.MapGet("/v1/rings/{id}", RingAsync);
        _app.MapGet("/v1/why/{scid}", WhyAsync);
        _app.MapPost("/v1/propose", ProposeAsync);
        _app.MapPost("/v1/pause", context => AskAsync(context, new OperatorRequest.Pause()));
        _app.MapPost("/v1/resume", context => AskAsync(context, new OperatorRequest.Resume()));
        _app.MapPost("/v1/rings/{id}/cancel", CancelAsync);
        _app.MapFallback(context => WriteErrorAsync(context, StatusCodes.Status404NotFound, $"there is no {context.Request.Method} {context.Request.Path} here"));
    }

    /// <param name="type">Asked for at the first request: what JSON needs of types would otherwise be half of what a start compiles.</param>
    private void Get<T>(string path, Func<EngineView, T> report, Func<JsonTypeInfo<T>> type) =>
        _app.MapGet(path, async context => await WriteAsync(context, report(await _desk.GetViewAsync(context.RequestAborted)), type()));

    private async Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        if (!IsOurHost(context))
        {
            await WriteErrorAsync(context, StatusCodes.Status403Forbidden, "the Host header does not name this machine's loopback address");
            return;
        }

        if (!IsOurOrigin(context))
        {
            await WriteErrorAsync(context, StatusCodes.Status403Forbidden, "the Origin header names a page that is not this daemon's");
            return;
        }

        if (!_token.IsIn(context.Request.Headers.Authorization))
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await WriteErrorAsync(context, StatusCodes.Status401Unauthorized, "the token is missing or wrong: it stands in the data directory");
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(LongestWait);
        var aborted = context.RequestAborted;
        context.RequestAborted = limit.Token;
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            context.RequestAborted = aborted;
            await WriteErrorAsync(context, StatusCodes.Status503ServiceUnavailable, NoAnswer.Error);
        }
        catch (NoEngineException e)
        {
            context.RequestAborted = aborted;
            await WriteErrorAsync(context, StatusCodes.Status503ServiceUnavailable, e.Message);
        }
        catch (InvalidOperationException e)
        {
            LogFailed(e, context.Request.Path);
            context.RequestAborted = aborted;
            await WriteErrorAsync(context, StatusCodes.Status503ServiceUnavailable, NoAnswer.Error);
        }
    }

    private static bool IsOurHost(HttpContext context) => IsOurs(context, context.Request.Host);

    // Only browsers send one; ours would be a page of this very address.
    private static bool IsOurOrigin(HttpContext context) => context.Request.Headers.Origin is not { Count: > 0 } origins
        || (origins is [{ } origin] && origin.StartsWith("http://", StringComparison.OrdinalIgnoreCase) && IsOurs(context, new HostString(origin["http://".Length..])));

    private static bool IsOurs(HttpContext context, HostString host)
    {
        var isLoopback = host.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
        return isLoopback && (host.Port ?? 80) == context.Connection.LocalPort;
    }

    private async Task RingAsync(HttpContext context)
    {
        if (await FindRingAsync(context) is { } ring)
        {
            await WriteAsync(context, ReportMapping.Ring(ring), ApiJson.Default.RingReport);
        }
    }

    private async Task CancelAsync(HttpContext context)
    {
        if (await FindRingAsync(context) is { } ring)
        {
            await AskAsync(context, new OperatorRequest.Cancel(ring.Id));
        }
    }

    /// <summary>The ring of a whole id, or the only one whose id begins like that among those shown; where there is none the answer is written.</summary>
    private async Task<RingView?> FindRingAsync(HttpContext context)
    {
        var text = (string)context.Request.RouteValues["id"]!;
        if (Bytes32.TryParse(text, out var bytes))
        {
            if (await _desk.FindRingAsync(new RingId(bytes), context.RequestAborted) is { } ring)
            {
                return ring;
            }
        }
        else if (text.Length >= LeastIdDigits && text.All(char.IsAsciiHexDigit))
        {
            var view = await _desk.GetViewAsync(context.RequestAborted);
            var found = view.Rings.Where(ring => ring.Id.ToString().StartsWith(text, StringComparison.OrdinalIgnoreCase)).ToArray();
            if (found.Length == 1)
            {
                return found[0];
            }

            if (found.Length > 1)
            {
                await WriteErrorAsync(context, StatusCodes.Status404NotFound, $"{found.Length} rings begin with {text}: write more digits");
                return null;
            }
        }

        await WriteErrorAsync(context, StatusCodes.Status404NotFound, $"there is no ring {text}");
        return null;
    }

    private async Task WhyAsync(HttpContext context)
    {
        var text = (string)context.Request.RouteValues["scid"]!;
        if (ShortChannelId.TryParse(text, out var scid)
            && await _desk.ExplainAsync(scid, context.RequestAborted) is { } explanation)
        {
            var view = await _desk.GetViewAsync(context.RequestAborted);
            await WriteAsync(context, ReportMapping.Why(explanation, view), ApiJson.Default.WhyReport);
        }
        else
        {
            await WriteErrorAsync(context, StatusCodes.Status404NotFound, $"this node has no channel {text}");
        }
    }

    private async Task ProposeAsync(HttpContext context)
    {
        ProposeRequest? request;
        try
        {
            request = await JsonSerializer.DeserializeAsync(context.Request.Body, ApiJson.Default.ProposeRequest, context.RequestAborted);
        }
        catch (JsonException e)
        {
            await WriteErrorAsync(context, StatusCodes.Status400BadRequest, $"the request is not what it should be: {e.Message}");
            return;
        }

        await AskAsync(context, new OperatorRequest.Propose(request?.DryRun ?? false));
    }

    private async Task AskAsync(HttpContext context, OperatorRequest request)
    {
        var reply = await _desk.AskAsync(request, context.RequestAborted);
        var report = ReportMapping.Reply(reply, await _desk.GetViewAsync(context.RequestAborted));
        context.Response.StatusCode = report.Status switch
        {
            ReplyReport.Done => StatusCodes.Status200OK,
            ReplyReport.NotFound => StatusCodes.Status404NotFound,
            ReplyReport.Unavailable => StatusCodes.Status503ServiceUnavailable,
            _ => StatusCodes.Status409Conflict,
        };
        await WriteAsync(context, report, ApiJson.Default.ReplyReport);
    }

    private static Task WriteErrorAsync(HttpContext context, int status, string error)
    {
        context.Response.StatusCode = status;
        return WriteAsync(context, new ErrorReport(error), ApiJson.Default.ErrorReport);
    }

    private static async Task WriteAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(value, type);
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    [LoggerMessage(LogLevel.Warning, "The API could not answer {Path}.")]
    private partial void LogFailed(Exception exception, string path);

    /// <summary>Signals are the process's business, and there may be several daemons in one.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
