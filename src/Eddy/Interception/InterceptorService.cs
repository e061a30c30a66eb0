using Eddy.Lnd.Interception;
using Eddy.Protos.Routerrpc;
using Grpc.Core;

namespace Eddy.Interception;

/// <summary>LND's <c>routerrpc.Router/HtlcInterceptor</c> for other programs, and nothing else of LND's.</summary>
internal sealed class InterceptorService(DownstreamHub hub, InterceptorMacaroon macaroon) : Router.RouterBase
{
    public override async Task HtlcInterceptor(
        IAsyncStreamReader<ForwardHtlcInterceptResponse> requestStream,
        IServerStreamWriter<ForwardHtlcInterceptRequest> responseStream,
        ServerCallContext context)
    {
        if (macaroon.Fault(context.RequestHeaders.GetValue("macaroon"), context.Peer, TimeProvider.System.GetUtcNow()) is { } fault)
        {
            throw new RpcException(new Status(StatusCode.Unknown, fault));
        }

        using var client = hub.Connect(context.Peer);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        try
        {
            await await Task.WhenAny(WriteAsync(client, responseStream, ending.Token), ReadAsync(client, requestStream, ending.Token));
        }
        finally
        {
            await ending.CancelAsync();
        }
    }

    private static async Task WriteAsync(DownstreamClient client, IServerStreamWriter<ForwardHtlcInterceptRequest> offers, CancellationToken cancellationToken)
    {
        await foreach (var offer in client.Offers.ReadAllAsync(cancellationToken))
        {
            await offers.WriteAsync(offer, cancellationToken);
        }
    }

    private async Task ReadAsync(DownstreamClient client, IAsyncStreamReader<ForwardHtlcInterceptResponse> answers, CancellationToken cancellationToken)
    {
        while (await answers.MoveNext(cancellationToken))
        {
            if (client.Answer(answers.Current) is { } fault)
            {
                hub.Drop(client, fault);
                throw new RpcException(fault);
            }
        }

        // As LND ends it when its client has closed its side.
        throw new RpcException(new Status(StatusCode.Unknown, "EOF"));
    }
}
