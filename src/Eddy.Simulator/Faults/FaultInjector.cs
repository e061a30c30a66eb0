using Eddy.Engine.Views;
using Eddy.Lightning;

namespace Eddy.Simulator.Faults;

/// <summary>Carries out the plan of a run, and puts everything right again when its time is over.</summary>
internal sealed class FaultInjector(FaultRun run, SimulatedSignatures signatures, SeededRandom random)
{
    private const int WorstDelayMs = 40;
    private static readonly TimeSpan GossipInterval = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan MostRestart = TimeSpan.FromSeconds(25);

    private readonly List<PlannedFault> _armed = [];
    private readonly Dictionary<FaultNode, CheatSeams> _cheats = [];
    private readonly Dictionary<FaultNode, WatchSeams> _watches = [];
    private readonly Dictionary<FaultNode, Calls> _calls = [];
    private bool _isOver;

    private EventTimeline Timeline => run.Network.Timeline;

    /// <summary>Puts its hands between a daemon and the world.</summary>
    public void Take(FaultNode node)
    {
        var watch = new WatchSeams(run, node);
        var cheat = new CheatSeams(run, node, signatures, random.Fork($"cheat {node.Index}"));
        var calls = new Calls(random.Fork($"calls {node.Index}"));
        (_watches[node], _cheats[node], _calls[node]) = (watch, cheat, calls);
        node.Daemon.Add(watch);
        node.Daemon.Add(cheat);
        foreach (var link in node.Daemon.Node.PeerLinks)
        {
            link.FaultsFrom(node.Daemon.Node).Happened = fault => run.Count(KindOf(fault), node, "");
        }
    }

    public void Arm(IEnumerable<PlannedFault> plan)
    {
        foreach (var fault in plan)
        {
            Timeline.Schedule(fault.At, () =>
            {
                if (_isOver)
                {
                    return;
                }

                if (fault.Moment == FaultMoment.Now)
                {
                    Strike(fault, run.Nodes[fault.Node], null);
                }
                else
                {
                    _armed.Add(fault);
                }
            });
        }
    }

    /// <summary>The worst moment for somebody has come.</summary>
    public void OnMoment(FaultMoment moment, FaultNode node, object? about)
    {
        for (var i = 0; i < _armed.Count; i++)
        {
            var fault = _armed[i];

            // In a small network one waits for the node it was meant for; in a large one that hardly ever comes.
            if (fault.Moment == moment && (fault.Node == node.Index || fault.Strength < 0.5))
            {
                _armed.RemoveAt(i--);
                var delay = TimeSpan.FromMilliseconds(new SeededRandom(fault.Seed).Next(WorstDelayMs));
                Timeline.Schedule(delay, () =>
                {
                    if (!_isOver)
                    {
                        Strike(fault, node, about);
                    }
                });
            }
        }
    }

    /// <summary>From now on nothing goes wrong.</summary>
    public void Heal()
    {
        _isOver = true;
        _armed.Clear();
        foreach (var node in run.Nodes)
        {
            _cheats[node].Stop();
            Disarm(node);
            _calls[node].Stop();
            var lnd = node.Daemon.Node;
            lnd.Faults.OnCall = null;
            lnd.Faults.ReleaseStuck();
            lnd.Interceptor.IsRequired = false;
            node.Daemon.SetClock(TimeSpan.Zero);
            foreach (var link in lnd.PeerLinks)
            {
                SetMessages(link.FaultsFrom(lnd), FaultKind.MessageLost, 0);
                SetMessages(link.FaultsFrom(lnd), FaultKind.MessageDoubled, 0);
                SetMessages(link.FaultsFrom(lnd), FaultKind.MessageDelayed, 0);
                SetMessages(link.FaultsFrom(lnd), FaultKind.MessageReordered, 0);
            }
        }

        run.Network.Heal();
        foreach (var node in run.Nodes)
        {
            node.Daemon.Node.Start();
            if (!node.Daemon.IsRunning)
            {
                node.Daemon.Start();
            }
        }
    }

