using System.Diagnostics;
using Eddy.Engine;
using Eddy.Engine.Ports;
using Eddy.Engine.Views;
using Eddy.Hosting;
using Eddy.Lightning;
using Eddy.Rings;
using Eddy.Simulator;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eddy.Benchmarks.Systems;

/// <summary>
/// Nodes in a circle, every channel full on the same side, a daemon beside each. Rings move little, so that the imbalance lasts for many
/// of them, and a daemon searches only when it is asked to.
/// </summary>
internal sealed class RingCircle : IAsyncDisposable
{
    /// <summary>Least and most; of the coarse amounts that adverts know.</summary>
    private const long AmountSat = 65_536;
    private const long CapacitySat = 16_000_000;
    private const int FullPercent = 90;

    /// <summary>What the imbalance beyond the dead band is good for.</summary>
    private const int MostRings = 70;

    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    private readonly Site _site;
    private readonly Dictionary<NodeId, EddyDaemon> _daemons;

    private RingCircle(Site site, Dictionary<NodeId, EddyDaemon> daemons) => (_site, _daemons) = (site, daemons);

    public static async Task<RingCircle> StartAsync(int size, int rings)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rings, MostRings);
        var network = Site.NewNetwork();
        SimulatedNode[] nodes = [.. Enumerable.Range(0, size).Select(_ => network.AddNode())];
        for (var i = 0; i < size; i++)
        {
            Site.Open(network, nodes[i], nodes[(i + 1) % size], CapacitySat, FullPercent);
        }

        var site = await Site.StartAsync(network, nodes);
        var engine = new EngineOptions
        {
            Rings = new() { MinAmountSat = AmountSat, MaxAmountSat = AmountSat, MaxLength = size, SearchesByItself = false },
        };
        var daemons = await Task.WhenAll(site.Lnds.Select(async lnd =>
            (lnd.Node.Id, Daemon: await EddyDaemon.StartAsync(site.DaemonOptionsOf(lnd, engine), NullLoggerFactory.Instance, CancellationToken.None))));
        return new(site, daemons.ToDictionary(static pair => pair.Id, static pair => pair.Daemon));
    }

    /// <summary>Waits for quiet, has the proposer propose, and follows the ring to its end.</summary>
    public async Task RunOneAsync(RingTimes times)
    {
        await WaitAsync(IsQuietAsync, "the daemons to agree on what there is");
        var proposer = _daemons[_daemons.Keys.Min()];
        RingId? id = null;
        await WaitAsync(
            async () => (id = (await proposer.AskAsync(new OperatorRequest.Propose(IsDryRun: false), CancellationToken.None)).Ring) is not null,
            "a ring to propose");
        await WaitAsync(async () => await EndOfAsync(proposer, id!.Value) is not null, "the ring to end");
        var ring = await EndOfAsync(proposer, id!.Value);
        var members = new List<RingView>();

        // Who refused a ring, or was never asked, knows nothing of it.
        var asked = ring!.Outcome == RingOutcome.Settled ? ring.Hops.OrderBy(static hop => hop.Position).Skip(1) : [];
        foreach (var hop in asked)
        {
            await WaitAsync(async () => await EndOfAsync(_daemons[hop.Node], id.Value) is not null, "a member to see the end");
            members.Add((await EndOfAsync(_daemons[hop.Node], id.Value))!);
        }

        times.Add(ring, members);
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_daemons.Values.Select(static daemon => daemon.DisposeAsync().AsTask()));
        await _site.DisposeAsync();
    }

    private static async Task<RingView?> EndOfAsync(EddyDaemon daemon, RingId id) =>
        await daemon.FindRingAsync(id, CancellationToken.None) is { IsFinal: true } ring ? ring : null;

    /// <summary>Looks seldom, for looking costs the engines time.</summary>
    private static async Task WaitAsync(Func<Task<bool>> condition, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > LongestWait)
            {
                throw new TimeoutException($"Waited for {what} for {LongestWait.TotalSeconds:0} s.");
            }

            await Task.Delay(Look);
        }
    }

    private async Task<bool> IsQuietAsync()
    {
        var locals = await _site.Pump.InvokeAsync(static network => network.Channels.Any(static channel => channel.HtlcCount > 0)
            ? null
            : network.Nodes.ToDictionary(static node => node.Id, static node => node.Channels.ToDictionary(static end => end.ChanId, static end => end.Local)));
        if (locals is null)
        {
            return false;
        }

        foreach (var (id, daemon) in _daemons)
        {
            var view = await daemon.GetViewAsync(CancellationToken.None);
            if (view is not { IsConnected: true, Interceptor: InterceptorState.Up, IsAdvertCurrent: true, AdvertSequence: > 0, Totals.UnderWay: 0 }
                || view.Channels.Length != locals[id].Count
                || !view.Channels.All(channel => channel.IsPeerEddy && channel.Channel.Local.Satoshi == locals[id][channel.Channel.Id].Satoshi))
            {
                return false;
            }
        }

        return true;
    }
}
