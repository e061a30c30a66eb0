using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>A node's settled forwards, as ForwardingHistory and FeeReport tell of them: with the amounts LND believes.</summary>
public sealed class ForwardingLog
{
    private readonly List<ForwardingEvent> _events = [];

    /// <summary>All of them, oldest first.</summary>
    public IReadOnlyList<ForwardingEvent> Events => _events;

    /// <summary>What a page of ForwardingHistory holds: events from <paramref name="start"/> up to, but not, <paramref name="end"/>.</summary>
    public IEnumerable<ForwardingEvent> Between(DateTimeOffset start, DateTimeOffset end) =>
        _events.SkipWhile(forward => forward.Time < start).TakeWhile(forward => forward.Time < end);

    /// <summary>Fees booked since <paramref name="start"/>, of waived forwards too.</summary>
    public MilliSatoshi FeesSince(DateTimeOffset start)
    {
        long sum = 0;
        for (var i = _events.Count - 1; i >= 0 && _events[i].Time >= start; i--)
        {
            // A forward with an absurd in_amount_msat ruins LND's sums as well; here it must not overflow.
            sum = unchecked(sum + _events[i].Fee.Value);
        }

        return new(sum);
    }

    internal void Add(ForwardingEvent forward) => _events.Add(forward);
}