    private static FaultKind KindOf(MessageFault fault) => fault switch
    {
        MessageFault.Lost => FaultKind.MessageLost,
        MessageFault.Doubled => FaultKind.MessageDoubled,
        MessageFault.Delayed => FaultKind.MessageDelayed,
        _ => FaultKind.MessageReordered,
    };

    private void Disarm(FaultNode node)
    {
        var watch = _watches[node];
        (watch.ActsLeft, watch.DiesAtBinding, watch.RefusesBindings) = (null, null, false);
        node.Daemon.Store.CrashAt = null;
    }

    private void Strike(PlannedFault fault, FaultNode node, object? about)
    {
        var draw = new SeededRandom(fault.Seed).Fork("strike");
        switch (fault.Kind)
        {
            case FaultKind.MessageLost or FaultKind.MessageDoubled or FaultKind.MessageDelayed or FaultKind.MessageReordered:
                DisturbMessages(fault, node);
                break;
            case FaultKind.LinkFlap or FaultKind.LinkDown or FaultKind.Partition:
                DisturbLinks(fault, node, draw);
                break;
            case FaultKind.Crash or FaultKind.CrashBeforeSaving or FaultKind.CrashAfterSaving or FaultKind.CrashWhileActing
                or FaultKind.CrashBeforeBinding or FaultKind.CrashAfterBinding or FaultKind.BindingRefused or FaultKind.ClockJump:
                DisturbDaemon(fault, node, draw);
                break;
            case FaultKind.LndRefuses or FaultKind.LndSlow or FaultKind.LndRestart or FaultKind.LndReplay or FaultKind.StreamsDrop or FaultKind.Blocks
                or FaultKind.HtlcStalled:
                DisturbLnd(fault, node, draw);
                break;
            case FaultKind.BalanceMoved or FaultKind.PolicyChanged or FaultKind.RivalRings:
                DisturbMoney(fault, node, draw, about);
                break;
            default:
                Cheat(fault, node);
                break;
        }
    }

    private void DisturbMessages(PlannedFault fault, FaultNode node)
    {
        var lnd = node.Daemon.Node;
        foreach (var link in lnd.PeerLinks)
        {
            SetMessages(link.FaultsFrom(lnd), fault.Kind, fault.Strength);
            SetMessages(link.FaultsFrom(link.PeerOf(lnd)), fault.Kind, fault.Strength);
        }

        Later(fault.Lasts, () =>
        {
            foreach (var link in lnd.PeerLinks)
            {
                SetMessages(link.FaultsFrom(lnd), fault.Kind, 0);
                SetMessages(link.FaultsFrom(link.PeerOf(lnd)), fault.Kind, 0);
            }
        });
    }

    private static void SetMessages(MessageFaults faults, FaultKind kind, double strength)
    {
        switch (kind)
        {
            case FaultKind.MessageLost:
                faults.DropProbability = strength;
                break;
            case FaultKind.MessageDoubled:
                faults.DuplicateProbability = strength;
                break;
            case FaultKind.MessageReordered:
                faults.ReorderProbability = strength / 2;
                faults.ReorderWindow = TimeSpan.FromSeconds(0.1 + (2 * strength));
                break;
            case FaultKind.MessageDelayed:
                faults.Delay = TimeSpan.FromSeconds(strength);
                faults.Jitter = TimeSpan.FromSeconds(8 * strength);
                break;
        }
    }

