using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Eddy.Lightning;
using Eddy.Protos.Lnrpc;
using Eddy.Protos.Routerrpc;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Eddy.Lnd.Tests.Scripted;

/// <summary>
/// An LND that says what a test tells it to, over real gRPC and TLS: for what the simulated network does not do on request. Its texts
/// and codes are those of LND 0.18.5 to 0.21.2.
/// </summary>
internal sealed class ScriptedLnd : IAsyncDisposable
{
    public static readonly NodeId Self = NodeId.Parse("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
    public static readonly NodeId Bob = NodeId.Parse("02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5");
    public static readonly NodeId Carol = NodeId.Parse("02f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9");

    private readonly string _folder = Directory.CreateTempSubdirectory("eddy-scripted-").FullName;
    private X509Certificate2 _certificate = TestFiles.CreateCertificate();
    private WebApplication? _server;
    private int _port;

    private ScriptedLnd()
    {
        Macaroon = TestFiles.CreateMacaroon(("offchain", "read"));
        File.WriteAllBytes(MacaroonPath, Macaroon);
        WriteCertificate();
    }

    public string CertificatePath => Path.Combine(_folder, "tls.cert");

    public string MacaroonPath => Path.Combine(_folder, "eddy.macaroon");

    public string Host => $"127.0.0.1:{_port}";

    public byte[] Macaroon { get; set; }

    /// <summary>Short names of methods that the macaroon does not allow.</summary>
    public HashSet<string> Denied { get; } = [];

    /// <summary>What a call by this short name fails with, before anything else happens.</summary>
    public ConcurrentDictionary<string, Status> Failures { get; } = new();

    public ConcurrentDictionary<string, int> Calls { get; } = new();

    public WalletState State { get; set; } = WalletState.ServerActive;

    public (uint Major, uint Minor, uint Patch) Version { get; set; } = (0, 20, 3);

    public string Network { get; set; } = "regtest";

    public uint Height { get; set; } = 800;

    public List<Protos.Lnrpc.Channel> Channels { get; } = [];

    public List<ChannelEdge> Edges { get; } = [];

    public List<NodeId> Peers { get; } = [Bob, Carol];

    public List<ForwardingEvent> Forwards { get; } = [];

    public ConcurrentDictionary<string, Invoice> Invoices { get; } = new();

    public ConcurrentQueue<SendCustomMessageRequest> Messages { get; } = new();

    public Feed<PeerEvent> PeerEvents { get; } = new();

    public Feed<ChannelEventUpdate> ChannelEvents { get; } = new();

    public Feed<CustomMessage> CustomMessages { get; } = new();

    public Feed<HtlcEvent> HtlcEvents { get; } = new();

    public ScriptedInterceptor Interceptor { get; } = new();

    public Func<Task> BeforeListChannels { get; set; } = () => Task.CompletedTask;

    public Func<Task> BeforeGetInfo { get; set; } = () => Task.CompletedTask;

    public Func<SendCustomMessageRequest, ServerCallContext, Task> OnSendMessage { get; set; } = (_, _) => Task.CompletedTask;

    public Func<SendToRouteRequest, ServerCallContext, Task<HTLCAttempt>> OnSendToRoute { get; set; } =
        (_, _) => Task.FromResult(new HTLCAttempt { Status = HTLCAttempt.Types.HTLCStatus.Succeeded });

    public Func<TrackPaymentRequest, IServerStreamWriter<Payment>, ServerCallContext, Task> OnTrackPayment { get; set; } =
        (_, _, _) => throw new RpcException(new Status(StatusCode.NotFound, "payment isn't initiated"));

    public LndOptions Options => new()
    {
        Host = Host,
        TlsCertPath = CertificatePath,
        MacaroonPath = MacaroonPath,
        Network = "regtest",
        Timings = new LndTimings
        {
            MinBackoff = TimeSpan.FromMilliseconds(20),
            MaxBackoff = TimeSpan.FromMilliseconds(200),
            StatePoll = TimeSpan.FromMilliseconds(20),
            RefreshDelay = TimeSpan.FromMilliseconds(5),
            PolicyPoll = TimeSpan.FromMilliseconds(50),
            HeightPoll = TimeSpan.FromMilliseconds(50),
            InterceptorSettle = TimeSpan.FromMilliseconds(300),
            InterceptorRetry = TimeSpan.FromMilliseconds(200),
            NoRecordPeriod = TimeSpan.FromMilliseconds(500),
        },
    };

    public static async Task<ScriptedLnd> StartAsync(Action<ScriptedLnd>? configure = null)
    {
        var lnd = new ScriptedLnd();
        configure?.Invoke(lnd);
        await lnd.ListenAsync();
        return lnd;
    }

    /// <summary>Adds an active channel of 5M sat, 2.4M of it ours.</summary>
    public Protos.Lnrpc.Channel AddChannel(ulong id, NodeId peer)
    {
        var channel = new Protos.Lnrpc.Channel
        {
            Active = true,
            RemotePubkey = peer.ToString(),
            ChannelPoint = $"{id:x64}:0",
            ChanId = id,
            Capacity = 5_000_000,
            LocalBalance = 2_400_000,
            RemoteBalance = 2_596_530,
            CommitFee = 2_810,
            FeePerKw = 2_500,
            Initiator = true,
            CommitmentType = CommitmentType.Anchors,
            LocalConstraints = new() { ChanReserveSat = 50_000, MaxPendingAmtMsat = 4_950_000_000, MaxAcceptedHtlcs = 483 },
            RemoteConstraints = new() { ChanReserveSat = 50_000, MaxPendingAmtMsat = 4_950_000_000, MaxAcceptedHtlcs = 483 },
        };
        Channels.Add(channel);
        Edges.Add(new ChannelEdge
        {
            ChannelId = id,
            ChanPoint = channel.ChannelPoint,
            Node1Pub = Self < peer ? Self.ToString() : peer.ToString(),
            Node2Pub = Self < peer ? peer.ToString() : Self.ToString(),
            Node1Policy = Policy(),
            Node2Policy = Policy(),
        });
        return channel;
    }

    public Protos.Lnrpc.RoutingPolicy OwnPolicy(ulong id)
    {
        var edge = Edges.Single(edge => edge.ChannelId == id);
        return edge.Node1Pub == Self.ToString() ? edge.Node1Policy : edge.Node2Policy;
    }

    /// <summary>Only the HTLC stream says when it stands; whoever emits on the others has to know.</summary>
    public Task WaitForSubscribersAsync() => Task.WhenAll(
        PeerEvents.WaitForSubscriberAsync(), ChannelEvents.WaitForSubscriberAsync(), CustomMessages.WaitForSubscriberAsync(), HtlcEvents.WaitForSubscriberAsync());

    public async Task ListenAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, _port, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.UseHttps(_certificate);
        }));
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.AddSingleton(this);
        builder.Services.AddGrpc(options => options.Interceptors.Add<ScriptedGuard>());
        _server = builder.Build();
        _server.MapGrpcService<ScriptedLightning>();
        _server.MapGrpcService<ScriptedRouter>();
        _server.MapGrpcService<ScriptedInvoices>();
        _server.MapGrpcService<ScriptedState>();
        _server.MapGrpcService<ScriptedVersioner>();
        await _server.StartAsync();
        _port = new Uri(_server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;
    }

    /// <summary>Cuts every connection and stops to listen.</summary>
    public async Task StopAsync()
    {
        if (_server is { } server)
        {
            _server = null;
            await server.StopAsync(new CancellationToken(canceled: true));
            await server.DisposeAsync();
        }
    }

    /// <summary>Shows this certificate from the next start on.</summary>
    public void Replace(X509Certificate2 certificate)
    {
        _certificate.Dispose();
        _certificate = certificate;
    }

    public void WriteCertificate() => File.WriteAllText(CertificatePath, _certificate.ExportCertificatePem());

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _certificate.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static Protos.Lnrpc.RoutingPolicy Policy() => new()
    {
        TimeLockDelta = 80,
        MinHtlc = 1_000,
        FeeBaseMsat = 1_000,
        FeeRateMilliMsat = 500,
        MaxHtlcMsat = 4_950_000_000,
    };
}
