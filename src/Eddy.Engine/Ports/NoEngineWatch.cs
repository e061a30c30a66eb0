using Eddy.Engine.Views;
using Eddy.Gossip;
using Eddy.Lightning;
using Eddy.Liquidity;

namespace Eddy.Engine.Ports;

/// <summary>Where nobody watches.</summary>
internal sealed class NoEngineWatch : IEngineWatch
{
    public static readonly NoEngineWatch Instance = new();

    private NoEngineWatch()
    {
    }

    public void Searched(PlanOutcome outcome, int rings, TimeSpan took)
    {
    }

    public void AdvertReceived(AdvertVerdict verdict)
    {
    }

    public void MessageReceived(MessageKind kind, int bytes)
    {
    }

    public void MessageSent(MessageKind kind, int bytes)
    {
    }

    public void PeerAtFault()
    {
    }

    public void PeerMuted()
    {
    }

    public void PhantomFeeBooked(MilliSatoshi fee)
    {
    }

    public void RingEnded(RingAccount ring)
    {
    }
}
