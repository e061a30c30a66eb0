using Eddy.Engine.Views;
using Eddy.Guarding;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Api;

/// <summary>What the API asks of a running engine.</summary>
internal interface IEngineDesk
{
    bool IsObserving { get; }

    /// <summary>How the guard is; null where the daemon was not started as a process of its own.</summary>
    GuardState? Guard { get; }

    Task<EngineView> GetViewAsync(CancellationToken cancellationToken);

    Task<OperatorReply> AskAsync(OperatorRequest request, CancellationToken cancellationToken);

    /// <summary>Null where the channel is not ours.</summary>
    Task<ChannelExplanation?> ExplainAsync(ShortChannelId channel, CancellationToken cancellationToken);

    /// <summary>Null where there is no such ring, neither under way nor in the store.</summary>
    Task<RingView?> FindRingAsync(RingId ring, CancellationToken cancellationToken);
}
