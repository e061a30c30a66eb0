using System.Collections.Concurrent;
using System.Threading.Channels;
using Eddy.Protos.Routerrpc;
using Grpc.Core;

namespace Eddy.Lnd.Tests.Scripted;

/// <summary>LND's side of the interceptor stream: one place, no acknowledgement, and a note of every answer.</summary>
internal sealed class ScriptedInterceptor
{
    private readonly Lock _lock = new();
    private readonly Channel<ForwardHtlcInterceptResponse> _answers = Channel.CreateUnbounded<ForwardHtlcInterceptResponse>();
    private Channel<ForwardHtlcInterceptRequest>? _client;
    private TaskCompletionSource _taken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _free = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Somebody else holds the place.</summary>
    public bool IsTakenByOther { get; set; }

    public int Attempts => _attempts;

    /// <summary>What the client said before it closed its side, in order.</summary>
    public ConcurrentQueue<ForwardHtlcInterceptResponse> AnswersBeforeClose { get; } = new();

    private int _attempts;

    public Task WaitForClientAsync()
    {
        lock (_lock)
        {
            return _taken.Task.WaitAsync(TestInbox.Patience);
        }
    }

    public Task WaitUntilFreeAsync()
    {
        lock (_lock)
        {
            return _client is null ? Task.CompletedTask : _free.Task.WaitAsync(TestInbox.Patience);
        }
    }

    public void Offer(ForwardHtlcInterceptRequest request)
    {
        lock (_lock)
        {
            Assert.NotNull(_client);
            _client.Writer.TryWrite(request);
        }
    }

    public void End(Status? status)
    {
        lock (_lock)
        {
            _client?.Writer.TryComplete(status is { } error ? new RpcException(error) : null);
        }
    }

    public async Task<ForwardHtlcInterceptResponse> AnswerAsync()
    {
        using var patience = new CancellationTokenSource(TestInbox.Patience);
        return await _answers.Reader.ReadAsync(patience.Token);
    }

    public bool TryAnswer(out ForwardHtlcInterceptResponse? answer) => _answers.Reader.TryRead(out answer);

    public async Task ServeAsync(
        IAsyncStreamReader<ForwardHtlcInterceptResponse> requests,
        IServerStreamWriter<ForwardHtlcInterceptRequest> responses,
        ServerCallContext context)
    {
        Interlocked.Increment(ref _attempts);
        var queue = Channel.CreateUnbounded<ForwardHtlcInterceptRequest>();
        lock (_lock)
        {
            if (IsTakenByOther || _client is not null)
            {
                throw new RpcException(new Status(StatusCode.Unknown, "interceptor already exists"));
            }

            _client = queue;
            _free = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _taken.TrySetResult();
        }

        try
        {
            var reading = ReadAsync(requests, queue, context.CancellationToken);
            await foreach (var request in queue.Reader.ReadAllAsync(context.CancellationToken))
            {
                await responses.WriteAsync(request);
            }

            await reading;
        }
        finally
        {
            lock (_lock)
            {
                _client = null;
                _taken = new(TaskCreationOptions.RunContinuationsAsynchronously);
                _free.TrySetResult();
            }
        }
    }

    private async Task ReadAsync(
        IAsyncStreamReader<ForwardHtlcInterceptResponse> requests, Channel<ForwardHtlcInterceptRequest> queue, CancellationToken cancellationToken)
    {
        while (await requests.MoveNext(cancellationToken))
        {
            AnswersBeforeClose.Enqueue(requests.Current);
            _answers.Writer.TryWrite(requests.Current);
        }

        queue.Writer.TryComplete(new RpcException(new Status(StatusCode.Unknown, "EOF")));
    }
}
