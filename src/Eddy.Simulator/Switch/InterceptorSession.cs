namespace Eddy.Simulator;

/// <summary>LND's end of one interceptor stream.</summary>
public sealed class InterceptorSession
{
    private readonly HtlcInterceptor _interceptor;
    private bool _isStalled;

    internal InterceptorSession(HtlcInterceptor interceptor, IInterceptorClient client) => (_interceptor, Client) = (interceptor, client);

    public bool IsClosed { get; internal set; }

    /// <summary>
    /// True while the outgoing buffer is full because the client does not read: the node then forwards nothing at all and handles no answer
    /// and no block either. Ended by setting it to false, or by closing the stream.
    /// </summary>
    public bool IsStalled
    {
        get => _isStalled;
        set
        {
            if (!IsClosed)
            {
                _isStalled = value;
                _interceptor.Loop.IsBlocked = value;
            }
        }
    }

    internal IInterceptorClient Client { get; }

    /// <summary>Hands in an answer. A wrong one closes the stream: the client is told by <see cref="IInterceptorClient.OnClosed"/>.</summary>
    public void Answer(InterceptAnswer answer)
    {
        if (!IsClosed)
        {
            _interceptor.Loop.Run(() => _interceptor.Handle(this, answer));
        }
    }

    /// <summary>The client went away, or half-closed (LND then ends the call with <c>EOF</c>). Held HTLCs are released unless an interceptor is required.</summary>
    public void Close() => _interceptor.Disconnect(this, null);
}
