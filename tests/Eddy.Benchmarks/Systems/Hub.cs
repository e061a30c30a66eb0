using Eddy.Simulator;

namespace Eddy.Benchmarks.Systems;

/// <summary>Nodes with twenty channels each to as many peers without eddy: an ordinary routing node on a quiet day.</summary>
internal static class Hub
{
    public const int Channels = 20;

    private const long CapacitySat = 5_000_000;
    private const int Percent = 60;

    /// <summary>Offers the API of the hubs only.</summary>
    public static Task<Site> StartAsync(int hubs)
    {
        var network = Site.NewNetwork();
        SimulatedNode[] peers = [.. Enumerable.Range(0, Channels).Select(_ => network.AddNode())];
        var nodes = new List<SimulatedNode>();
        for (var i = 0; i < hubs; i++)
        {
            var node = network.AddNode();
            nodes.Add(node);
            foreach (var peer in peers)
            {
                Site.Open(network, node, peer, CapacitySat, Percent);
            }
        }

        return Site.StartAsync(network, nodes);
    }
}
