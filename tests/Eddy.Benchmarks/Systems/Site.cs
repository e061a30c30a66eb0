using Eddy.Hosting;
using Eddy.Lightning;
using Eddy.Lnd;
using Eddy.Simulator;
using Eddy.Simulator.Grpc;

namespace Eddy.Benchmarks.Systems;

/// <summary>A simulated network by the wall clock, some of its nodes with LND's gRPC API on loopback, in a directory that goes with it.</summary>
internal sealed class Site : IAsyncDisposable
{
    private readonly List<SimulatedLnd> _lnds = [];

    private Site(SimulatedNetwork network) => Pump = new RealTimePump(network);

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("eddy-benchmark-").FullName;

    /// <summary>The only way to touch the model from now on.</summary>
    public RealTimePump Pump { get; }

    public IReadOnlyList<SimulatedLnd> Lnds => _lnds;

    public static SimulatedNetwork NewNetwork() => new(new() { StartTime = DateTimeOffset.UtcNow });

    public static async Task<Site> StartAsync(SimulatedNetwork network, IEnumerable<SimulatedNode> offered)
    {
        SimulatedNode[] nodes = [.. offered];
        var site = new Site(network);
        foreach (var node in nodes)
        {
            site._lnds.Add(await SimulatedLnd.StartAsync(site.Pump, node, new() { Directory = site.DirectoryOf(node, "lnd") }));
        }

        return site;
    }

    public string DirectoryOf(SimulatedNode node, string what) => Path.Combine(Directory, $"node-{node.Index}", what);

    public DaemonOptions DaemonOptionsOf(SimulatedLnd lnd, Engine.EngineOptions engine) => new()
    {
        Lnd = LndOptions.FromLndDir(lnd.LndDir, lnd.Node.Network.Options.Chain, lnd.Address),
        Engine = engine,
        DataDirectory = DirectoryOf(lnd.Node, "eddy"),
        Listen = new(System.Net.IPAddress.Loopback, 0),
    };

    /// <summary>1,000 msat + 500 ppm and 40 blocks, as many nodes ask.</summary>
    public static RoutingPolicy Policy { get; } = new(1_000, 500, 40, new(1_000), MilliSatoshi.Zero);

    public static SimulatedChannel Open(SimulatedNetwork network, SimulatedNode from, SimulatedNode to, long capacitySat, int percent)
    {
        var capacity = MilliSatoshi.FromSatoshi(capacitySat);
        return network.OpenChannel(from, to, new()
        {
            Capacity = capacity,
            OpenerBalance = new(capacity.Value / 100 * percent),
            OpenerPolicy = Policy,
            PeerPolicy = Policy,
        });
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var lnd in _lnds)
        {
            await lnd.DisposeAsync();
        }

        await Pump.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}
