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

    /// <summary>0 to 1: the message takes up to <see cref="ReorderWindow"/> longer, and later ones overtake it.</summary>
    public double ReorderProbability { get; set; }

    public TimeSpan ReorderWindow { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Called for every message to which something happened.</summary>
    internal Action<MessageFault>? Happened { get; set; }

    internal bool IsClean =>
        DropProbability == 0 && DuplicateProbability == 0 && ReorderProbability == 0 && Delay == TimeSpan.Zero && Jitter == TimeSpan.Zero;
}

/// <summary>What happened to a message.</summary>
internal enum MessageFault
{
    Lost = 0,
    Doubled = 1,
    Delayed = 2,
    Reordered = 3,
}
