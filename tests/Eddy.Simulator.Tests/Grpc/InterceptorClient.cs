using System.Threading.Channels;
using Eddy.Protos.Routerrpc;
using Grpc.Core;

namespace Eddy.Simulator.Tests.Grpc;

/// <summary>An interceptor as a test drives it: requests arrive in a queue, answers go out one by one.</summary>
internal sealed class InterceptorClient : IDisposable
{
    private readonly AsyncDuplexStreamingCall<ForwardHtlcInterceptResponse, ForwardHtlcInterceptRequest> _call;
    private readonly Channel<ForwardHtlcInterceptRequest> _requests = Channel.CreateUnbounded<ForwardHtlcInterceptRequest>();

    private InterceptorClient(LndClient client, bool reads)
    {
        _call = client.Router.HtlcInterceptor();
        Ended = reads ? ReadAsync() : Task.CompletedTask;
    }

    /// <summary>Called for every request; null leaves it to <see cref="NextAsync"/>.</summary>
    public Func<ForwardHtlcInterceptRequest, ForwardHtlcInterceptResponse?>? OnRequest { get; set; }

    public int Requests { get; private set; }

    /// <summary>How the stream ended.</summary>
    public RpcException? Fault { get; private set; }

    public Task Ended { get; }

    /// <summary>Opens the stream and waits until the node has it.</summary>
    public static async Task<InterceptorClient> ConnectAsync(LndRig rig, char name, bool reads = true, Task? frozen = null)
    {
        var interceptor = new InterceptorClient(rig.Client(name, frozen: frozen), reads);
        await WaitAsync(() => rig.Pump.InvokeAsync(_ => rig.Lnd(name).Node.Interceptor.IsConnected));
        return interceptor;
    }

    public async Task<ForwardHtlcInterceptRequest> NextAsync(CancellationToken cancellationToken) =>
        await _requests.Reader.ReadAsync(cancellationToken);

    public Task AnswerAsync(ForwardHtlcInterceptResponse answer) => _call.RequestStream.WriteAsync(answer);

    public Task CompleteAsync() => _call.RequestStream.CompleteAsync();

    public void Dispose() => _call.Dispose();

    public static async Task WaitAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await condition())
        {
            await Task.Delay(10, patience.Token);
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            while (await _call.ResponseStream.MoveNext(CancellationToken.None))
            {
                var request = _call.ResponseStream.Current;
                Requests++;
                if (OnRequest?.Invoke(request) is { } answer)
                {
                    await AnswerAsync(answer);
                }
                else
                {
                    _requests.Writer.TryWrite(request);
                }
            }
        }
        catch (RpcException exception)
        {
            Fault = exception;
        }
        finally
        {
            _requests.Writer.TryComplete();
        }
    }
}
