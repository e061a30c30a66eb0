using System.Collections.Immutable;
using Eddy.Engine.Storage;
using Eddy.Engine.Views;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Simulator.Faults;

/// <summary>
/// A whole network of daemons on one thread in virtual time: a while in which everything goes wrong that the plan holds, then a while in
/// which nothing does. Every invariant is looked at after every event.
/// </summary>
public sealed class FaultRun : INetworkWatch
{
    /// <summary>How wrong a daemon's clock may be.</summary>
    public static readonly TimeSpan MostClockError = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Every ring is final so long after the last fault: a ring's TTL of at most one minute, a clock that was ten minutes wrong when its
    /// deadline was set, and time for what LND holds to come to an end.
    /// </summary>
    public static readonly TimeSpan EndsWithin = TimeSpan.FromMinutes(15);

    private const int TailLength = 120;
    private const double LeastTrouble = 45;
    private const double MostTrouble = 150;

    /// <summary>Of each node.</summary>
    private const double SecondsBetweenPayments = 40;

    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5);

    private readonly FaultRunOptions _options;
    private readonly SeededRandom _random;
    private readonly Invariant[] _invariants;
    private readonly List<PlannedFault> _plan;
    private readonly TimeSpan _trouble;
    private readonly Dictionary<SimulatedNode, FaultNode> _byNode = [];
    private readonly SortedDictionary<FaultKind, long> _counts = [];
    private readonly int[] _sizes = new int[Enum.GetValues<FaultTable>().Length];
    private readonly HashSet<PaymentHash> _ordinary = [];
    private readonly Dictionary<(SimulatedNode Node, CircuitKey Key), MilliSatoshi> _incoming = [];
    private readonly HashSet<(SimulatedNode Node, PaymentHash Hash)> _forwarded = [];
    private readonly HashSet<(SimulatedNode Node, PaymentHash Hash)> _waived = [];
    private readonly SeededRandom _trade;
    private bool _isTrading = true;
    private long _steps;
    private Violation? _violation;

    private FaultRun(FaultRunOptions options)
    {
        _options = options;
        _random = new SeededRandom(options.Seed).Fork("run");
        Network = new SimulatedNetwork(new NetworkOptions { Seed = options.Seed });
        Log = new EventLog(Network.Timeline, Network.Now, options.KeepsLog);
        var signatures = new SimulatedSignatures(options.Seed);
        Injector = new FaultInjector(this, signatures, _random.Fork("injector"));
        var scenery = new FaultScenery(Network, _random.Fork("scenery"), signatures);
        Nodes = [.. scenery.Build(options.MinNodes, options.MaxNodes).Select(static (daemon, index) => new FaultNode(index, daemon))];
        foreach (var node in Nodes)
        {
            _byNode.Add(node.Daemon.Node, node);
            Injector.Take(node);
        }

        _trade = _random.Fork("trade");
        _trouble = TimeSpan.FromSeconds(LeastTrouble + (_random.NextDouble() * (MostTrouble - LeastTrouble)));
        _plan = FaultPlan.Draw(_random.Fork("plan"), options.Kinds, Nodes.Count, _trouble);
        _invariants = Invariant.CreateAll(this);
        Network.Watch = this;
    }

    public SimulatedNetwork Network { get; }

    internal IReadOnlyList<FaultNode> Nodes { get; }

    internal EventLog Log { get; }

    internal FaultInjector Injector { get; }

    internal NothingThrows Standing { get; } = new();

    internal long MsatLost { get; set; }

    /// <summary>The names of all invariants and what they say.</summary>
    public static ImmutableArray<(string Name, string Says)> Invariants { get; } =
        [.. new FaultRun(new() { MinNodes = 3, MaxNodes = 3 })._invariants.Select(static invariant => (invariant.Name, invariant.Says))];

    /// <summary>Runs to the end, or to the first violation.</summary>
    public static FaultRunResult Run(FaultRunOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var run = new FaultRun(options);
        options.Prepare?.Invoke(run);
        run.RunToEnd();
        return run.ToResult();
    }

    void INetworkWatch.OnAdded(Htlc htlc)
    {
        _incoming[(htlc.Receiver.Node, htlc.IncomingKey)] = htlc.Amount;
        foreach (var invariant in _invariants)
        {
            invariant.OnAdded(htlc);
        }
    }

    void INetworkWatch.OnRemoved(Htlc htlc, bool isSettled)
    {
        if (isSettled && htlc.Circuit?.Incoming is not null)
        {
            _forwarded.Add((htlc.Offerer.Node, htlc.Hash));
        }

        foreach (var invariant in _invariants)
        {
            invariant.OnRemoved(htlc, isSettled);
        }
    }

    void INetworkWatch.OnModified(SimulatedNode node, Htlc incoming, BelievedAmounts believed)
    {
        Log.Add(node.Alias, "waives", $"{EventText.Of(incoming.IncomingKey)} of {incoming.Amount}: {believed.IncomingMsat} in, {believed.OutgoingMsat} out");
        _waived.Add((node, incoming.Hash));
        foreach (var invariant in _invariants)
        {
            invariant.OnModified(_byNode[node], incoming, believed);
        }
    }

    internal bool IsOrdinary(PaymentHash hash) => _ordinary.Contains(hash);

    internal bool HasForwarded(SimulatedNode node, PaymentHash hash) => _forwarded.Contains((node, hash));

    internal bool HasWaived(SimulatedNode node, PaymentHash hash) => _waived.Contains((node, hash));

    /// <summary>What really came in.</summary>
    internal MilliSatoshi RealIncoming(SimulatedNode node, CircuitKey key) => _incoming[(node, key)];

    internal void OnCommitted(FaultNode node, StoreBatch batch)
    {
        foreach (var invariant in _invariants)
        {
            invariant.OnCommitted(node, batch);
        }
    }

    internal void OnEngineStep(FaultNode node)
    {
        foreach (var invariant in _invariants)
        {
            invariant.OnEngineStep(node);
        }
    }

    internal void SizeSeen(FaultTable table, int count) => _sizes[(int)table] = Math.Max(_sizes[(int)table], count);

    internal void Count(FaultKind kind, FaultNode node, string what)
    {
        _counts[kind] = _counts.GetValueOrDefault(kind) + 1;
        Log.Add(node.Alias, "FAULT", $"{FaultKinds.NameOf(kind)} {what}");
    }

    internal void Report(Invariant invariant, string what)
    {
        if (_violation is null)
        {
            _violation = new Violation(invariant.Name, _steps, what);
            Log.Add("", "BROKEN", $"{invariant.Name}: {what}");
        }
    }

    /// <summary>An ordinary payment of an operator to a neighbour, over the channel that a ring would like to use.</summary>
    /// <returns>The amount; zero where nothing was paid.</returns>
    internal MilliSatoshi Pay(FaultNode node, NodeId? towards, double share, SeededRandom draw)
    {
        var lnd = node.Daemon.Node;
        ChannelEnd[] ends = [.. lnd.Channels.Where(end => end is { IsActive: true } && (towards is null || end.Peer.Node.Id == towards))];
        if (ends.Length == 0 || !lnd.IsRunning)
        {
            return MilliSatoshi.Zero;
        }

        var end = ends[draw.Next(ends.Length)];
        var amount = MilliSatoshi.FromSatoshi((long)(end.Spendable.Satoshi * (0.2 + (0.75 * share))));
        if (amount.Satoshi < 1 || !end.Peer.Node.Invoices.Add(new InvoiceRequest { Value = amount, ExpirySeconds = 600 }).TryGet(out var invoice, out _))
        {
            return MilliSatoshi.Zero;
        }

        Log.Add(node.Alias, "pays", $"{amount} to {end.Peer.Node.Alias}");
        _ordinary.Add(invoice.Hash);
        var expiry = lnd.Height + (uint)invoice.CltvExpiry + 3;
        lnd.Payments.SendToRoute(
            new()
            {
                Hash = invoice.Hash,
                Route = new()
                {
                    TotalAmount = amount,
                    TotalTimeLock = expiry,
                    Hops =
                    [
                        new()
                        {
                            ChannelId = end.RouteId,
                            Node = end.Peer.Node.Id,
                            AmountToForward = amount,
                            Expiry = expiry,
                            Mpp = new(invoice.PaymentAddr, amount),
                        },
                    ],
                },
            },
            static _ => { });
        return amount;
    }

    /// <summary>What people pay to one another anyhow, so that there is always something to bring into balance again.</summary>
    private void Trade()
    {
        Network.Timeline.Schedule(TimeSpan.FromSeconds(_trade.NextDouble() * 2 * SecondsBetweenPayments / Nodes.Count), () =>
        {
            if (_isTrading)
            {
                var payer = Nodes[_trade.Next(Nodes.Count)];
                if (_trade.Next(3) == 0)
                {
                    PayFar(payer, Nodes[_trade.Next(Nodes.Count)]);
                }
                else
                {
                    Pay(payer, null, _trade.NextDouble(), _trade);
                }

                Trade();
            }
        });
    }

    /// <summary>A payment over several hops, with the fees that they ask.</summary>
    private void PayFar(FaultNode from, FaultNode to)
    {
        var amount = MilliSatoshi.FromSatoshi(1 + _trade.Next(500_000));
        var (payer, payee) = (from.Daemon.Node, to.Daemon.Node);
        if (payer == payee || !payer.IsRunning || !payee.IsRunning
            || !payee.Invoices.Add(new InvoiceRequest { Value = amount, ExpirySeconds = 600 }).TryGet(out var invoice, out _))
        {
            return;
        }

        Log.Add(from.Alias, "pays", $"{amount} to {payee.Alias}, however far");
        _ordinary.Add(invoice.Hash);
        payer.Payments.SendPayment(new PaymentOrder
        {
            Hash = invoice.Hash,
            Destination = payee.Id,
            Amount = amount,
            PaymentAddr = invoice.PaymentAddr,
            FinalCltvDelta = (uint)invoice.CltvExpiry,
            FeeLimit = amount,
        });
    }

    private void RunToEnd()
    {
        Injector.Arm(_plan.Where(fault => _options.Only is null || _options.Only.Contains(fault.Index)));
        foreach (var node in Nodes)
        {
            node.Daemon.Start();
        }

        Trade();
        RunFor(_trouble);
        _isTrading = false;
        Injector.Heal();
        RunFor(Calm);
        foreach (var node in Nodes.Where(static node => node.Daemon.IsRunning))
        {
            node.Daemon.Ask(new OperatorRequest.Pause());
        }

        var end = Network.Now + EndsWithin - Calm;
        do
        {
            RunFor(LookInterval);
        }
        while (_violation is null && Network.Now < end && !IsQuiet());

        foreach (var invariant in _invariants)
        {
            if (_violation is null)
            {
                invariant.AtEnd();
            }
        }
    }

    // What has settled stays reserved until LND lists the channels again, which can be a moment after the ring's end.
    private bool IsQuiet() =>
        Nodes.All(static node => node.Daemon.IsRunning && node.Daemon.Engine.Sizes.RingsOpen == 0
            && node.Daemon.View.Channels.All(static channel => channel.ReservedIn + channel.ReservedOut == MilliSatoshi.Zero))
        && Network.Channels.All(static channel => channel.HtlcCount == 0);

    private void RunFor(TimeSpan time)
    {
        var timeline = Network.Timeline;
        var end = timeline.Now + time;
        while (_violation is null && timeline.NextDue is { } due && due <= end)
        {
            _steps++;
            try
            {
                timeline.RunNext();
                foreach (var invariant in _invariants)
                {
                    invariant.AfterStep();
                }
            }
            catch (Exception exception)
            {
                Standing.OnThrown(exception);
            }
        }

        if (_violation is null)
        {
            timeline.AdvanceTo(end);
        }
    }

    private FaultRunResult ToResult()
    {
        var own = Nodes.SelectMany(static node => node.Daemon.Store.Inner.LatestRings(int.MaxValue)).Where(static ring => ring.Position == 0).ToArray();
        var settled = own.Count(static ring => ring.Outcome == RingOutcome.Settled);
        return new(
            _options.Seed,
            Nodes.Count,
            Network.Now - Network.Options.StartTime,
            _steps,
            settled,
            own.Length - settled,
            MsatLost,
            _counts.ToImmutableSortedDictionary(),
            Enum.GetValues<FaultTable>().ToImmutableSortedDictionary(static table => table, table => _sizes[(int)table]),
            _violation,
            [.. _plan.Where(fault => _options.Only is null || _options.Only.Contains(fault.Index)).Select(static fault => fault.ToString())],
            [.. _options.KeepsLog ? Log.Lines() : _violation is null ? [] : Log.Tail(TailLength)]);
    }
}
