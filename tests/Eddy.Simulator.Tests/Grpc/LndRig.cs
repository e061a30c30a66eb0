using Eddy.Lightning;
using Eddy.Simulator.Grpc;

namespace Eddy.Simulator.Tests.Grpc;

/// <summary>The recorded network (ring A, B, C, D with a chord A - C) with LND's API on every node.</summary>
internal sealed class LndRig : IAsyncDisposable
{
    public const string Names = "ABCD";

    private static readonly MilliSatoshi Capacity = MilliSatoshi.FromSatoshi(5_000_000);
    private static readonly RoutingPolicy Policy = new(1_000, 500, 80, new(1_000), MilliSatoshi.FromSatoshi(4_950_000));

    private readonly string _folder = Directory.CreateTempSubdirectory("eddy-lnd-").FullName;
    private readonly List<LndClient> _clients = [];

    private LndRig(SimulatedNetwork network)
    {
        Network = network;
        Pump = new(network);
    }

    public SimulatedNetwork Network { get; }

    public RealTimePump Pump { get; }

    public IReadOnlyList<SimulatedLnd> Lnds { get; private set; } = [];

    public static async Task<LndRig> StartAsync(
        LndVersion? version = null,
        Func<SimulatedLndOptions, SimulatedLndOptions>? options = null,
        Func<NetworkOptions, NetworkOptions>? network = null,
        long openerSat = 4_000_000)
    {
        var settings = new NetworkOptions { LinkLatency = TimeSpan.FromMilliseconds(2), StartHeight = 575, ReconnectDelay = TimeSpan.FromMilliseconds(300) };
        var model = new SimulatedNetwork(network?.Invoke(settings) ?? settings);
        foreach (var name in Names)
        {
            model.AddNode(new() { Alias = name.ToString(), Version = version ?? LndVersion.V0203 });
        }

        for (var i = 0; i < Names.Length; i++)
        {
            Open(model, i, (i + 1) % Names.Length, openerSat);
        }

        Open(model, 0, 2, openerSat);
        model.RunUntilIdle();

        var rig = new LndRig(model);
        var lnds = new List<SimulatedLnd>();
        foreach (var node in model.Nodes)
        {
            var start = new SimulatedLndOptions { Directory = Path.Combine(rig._folder, node.Alias) };
            lnds.Add(await SimulatedLnd.StartAsync(rig.Pump, node, options?.Invoke(start) ?? start));
        }

        rig.Lnds = lnds;
        return rig;
    }

    public SimulatedLnd Lnd(char name) => Lnds[Names.IndexOf(name, StringComparison.Ordinal)];

    public LndClient Client(char name, string? macaroonHex = null, bool withoutMacaroon = false, Task? frozen = null)
    {
        var client = new LndClient(Lnd(name), macaroonHex, withoutMacaroon, frozen);
        _clients.Add(client);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        foreach (var lnd in Lnds)
        {
            await lnd.DisposeAsync();
        }

        await Pump.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static void Open(SimulatedNetwork network, int opener, int peer, long openerSat) => network.OpenChannel(network.Nodes[opener], network.Nodes[peer], new()
    {
        Capacity = Capacity,
        OpenerBalance = MilliSatoshi.FromSatoshi(openerSat),
        OpenerPolicy = Policy,
        PeerPolicy = Policy,
    });
}
