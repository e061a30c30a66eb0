using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Eddy.Hosting;
using Eddy.Lnd.Interception;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Eddy.Interception;

/// <summary>
/// Eddy's own interceptor endpoint: what holds LND's only place lets others in behind itself. TLS with a certificate of its own, and a
/// macaroon; loopback only.
/// </summary>
internal sealed class InterceptorServer : IAsyncDisposable
{
    private const int MostConnections = 16;
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(5);

    private readonly WebApplication _app;
    private readonly X509Certificate2 _certificate;

    private InterceptorServer(WebApplication app, X509Certificate2 certificate)
    {
        _app = app;
        _certificate = certificate;
    }

    /// <summary>Where it really listens.</summary>
    public IPEndPoint Address { get; private set; } = null!;

    /// <summary>Where its clients find certificate and macaroon.</summary>
    public static string DirectoryIn(string dataDirectory) => Path.Combine(dataDirectory, "interceptor");

    /// <exception cref="StartException">The port is taken, the address is not to be had, or the files cannot be written.</exception>
    public static async Task<InterceptorServer> StartAsync(IPEndPoint listen, string dataDirectory, DownstreamHub hub, CancellationToken cancellationToken)
    {
        var directory = DirectoryIn(dataDirectory);
        X509Certificate2 certificate;
        InterceptorMacaroon macaroon;
        try
        {
            Directory.CreateDirectory(directory);
            PrivateFile.Restrict(directory, PrivateFile.DirectoryMode);
            certificate = InterceptorCertificate.OpenOrCreate(directory, TimeProvider.System.GetUtcNow());
            macaroon = InterceptorMacaroon.OpenOrCreate(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new StartException(ExitCode.Usage, $"certificate and macaroon in {directory} cannot be read or written: {e.Message}", e) { MayPass = true };
        }

        var server = new InterceptorServer(Build(listen, certificate, new InterceptorService(hub, macaroon)), certificate);
        try
        {
            await server._app.StartAsync(cancellationToken);
        }
        catch (Exception e)
        {
            await server.DisposeAsync();
            if (e is not (IOException or SocketException))
            {
                throw;
            }

            throw new StartException(ExitCode.Failed, $"cannot listen on {listen}: the port is taken or the address is not this machine's; set interceptor.listen", e) { MayPass = true };
        }

        var address = new Uri(server._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        server.Address = new(listen.Address, address.Port);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        // Its streams have ended already: the hub is stopped before.
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
        _certificate.Dispose();
    }

    private static WebApplication Build(IPEndPoint listen, X509Certificate2 certificate, InterceptorService service)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "eddy" });
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = MostConnections;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;

            // A client that does not read is not cut off for it: it is not shown more, and its answers are missed.
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.Http2.KeepAlivePingDelay = PingDelay;
            kestrel.Limits.Http2.KeepAlivePingTimeout = PingTimeout;
            kestrel.Listen(listen, listener =>
            {
                listener.Protocols = HttpProtocols.Http2;
                listener.UseHttps(certificate);
            });
        });
        builder.Services.AddRoutingCore();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(service);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        var app = builder.Build();
        app.UseRouting();
        app.MapGrpcService<InterceptorService>();
        return app;
    }

    /// <summary>Signals are the process's business, and there may be several daemons in one.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
