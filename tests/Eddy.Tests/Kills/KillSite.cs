using System.Diagnostics;
using Eddy.Api;
using Eddy.CommandLine;
using Eddy.Demo;
using Eddy.Engine;
using Eddy.Engine.Views;
using Eddy.Lightning;
using Eddy.Simulator;

namespace Eddy.Tests.Kills;

/// <summary>
/// Four nodes in a circle, full on the same side, daemons beside them: the victim's in a process of its own. Rings are small, so that the
/// imbalance is good for many. After each kill everything is compared with what LND knows.
/// </summary>
internal sealed class KillSite : IAsyncDisposable
{
    private const int Nodes = 4;
    private const long AmountSat = 65_536;
    private const long CapacitySat = 16_000_000;
    private const long FullPercent = 90;
    private const int MostProposals = 3;

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan LongestRing = TimeSpan.FromSeconds(20);
    private static readonly RoutingPolicy Policy = new(1_000, 500, 40, new(1_000), new(CapacitySat * 990));

    private readonly DemoSite _site;
    private readonly IReadOnlyList<DemoNode> _ring;
    private readonly KillableDaemon _daemon;
    private readonly DemoNode _victim;
    private readonly Dictionary<NodeId, MilliSatoshi> _before;

    private KillSite(DemoSite site, IReadOnlyList<DemoNode> ring, VictimRole role, Dictionary<NodeId, MilliSatoshi> before)
    {
        _site = site;
        _ring = ring;
        _before = before;
        Role = role;
        _victim = ring[(int)role];
        _daemon = new KillableDaemon(_victim, AmountSat);
    }

    public VictimRole Role { get; }

    /// <summary>How often the victim was killed here.</summary>
    public int Kills { get; private set; }

