using System.Threading.Channels;
using Eddy.Lightning;
using Eddy.Protos.Routerrpc;
using Google.Protobuf;
using Grpc.Core;
using Lnrpc = Eddy.Protos.Lnrpc;

namespace Eddy.Simulator.Grpc;

/// <summary>routerrpc: payments along routes, interception, HTLC events.</summary>
internal sealed partial class RouterService(NodeAccess access, int interceptorSlack) : Router.RouterBase
{
    /// <summary>Blocks until the attempt is resolved; a client that gives up stops nothing.</summary>
    public override async Task<Lnrpc.HTLCAttempt> SendToRouteV2(Protos.Routerrpc.SendToRouteRequest request, ServerCallContext context)
    {
        if (!PaymentMessages.FromMessage(request.Route).TryGet(out var route, out var error))
        {
            throw error.ToException();
        }

        var send = new SendToRouteRequest
        {
            Hash = ParseHash(request.PaymentHash),
            Route = route,
            SkipTempErr = request.SkipTempErr,
            FirstHopCustomRecords = request.FirstHopCustomRecords.ToRecords(),
        };
        var done = new TaskCompletionSource<RpcResult<Lnrpc.HTLCAttempt>>(TaskCreationOptions.RunContinuationsAsynchronously);
        await access.ReadAsync(node =>
        {
            node.Payments.SendToRoute(send, result => done.SetResult(
                result.TryGet(out var attempt, out var failure) ? new PaymentMessages(node).ToMessage(attempt) : failure));
            return true;
        });
        return (await done.Task).TryGet(out var message, out error) ? message : throw error.ToException();
    }

    public override Task TrackPaymentV2(TrackPaymentRequest request, IServerStreamWriter<Lnrpc.Payment> responseStream, ServerCallContext context)
    {
        var hash = ParseHash(request.PaymentHash);
        return access.FollowAsync(context, responseStream, (node, queue) => Follow(node, hash, request.NoInflightUpdates, queue));
    }

    public override Task TrackPayments(TrackPaymentsRequest request, IServerStreamWriter<Lnrpc.Payment> responseStream, ServerCallContext context) =>
        access.FollowAsync(context, responseStream, (node, queue) =>
        {
            var messages = new PaymentMessages(node);
            return node.Payments.Changes.Subscribe(payment =>
            {
                if (payment.IsFinal || !request.NoInflightUpdates)
                {
                    queue.TryWrite(messages.ToMessage(payment));
                }
            });
        });

    public override Task SubscribeHtlcEvents(
        SubscribeHtlcEventsRequest request, IServerStreamWriter<Protos.Routerrpc.HtlcEvent> responseStream, ServerCallContext context) =>
        access.FollowAsync(context, responseStream, (node, queue) =>
        {
            queue.TryWrite(new() { SubscribedEvent = new() });
            return node.HtlcEvents.Subscribe(change => queue.TryWrite(change.ToMessage()));
        });

    /// <summary>One client at a time. What it answers is handed on in order; its own end releases what it held.</summary>
    public override async Task HtlcInterceptor(
        IAsyncStreamReader<ForwardHtlcInterceptResponse> requestStream,
        IServerStreamWriter<ForwardHtlcInterceptRequest> responseStream,
        ServerCallContext context)
    {
        var client = new InterceptorStream(access, interceptorSlack);
        using var registration = access.Calls.AddStream(context.Method, client.Drop);
        var session = await access.CallAsync(node => node.Interceptor.Connect(client));
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        try
        {
            var writing = client.WriteAsync(responseStream, ending.Token);
            var reading = ReadAnswersAsync(requestStream, session, ending.Token);
            await await Task.WhenAny(writing, reading);
        }
        finally
        {
            await ending.CancelAsync();
            access.Post(_ => session.Close());
        }
    }

    /// <summary>Runs on the model's thread: the payment as it is, then every change, to its end.</summary>
    private static Subscription Follow(SimulatedNode node, PaymentHash hash, bool finalOnly, ChannelWriter<Lnrpc.Payment> queue)
    {
        var messages = new PaymentMessages(node);
        var tracked = node.Payments.Track(hash, payment =>
        {
            if (payment.IsFinal || !finalOnly)
            {
                queue.TryWrite(messages.ToMessage(payment));
            }

            if (payment.IsFinal)
            {
                queue.TryComplete();
            }
        });
        return tracked.TryGet(out var subscription, out var error) ? subscription : throw error.ToException();
    }

    private async Task ReadAnswersAsync(
        IAsyncStreamReader<ForwardHtlcInterceptResponse> answers, InterceptorSession session, CancellationToken cancellationToken)
    {
        while (await answers.MoveNext(cancellationToken))
        {
            var answer = answers.Current.ToAnswer();
            access.Post(_ => session.Answer(answer));
        }

        throw RpcError.Plain("EOF").ToException();
    }

    private static PaymentHash ParseHash(ByteString bytes) => Bytes32.TryFrom(bytes.Span, out var hash)
        ? new(hash)
        : throw RpcError.Plain($"invalid hash length of {bytes.Length}, want {Bytes32.Size}").ToException();
}
