using Grpc.Core;

namespace Grpc.Net.Client;

internal sealed class ClientStreamReader<TRequest, TResponse>(ClientCall<TRequest, TResponse> call) : IAsyncStreamReader<TResponse>
    where TRequest : class
    where TResponse : class
{
    private TResponse? _current;

    public TResponse Current => _current ?? throw new InvalidOperationException("There is no message before MoveNext has found one.");

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        _current = null;
        using var registration = call.CancelWith(cancellationToken);
        _current = await call.ReadAsync();
        return _current is not null;
    }
}

internal sealed class ClientStreamWriter<TRequest, TResponse>(
    ClientCall<TRequest, TResponse> call,
    RequestStreamContent content,
    Marshaller<TRequest> marshaller,
    int? maxPayloadLength) : IClientStreamWriter<TRequest>
    where TRequest : class
    where TResponse : class
{
    private readonly MessageFrame _frame = new(maxPayloadLength);
    private int _writing;

    public WriteOptions? WriteOptions { get; set; }

    public Task WriteAsync(TRequest message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(TRequest message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (Interlocked.Exchange(ref _writing, 1) != 0)
        {
            throw new InvalidOperationException("One write at a time: the one before has not ended.");
        }

        try
        {
            call.ThrowIfEnded();
            if (content.IsCompleted)
            {
                throw new InvalidOperationException("The stream was completed; nothing may follow.");
            }

            using var registration = call.CancelWith(cancellationToken);
            _frame.Write(message, marshaller.ContextualSerializer);
            await SendAsync();
            _frame.Trim();
        }
        finally
        {
            Volatile.Write(ref _writing, 0);
        }
    }

    public Task CompleteAsync()
    {
        content.Complete();
        return Task.CompletedTask;
    }

    // No token: ending the call breaks the stream, and with it a write that waits.
    private async ValueTask SendAsync()
    {
        try
        {
            var stream = await content.GetStreamAsync();
            await stream.WriteAsync(_frame.Bytes, CancellationToken.None);
            if ((WriteOptions?.Flags & WriteFlags.BufferHint) is not WriteFlags.BufferHint)
            {
                await stream.FlushAsync(CancellationToken.None);
            }
        }
        catch (Exception exception)
        {
            // HttpClient may still look at the bytes of a write that it gave up.
            _frame.Abandon();
            throw await call.ExplainFailedWriteAsync(exception);
        }
    }
}
