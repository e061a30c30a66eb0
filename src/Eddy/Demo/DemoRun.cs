using System.Collections.Immutable;
using System.Diagnostics;
using Eddy.CommandLine;
using Eddy.Engine;
using Eddy.Engine.Ports;
using Eddy.Engine.Views;
using Eddy.Hosting;
using Eddy.Lightning;
using Eddy.Rings;
using Eddy.Simulator;

namespace Eddy.Demo;

/// <summary>
/// The demo from the first node to the last ring. The daemons are real and do all the work; only when to search is said from here, one
/// daemon after the other and never before all of them know the same, so that a seed always leads to the same rings.
/// </summary>
internal sealed class DemoRun : IAsyncDisposable
{
    /// <summary>Blocks that the longest ring's lock times may add up to. Real channels ask for 144 and more.</summary>
    private const uint MaxLockBlocks = 1_900;

    /// <summary>Parts of a graph that are looked at for one with a ring.</summary>
    private const int MostParts = 100;

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(40);
    /// <summary>Waiting that takes longer is explained.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(60);

    private readonly DemoSite _site;
    private readonly StepCheck _step;
    private readonly MessageTrail _trail = new();
    private readonly Stopwatch _watch;
    private readonly ImmutableArray<DemoChannelPicture> _before;
    private readonly ImmutableDictionary<NodeId, MilliSatoshi> _balances;
    private ImmutableArray<(DemoNode Node, RingId Ring)> _rings = [];
    private string _phase = "starting the daemons";

    private DemoRun(DemoOptions options, DemoSite site, Stopwatch watch, ImmutableArray<DemoChannelPicture> before, ImmutableDictionary<NodeId, MilliSatoshi> balances)
    {
        _site = site;
        _step = new StepCheck(site, options.Nodes);
        _watch = watch;
        _before = before;
        _balances = balances;
    }

    /// <summary>Builds the network and offers the nodes' APIs.</summary>
    /// <exception cref="GraphFileException">A graph or balance file is of no use.</exception>
    public static async Task<DemoRun> StartAsync(DemoOptions options, Func<string, ILoggerFactory>? loggers = null)
    {
        var watch = Stopwatch.StartNew();
        var network = Build(options);
        var before = network.Channels.Select(channel => ToPicture(channel, null)).ToImmutableArray();
        var balances = network.Nodes.ToImmutableDictionary(node => node.Id, node => node.ChannelBalance);
        var site = await DemoSite.StartAsync(network, _ => EngineOptionsOf(options), loggers);
        var run = new DemoRun(options, site, watch, before, balances);
        await site.Pump.InvokeAsync(run._trail.Listen);
        return run;
    }

    /// <summary>Runs to the end: no daemon finds a further ring, there were enough, or time is over.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(_site.Nodes.Select(node => _site.StartDaemonAsync(node, cancellationToken)));
        _phase = "daemons greet one another and gossip";
        await WaitForStepAsync(LongestStart, cancellationToken);
        while (_watch.Elapsed < DemoOptions.TimeLimit && await ProposeAsync(cancellationToken) is { } proposed)
        {
            await FollowAsync(proposed.Node, proposed.Ring, cancellationToken);
            if (_rings.Length == DemoOptions.MostRings)
            {
                break;
            }

            _phase = "daemons tell one another what they offer now";
            await WaitForStepAsync(DemoOptions.TimeLimit, cancellationToken);
        }

        _phase = "waiting for the last HTLC to go";
        while (!await IsQuietAsync())
        {
            await Task.Delay(LookInterval, cancellationToken);
        }

