using Eddy.Lightning;

namespace Eddy.Engine.Greetings;

/// <summary>The peers of our Lightning node, in order of their ids.</summary>
internal sealed class PeerTable
{
    /// <summary>Anybody can connect to a node: peers beyond this many without a channel are not remembered.</summary>
    private const int MostStrangers = 256;

    private readonly SortedDictionary<NodeId, PeerState> _peers = [];

    public IEnumerable<PeerState> All => _peers.Values;

    public int Count => _peers.Count;

    public IEnumerable<PeerState> EddyPeers => _peers.Values.Where(static peer => peer is { IsEddy: true, IsOnline: true });

    public PeerState? Find(NodeId id) => _peers.GetValueOrDefault(id);

    public PeerState Add(NodeId id)
    {
        if (!_peers.TryGetValue(id, out var peer))
        {
            peer = new PeerState(id);
            _peers.Add(id, peer);
        }

        return peer;
    }

    /// <summary>Forgets the offline peers without a channel, once there are many.</summary>
    public void Trim(IReadOnlySet<NodeId> channelPeers)
    {
        if (_peers.Count - channelPeers.Count <= MostStrangers)
        {
            return;
        }

        foreach (var id in _peers.Values.Where(peer => !peer.IsOnline && !channelPeers.Contains(peer.Id)).Select(static peer => peer.Id).ToArray())
        {
            _peers.Remove(id);
        }
    }
}
