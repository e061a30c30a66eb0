namespace Eddy.Simulator;

/// <summary>The client's end of an interceptor stream. Called on the model's thread; may answer at once, from inside the call.</summary>
public interface IInterceptorClient
{
    /// <summary>An HTLC waits for an answer.</summary>
    void OnIntercepted(InterceptorSession session, InterceptRequest request);

    /// <summary>The stream has ended from LND's side: a wrong answer, or the node stops. Not called after the client's own close.</summary>
    void OnClosed(InterceptorSession session, RpcError reason);
}
