namespace Eddy.Simulator;

/// <summary>What really happens in a network, told at the moment it does. Must not change anything.</summary>
internal interface INetworkWatch
{
    /// <summary>An HTLC was put on a channel; its <see cref="Htlc.Circuit"/> says what pays for it.</summary>
    void OnAdded(Htlc htlc);

    /// <summary>It was taken off: settled (the receiver has it) or failed (the offerer has it back).</summary>
    void OnRemoved(Htlc htlc, bool isSettled);

    /// <summary>A node took a RESUME_MODIFIED for this incoming HTLC; the amounts are what LND believes from now on.</summary>
    void OnModified(SimulatedNode node, Htlc incoming, BelievedAmounts believed);
}

/// <summary>What a node believes of one forward.</summary>
internal readonly record struct BelievedAmounts(long IncomingMsat, long OutgoingMsat);
