using System.Threading.Channels;
using Eddy.Protos.Routerrpc;
using Grpc.Core;

namespace Eddy.Simulator.Grpc;

/// <summary>
/// The outgoing half of an interceptor stream. LND writes to it from its switch's only loop; here the model goes on while no more than some
/// slack waits to be written, and stands still above that until the client has read.
/// </summary>
internal sealed class InterceptorStream(NodeAccess access, int slack) : IInterceptorClient
{
    private readonly Channel<ForwardHtlcInterceptRequest> _queue =
        Channel.CreateUnbounded<ForwardHtlcInterceptRequest>(new UnboundedChannelOptions { SingleReader = true });

    private InterceptorSession? _session;
    private long _pendingBytes;
    private volatile bool _isStalled;

    public void OnIntercepted(InterceptorSession session, InterceptRequest request)
    {
        _session = session;
        var message = request.ToMessage();
        if (Interlocked.Add(ref _pendingBytes, message.CalculateSize()) > slack)
        {
            _isStalled = true;
            session.IsStalled = true;
        }

        _queue.Writer.TryWrite(message);
    }

    public void OnClosed(InterceptorSession session, RpcError reason) => _queue.Writer.TryComplete(reason.ToException());

    /// <summary>Ends the stream from here, as a fault; the call's end then closes the session.</summary>
    public void Drop(RpcError? error) => _queue.Writer.TryComplete(error?.ToException());

    public async Task WriteAsync(IServerStreamWriter<ForwardHtlcInterceptRequest> responses, CancellationToken cancellationToken)
    {
        while (await _queue.Reader.WaitToReadAsync(cancellationToken))
        {
            while (_queue.Reader.TryRead(out var message))
            {
                await responses.WriteAsync(message, cancellationToken);
                if (Interlocked.Add(ref _pendingBytes, -message.CalculateSize()) <= slack && _isStalled)
                {
                    access.Post(_ => Unstall());
                }
            }
        }
    }

    private void Unstall()
    {
        if (_isStalled && Interlocked.Read(ref _pendingBytes) <= slack)
        {
            _isStalled = false;
            _session!.IsStalled = false;
        }
    }
}
