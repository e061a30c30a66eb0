using Eddy.Lightning;

namespace Eddy.Engine.Greetings;

/// <summary>What is known of one peer of the Lightning node.</summary>
internal sealed class PeerState(NodeId id)
{
    public NodeId Id { get; } = id;

    public bool IsOnline { get; set; }

    /// <summary>The negotiated protocol version; 0 for a peer that is no eddy peer, as far as we know.</summary>
    public uint Version { get; set; }

    public bool IsEddy => Version != 0;

    public string Agent { get; set; } = "";

    public bool CanInitiate { get; set; }

    public bool CanWaive { get; set; }

    public DateTimeOffset LastSeen { get; set; }

    /// <summary>Why it is no eddy peer although it answered, for the operator.</summary>
    public string Note { get; set; } = "";

    /// <summary>Hellos sent since the connection that were not answered.</summary>
    public int HellosSent { get; set; }

    /// <summary>The latest time a hello of this peer was answered: a peer that only asks gets no more than a few.</summary>
    public DateTimeOffset LastAnswer { get; set; } = DateTimeOffset.MinValue;

    public MessageAllowance Allowance { get; } = new();
}
