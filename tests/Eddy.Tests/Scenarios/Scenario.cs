using System.Diagnostics;
using Eddy.Demo;
using Eddy.Engine;
using Eddy.Engine.Views;
using Eddy.Hosting;
using Eddy.Lightning;
using Eddy.Rings;
using Eddy.Simulator;

namespace Eddy.Tests.Scenarios;

/// <summary>
/// Four simulated nodes whose channels are all full on the sender's side, their LND APIs, and real daemons that search only when a test
/// says so. Positions count from the ring's initiator, the node with the lowest public key.
/// </summary>
internal sealed class Scenario : IAsyncDisposable
{
    private const int Nodes = 4;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(25);

    private readonly Dictionary<NodeId, MilliSatoshi> _before;
    private readonly Dictionary<NodeId, long> _paid = [];

    private Scenario(DemoSite site, Dictionary<NodeId, MilliSatoshi> before)
    {
        Site = site;
        _before = before;
        var ring = site.Nodes.ToArray();
        var first = Array.IndexOf(ring, ring.MinBy(node => node.Id));
        Ring = [.. ring[first..], .. ring[..first]];
    }

    public DemoSite Site { get; }

    /// <summary>In the direction of the payment, the initiator first.</summary>
    public IReadOnlyList<DemoNode> Ring { get; }

    public DemoNode Initiator => Ring[0];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <param name="adjust">Changes what a node's daemon is told, by the number of the node round the ring as it was built.</param>
    public static async Task<Scenario> StartAsync(Func<SimulatedNode, EngineOptions, EngineOptions>? adjust = null, LndVersion? version = null)
    {
        var network = new SimulatedNetwork(new() { Seed = 1, StartTime = DateTimeOffset.UtcNow });
        RingTopology.Build(network, new() { Nodes = Nodes, Version = _ => version ?? LndVersion.V0203 });
        var before = network.Nodes.ToDictionary(node => node.Id, node => node.ChannelBalance);
        var site = await DemoSite.StartAsync(network, node => adjust is null ? Options : adjust(node, Options));
        return new(site, before);
    }

    public static EngineOptions Options { get; } = new()
    {
        Rings = new RingOptions { MaxLength = Nodes, ProposalTtl = TimeSpan.FromSeconds(15), SearchesByItself = false },
    };

    public static EddyDaemon DaemonOf(DemoNode node) => node.Daemon ?? throw new InvalidOperationException($"{node.Alias} has no daemon.");

    public static Task<EngineView> ViewAsync(DemoNode node) => DaemonOf(node).GetViewAsync(Token);

    /// <summary>Starts the daemons of all but some nodes, and waits until they know of one another.</summary>
    public async Task StartDaemonsAsync(params DemoNode[] except)
    {
        await Task.WhenAll(Site.Nodes.Except(except).Select(node => Site.StartDaemonAsync(node, Token)));
        await InStepAsync();
    }

    public Task InStepAsync() => NothingMissingAsync(() => new StepCheck(Site, Nodes).WhatIsMissingAsync(Token));

    public Task UntilAsync(string what, Func<Task<bool>> condition) => NothingMissingAsync(async () => await condition() ? null : what);

    /// <summary>Lets each daemon search, in the order of the keys; null where none finds a ring.</summary>
    public async Task<(DemoNode Node, RingId Ring)?> ProposeAsync()
    {
        foreach (var node in Site.Nodes.Where(node => node.Daemon is not null).OrderBy(node => node.Id))
        {
            if (await DaemonOf(node).AskAsync(new OperatorRequest.Propose(IsDryRun: false), Token) is { Ring: { } ring })
            {
                return (node, ring);
            }
        }

        return null;
    }

    /// <summary>A ring is proposed, by the initiator, and followed to its end.</summary>
    public async Task<RingView> RunRingAsync()
    {
        var proposed = await ProposeAsync();
        Assert.NotNull(proposed);
        return await EndOfAsync(proposed.Value.Node, proposed.Value.Ring);
    }

    public async Task<RingView> EndOfAsync(DemoNode node, RingId id)
    {
        RingView? ring = null;
        await UntilAsync("the ring to end", async () => (ring = await DaemonOf(node).FindRingAsync(id, Token)) is { IsFinal: true });
        return ring!;
    }

