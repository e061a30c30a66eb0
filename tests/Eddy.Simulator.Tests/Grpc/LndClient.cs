using System.Net.Sockets;
using Eddy.Protos.Invoicesrpc;
using Eddy.Protos.Lnrpc;
using Eddy.Protos.Routerrpc;
using Eddy.Protos.Verrpc;
using Eddy.Security;
using Eddy.Simulator.Grpc;
using Grpc.Core;
using Grpc.Net.Client;

namespace Eddy.Simulator.Tests.Grpc;

/// <summary>A client of one node's API, with its certificate pinned and a macaroon.</summary>
internal sealed class LndClient : IDisposable
{
    private readonly GrpcChannel _channel;

    public LndClient(SimulatedLnd lnd, string? macaroonHex = null, bool withoutMacaroon = false, Task? frozen = null)
    {
        var macaroon = macaroonHex ?? Convert.ToHexStringLower(File.ReadAllBytes(lnd.AdminMacaroonPath));
        var credentials = CallCredentials.FromInterceptor((_, metadata) =>
        {
            if (!withoutMacaroon)
            {
                metadata.Add("macaroon", macaroon);
            }

            return Task.CompletedTask;
        });
        var handler = new PinnedCertificate(lnd.CertificatePath).CreateHandler();
        if (frozen is not null)
        {
            handler.ConnectCallback = async (context, cancellationToken) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                return new FreezableStream(new NetworkStream(socket, ownsSocket: true), frozen);
            };
        }

        _channel = GrpcChannel.ForAddress($"https://{lnd.Address}", new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            Credentials = ChannelCredentials.Create(ChannelCredentials.SecureSsl, credentials),
            MaxReceiveMessageSize = null,
        });
        Lightning = new(_channel);
        Router = new(_channel);
        Invoices = new(_channel);
        State = new(_channel);
        Versioner = new(_channel);
    }

    public Protos.Lnrpc.Lightning.LightningClient Lightning { get; }

    public Router.RouterClient Router { get; }

    public Invoices.InvoicesClient Invoices { get; }

    public State.StateClient State { get; }

    public Versioner.VersionerClient Versioner { get; }

    public void Dispose() => _channel.Dispose();
}
