namespace Eddy.Simulator;

/// <summary>What goes wrong with custom messages in one direction of a link. HTLC messages are never lost while a connection stands.</summary>
public sealed class MessageFaults
{
    /// <summary>0 to 1. The sender is told that all went well.</summary>
    public double DropProbability { get; set; }

    /// <summary>0 to 1: the message arrives twice.</summary>
    public double DuplicateProbability { get; set; }

    /// <summary>On top of the link's latency, as behind a graph sync. Order is kept.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Up to this much more, drawn per message. Order is kept.</summary>
    public TimeSpan Jitter { get; set; }

    internal bool IsClean =>
        DropProbability == 0 && DuplicateProbability == 0 && Delay == TimeSpan.Zero && Jitter == TimeSpan.Zero;
}
