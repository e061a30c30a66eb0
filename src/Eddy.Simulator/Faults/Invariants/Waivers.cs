using Eddy.Lightning;

namespace Eddy.Simulator.Faults;

/// <summary>A waiver that LND took goes back to a promise that the engine had signed and sent, and that still held.</summary>
internal sealed class WaiverNeedsAcceptance() : Invariant("waiver-needs-acceptance", "No waiver without a live acceptance of that very ring, from that peer.")
{
    public override void OnModified(FaultNode node, Htlc incoming, BelievedAmounts believed)
    {
        if (node.FindPromise(incoming.Hash) is not { } promise)
        {
            Violate($"{node.Alias} waived {EventText.Short(incoming.Hash)}, which it never agreed to.");
        }
        else if (node.DecidedAt(incoming.IncomingKey) >= promise.Until)
        {
            Violate($"{node.Alias} waived {EventText.Short(incoming.Hash)} after its promise had ended at {promise.Until:O}.");
        }
        else if (incoming.Offerer.Node.Id != promise.Previous)
        {
            Violate($"{node.Alias} waived {EventText.Short(incoming.Hash)} for {incoming.Offerer.Node.Alias}, who is not its previous hop.");
        }
    }
}

/// <summary>Once for each ring and once for each incoming HTLC.</summary>
internal sealed class WaiverIsUsedOnce() : Invariant("waiver-is-used-once", "No waiver is used twice, and no incoming HTLC is waived twice.")
{
    private readonly HashSet<(int Node, PaymentHash Hash)> _hashes = [];
    private readonly HashSet<(int Node, CircuitKey Key)> _keys = [];

    public override void OnModified(FaultNode node, Htlc incoming, BelievedAmounts believed)
    {
        if (!_keys.Add((node.Index, incoming.IncomingKey)))
        {
            Violate($"{node.Alias} waived the HTLC {EventText.Of(incoming.IncomingKey)} twice.");
        }
        else if (!_hashes.Add((node.Index, incoming.Hash)))
        {
            Violate($"{node.Alias} waived {EventText.Short(incoming.Hash)} for a second HTLC, {EventText.Of(incoming.IncomingKey)}.");
        }
    }
}

/// <summary>What goes out is covered by what really came in, and is no more than was agreed on.</summary>
internal sealed class WaiverCoversWhatCame() : Invariant("waiver-covers-what-came", "Nothing is forwarded for more than came in, and nothing is waived above what was agreed.")
{
    public override void OnModified(FaultNode node, Htlc incoming, BelievedAmounts believed)
    {
        if (believed.OutgoingMsat > incoming.Amount.Value)
        {
            Violate($"{node.Alias} lets {believed.OutgoingMsat} msat go out for an HTLC of {incoming.Amount}.");
        }
        else if (node.FindPromise(incoming.Hash) is { } promise
            && (believed.OutgoingMsat > promise.MostMsat || believed.OutgoingMsat < promise.LeastMsat))
        {
            Violate($"{node.Alias} waived {believed.OutgoingMsat} msat, and agreed to {promise.LeastMsat} to {promise.MostMsat}.");
        }
    }

    public override void OnAdded(Htlc htlc)
    {
        if (htlc.Circuit is { Incoming: { } key, IncomingEnd: { } end } && end.Incoming.TryGetValue(key.HtlcId, out var incoming)
            && incoming.Amount < htlc.Amount)
        {
            Violate($"{htlc.Offerer.Node.Alias} forwards {htlc.Amount} for an HTLC of {incoming.Amount}.");
        }
    }
}