    private void DisturbLinks(PlannedFault fault, FaultNode node, SeededRandom draw)
    {
        var lnd = node.Daemon.Node;
        if (fault.Kind == FaultKind.Partition)
        {
            run.Count(fault.Kind, node, "the network falls apart");
            run.Network.Partition(run.Network.Nodes.Where(_ => draw.Next(2) == 0).ToArray());
            Later(fault.Lasts, run.Network.Heal);
            return;
        }

        var links = lnd.PeerLinks.ToArray();
        var link = links[draw.Next(links.Length)];
        run.Count(fault.Kind, node, $"{link}");
        if (fault.Kind == FaultKind.LinkFlap)
        {
            lnd.DisconnectPeer(link.PeerOf(lnd).Id);
        }
        else
        {
            link.IsBlocked = true;
            Later(fault.Lasts, () => link.IsBlocked = false);
        }
    }

    private void DisturbDaemon(PlannedFault fault, FaultNode node, SeededRandom draw)
    {
        var (daemon, watch) = (node.Daemon, _watches[node]);
        daemon.RestartAfter = new TimeSpan(draw.NextLong(MostRestart.Ticks));
        switch (fault.Kind)
        {
            case FaultKind.Crash when daemon.IsRunning:
                run.Count(fault.Kind, node, "it is killed");
                daemon.Crash();
                break;
            case FaultKind.CrashBeforeSaving or FaultKind.CrashAfterSaving when daemon.Store.CrashAt is null:
                daemon.Store.CrashesBefore = fault.Kind == FaultKind.CrashBeforeSaving;
                daemon.Store.CrashAt = daemon.Store.Commits + 1 + draw.Next(4);
                daemon.Store.Crashed = () => run.Count(fault.Kind, node, "it dies at a commit");
                break;
            case FaultKind.CrashWhileActing:
                watch.ActsLeft = draw.Next(4);
                break;
            case FaultKind.CrashBeforeBinding or FaultKind.CrashAfterBinding:
                watch.DiesAtBinding = fault.Kind;
                break;
            case FaultKind.BindingRefused:
                watch.RefusesBindings = true;
                Later(fault.Lasts, () => watch.RefusesBindings = false);
                break;
            case FaultKind.ClockJump:
                var ahead = TimeSpan.FromSeconds((draw.NextDouble() - 0.5) * 2 * FaultRun.MostClockError.TotalSeconds);
                run.Count(fault.Kind, node, $"its clock is {ahead.TotalSeconds:F1} s ahead");
                daemon.SetClock(ahead);
                break;
        }
    }

    private void DisturbLnd(PlannedFault fault, FaultNode node, SeededRandom draw)
    {
        var lnd = node.Daemon.Node;
        switch (fault.Kind)
        {
            case FaultKind.LndRefuses or FaultKind.LndSlow:
                var calls = _calls[node];
                calls.Set(fault.Kind, fault.Strength);
                lnd.Faults.OnCall = method => calls.Ask(method, (kind, what) => run.Count(kind, node, what));
                Later(fault.Lasts, () => calls.Set(fault.Kind, 0));
                break;
            case FaultKind.LndRestart when lnd.IsReachable:
                run.Count(fault.Kind, node, "LND restarts");
                lnd.Restart(new TimeSpan(draw.NextLong(MostRestart.Ticks)));
                break;
            case FaultKind.LndReplay when lnd.Interceptor.IsConnected:
                run.Count(fault.Kind, node, $"the interceptor's stream ends with {lnd.Interceptor.HeldKeys.Count} held");
                lnd.Interceptor.IsRequired = true;
                lnd.Interceptor.DropClient();
                Later(fault.Lasts, () => lnd.Interceptor.IsRequired = false);
                break;
            case FaultKind.StreamsDrop:
                run.Count(fault.Kind, node, "the streams end");
                node.Daemon.DropStreams();
                break;
            case FaultKind.Blocks:
                run.Count(fault.Kind, node, "");
                run.Network.MineBlocks(1 + draw.Next(3));
                break;
            case FaultKind.HtlcStalled:
                lnd.Faults.StuckHop = htlc =>
                {
                    var holds = !run.IsOrdinary(htlc.Hash) && htlc.HopIndex > 0;
                    if (holds)
                    {
                        run.Count(fault.Kind, node, $"it sits on {EventText.Short(htlc.Hash)}");
                    }

                    return holds;
                };
                Later(fault.Lasts, lnd.Faults.ReleaseStuck);
                break;
        }
    }

