using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Eddy.Simulator.Grpc;

/// <summary>
/// A simulated node's process as the outside sees it: LND's gRPC API over TLS on a port of 127.0.0.1, and LND's files in a directory. Follows
/// the node: when that stops in the model, connections end and nobody listens until it starts again, on the same port with the same files.
/// </summary>
public sealed class SimulatedLnd : IAsyncDisposable
{
    private const int MaxMessageSize = 200 * 1024 * 1024;

    // How long calls that a stop has ended may take to say so.
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(2);

    // How long what they said may take to the socket: nobody tells when it is there.
    private static readonly TimeSpan FlushGrace = TimeSpan.FromMilliseconds(300);

    // And how long connections may take to close.
    private static readonly TimeSpan CloseGrace = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ShortestPing = TimeSpan.FromSeconds(1);

    private readonly RealTimePump _pump;
    private readonly SimulatedLndOptions _options;
    private readonly LndDirectory _directory;
    private readonly NodeAccess _access;
    private readonly OpenCalls _calls = new();
    private readonly SemaphoreSlim _changing = new(1, 1);
    private X509Certificate2 _certificate;
    private OpenConnections? _connections;
    private WebApplication? _server;
    private IDisposable? _following;

    private SimulatedLnd(RealTimePump pump, SimulatedNode node, SimulatedLndOptions options)
    {
        (_pump, Node, _options, Port) = (pump, node, options, options.Port);
        _directory = new(options.Directory, node.Network.Options.Chain);
        var bakery = new MacaroonBakery(TimeProvider.System);
        _directory.WriteMacaroons(bakery);
        _certificate = _directory.WriteCertificate(TimeProvider.System.GetUtcNow());
        _access = new(pump, node, bakery, _calls);
        Bakery = bakery;
    }

    /// <summary>The node in the model. Only the pump's thread may touch what changes in it.</summary>
    public SimulatedNode Node { get; }

    public int Port { get; private set; }

    /// <summary><c>127.0.0.1:10009</c>.</summary>
    public string Address => $"127.0.0.1:{Port}";

    /// <summary>The node's directory (eddy's <c>lnd.lnddir</c>).</summary>
    public string LndDir => Path.GetFullPath(_options.Directory);

    public string CertificatePath => _directory.Certificate;

    public string AdminMacaroonPath => _directory.AdminMacaroon;

    public string ReadOnlyMacaroonPath => _directory.ReadOnlyMacaroon;

    public string InvoiceMacaroonPath => _directory.InvoiceMacaroon;

    /// <summary>Bakes further macaroons that this node accepts.</summary>
    public MacaroonBakery Bakery { get; }

    /// <summary>Makes the files and listens.</summary>
    public static async Task<SimulatedLnd> StartAsync(RealTimePump pump, SimulatedNode node, SimulatedLndOptions options)
    {
        var lnd = new SimulatedLnd(pump, node, options);
        await lnd.ListenAsync();
        lnd._following = await pump.InvokeAsync(_ => node.StateChanges.Subscribe(_ => lnd.Follow(node.IsReachable)));
        return lnd;
    }

    /// <summary>LND is told to stop: waiting calls end with LND's texts, then connections and listener.</summary>
    public async Task StopAsync()
    {
        await _pump.InvokeAsync(_ => Node.Stop());
        await CloseAsync();
    }

    /// <summary>LND dies: connections break first.</summary>
    public async Task KillAsync()
    {
        _connections?.AbortAll();
        await _pump.InvokeAsync(_ => Node.Stop());
        await CloseAsync();
    }

    /// <summary>Starts it again.</summary>
    public async Task StartAgainAsync()
    {
        await ListenAsync();
        await _pump.InvokeAsync(_ => Node.Start());
    }

    /// <summary>Ends open streams, as LND does now and then.</summary>
    /// <param name="method">The end of a method path (<c>HtlcInterceptor</c>); empty for all.</param>
    /// <param name="error">Null ends them with the status OK.</param>
    /// <returns>How many there were.</returns>
    public int DropStreams(string method = "", RpcError? error = null) => _calls.DropStreams(method, error);

    /// <summary>Breaks every connection; the listener stays.</summary>
    public void DropConnections() => _connections?.AbortAll();

    /// <summary>Makes a new certificate, as LND does at a start when the old one has expired. Takes effect with the next start.</summary>
    public void RenewCertificate() => _certificate = _directory.WriteCertificate(TimeProvider.System.GetUtcNow());

    public async ValueTask DisposeAsync()
    {
        if (_following is { } following)
        {
            _pump.Post(_ => following.Dispose());
        }

        _connections?.AbortAll();
        await CloseAsync();
        _certificate.Dispose();
        _changing.Dispose();
    }

    // Runs on the model's thread; the listener follows by itself.
    private void Follow(bool isReachable) => _ = isReachable ? ListenAsync() : CloseAsync();

    private async Task ListenAsync()
    {
        await _changing.WaitAsync();
        try
        {
            if (_server is not null)
            {
                return;
            }

            var connections = new OpenConnections();
            var server = Build(connections);
            await server.StartAsync();
            var address = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
            Port = new Uri(address).Port;
            (_connections, _server) = (connections, server);
        }
        finally
        {
            _changing.Release();
        }
    }

    private async Task CloseAsync()
    {
        await _changing.WaitAsync();
        try
        {
            if (_server is not { } server)
            {
                return;
            }

            var idle = _calls.WhenIdleAsync();
            if (!idle.IsCompleted)
            {
                await idle.WaitAsync(StopGrace).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await Task.Delay(FlushGrace);
            }

            await _connections!.CloseAllAsync(CloseGrace);
            _server = null;
            await server.StopAsync(new CancellationToken(canceled: true));
            await server.DisposeAsync();
        }
        finally
        {
            _changing.Release();
        }
    }

    private WebApplication Build(OpenConnections connections)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "simulated lnd" });
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => Configure(kestrel, connections));
        builder.Services.AddRoutingCore();
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = MaxMessageSize;
            grpc.Interceptors.Add<CallGate>();
        });
        builder.Services.AddSingleton(new CallGate(_access));
        builder.Services.AddSingleton(new LightningService(_access));
        builder.Services.AddSingleton(new RouterService(_access, _options.InterceptorSlack));
        builder.Services.AddSingleton(new InvoicesService(_access));
        builder.Services.AddSingleton(new VersionerService(_access));
        builder.Services.AddSingleton(new StateService(_access));

        var server = builder.Build();
        server.UseRouting();
        server.MapGrpcService<LightningService>();
        server.MapGrpcService<RouterService>();
        server.MapGrpcService<InvoicesService>();
        server.MapGrpcService<VersionerService>();
        server.MapGrpcService<StateService>();
        return server;
    }

    private void Configure(KestrelServerOptions kestrel, OpenConnections connections)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MinRequestBodyDataRate = null;

        // A client that does not read is never cut off for it: that is the keepalive's business, as in LND.
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.Limits.Http2.MaxStreamsPerConnection = int.MaxValue;
        kestrel.Limits.Http2.KeepAlivePingDelay = _options.ServerPingTime < ShortestPing ? ShortestPing : _options.ServerPingTime;
        kestrel.Limits.Http2.KeepAlivePingTimeout = _options.ServerPingTimeout < ShortestPing ? ShortestPing : _options.ServerPingTimeout;
        kestrel.Listen(IPAddress.Loopback, Port, listener =>
        {
            listener.Protocols = HttpProtocols.Http2;
            listener.Use(connections.Track);
            listener.UseHttps(_certificate);
        });
    }
}
