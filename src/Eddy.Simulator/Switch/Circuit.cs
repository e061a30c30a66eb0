using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>
/// What ties an outgoing HTLC to what pays for it: an incoming HTLC, or one of the node's own attempts. Kept over restarts. The amounts are
/// what LND believes: a RESUME_MODIFIED has its place in the incoming one.
/// </summary>
internal sealed class Circuit
{
    /// <summary>Null for an own payment.</summary>
    public CircuitKey? Incoming { get; init; }

    public ChannelEnd? IncomingEnd { get; init; }

    /// <summary>The own attempt this circuit is for.</summary>
    public ulong? AttemptId { get; init; }

    public PaymentHash Hash { get; init; }

    public long IncomingMsat { get; init; }

    public long OutgoingMsat { get; init; }

    /// <summary>LND's keystone: set once the outgoing channel has the HTLC.</summary>
    public CircuitKey? Outgoing { get; set; }

    /// <summary>The node was restarted since: LND then fails a circuit without keystone instead of waiting for it.</summary>
    public bool IsFromDisk { get; set; }

    /// <summary>The incoming HTLC's resolution is committed: whatever the outgoing one does now reaches nobody.</summary>
    public bool IsDeleted { get; set; }
}

/// <summary>What becomes of a packet whose circuit is to be committed.</summary>
internal enum CircuitCommit
{
    Added = 0,

    /// <summary>A replay of what is under way: nothing happens.</summary>
    Dropped = 1,

    /// <summary>A replay of what never left before a restart: it fails.</summary>
    Failed = 2,
}

/// <summary>A node's circuits by incoming key.</summary>
internal sealed class CircuitMap
{
    private readonly Dictionary<CircuitKey, Circuit> _circuits = [];

    public int Count => _circuits.Count;

    public CircuitCommit Commit(CircuitKey key, Func<Circuit> create, out Circuit circuit)
    {
        if (!_circuits.TryGetValue(key, out var existing))
        {
            circuit = create();
            _circuits.Add(key, circuit);
            return CircuitCommit.Added;
        }

        circuit = existing;
        return existing.Outgoing is not null || !existing.IsFromDisk ? CircuitCommit.Dropped : CircuitCommit.Failed;
    }

    public void Delete(CircuitKey key)
    {
        if (_circuits.Remove(key, out var circuit))
        {
            circuit.IsDeleted = true;
        }
    }

    public void OnRestart()
    {
        foreach (var circuit in _circuits.Values)
        {
            circuit.IsFromDisk = true;
        }
    }
}