    /// <summary>Runs on the model's thread once, when the node's LND is asked for the method, and before it carries it out after the delay.</summary>
    public Task OnCallAsync(DemoNode node, string method, TimeSpan delay, Action<SimulatedNetwork> action)
    {
        var isDone = false;
        return Site.Pump.InvokeAsync(network => node.Model.Faults.OnCall = called =>
        {
            if (called != method || isDone)
            {
                return null;
            }

            isDone = true;
            action(network);
            return new CallFault(delay, null);
        });
    }

    /// <summary>An ordinary payment that pays its fees; what it costs whom is taken into account by <see cref="AssertNobodyLostAsync"/>.</summary>
    public async Task<Payment> PayAsync(DemoNode from, DemoNode to, MilliSatoshi amount)
    {
        var final = new TaskCompletionSource<Payment>(TaskCreationOptions.RunContinuationsAsynchronously);
        var before = await BalancesAsync();
        await Site.Pump.InvokeAsync(_ => Start(from.Model, to.Model, amount, final.SetResult));
        var payment = await final.Task.WaitAsync(Longest, Token);
        await UntilAsync("the payment's HTLCs to go", IsQuietAsync);
        foreach (var (node, balance) in await BalancesAsync())
        {
            _paid[node] = _paid.GetValueOrDefault(node) + (balance - before[node]).Value;
        }

        return payment;
    }

    /// <summary>Starts a payment on the model's thread.</summary>
    public static void Start(SimulatedNode from, SimulatedNode to, MilliSatoshi amount, Action<Payment> ended)
    {
        var invoice = to.Invoices.Add(new InvoiceRequest { Value = amount }).Value;
        var error = from.Payments.SendPayment(new PaymentOrder
        {
            Hash = invoice.Hash,
            Destination = to.Id,
            Amount = amount,
            PaymentAddr = invoice.PaymentAddr,
            FinalCltvDelta = invoice.CltvExpiry,
            FeeLimit = amount,
        });
        Assert.Null(error);
        from.Payments.Track(invoice.Hash, payment =>
        {
            if (payment.IsFinal)
            {
                ended(payment);
            }
        });
    }

    /// <summary>What a payment that a test started itself has changed.</summary>
    public void Expect(DemoNode node, MilliSatoshi change) => _paid[node.Id] = _paid.GetValueOrDefault(node.Id) + change.Value;

    /// <summary>Nothing in flight, every msat where it was but for ordinary payments, and no daemon holds anything for a ring any more.</summary>
    public async Task AssertNobodyLostAsync()
    {
        await UntilAsync("the last HTLC to go", IsQuietAsync);
        await Site.Pump.InvokeAsync(network => network.AssertConserved());
        foreach (var (node, balance) in await BalancesAsync())
        {
            Assert.Equal(_before[node].Value + _paid.GetValueOrDefault(node), balance.Value);
        }

        foreach (var node in Site.Nodes.Where(node => node.Daemon is not null))
        {
            await UntilAsync($"{node.Alias}'s reservations to end", async () =>
            {
                var view = await ViewAsync(node);
                return view.Totals.UnderWay == 0
                    && view.Channels.All(channel => channel.ReservedIn == MilliSatoshi.Zero && channel.ReservedOut == MilliSatoshi.Zero);
            });
        }
    }

    /// <summary>What <c>eddy why</c> says at a node about its channel to the next one round the ring.</summary>
    public async Task<Explanation> WhyAsync(int position)
    {
        var (node, next) = (Ring[position], Ring[(position + 1) % Ring.Count]);
        var channel = node.Model.Channels.Single(end => end.Peer.Node == next.Model);
        var explanation = await DaemonOf(node).ExplainAsync(channel.ChanId, Token);
        Assert.NotNull(explanation);
        return explanation;
    }

    public Task<bool> IsQuietAsync() => Site.Pump.InvokeAsync(network =>
        network.Channels.All(channel => channel.Opener.Offered.Count + channel.Other.Offered.Count == 0));

    public ValueTask DisposeAsync() => Site.DisposeAsync();

    private static async Task NothingMissingAsync(Func<Task<string?>> look)
    {
        var started = Stopwatch.GetTimestamp();
        while (await look() is { } missing)
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Longest, $"Waited too long for {missing}.");
            await Task.Delay(LookInterval, Token);
        }
    }

    private Task<Dictionary<NodeId, MilliSatoshi>> BalancesAsync() =>
        Site.Pump.InvokeAsync(network => network.Nodes.ToDictionary(node => node.Id, node => node.ChannelBalance));
}
