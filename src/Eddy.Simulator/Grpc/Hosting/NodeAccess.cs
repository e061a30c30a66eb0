using System.Threading.Channels;
using Grpc.Core;

namespace Eddy.Simulator.Grpc;

/// <summary>The way from a call's thread to a node on the model's thread, and back with events.</summary>
internal sealed class NodeAccess(RealTimePump pump, SimulatedNode node, MacaroonBakery bakery, OpenCalls calls)
{
    private static readonly RpcError Gone = new(RpcCode.Unavailable, "the simulated network has stopped");

    public MacaroonBakery Bakery => bakery;

    public OpenCalls Calls => calls;

    /// <summary>Fixed for a node's whole life, so any thread may read it.</summary>
    public LndVersion Version => node.Version;

    /// <summary>Runs on the model's thread.</summary>
    public async Task<T> ReadAsync<T>(Func<SimulatedNode, T> function)
    {
        try
        {
            return await pump.InvokeAsync(_ => function(node));
        }
        catch (ObjectDisposedException)
        {
            throw Gone.ToException();
        }
    }

    /// <summary>Runs on the model's thread; an error becomes the call's status.</summary>
    public async Task<T> CallAsync<T>(Func<SimulatedNode, RpcResult<T>> function) =>
        (await ReadAsync(function)).TryGet(out var value, out var error) ? value : throw error.ToException();

    /// <summary>Does not wait.</summary>
    public void Post(Action<SimulatedNode> action) => pump.Post(_ => action(node));

    /// <summary>
    /// Serves a stream of live events: everything <paramref name="subscribe"/> puts into the queue, in order, until the client goes, the
    /// queue is completed, or the stream is dropped. The queue is unbounded, as LND's is.
    /// </summary>
    /// <param name="subscribe">Runs on the model's thread; may put first messages into the queue before it subscribes, and may throw the call's status.</param>
    public async Task FollowAsync<T>(
        ServerCallContext context, IServerStreamWriter<T> responses, Func<SimulatedNode, ChannelWriter<T>, IDisposable> subscribe)
    {
        var queue = Channel.CreateUnbounded<T>(new UnboundedChannelOptions { SingleReader = true });
        using var registration = calls.AddStream(context.Method, error => queue.Writer.TryComplete(error?.ToException()));
        var subscription = await ReadAsync(model => subscribe(model, queue.Writer));
        try
        {
            while (await queue.Reader.WaitToReadAsync(context.CancellationToken))
            {
                while (queue.Reader.TryRead(out var message))
                {
                    await responses.WriteAsync(message);
                }
            }
        }
        finally
        {
            Post(_ => subscription.Dispose());
        }
    }
}
