using Eddy.Engine.Views;
using Eddy.Gossip;
using Eddy.Lightning;
using Eddy.Liquidity;

namespace Eddy.Engine.Ports;

/// <summary>
/// Told what the engine does, for measures and traces. It is called in the middle of a step and by one thread at a time: it must neither wait
/// nor throw. What it is told may still not be saved, if the store fails in that step. Nothing in the engine depends on it.
/// </summary>
public interface IEngineWatch
{
    /// <summary>A search for a ring of our own.</summary>
    void Searched(PlanOutcome outcome, int rings, TimeSpan took);

    void AdvertReceived(AdvertVerdict verdict);

    /// <summary>Of a peer that has a channel and is not muted.</summary>
    void MessageReceived(MessageKind kind, int bytes);

    void MessageSent(MessageKind kind, int bytes);

    /// <summary>A peer sent what no honest and up-to-date peer sends.</summary>
    void PeerAtFault();

    void PeerMuted();

    /// <summary>LND will book a fee for a forward that nobody received.</summary>
    void PhantomFeeBooked(MilliSatoshi fee);

    /// <summary>A ring has ended. It may end again: an HTLC can come for one that was given up.</summary>
    void RingEnded(RingAccount ring);
}

/// <summary>What a message of type 60881 carries.</summary>
public enum MessageKind
{
    /// <summary>Of a later version, or not to be read.</summary>
    Unknown = 0,
    Hello = 1,
    Adverts = 2,
    Offers = 3,
    Request = 4,
    Proposal = 5,
    Reject = 6,
    Done = 7,
}
