using System.Threading.Channels;
using Grpc.Core;

namespace Eddy.Lnd.Tests.Scripted;

/// <summary>A stream of events that every subscriber gets, and that can be ended as LND ends its streams.</summary>
internal sealed class Feed<T>
{
    private readonly Lock _lock = new();
    private readonly HashSet<Channel<T>> _subscribers = [];
    private TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How often somebody subscribed.</summary>
    public int Subscriptions { get; private set; }

    public void Emit(T item)
    {
        lock (_lock)
        {
            foreach (var subscriber in _subscribers)
            {
                subscriber.Writer.TryWrite(item);
            }
        }
    }

    /// <summary>Ends every stream there is; null ends them with OK.</summary>
    public void End(Status? status)
    {
        lock (_lock)
        {
            foreach (var subscriber in _subscribers)
            {
                subscriber.Writer.TryComplete(status is { } error ? new RpcException(error) : null);
            }

            _subscribers.Clear();
            _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public Task WaitForSubscriberAsync()
    {
        lock (_lock)
        {
            return _opened.Task.WaitAsync(TestInbox.Patience);
        }
    }

    public async Task ServeAsync(IServerStreamWriter<T> responses, ServerCallContext context, params T[] first)
    {
        var queue = Channel.CreateUnbounded<T>();
        foreach (var item in first)
        {
            queue.Writer.TryWrite(item);
        }

        lock (_lock)
        {
            _subscribers.Add(queue);
            Subscriptions++;
            _opened.TrySetResult();
        }

        try
        {
            await foreach (var item in queue.Reader.ReadAllAsync(context.CancellationToken))
            {
                await responses.WriteAsync(item);
            }
        }
        finally
        {
            lock (_lock)
            {
                _subscribers.Remove(queue);
            }
        }
    }
}