    private void DisturbMoney(PlannedFault fault, FaultNode node, SeededRandom draw, object? about)
    {
        switch (fault.Kind)
        {
            case FaultKind.RivalRings:
                foreach (var rival in run.Nodes.Where(rival => rival.Daemon.IsRunning && (rival == node || draw.Next(2) == 0)).ToArray())
                {
                    run.Count(fault.Kind, rival, "it is told to propose");
                    rival.Daemon.Ask(new OperatorRequest.Propose(IsDryRun: false));
                }

                break;
            case FaultKind.PolicyChanged:
                ChannelEnd[] ends = [.. node.Daemon.Node.Channels.Where(static end => end.IsOpen)];
                var end = ends[draw.Next(ends.Length)];
                run.Count(fault.Kind, node, $"{end} has other fees");
                end.SetPolicy(end.Policy with { BaseFeeMsat = draw.Next(5_000), FeeRatePpm = draw.Next(3_000), InboundFeeRatePpm = draw.Next(600) - 300 });
                break;
            case FaultKind.BalanceMoved:
                if (run.Pay(node, about as NodeId?, fault.Strength, draw) is { Value: > 0 } amount)
                {
                    run.Count(fault.Kind, node, $"{amount} are gone");
                }

                break;
        }
    }

    private void Cheat(PlannedFault fault, FaultNode node)
    {
        var cheat = _cheats[node];
        cheat.Set(fault.Kind, true);
        Later(fault.Lasts, () => cheat.Set(fault.Kind, false));
        if (fault.Kind is FaultKind.StaleAdvert or FaultKind.ForgedAdvert or FaultKind.FalseHint)
        {
            Gossip(cheat, Timeline.Now + fault.Lasts);
        }
    }

    private void Gossip(CheatSeams cheat, DateTimeOffset until)
    {
        cheat.Gossip();
        Timeline.Schedule(GossipInterval, () =>
        {
            if (!_isOver && Timeline.Now < until)
            {
                Gossip(cheat, until);
            }
        });
    }

    private void Later(TimeSpan delay, Action action) => Timeline.Schedule(delay, () =>
    {
        if (!_isOver)
        {
            action();
        }
    });

    /// <summary>What LND does with calls while it has a bad day.</summary>
    private sealed class Calls(SeededRandom random)
    {
        private static readonly RpcCode[] Errors = [RpcCode.Unknown, RpcCode.Unavailable, RpcCode.DeadlineExceeded, RpcCode.Internal];
        private double _refuses;
        private double _slow;

        public void Set(FaultKind kind, double strength) => _ = kind == FaultKind.LndSlow ? _slow = strength : _refuses = strength;

        public void Stop() => (_refuses, _slow) = (0, 0);

        public CallFault? Ask(string method, Action<FaultKind, string> count)
        {
            var isSlow = _slow > 0 && random.Chance(_slow);
            var isRefused = _refuses > 0 && random.Chance(_refuses);
            if (!isSlow && !isRefused)
            {
                return null;
            }

            var delay = isSlow ? TimeSpan.FromSeconds(20 * random.NextDouble() * random.NextDouble()) : TimeSpan.Zero;
            var error = isRefused ? new RpcError(Errors[random.Next(Errors.Length)], "LND has a bad day") : null;
            if (isSlow)
            {
                count(FaultKind.LndSlow, $"{method} takes {delay.TotalSeconds:F1} s");
            }

            if (isRefused)
            {
                count(FaultKind.LndRefuses, $"{method}: {error!.Code}");
            }

            return new CallFault(delay, error, IsCarriedOut: isRefused && random.Next(2) == 0);
        }
    }
}
