using Eddy.Guarding;
using Eddy.Lnd.Interception;

namespace Eddy.Telemetry;

/// <summary>Where a daemon's meter looks when it is read.</summary>
internal sealed record MeterSources
{
    /// <summary>Asks the engine between two of its steps; null where it does not answer.</summary>
    public required Func<CancellationToken, Task<EngineSnapshot?>> Look { get; init; }

    public required InterceptorStatistics Interceptor { get; init; }

    public required Func<DownstreamFigures> Downstream { get; init; }

    /// <summary>Null where the daemon is no process of its own.</summary>
    public required Func<GuardState?> Guard { get; init; }

    /// <summary>Since LND last answered; null while it is away.</summary>
    public required Func<TimeSpan?> LndSilence { get; init; }

    /// <summary>How often a connection to LND stood.</summary>
    public required Func<long> LndConnections { get; init; }

    public required Func<MailboxFigures> Mailbox { get; init; }

    public required Func<bool> IsObserving { get; init; }
}

/// <param name="Dropped">Messages of peers, thrown away because there was no room.</param>
/// <param name="Refused">Messages of peers that were not let in.</param>
internal readonly record struct MailboxFigures(int Events, int Messages, long Dropped, long Refused);
