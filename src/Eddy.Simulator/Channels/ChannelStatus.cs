namespace Eddy.Simulator;

/// <summary>A channel's life.</summary>
public enum ChannelStatus
{
    Open = 0,

    /// <summary>The commitment transaction is on chain; HTLCs may still be contested there.</summary>
    ForceClosed = 1,

    /// <summary>Nothing is left of it.</summary>
    Resolved = 2,
}
