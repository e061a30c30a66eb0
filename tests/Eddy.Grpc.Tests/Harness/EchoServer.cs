using System.Net;
using System.Security.Cryptography.X509Certificates;
using Eddy.Grpc.Tests.Protos;
using Grpc.AspNetCore.Server;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Eddy.Grpc.Tests.Harness;

/// <summary>The echo service in Kestrel on a free loopback port, and clients for it.</summary>
internal sealed class EchoServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<GrpcChannel> _channels = [];

    private EchoServer(WebApplication app, EchoProbe probe, bool tls)
    {
        _app = app;
        Probe = probe;
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        Port = new Uri(address).Port;
        Address = $"{(tls ? "https" : "http")}://127.0.0.1:{Port}";
    }

    public EchoProbe Probe { get; }

    public int Port { get; }

    public string Address { get; }

    public static async Task<EchoServer> StartAsync(
        Action<GrpcServiceOptions>? configure = null, X509Certificate2? certificate = null, int port = 0, Action<IServiceCollection>? services = null)
    {
        var probe = new EchoProbe();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            if (certificate is not null)
            {
                listen.UseHttps(certificate);
            }
        }));
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.AddSingleton(probe);
        builder.Services.AddGrpc(options => configure?.Invoke(options));
        services?.Invoke(builder.Services);
        var app = builder.Build();
        app.MapGrpcService<EchoService>();
        app.MapGet("/plain", () => "not gRPC");
        app.MapPost("/eddy.grpc.tests.Plain/{status:int}", (int status) => Results.Text("no gRPC here", "text/plain", statusCode: status));
        await app.StartAsync();
        return new EchoServer(app, probe, certificate is not null);
    }

    public GrpcChannel Channel(Action<GrpcChannelOptions>? configure = null)
    {
        var options = new GrpcChannelOptions();
        configure?.Invoke(options);
        var channel = GrpcChannel.ForAddress(Address, options);
        _channels.Add(channel);
        return channel;
    }

    public Echo.EchoClient Client(Action<GrpcChannelOptions>? configure = null) => new(Channel(configure));

    public Task StopAsync() => _app.StopAsync(new CancellationToken(canceled: true));

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels)
        {
            channel.Dispose();
        }

        await StopAsync();
        await _app.DisposeAsync();
    }
}
