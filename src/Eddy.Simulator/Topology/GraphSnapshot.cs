using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>A channel of a graph file, with a policy for each direction.</summary>
internal sealed record SnapshotChannel(
    ulong Id, int Node1, int Node2, long CapacitySat, RoutingPolicy Policy1, RoutingPolicy Policy2)
{
    /// <summary>Node 1's side; null where no balance file names the channel.</summary>
    public long? Node1Sat { get; set; }

    public int Other(int node) => node == Node1 ? Node2 : Node1;
}

/// <summary>The usable part of a <c>lncli describegraph</c> file: channels whose policies are known and enabled in both directions.</summary>
internal sealed class GraphSnapshot
{
    private readonly List<string> _keys = [];
    private readonly List<string> _aliases = [];
    private readonly List<List<SnapshotChannel>> _channels = [];
    private readonly List<SnapshotChannel> _all = [];
    private readonly Dictionary<string, int> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<ulong, SnapshotChannel> _byId = [];

    public IReadOnlyList<SnapshotChannel> Channels => _all;

    public int NodeCount => _aliases.Count;

    /// <summary>As the file has it.</summary>
    public string KeyOf(int node) => _keys[node];

    public string AliasOf(int node) => _aliases[node];

    public IReadOnlyList<SnapshotChannel> ChannelsOf(int node) => _channels[node];

    public SnapshotChannel? Find(ulong id) => _byId.GetValueOrDefault(id);

    /// <summary>Names a node; one that only channels mention is called by its key.</summary>
    public void SetAlias(string key, string alias)
    {
        var node = NodeOf(key);
        _aliases[node] = alias.Length > 0 ? alias : _aliases[node];
    }

    /// <summary>False where the id is there already, or both ends are one node.</summary>
    public bool TryAdd(ulong id, string key1, string key2, long capacitySat, RoutingPolicy policy1, RoutingPolicy policy2)
    {
        var (node1, node2) = (NodeOf(key1), NodeOf(key2));
        var channel = new SnapshotChannel(id, node1, node2, capacitySat, policy1, policy2);
        if (node1 == node2 || !_byId.TryAdd(id, channel))
        {
            return false;
        }

        _all.Add(channel);
        _channels[node1].Add(channel);
        _channels[node2].Add(channel);
        return true;
    }

    private int NodeOf(string key)
    {
        if (_nodes.TryGetValue(key, out var node))
        {
            return node;
        }

        node = _aliases.Count;
        _nodes.Add(key, node);
        _keys.Add(key);
        _aliases.Add(key.Length > 20 ? key[..20] : key);
        _channels.Add([]);
        return node;
    }
}
