using System.Net;
using Eddy.CommandLine;
using Eddy.Engine;
using Eddy.Hosting;
using Eddy.Lightning;
using Eddy.Lnd;
using Eddy.Simulator;
using Eddy.Simulator.Grpc;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eddy.Demo;

/// <summary>A simulated node, its gRPC API, and the daemon beside it.</summary>
internal sealed class DemoNode(SimulatedNode model, SimulatedLnd lnd, string dataDirectory)
{
    public SimulatedNode Model => model;

    public SimulatedLnd Lnd => lnd;

    public NodeId Id { get; } = model.Id;

    public string Alias { get; } = Terminal.Clean(model.Alias);

    public string DataDirectory => dataDirectory;

    /// <summary>Null while none runs beside this node.</summary>
    public EddyDaemon? Daemon { get; set; }
}

/// <summary>
/// A simulated network that runs in real time, with each node's gRPC API on loopback and real daemons beside them, all in a directory that
/// goes with it.
/// </summary>
internal sealed class DemoSite : IAsyncDisposable
{
    private readonly Func<string, ILoggerFactory> _loggers;
    private readonly Func<SimulatedNode, EngineOptions> _options;
    private readonly List<DemoNode> _nodes = [];
    private readonly bool _hasHome;

    private DemoSite(SimulatedNetwork network, Func<SimulatedNode, EngineOptions> options, Func<string, ILoggerFactory> loggers, string? directory)
    {
        _options = options;
        _loggers = loggers;
        _hasHome = directory is not null;
        Directory = directory ?? System.IO.Directory.CreateTempSubdirectory("eddy-demo-").FullName;
        Pump = new RealTimePump(network);
    }

    public string Directory { get; }

    /// <summary>The only way to touch the model from now on.</summary>
    public RealTimePump Pump { get; }

    public IReadOnlyList<DemoNode> Nodes => _nodes;

    /// <summary>An adapter that looks more often than one beside a real node needs to.</summary>
    public static LndTimings Timings { get; } = new()
    {
        MinBackoff = TimeSpan.FromMilliseconds(50),
        MaxBackoff = TimeSpan.FromSeconds(1),
        StatePoll = TimeSpan.FromMilliseconds(100),
        RefreshDelay = TimeSpan.FromMilliseconds(30),
        PolicyPoll = TimeSpan.FromSeconds(1),
        HeightPoll = TimeSpan.FromSeconds(1),
        InterceptorSettle = TimeSpan.FromMilliseconds(200),
        InterceptorRetry = TimeSpan.FromMilliseconds(500),
        NoRecordPeriod = TimeSpan.FromSeconds(5),
    };

    /// <summary>Takes the network over and offers every node's API.</summary>
    /// <param name="network">Nobody else may touch it any more.</param>
    /// <param name="options">What each node's daemon is told.</param>
    /// <param name="loggers">For the daemon beside the node of that alias; null for none.</param>
    /// <param name="home">Where everything lies and a node's part of it is found by the node's alias; null for a temporary directory.</param>
    public static async Task<DemoSite> StartAsync(
        SimulatedNetwork network, Func<SimulatedNode, EngineOptions> options, Func<string, ILoggerFactory>? loggers = null, string? home = null)
    {
        var models = network.Nodes.ToArray();
        var site = new DemoSite(network, options, loggers ?? (_ => NullLoggerFactory.Instance), home);
        try
        {
            foreach (var model in models)
            {
                // By number: aliases of real graphs are no file names.
                var directory = Path.Combine(site.Directory, home is null ? $"node-{model.Index}" : model.Alias);
                var lnd = await SimulatedLnd.StartAsync(site.Pump, model, new() { Directory = Path.Combine(directory, "lnd") });
                site._nodes.Add(new(model, lnd, Path.Combine(directory, "eddy")));
            }

            return site;
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }
    }

    public DemoNode Node(NodeId id) => _nodes.Single(node => node.Id == id);

    public async Task StartDaemonAsync(DemoNode node, CancellationToken cancellationToken) =>
        node.Daemon = await EddyDaemon.StartAsync(OptionsOf(node), _loggers(node.Alias), cancellationToken);

    public async Task StopDaemonAsync(DemoNode node)
    {
        if (node.Daemon is { } daemon)
        {
            node.Daemon = null;
            await daemon.DisposeAsync();
        }
    }

    public DaemonOptions OptionsOf(DemoNode node) => new()
    {
        Lnd = LndOptions.FromLndDir(node.Lnd.LndDir, node.Model.Network.Options.Chain, node.Lnd.Address) with { Timings = Timings },
        Engine = _options(node.Model),
        DataDirectory = node.DataDirectory,
        Listen = new IPEndPoint(IPAddress.Loopback, 0),
    };

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_nodes.Select(StopDaemonAsync));
        await Task.WhenAll(_nodes.Select(node => node.Lnd.DisposeAsync().AsTask()));
        await Pump.DisposeAsync();
        try
        {
            // In a home that was named there may be other things.
            foreach (var directory in _hasHome ? _nodes.Select(node => Path.GetDirectoryName(node.DataDirectory)!) : [Directory])
            {
                System.IO.Directory.Delete(directory, recursive: true);
            }
        }
        catch (IOException)
        {
            // Left to the system's own cleaning of temporary files.
        }
    }
}
