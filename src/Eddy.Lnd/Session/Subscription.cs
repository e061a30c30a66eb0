using Eddy.Lnd.Access;
using Grpc.Core;

namespace Eddy.Lnd.Session;

/// <summary>One of LND's event streams: live only, so whoever opens it again lists again.</summary>
/// <param name="Method">Full name, for messages.</param>
/// <param name="Open">Opens it.</param>
/// <param name="OnEventAsync">Takes an event.</param>
/// <param name="OnReopenedAsync">Makes good what was missed; runs when the stream stands again, before its first event.</param>
internal sealed record Subscription<T>(
    string Method,
    Func<CallOptions, AsyncServerStreamingCall<T>> Open,
    Func<T, CancellationToken, ValueTask> OnEventAsync,
    Func<CancellationToken, Task> OnReopenedAsync)
{
    /// <summary>
    /// Follows the stream until the token is cancelled. LND ends streams for reasons of their own (an HTLC failure that 0.20 cannot
    /// name ends SubscribeHtlcEvents): as long as LND itself is well the stream is opened again alone.
    /// </summary>
    /// <exception cref="LndProblemException">LND is not well, or refuses the stream.</exception>
    public async Task FollowAsync(LndConnection connection, LndTimings timings, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(timings.MinBackoff, timings.MaxBackoff);
        for (var isFirst = true; ; isFirst = false)
        {
            try
            {
                using var call = Open(connection.Endless(cancellationToken));
                if (!isFirst)
                {
                    await OnReopenedAsync(cancellationToken);
                }

                while (await call.ResponseStream.MoveNext(cancellationToken))
                {
                    backoff.Reset();
                    await OnEventAsync(call.ResponseStream.Current, cancellationToken);
                }
            }
            catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
            {
                var problem = connection.Explain(exception, Method);
                if (problem.Kind != LndProblemKind.Unexpected)
                {
                    throw new LndProblemException(problem);
                }
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (Handshake.Waiting(await connection.GetStateAsync(cancellationToken)) is { } waiting)
            {
                throw new LndProblemException(waiting);
            }

            await Task.Delay(backoff.Next(), cancellationToken);
        }
    }
}
