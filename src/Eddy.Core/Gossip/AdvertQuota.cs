using Eddy.Lightning;

namespace Eddy.Gossip;

/// <summary>How much of the book is used, altogether and by each first hop.</summary>
internal sealed class AdvertQuota(AdvertBookOptions options)
{
    private readonly Dictionary<NodeId, (int Origins, long Bytes)> _firstHops = [];

    public int Origins { get; private set; }

    public long Bytes { get; private set; }

    public bool HasRoomForOrigin(NodeId firstHop) =>
        Origins < options.MaxOrigins && _firstHops.GetValueOrDefault(firstHop).Origins < options.MaxOriginsPerFirstHop;

    public bool HasRoomFor(NodeId firstHop, long bytes) =>
        Bytes + bytes <= options.MaxBytes && _firstHops.GetValueOrDefault(firstHop).Bytes + bytes <= options.MaxBytesPerFirstHop;

    public void Change(NodeId firstHop, int origins, long bytes)
    {
        var (ofOrigins, ofBytes) = _firstHops.GetValueOrDefault(firstHop);
        Origins += origins;
        Bytes += bytes;
        _firstHops[firstHop] = (ofOrigins + origins, ofBytes + bytes);
        if (_firstHops[firstHop] == (0, 0L))
        {
            _firstHops.Remove(firstHop);
        }
    }
}
