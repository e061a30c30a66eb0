using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Eddy.Api.Events;
using Eddy.Api.Login;
using Eddy.Api.Routes;
using Eddy.Dashboard;
using Eddy.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Eddy.Api;

/// <summary>
/// The operator's HTTP API, on loopback only: <c>/v1/...</c>, JSON, <see cref="ApiGuard"/> before every request. What it offers stands in
/// the groups of routes, and in the OpenAPI document that is made from them.
/// </summary>
internal sealed partial class ApiServer : IAsyncDisposable
{
    private const int LongestRequest = 16 * 1024;
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    private readonly WebApplication _app;
    private readonly ApiGuard _guard;
    private readonly EventFeed _feed;
    private readonly ILogger<ApiServer> _logger;

    private ApiServer(WebApplication app, ApiGuard guard, EventFeed feed, ILogger<ApiServer> logger)
    {
        _app = app;
        _guard = guard;
        _feed = feed;
        _logger = logger;
    }

    /// <summary>Where it listens; the port is the real one where 0 was asked for.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>All that is mapped.</summary>
    internal ImmutableArray<ApiRoute> Routes { get; private set; }

    private static ErrorReport NoAnswer => new("the engine does not answer: see the daemon's log");

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
        var sessions = new SessionBook(token, TimeProvider.System);
        var feed = new EventFeed(desk, Heartbeat);
        var server = new ApiServer(app, new ApiGuard(token, sessions), feed, loggers.CreateLogger<ApiServer>());
        server.Map(
        [
            .. NodeRoutes.Of(desk),
            .. WhyRoutes.Of(desk),
            .. ConfigRoutes.Of(desk),
            .. WordRoutes.Of(desk),
            .. LedgerRoutes.Of(desk),
            .. RingRoutes.Of(desk),
            .. HistoryRoutes.Of(desk),
            .. OperatorRoutes.Of(desk),
            .. TelemetryRoutes.Of(desk, server._logger),
            .. EventRoutes.Of(desk, feed),
            .. LoginRoutes.Of(sessions),
            .. DashboardRoutes.All,
        ]);
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
        // First: a server that stops waits for answers that go on.
        await _feed.DisposeAsync();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private void Map(ImmutableArray<ApiRoute> routes)
    {
        Routes = [.. routes, .. DocumentRoutes.Of(() => Routes)];
        _app.Use(GuardAsync);
        foreach (var route in Routes)
        {
            _app.MapMethods(route.Path, [route.Method], route.Handle).WithMetadata(route);
        }

        _app.MapFallback(static context =>
            context.WriteErrorAsync(StatusCodes.Status404NotFound, $"there is no {context.Request.Method} {context.Request.Path} here"));
    }

    private async Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        var route = context.GetEndpoint()?.Metadata.GetMetadata<ApiRoute>();
        if (!await _guard.LetsInAsync(context, route?.Access ?? ApiAccess.LoggedIn))
        {
            return;
        }

        var aborted = context.RequestAborted;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        if (route is not { IsStream: true })
        {
            limit.CancelAfter(LongestWait);
        }

        context.RequestAborted = limit.Token;
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (aborted.IsCancellationRequested)
        {
            // Who asked has gone.
        }
        catch (OperationCanceledException)
        {
            await UnavailableAsync(context, NoAnswer.Error, aborted);
        }
        catch (NoEngineException e)
        {
            await UnavailableAsync(context, e.Message, aborted);
        }
        catch (InvalidOperationException e)
        {
            LogFailed(e, context.Request.Path);
            await UnavailableAsync(context, NoAnswer.Error, aborted);
        }
    }

    private static Task UnavailableAsync(HttpContext context, string why, CancellationToken aborted)
    {
        context.RequestAborted = aborted;
        return context.Response.HasStarted ? Task.CompletedTask : context.WriteErrorAsync(StatusCodes.Status503ServiceUnavailable, why);
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