        _phase = "done";
        _watch.Stop();
    }

    public async Task<DemoPicture> LookAsync(CancellationToken cancellationToken)
    {
        var model = await _site.Pump.InvokeAsync(network => (
            Channels: network.Channels.Select((channel, i) => ToPicture(channel, _before[i].Before)).ToImmutableArray(),
            Balances: network.Nodes.ToDictionary(node => node.Id, node => node.ChannelBalance)));
        var nodes = ImmutableArray.CreateBuilder<DemoNodePicture>();
        foreach (var node in _site.Nodes)
        {
            var view = node.Daemon is { } daemon ? await daemon.GetViewAsync(cancellationToken) : null;
            var balance = model.Balances[node.Id];
            nodes.Add(new(
                node.Alias,
                node.Id,
                view?.IsConnected ?? false,
                view?.Interceptor == InterceptorState.Up,
                view?.Peers.Count(peer => peer is { IsOnline: true, ProtocolVersion: > 0 }) ?? 0,
                view?.Adverts.Length ?? 0,
                balance,
                balance - _balances[node.Id]));
        }

        return new(_phase, _watch.Elapsed, nodes.ToImmutable(), model.Channels, await RingsAsync(cancellationToken), _trail.Count, _trail.Lines);
    }

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    private static SimulatedNetwork Build(DemoOptions options)
    {
        if (options.GraphPath is { } graph)
        {
            return BuildPart(options, graph);
        }

        var network = NewNetwork((ulong)options.Seed);
        RingTopology.Build(network, new() { Nodes = options.Nodes });
        return network;
    }

    /// <summary>Takes parts of the graph, each from a seed that follows from the one before, until one holds a ring for the daemons to find.</summary>
    private static SimulatedNetwork BuildPart(DemoOptions options, string graph)
    {
        var engine = EngineOptionsOf(options);
        var seeds = new SeededRandom((ulong)options.Seed).Fork("parts");
        for (var part = 0; part < MostParts; part++)
        {
            var network = NewNetwork(seeds.NextUInt64());
            GraphTopology.Build(network, new()
            {
                GraphPath = graph,
                BalancesPath = options.BalancesPath,
                Nodes = options.Nodes,
                MaxRingLength = options.Nodes,
                Imbalance = DemoOptions.Deadband,
            });
            if (RingPreview.HoldsRing(network, engine))
            {
                return network;
            }
        }

        throw new GraphFileException(
            $"{graph}: none of {MostParts} parts of {options.Nodes} nodes holds a ring for at least {engine.Rings.MinAmountSat} sat; try another --seed or more --nodes.");
    }

    // The daemons live by the wall clock, so the network's must show the same.
    private static SimulatedNetwork NewNetwork(ulong seed) => new(new() { Seed = seed, StartTime = DateTimeOffset.UtcNow });

    private static EngineOptions EngineOptionsOf(DemoOptions options) => new()
    {
        Agent = $"eddy/{BuildVersion.Number}",
        Rings = new RingOptions
        {
            Target = DemoOptions.Target,
            Deadband = DemoOptions.Deadband,
            MaxLength = options.Nodes,
            MaxLockBlocks = MaxLockBlocks,
            ProposalTtl = TimeSpan.FromSeconds(20),
            SearchesByItself = false,
        },
    };

    private static DemoChannelPicture ToPicture(SimulatedChannel channel, double? before)
    {
        var share = (double)channel.Opener.Local.Value / channel.Capacity.Value;
        return new(
            channel.Id,
            Terminal.Clean(channel.Opener.Node.Alias),
            Terminal.Clean(channel.Other.Node.Alias),
            channel.Capacity,
            before ?? share,
            share,
            channel.Opener.Offered.Count + channel.Other.Offered.Count);
    }

    /// <summary>Asks the daemons in order of their public keys; the first that finds a ring proposes it. Null where none does.</summary>
    private async Task<(DemoNode Node, RingId Ring)?> ProposeAsync(CancellationToken cancellationToken)
    {
        _phase = "searching for a ring";
        foreach (var node in _site.Nodes.OrderBy(node => node.Id))
        {
            if (await DaemonOf(node).AskAsync(new OperatorRequest.Propose(IsDryRun: false), cancellationToken) is { Ring: { } ring })
            {
                _rings = _rings.Add((node, ring));
                return (node, ring);
            }
        }

        return null;
    }

    private async Task FollowAsync(DemoNode node, RingId id, CancellationToken cancellationToken)
    {
        _phase = $"ring {id.ToShortString()} goes round";
        var started = Stopwatch.GetTimestamp();
        while (await DaemonOf(node).FindRingAsync(id, cancellationToken) is not { IsFinal: true } && Stopwatch.GetElapsedTime(started) < DemoOptions.TimeLimit)
        {
            await Task.Delay(LookInterval, cancellationToken);
        }
    }

    private async Task WaitForStepAsync(TimeSpan longest, CancellationToken cancellationToken)
    {
        var phase = _phase;
        var started = Stopwatch.GetTimestamp();
        while (await _step.WhatIsMissingAsync(cancellationToken) is { } missing && Stopwatch.GetElapsedTime(started) < longest)
        {
            if (Stopwatch.GetElapsedTime(started) > Patience)
            {
                _phase = $"{phase}: {missing}";
            }

            await Task.Delay(LookInterval, cancellationToken);
        }
    }

    private Task<bool> IsQuietAsync() => _site.Pump.InvokeAsync(network =>
        network.Channels.All(channel => channel.Opener.Offered.Count + channel.Other.Offered.Count == 0));

    private async Task<ImmutableArray<RingView>> RingsAsync(CancellationToken cancellationToken)
    {
        var rings = ImmutableArray.CreateBuilder<RingView>();
        foreach (var (node, id) in _rings)
        {
            if (node.Daemon is { } daemon && await daemon.FindRingAsync(id, cancellationToken) is { } ring)
            {
                rings.Add(ring);
            }
        }

        return rings.ToImmutable();
    }

    private static EddyDaemon DaemonOf(DemoNode node) => node.Daemon ?? throw new InvalidOperationException($"{node.Alias} has no daemon.");
}
