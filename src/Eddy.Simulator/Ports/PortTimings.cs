namespace Eddy.Simulator;

/// <summary>How long an engine's dealings with its simulated LND take, in virtual time.</summary>
public sealed record PortTimings
{
    /// <summary>One call, there and back.</summary>
    public TimeSpan Call { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>From an offered HTLC to its answer.</summary>
    public TimeSpan Answer { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>Saving a binding before the answer to a waived HTLC leaves.</summary>
    public TimeSpan Bind { get; init; } = TimeSpan.FromMilliseconds(3);

    /// <summary>From whatever changed a channel to the listing that shows it.</summary>
    public TimeSpan RefreshDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>From LND's return to the adapter's.</summary>
    public TimeSpan Reconnect { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Between attempts while somebody else holds the interceptor's place.</summary>
    public TimeSpan InterceptorRetry { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long LND must have no record of a payment whose send got lost, before it counts as never sent.</summary>
    public TimeSpan NoRecordPeriod { get; init; } = TimeSpan.FromSeconds(30);
}
