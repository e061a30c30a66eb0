using Eddy.Lightning;

namespace Eddy.Simulator.Faults;

/// <summary>Rings send one HTLC for each payment hash, ever; and nothing is settled twice, whoever sent it.</summary>
internal sealed class HashIsPaidOnce() : Invariant("paid-once", "Each payment hash of a ring is sent once, and no payment is settled twice.")
{
    private readonly HashSet<PaymentHash> _sent = [];
    private readonly HashSet<PaymentHash> _settled = [];

    public override void OnAdded(Htlc htlc)
    {
        if (htlc.Circuit?.AttemptId is not null && !Run.IsOrdinary(htlc.Hash) && !_sent.Add(htlc.Hash))
        {
            Violate($"{htlc.Offerer.Node.Alias} sent {EventText.Short(htlc.Hash)} a second time.");
        }
    }

    public override void OnRemoved(Htlc htlc, bool isSettled)
    {
        if (isSettled && htlc.Circuit?.AttemptId is not null && !_settled.Add(htlc.Hash))
        {
            Violate($"{htlc.Offerer.Node.Alias} paid {EventText.Short(htlc.Hash)} twice.");
        }
    }
}
