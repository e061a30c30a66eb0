using System.Net;
using Eddy.Protos.Invoicesrpc;
using Eddy.Protos.Lnrpc;
using Eddy.Protos.Routerrpc;
using Eddy.Protos.Verrpc;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Eddy.Lnd.Access;

/// <summary>One way into LND: the certificate and the macaroon as they were when it was opened.</summary>
internal sealed class LndConnection : IDisposable
{
    // ListChannels of the largest nodes and long forwarding histories are far beyond gRPC's usual 4 MiB.
    private const int MaxReceiveBytes = 200 * 1024 * 1024;

    private static readonly Metadata NoHeaders = [];

    private readonly LndOptions _options;
    private readonly GrpcChannel _channel;
    private readonly Metadata _headers;
    private readonly Macaroon _macaroon;

    private LndConnection(LndOptions options, GrpcChannel channel, Macaroon macaroon)
    {
        _options = options;
        _channel = channel;
        _macaroon = macaroon;
        _headers = new Metadata { { "macaroon", macaroon.Hex } };
        var invoker = channel.CreateCallInvoker();
        Lightning = new(invoker);
        Router = new(invoker);
        Invoices = new(invoker);
        Versioner = new(invoker);
        State = new(invoker);
    }

    public Protos.Lnrpc.Lightning.LightningClient Lightning { get; }

    public Router.RouterClient Router { get; }

    public Invoices.InvoicesClient Invoices { get; }

    public Versioner.VersionerClient Versioner { get; }

    public State.StateClient State { get; }

    public ByteString MacaroonBytes => ByteString.CopyFrom(_macaroon.Bytes);

    /// <exception cref="LndProblemException">Address, certificate or macaroon cannot be used. Nothing is sent yet.</exception>
    public static LndConnection Open(LndOptions options) => Open(options, static path => Macaroon.Read(path));

    /// <summary>For <see cref="GetStateAsync"/>, the one call that needs none.</summary>
    /// <exception cref="LndProblemException">Address or certificate cannot be used. Nothing is sent yet.</exception>
    public static LndConnection OpenWithoutMacaroon(LndOptions options) => Open(options, static _ => Macaroon.None);

    private static LndConnection Open(LndOptions options, Func<string, Macaroon> read)
    {
        var address = LndAddress.Parse(options.Host);
        var certificate = TlsCertificate.Read(options.TlsCertPath);
        var macaroon = read(options.MacaroonPath);
        var channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = Through(options.Proxy, certificate.CreateHandler()),
            DisposeHttpClient = true,
            MaxReceiveMessageSize = MaxReceiveBytes,
        });
        return new(options, channel, macaroon);
    }

    /// <summary>The handler hands names to a SOCKS5 proxy as they are: an onion address is nothing that this machine could resolve.</summary>
    private static SocketsHttpHandler Through(string? proxy, SocketsHttpHandler handler)
    {
        if (proxy is not null)
        {
            handler.Proxy = new WebProxy($"socks5://{proxy}");
            handler.UseProxy = true;
        }

        return handler;
    }

    /// <summary>For a call that answers soon.</summary>
    public CallOptions Call(CancellationToken cancellationToken) => Call(_options.Timings.CallDeadline, cancellationToken);

    public CallOptions Call(TimeSpan deadline, CancellationToken cancellationToken) =>
        new(_headers, DateTime.UtcNow + deadline, cancellationToken);

    /// <summary>For a stream, and for a call that may last for hours.</summary>
    public CallOptions Endless(CancellationToken cancellationToken) => new(_headers, cancellationToken: cancellationToken);

    /// <summary>How far LND is. Sent without the macaroon: it is asked before we know whom we talk to.</summary>
    /// <exception cref="LndProblemException">LND cannot be reached, or is not LND.</exception>
    public async Task<WalletState> GetStateAsync(CancellationToken cancellationToken)
    {
        try
        {
            var options = new CallOptions(NoHeaders, DateTime.UtcNow + _options.Timings.CallDeadline, cancellationToken);
            return (await State.GetStateAsync(new GetStateRequest(), options)).State;
        }
        catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LndProblemException(Explain(exception, "/lnrpc.State/GetState"));
        }
    }

    /// <summary>What a failed call means for the operator.</summary>
    public LndProblem Explain(RpcException exception, string method) => LndErrors.Explain(exception, method, _options);

    public void Dispose() => _channel.Dispose();
}
