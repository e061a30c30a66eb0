using Eddy.Interception;
using Eddy.Protos.Routerrpc;
using Eddy.Security;
using Grpc.Core;
using Grpc.Net.Client;

namespace Eddy.Benchmarks.Systems;

/// <summary>A client of eddy's own interceptor endpoint that resumes all it is asked about at once.</summary>
internal sealed class DownstreamLoad : IAsyncDisposable
{
    private readonly GrpcChannel _channel;
    private readonly AsyncDuplexStreamingCall<ForwardHtlcInterceptResponse, ForwardHtlcInterceptRequest> _call;
    private readonly Task _answering;
    private long _answered;

    private DownstreamLoad(GrpcChannel channel, string macaroon)
    {
        _channel = channel;
        _call = new Router.RouterClient(channel.CreateCallInvoker()).HtlcInterceptor(new CallOptions(new Metadata { { "macaroon", macaroon } }));
        _answering = Task.Run(AnswerAsync);
    }

    public long Answered => Interlocked.Read(ref _answered);

    public static async Task<DownstreamLoad> StartAsync(string address, string dataDirectory)
    {
        var files = InterceptorServer.DirectoryIn(dataDirectory);
        var channel = GrpcChannel.ForAddress(new Uri($"https://{address}"), new GrpcChannelOptions
        {
            HttpHandler = new PinnedCertificate(InterceptorCertificate.PathIn(files)).CreateHandler(),
            DisposeHttpClient = true,
        });
        var load = new DownstreamLoad(channel, Convert.ToHexStringLower(await File.ReadAllBytesAsync(InterceptorMacaroon.PathIn(files))));

        // LND acknowledges no stream, and neither does eddy.
        await Task.Delay(TimeSpan.FromSeconds(2));
        return load;
    }

    public async ValueTask DisposeAsync()
    {
        _call.Dispose();
        await _answering.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _channel.Dispose();
    }

    private async Task AnswerAsync()
    {
        while (await _call.ResponseStream.MoveNext(CancellationToken.None))
        {
            Interlocked.Increment(ref _answered);
            await _call.RequestStream.WriteAsync(new ForwardHtlcInterceptResponse
            {
                IncomingCircuitKey = _call.ResponseStream.Current.IncomingCircuitKey,
                Action = ResolveHoldForwardAction.Resume,
            });
        }
    }
}
