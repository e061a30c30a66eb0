using Eddy.Engine.Views;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Engine.Rings;

/// <summary>How often this node refused since its start, and the latest times.</summary>
internal sealed class RefusalBook
{
    /// <summary>Refusals cost the other side nothing: more of them are counted, and not kept.</summary>
    private const int MostKept = 64;

    private readonly SortedDictionary<RejectReason, long> _byReason = [];
    private readonly SortedDictionary<RefusalCause, long> _byCause = [];
    private readonly Queue<RefusalView> _latest = new();

    /// <summary>As the others were told.</summary>
    public IReadOnlyDictionary<RejectReason, long> ByReason => _byReason;

    public IReadOnlyDictionary<RefusalCause, long> ByCause => _byCause;

    /// <summary>Oldest first.</summary>
    public IEnumerable<RefusalView> Latest => _latest;

    public void Count(DateTimeOffset at, RingOffer offer, NodeId previous, NodeId next, RefusalCause cause)
    {
        _byCause[cause] = _byCause.GetValueOrDefault(cause) + 1;
        if (cause != RefusalCause.TooMany)
        {
            _byReason[cause.Told()] = _byReason.GetValueOrDefault(cause.Told()) + 1;
        }

        if (_latest.Count == MostKept)
        {
            _latest.Dequeue();
        }

        _latest.Enqueue(new RefusalView(at, previous, next, offer.Initiator, offer.Amount, cause));
    }
}
