using Eddy.Engine.Storage;
using Eddy.Protos.Storage;
using Eddy.Rings;

namespace Eddy.Simulator.Faults;

/// <summary>
/// What a ring reserves follows from its saved state. No reservation is below zero, and none that no HTLC stands behind outlives the
/// ring's deadline by the clock of the node that keeps it, while its daemon runs and has LND.
/// </summary>
internal sealed class ReservationsEnd() : Invariant("reservations-end", "No reservation is below zero or outlives its deadline, unless an HTLC or a payment stands behind it.")
{
    /// <summary>From the moment at which the deadline has passed, as when a clock is set forward, to letting go.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(1);

    private static readonly HashSet<string> Unbound = ["Signing", "Walking", "Invoicing", "Accepted"];

    private readonly Dictionary<(int Node, RingId Ring), DateTimeOffset> _deadlines = [];
    private readonly Dictionary<(int Node, RingId Ring), DateTimeOffset> _open = [];
    private readonly Dictionary<(int Node, RingId Ring), DateTimeOffset> _overdue = [];

    public override void OnCommitted(FaultNode node, StoreBatch batch)
    {
        foreach (var ring in batch.Rings)
        {
            if (ring.Amount.Value < 0)
            {
                Violate($"{node.Alias} reserves {ring.Amount} for ring {ring.Id.ToShortString()}.");
            }

            var key = (node.Index, ring.Id);
            if (!Unbound.Contains(ring.State))
            {
                _open.Remove(key);
                _overdue.Remove(key);
            }
            else
            {
                _open[key] = DeadlineOf(key, ring);
            }
        }
    }

    public override void AfterStep()
    {
        var now = Run.Network.Now;
        foreach (var (key, deadline) in _open)
        {
            var node = Run.Nodes[key.Node];
            if (!node.IsServed || node.Daemon.Clock.GetUtcNow() <= deadline)
            {
                _overdue.Remove(key);
            }
            else if (!_overdue.TryAdd(key, now) && now - _overdue[key] > Slack)
            {
                Violate($"{node.Alias} still reserves for ring {key.Ring.ToShortString()} whose deadline was {deadline:O}.");
                return;
            }
        }
    }

    private DateTimeOffset DeadlineOf((int Node, RingId Ring) key, RingRecord record)
    {
        if (!_deadlines.TryGetValue(key, out var deadline))
        {
            var stored = StoredRing.Parser.ParseFrom(record.Blob.Span);
            var ticks = stored.TermsCase == StoredRing.TermsOneofCase.Initiator ? stored.Initiator.DeadlineTicks : stored.Member.DeadlineTicks;
            _deadlines.Add(key, deadline = new(ticks, TimeSpan.Zero));
        }

        return deadline;
    }
}
