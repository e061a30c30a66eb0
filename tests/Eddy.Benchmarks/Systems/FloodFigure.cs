using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Eddy.Benchmarks.Measuring;
using Eddy.Engine;
using Eddy.Engine.Ports;
using Eddy.Engine.Views;
using Eddy.Hosting;
using Eddy.Hostile;
using Eddy.Rings;
using Eddy.Simulator;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eddy.Benchmarks.Systems;

/// <summary>
/// A hostile channel peer floods one member of an honest ring of four. The flooded daemon is <c>eddy run</c> in a process of its own, so that
/// its memory and processor time are its own; the network, LND's gRPC faces and the other daemons share this one.
/// </summary>
internal static class FloodFigure
{
    private const int StandardSeconds = 60;
    private const int StandardRate = 10_000;
    private const int Nodes = 4;
    private const int PoolSize = 20_000;
    private const long AmountSat = 65_536;
    private const long CapacitySat = 16_000_000;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);

    public static async Task RunAsync(Arguments arguments)
    {
        var seconds = arguments.Take("seconds", StandardSeconds);
        var rate = arguments.Take("rate", StandardRate);
        arguments.End();

        var network = Site.NewNetwork();
        SimulatedNode[] nodes = [.. Enumerable.Range(0, Nodes).Select(_ => network.AddNode())];
        for (var node = 0; node < Nodes; node++)
        {
            Site.Open(network, nodes[node], nodes[(node + 1) % Nodes], CapacitySat, percent: 90);
        }

        var proposing = nodes.MinBy(static node => node.Id)!;
        var victim = nodes[(Array.IndexOf(nodes, proposing) + 1) % Nodes];
        var mallory = network.AddNode();
        Site.Open(network, mallory, victim, CapacitySat, percent: 90);

        await using var site = await Site.StartAsync(network, nodes);
        var options = new EngineOptions { Rings = new() { MinAmountSat = AmountSat, MaxAmountSat = AmountSat, MaxLength = Nodes, SearchesByItself = false } };
        var daemons = await Task.WhenAll(site.Lnds.Where(lnd => lnd.Node != victim).Select(async lnd =>
            (lnd.Node, Daemon: await EddyDaemon.StartAsync(site.DaemonOptionsOf(lnd, options), NullLoggerFactory.Instance, CancellationToken.None))));
        try
        {
            var proposer = daemons.Single(entry => entry.Node == proposing).Daemon;
            var victimLnd = site.Lnds.Single(lnd => lnd.Node == victim);
            await using var flooded = DaemonProcess.Start(victimLnd, site.DirectoryOf(victim, "eddy"), eddy: null);
            await flooded.ConnectedAsync();
            await WaitAsync(async () => (await ViewAsync(proposer)).Adverts.Length == Nodes - 1, "the adverts of all");
            await RunRingAsync(proposer);
            await Task.Delay(TimeSpan.FromSeconds(5));
            var chain = (await ViewAsync(proposer)).Node!.Chain;
            await MeasureAsync(site, flooded, proposer, new HostilePeer(mallory.Key, victim.Id, chain, DateTimeOffset.UtcNow, seed: 1), mallory, victim, seconds, rate);
        }
        finally
        {
            await Task.WhenAll(daemons.Select(static entry => entry.Daemon.DisposeAsync().AsTask()));
        }
    }

    private static async Task MeasureAsync(
        Site site, DaemonProcess flooded, EddyDaemon proposer, HostilePeer hostile, SimulatedNode mallory, SimulatedNode victim, int seconds, int rate)
    {
        Console.Error.WriteLine("making the messages ...");
        var hello = ImmutableArray.Create(hostile.Hello());
        ImmutableArray<byte>[] pool = [.. Enumerable.Range(0, PoolSize).Select(_ => ImmutableArray.Create(hostile.Next()))];
        var quiet = Sample.Take(flooded);
        await Task.Delay(TimeSpan.FromSeconds(5));
        var before = Sample.Take(flooded);

        Console.Error.WriteLine($"flooding for {seconds} s ...");
        await site.Pump.InvokeAsync(_ => mallory.SendCustomMessage(victim.Id.ToArray(), IPeerMessenger.MessageType, hello).IsOk);
        using var stop = new CancellationTokenSource();
        var started = Stopwatch.GetTimestamp();
        var sending = SendAsync(site, mallory, victim, pool, rate, stop.Token);
        var rings = new Series();
        var peak = before.Resident;
        var next = TimeSpan.FromSeconds(2);
        while (Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(seconds))
        {
            if (Stopwatch.GetElapsedTime(started) >= next)
            {
                rings.Add((await RunRingAsync(proposer)).TotalMilliseconds);
                next = Stopwatch.GetElapsedTime(started) + TimeSpan.FromSeconds(10);
            }

            peak = Math.Max(peak, flooded.Memory("VmRSS"));
            await Task.Delay(Look);
        }

        await stop.CancelAsync();
        var sent = await sending;
        var took = Stopwatch.GetElapsedTime(started);
        var after = Sample.Take(flooded);

        // What was on its way when the flood ended.
        await Task.Delay(TimeSpan.FromSeconds(5));
        var settled = Sample.Take(flooded);
        var table = new Table("", "");
        table.Add("messages sent", string.Create(CultureInfo.InvariantCulture, $"{sent:N0} in {took.TotalSeconds:0.0} s, {sent / took.TotalSeconds:N0} a second"));
        table.Add("of these", string.Join(", ", hostile.Kinds.Select(kind => $"{kind.Value * 100 / PoolSize} % {kind.Key}")));
        table.Add("honest rings meanwhile", $"{rings.Count} settled");
        table.Add("from proposal to settlement", $"median {Table.Milliseconds(rings.Median)}, slowest {Table.Milliseconds(rings.Percentile(1))}");
        table.Add("resident before, at most, 5 s after", $"{Table.Megabytes(before.Resident)}, {Table.Megabytes(peak)}, {Table.Megabytes(settled.Resident)}");
        table.Add("processor before", Share(quiet, before));
        table.Add("processor during the flood", Share(before, after));
        table.Add("load", Machine.Load.ToString("0.0", CultureInfo.InvariantCulture));
        table.Write(Console.Out);
        Console.WriteLine("What the flooded daemon logged about the peer:");
        foreach (var line in flooded.Lines.Where(line => line.Contains(mallory.Id.ToString(), StringComparison.Ordinal)))
        {
            Console.WriteLine($"    {line}");
        }

        Console.WriteLine();
    }

    private static string Share(Sample from, Sample to) => string.Create(
        CultureInfo.InvariantCulture, $"{(to.Processor - from.Processor) / Stopwatch.GetElapsedTime(from.At, to.At):P0} of a core");

    private static async Task<long> SendAsync(
        Site site, SimulatedNode mallory, SimulatedNode victim, ImmutableArray<byte>[] pool, int rate, CancellationToken cancellationToken)
    {
        var to = victim.Id.ToArray();
        var sent = 0L;
        var started = Stopwatch.GetTimestamp();
        while (!cancellationToken.IsCancellationRequested)
        {
            // As many as are due by now: a tick that comes late sends more. What the machine cannot carry shows in the rate reached.
            var due = (long)(Stopwatch.GetElapsedTime(started).TotalSeconds * rate);
            var count = (int)Math.Min(due - sent, rate);
            if (count > 0)
            {
                var first = sent;
                await site.Pump.InvokeAsync(_ =>
                {
                    for (var message = first; message < first + count; message++)
                    {
                        mallory.SendCustomMessage(to, IPeerMessenger.MessageType, pool[message % pool.Length]);
                    }
                });
                sent += count;
            }

            await Task.Delay(Tick, CancellationToken.None);
        }

        return sent;
    }

    private static async Task<TimeSpan> RunRingAsync(EddyDaemon proposer)
    {
        RingId? id = null;
        await WaitAsync(
            async () => (id = (await proposer.AskAsync(new OperatorRequest.Propose(IsDryRun: false), CancellationToken.None)).Ring) is not null, "a ring to propose");
        RingView? ring = null;
        await WaitAsync(async () => (ring = await proposer.FindRingAsync(id!.Value, CancellationToken.None)) is { IsFinal: true }, "the ring to end");
        return ring!.Outcome == RingOutcome.Settled
            ? ring.EndedAt!.Value - ring.StartedAt
            : throw new InvalidOperationException($"The ring did not settle: {ring.Reason}");
    }

    private static Task<EngineView> ViewAsync(EddyDaemon daemon) => daemon.GetViewAsync(CancellationToken.None);

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

    private readonly record struct Sample(long At, long Resident, TimeSpan Processor)
    {
        public static Sample Take(DaemonProcess process) => new(Stopwatch.GetTimestamp(), process.Memory("VmRSS"), process.ProcessorTime);
    }
}
