using Eddy.CommandLine;
using Eddy.Lightning;
using Eddy.Simulator;
using Eddy.Simulator.Grpc;

namespace Eddy.Tests.Setup;

/// <summary>Two simulated nodes with a channel; the first one's LND directory, complete with lnd.conf, and eddy's commands in this process.</summary>
internal sealed class SetupSite : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly RealTimePump _pump;
    private int _bakes;

    private SetupSite(SimulatedNetwork network)
    {
        Node = network.Nodes[0];
        Channel = network.Channels[0];
        _pump = new RealTimePump(network);
    }

    public SimulatedNode Node { get; }

    public SimulatedChannel Channel { get; }

    public SimulatedLnd Lnd { get; private set; } = null!;

    /// <summary>How often LND was asked for a macaroon.</summary>
    public int Bakes => Volatile.Read(ref _bakes);

    public string Config => _directory.File("eddy/eddy.conf");

    public string Macaroon => _directory.File("eddy/eddy.macaroon");

    /// <param name="peerAlias">Of the node that the channel is with.</param>
    public static async Task<SetupSite> StartAsync(string peerAlias = "bob")
    {
        var network = new SimulatedNetwork(new() { Seed = 5, StartTime = DateTimeOffset.UtcNow });
        var node = network.AddNode(new() { Alias = "alice" });
        network.OpenChannel(node, network.AddNode(new() { Alias = peerAlias }), new()
        {
            Capacity = MilliSatoshi.FromSatoshi(2_000_000),
            OpenerBalance = MilliSatoshi.FromSatoshi(1_500_000),
        });
        var site = new SetupSite(network);
        site.Lnd = await SimulatedLnd.StartAsync(site._pump, node, new() { Directory = site._directory.File("lnd") });
        site._directory.Write("lnd/lnd.conf", $"[Application Options]\nrpclisten=0.0.0.0:{site.Lnd.Port}\n\n[bitcoin]\nbitcoin.regtest=true ; ours\n");
        await site.OnModelAsync(() => node.Faults.OnCall = method =>
        {
            if (method == "BakeMacaroon")
            {
                Interlocked.Increment(ref site._bakes);
            }

            return null;
        });
        return site;
    }

    public string File(string name) => _directory.File(name);

    public string Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File(name))!);
        return _directory.Write(name, text);
    }

    public Task OnModelAsync(Action action) => _pump.InvokeAsync(_ => action());

    /// <summary><c>eddy setup</c> for this node, and nothing of this machine's user in it.</summary>
    /// <param name="answers">What is piped in.</param>
    public Task<ProcessResult> SetupAsync(string answers, params string[] arguments) => RunAsync(
        answers, ["setup", .. arguments.Contains("--lnddir") ? Array.Empty<string>() : ["--lnddir", Lnd.LndDir], "--config", Config, "--eddy.datadir", File("eddy"), .. arguments]);

    public static async Task<ProcessResult> RunAsync(string answers, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        using var input = new StringReader(answers);
        var exitCode = await new EddyCommands(new Terminal(output, error, IsInteractive: false) { Input = input }).RunAsync(arguments);
        return new(exitCode, output.ToString(), error.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        await Lnd.DisposeAsync();
        await _pump.DisposeAsync();
        _directory.Dispose();
    }
}
