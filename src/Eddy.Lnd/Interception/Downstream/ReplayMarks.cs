using Eddy.Protos.Routerrpc;

namespace Eddy.Lnd.Interception;

/// <summary>
/// Tells an HTLC that LND offers for the first time from one that may have been forwarded before. LND marks neither, and a second delivery
/// that is failed, or resumed late, can cost the node its amount. The numbers of a channel's HTLCs only rise: what is not above all that was
/// seen, or was pending when LND last listed, may be an old one. Where nothing was listed since the stream was opened, everything may be.
/// </summary>
internal sealed class ReplayMarks
{
    private readonly Dictionary<ulong, (ulong Next, bool IsListed)> _marks = [];

    /// <summary>HTLCs may pass that nobody tells us of: what is known is no longer enough.</summary>
    public void Distrust()
    {
        foreach (var (channel, mark) in _marks)
        {
            _marks[channel] = mark with { IsListed = false };
        }
    }

    /// <param name="pending">Channels as they were listed after the stream was opened, with the numbers of their pending incoming HTLCs.</param>
    public void Learn(IEnumerable<(ulong Channel, ulong NextPending)> pending)
    {
        var listed = pending.ToDictionary(static channel => channel.Channel, static channel => channel.NextPending);
        foreach (var gone in _marks.Keys.Where(channel => !listed.ContainsKey(channel)).ToArray())
        {
            _marks.Remove(gone);
        }

        foreach (var (channel, next) in listed)
        {
            _marks[channel] = (Math.Max(next, _marks.GetValueOrDefault(channel).Next), true);
        }
    }

    /// <summary>True for one that is certainly offered for the first time.</summary>
    public bool IsFirst(CircuitKey key)
    {
        var mark = _marks.GetValueOrDefault(key.ChanId);
        if (key.HtlcId < mark.Next || key.HtlcId == ulong.MaxValue)
        {
            return false;
        }

        _marks[key.ChanId] = mark with { Next = key.HtlcId + 1 };
        return mark.IsListed;
    }
}
