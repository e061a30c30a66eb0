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

    /// <summary>It was an eddy peer when it was last seen.</summary>
    public bool WasEddy { get; set; }

    public string Agent { get; set; } = "";

    public bool CanInitiate { get; set; }

    public bool CanWaive { get; set; }

    public DateTimeOffset LastSeen { get; set; }

    /// <summary>Why it is no eddy peer although it answered, for the operator.</summary>
    public string Note { get; set; } = "";

    /// <summary>What our last hello on this connection said: can initiate, can waive; null where there was none.</summary>
    public (bool CanInitiate, bool CanWaive)? Told { get; set; }

    /// <summary>Hellos sent since the connection that were not answered.</summary>
    public int HellosSent { get; set; }

    /// <summary>The latest time a hello of this peer was answered: a peer that only asks gets no more than a few.</summary>
    public DateTimeOffset LastAnswer { get; set; } = DateTimeOffset.MinValue;

    /// <summary>Drawn by its daemon when that started: another one knows nothing of what was said before.</summary>
    public ulong Run { get; set; }

    /// <summary>How often it was offered all it may lack.</summary>
    public Eddy.Gossip.TokenBucket Offers { get; set; }

    /// <summary>Since when what we hold is to be offered to it, as soon as that may be; null where it was.</summary>
    public DateTimeOffset? OffersDueSince { get; set; }

    /// <summary>When it went offline the last time.</summary>
    public DateTimeOffset AwaySince { get; set; } = DateTimeOffset.MinValue;

    /// <summary>The latest time we sent it gossip.</summary>
    public DateTimeOffset LastTold { get; set; } = DateTimeOffset.MinValue;

    public MessageAllowance Allowance { get; } = new();

    /// <summary>How often it sent what an honest and up-to-date peer does not send, since we started.</summary>
    public long Faults { get; set; }

    public string LastFault { get; set; } = "";

    /// <summary>How much more of it is borne.</summary>
    public Eddy.Gossip.TokenBucket Conduct { get; set; }

    /// <summary>The latest time our log complained of it.</summary>
    public DateTimeOffset LastComplaint { get; set; } = DateTimeOffset.MinValue;

    /// <summary>Rings it sent us to look at.</summary>
    public Eddy.Gossip.TokenBucket Proposals { get; set; }
}
