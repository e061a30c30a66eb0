using Eddy.Simulator;

namespace Eddy.Tests.Scenarios;

/// <summary>Another program at a node's interceptor.</summary>
internal sealed class Rival(Func<InterceptRequest, InterceptAnswer> answer) : IInterceptorClient
{
    public static Rival ThatResumes { get; } = new(request => InterceptAnswer.Resume(request.Circuit));

    public void OnIntercepted(InterceptorSession session, InterceptRequest request) => session.Answer(answer(request));

    public void OnClosed(InterceptorSession session, RpcError reason)
    {
    }
}
