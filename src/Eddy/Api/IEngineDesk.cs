using System.Collections.Immutable;
using Eddy.Engine.Storage;
using Eddy.Engine.Views;
using Eddy.Forwarding;
using Eddy.Guarding;
using Eddy.Lightning;
using Eddy.Logging;
using Eddy.Reloading;
using Eddy.Rings;

namespace Eddy.Api;

/// <summary>There is no engine that could be asked. The message says why, for the operator.</summary>
internal sealed class NoEngineException(string message) : Exception(message);

/// <summary>What the API asks of a running engine. Every call may throw <see cref="NoEngineException"/>.</summary>
internal interface IEngineDesk
{
    bool IsObserving { get; }

    /// <summary>How the guard is; null where the daemon was not started as a process of its own.</summary>
    GuardState? Guard { get; }

    /// <summary>Since LND last answered; null while there is no connection to it.</summary>
    TimeSpan? LndSilence { get; }

    /// <summary>The page for Prometheus needs no token.</summary>
    bool IsMetricsOpen { get; }

    /// <summary>What is logged.</summary>
    LogLevels LogLevels { get; }

    /// <summary>The page for Prometheus.</summary>
    Task<string> GetMetricsAsync(CancellationToken cancellationToken);

    /// <summary>The latest lines of the log.</summary>
    LogTail Logs { get; }

    /// <summary>Ends when what the engine shows may have changed.</summary>
    Task Changed { get; }

    Task<EngineView> GetViewAsync(CancellationToken cancellationToken);

    Task<OperatorReply> AskAsync(OperatorRequest request, CancellationToken cancellationToken);

    /// <summary>The ledger of phantom fees from one day to another (UTC), both included; oldest first.</summary>
    Task<ImmutableArray<PhantomFee>> GetLedgerAsync(DateOnly from, DateOnly to, CancellationToken cancellationToken);

    /// <summary>Reads the configuration again.</summary>
    Task<ReloadOutcome> ReloadAsync(CancellationToken cancellationToken);

    /// <summary>Why nothing happens.</summary>
    Task<Explanation> ExplainAsync(CancellationToken cancellationToken);

    /// <summary>Null where there is no channel with the peer.</summary>
    Task<Explanation?> ExplainAsync(NodeId peer, CancellationToken cancellationToken);

    /// <summary>Null where the channel is not ours.</summary>
    Task<Explanation?> ExplainAsync(ShortChannelId channel, CancellationToken cancellationToken);

    /// <summary>Null where there is no such ring, neither under way nor in the store.</summary>
    Task<RingView?> FindRingAsync(RingId ring, CancellationToken cancellationToken);

    /// <summary>The latest rings in the store, newest first, their stories left out.</summary>
    Task<ImmutableArray<RingView>> GetLatestRingsAsync(int count, CancellationToken cancellationToken);

    /// <summary>What came of the days from one on (UTC), oldest first; days on which nothing ended are left out.</summary>
    Task<ImmutableArray<DayFigures>> GetHistoryAsync(DateOnly first, CancellationToken cancellationToken);
}