    /// <summary>A ring failed here, so that somebody is backed off.</summary>
    public bool IsWorn { get; private set; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<KillSite> StartAsync(VictimRole role, ulong seed)
    {
        var network = new SimulatedNetwork(new() { Seed = seed, StartTime = DateTimeOffset.UtcNow });
        var models = Enumerable.Range(0, Nodes).Select(_ => network.AddNode()).ToArray();
        var capacity = MilliSatoshi.FromSatoshi(CapacitySat);
        for (var i = 0; i < Nodes; i++)
        {
            network.OpenChannel(models[i], models[(i + 1) % Nodes], new()
            {
                Capacity = capacity,
                OpenerBalance = new(capacity.Value / 100 * FullPercent),
                OpenerPolicy = Policy,
                PeerPolicy = Policy,
            });
        }

        var before = models.ToDictionary(node => node.Id, node => node.ChannelBalance);
        var first = Array.IndexOf(models, models.MinBy(node => node.Id));
        var options = new EngineOptions
        {
            Rings = new RingOptions
            {
                MinAmountSat = AmountSat,
                MaxAmountSat = AmountSat,
                MaxLength = Nodes,
                ProposalTtl = TimeSpan.FromSeconds(8),
                SearchesByItself = false,
            },
        };
        var demo = await DemoSite.StartAsync(network, _ => options);
        var site = new KillSite(demo, [.. Enumerable.Range(first, Nodes).Select(i => demo.Nodes[i % Nodes])], role, before);
        await Task.WhenAll(site._ring.Where(node => node != site._victim).Select(node => demo.StartDaemonAsync(node, Token)));
        Assert.True(await site._daemon.StartAsync(null));
        return site;
    }

    /// <summary>Kills the victim once, or twice, in a ring, starts it again, and waits for the end of everything. Null where no ring comes about here any more.</summary>
    public async Task<KillReport?> RunAsync(Kill kill)
    {
        var settledBefore = (await PaymentsAsync()).Count(payment => payment.Status == PaymentStatus.Succeeded);
        var dies = await ArmAsync(kill);
        if (!await DiesInRingAsync(kill, dies))
        {
            return null;
        }

        Kills++;
        var restarts = 0;
        if (kill.Restart is { } delay)
        {
            await _daemon.KillWhileStartingAsync(delay);
            restarts++;
        }

        if (!await _daemon.StartAsync(kill.Again) || (kill.Again is { } again && await DiesBeforeTheEndAsync(kill, again)))
        {
            restarts++;
            Assert.True(await _daemon.StartAsync(null));
        }

        Kills += restarts;
        await EndAsync(kill);
        await AgreesAsync(kill);
        var payments = await PaymentsAsync();
        var settled = payments.Count(payment => payment.Status == PaymentStatus.Succeeded) - settledBefore;
        IsWorn = payments.Any(payment => payment.Status == PaymentStatus.Failed) || (Role == VictimRole.Member && settled == 0);
        return new KillReport(1 + restarts, settled);
    }

    public async ValueTask DisposeAsync()
    {
        await _daemon.DisposeAsync();
        await _site.DisposeAsync();
    }

    /// <summary>What ends when the victim is dead; null where the driver kills it by the clock.</summary>
    private async Task<Func<Task<bool>>?> ArmAsync(Kill kill)
    {
        if (kill.Failpoint is { } failpoint)
        {
            await _daemon.ArmAsync(failpoint);
            return () => _daemon.DiesAsync(failpoint, LongestRing);
        }

        if (kill.LndMethod is not { } method)
        {
            return null;
        }

        var dead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _site.Pump.InvokeAsync(_ => _victim.Model.Faults.OnCall = called =>
        {
            if (called == method)
            {
                _victim.Model.Faults.OnCall = null;
                _daemon.Kill();
                dead.SetResult();
            }

            // LND carries out what it has been asked for, whoever has died since.
            return null;
        });
        return async () => await Task.WhenAny(dead.Task, Task.Delay(LongestRing, Token)) == dead.Task;
    }

    private async Task<bool> DiesBeforeTheEndAsync(Kill kill, string failpoint)
    {
        // Ends with the daemon too.
        await EndAsync(kill);
        return !await _daemon.TryDisarmAsync(failpoint);
    }

    private async Task<bool> DiesInRingAsync(Kill kill, Func<Task<bool>>? dies)
    {
        for (var attempt = 0; attempt < MostProposals; attempt++)
        {
            if (!await ProposeAsync())
            {
                return false;
            }

            if (kill.Delay is { } delay)
            {
                await Task.Delay(delay, Token);
                _daemon.Kill();
                await _daemon.ExitAsync();
                return true;
            }

            if (await dies!())
            {
                await _daemon.ExitAsync();
                return true;
            }

            // On a loaded machine a ring can run out of time before it comes so far.
            await EndAsync(kill);
        }

        return false;
    }

    /// <summary>Asks until there is a ring; false where there is none in time.</summary>
    private async Task<bool> ProposeAsync()
    {
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < LongestRing)
        {
            var isProposed = _ring[0] == _victim
                ? await _daemon.ProposeAsync()
                : (await _ring[0].Daemon!.AskAsync(new OperatorRequest.Propose(IsDryRun: false), Token)).Ring is not null;
            if (isProposed is not false || !_daemon.IsRunning)
            {
                return true;
            }

            await Task.Delay(LookInterval, Token);
        }

        return false;
    }

    private Task<Payment[]> PaymentsAsync() => _site.Pump.InvokeAsync(_ => _ring[0].Model.Payments.All.ToArray());

    /// <summary>Waits until nothing is under way anywhere: not in LND, and not in any daemon.</summary>
    private async Task EndAsync(Kill kill)
    {
        var started = Stopwatch.GetTimestamp();
        while (_daemon.IsRunning && await WhatIsOpenAsync() is { } open)
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Longest, $"{kill}: waited too long for {open}.\n{_daemon.Log}");
            await Task.Delay(LookInterval, Token);
        }
    }

    private async Task<string?> WhatIsOpenAsync()
    {
        if (await _site.Pump.InvokeAsync(network => network.Channels.Any(channel => channel.Opener.Offered.Count + channel.Other.Offered.Count > 0)))
        {
            return "an HTLC";
        }

        var settled = (await PaymentsAsync()).Count(payment => payment.Status == PaymentStatus.Succeeded);
        foreach (var node in _ring)
        {
            StatusReport status;
            ChannelsReport channels;
            try
            {
                (status, channels, _) = await LookAsync(node);
            }
            catch (CommandException e) when (e.ExitCode == ExitCode.Unreachable)
            {
                return "the victim to answer";
            }

            if (!status.Connected || status.Totals.UnderWay > 0 || channels.Channels.Any(channel => channel.ReservedInMsat + channel.ReservedOutMsat > 0))
            {
                return $"the rings of {node.Alias} to end";
            }

            if (status.Totals.Settled < settled)
            {
                return $"{node.Alias} to learn that its ring settled";
            }
        }

        return null;
    }

    private async Task<(StatusReport Status, ChannelsReport Channels, RingsReport Rings)> LookAsync(DemoNode node)
    {
        if (node == _victim)
        {
            return (await _daemon.StatusAsync(), await _daemon.ChannelsAsync(), await _daemon.RingsAsync());
        }

        var view = await node.Daemon!.GetViewAsync(Token);
        return (ReportMapping.Status(view, node.Daemon!), ReportMapping.Channels(view), ReportMapping.Rings(view));
    }

    /// <summary>The daemons' books and LND's say the same, every payment was made once, and nobody has less than before.</summary>
    private async Task AgreesAsync(Kill kill)
    {
        await _site.Pump.InvokeAsync(static network => network.AssertConserved());
        var payments = await PaymentsAsync();
        Assert.All(payments, payment => Assert.True(payment is { IsFinal: true, Attempts.Length: 1 }, $"{kill}: {payment.Status} after {payment.Attempts.Length} attempts"));
        MilliSatoshi[] paid = [.. payments.Where(payment => payment.Status == PaymentStatus.Succeeded).Select(payment => payment.Value + payment.Fee)];
        var balances = await _site.Pump.InvokeAsync(network => network.Nodes.ToDictionary(node => node.Id, node => node.ChannelBalance));
        var moved = await _site.Pump.InvokeAsync(network => network.Channels.Select(channel => (channel.Opener.TotalSent - channel.Opener.TotalReceived).Value).ToArray());
        Assert.All(moved, sum => Assert.Equal(paid.Sum(amount => amount.Value), sum));
        HashSet<string>? settled = null;
        foreach (var node in _ring)
        {
            Assert.True(_before[node.Id] == balances[node.Id], $"{kill}: {node.Alias} had {_before[node.Id]} and has {balances[node.Id]}");
            var (status, _, rings) = await LookAsync(node);
            HashSet<string> own = [.. rings.Rings.Where(ring => ring.Outcome == "settled").Select(ring => ring.Id)];
            settled ??= own;
            Assert.True(
                status.Totals.Settled == paid.Length && own.SetEquals(settled) && rings.Rings.All(ring => ring.Final),
                $"{kill}: {node.Alias} knows {status.Totals.Settled} settled rings, LND {paid.Length} payments\n{_daemon.Log}");

            // What LND's books show as earned is what ours know to be fiction.
            var earned = await _site.Pump.InvokeAsync(_ => node.Model.Forwards.Events.Sum(static forward => forward.Fee.Value));
            Assert.True(status.Totals.WaivedMsat == earned, $"{kill}: {node.Alias} waived {status.Totals.WaivedMsat} msat, LND has booked {earned}");
        }
    }
}

/// <param name="Kills">How often the victim was killed: 1 or 2.</param>
/// <param name="Settled">How many rings settled meanwhile.</param>
internal sealed record KillReport(int Kills, int Settled);
