using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Simulator.Tests.Network;

/// <summary>The ring of the recorded exchanges: every channel 5M sat, 4M with its opener, base 1,000 msat + 500 ppm, CLTV delta 80.</summary>
public sealed class RingFixture
{
    public const long Amount = 100_000_000;
    public const long Fee = 51_000;

    public static readonly RoutingPolicy Policy = new(1_000, 500, 80, new(1_000), new(4_950_000_000));

    public RingFixture(int size = 4, LndVersion? version = null, ulong seed = 1, Func<int, NodeOptions, NodeOptions>? node = null)
    {
        Network = new SimulatedNetwork(new() { Seed = seed, FeePerKw = 253 });
        for (var i = 0; i < size; i++)
        {
            var options = new NodeOptions { Alias = ((char)('A' + i)).ToString(), Version = version ?? LndVersion.V0203 };
            Network.AddNode(node?.Invoke(i, options) ?? options);
        }

        for (var i = 0; i < size; i++)
        {
            Channels.Add(Open(Nodes[i], Nodes[(i + 1) % size]));
        }
    }

    public SimulatedNetwork Network { get; }

    public IReadOnlyList<SimulatedNode> Nodes => Network.Nodes;

    public List<SimulatedChannel> Channels { get; } = [];

    public SimulatedNode A => Nodes[0];

    public SimulatedNode B => Nodes[1];

    public SimulatedNode C => Nodes[2];

    public SimulatedNode D => Nodes[3];

    public SimulatedChannel Open(SimulatedNode from, SimulatedNode to, Func<ChannelOptions, ChannelOptions>? change = null)
    {
        var options = new ChannelOptions
        {
            Capacity = MilliSatoshi.FromSatoshi(5_000_000),
            OpenerBalance = MilliSatoshi.FromSatoshi(4_000_000),
            OpenerPolicy = Policy,
            PeerPolicy = Policy,
        };
        return Network.OpenChannel(from, to, change?.Invoke(options) ?? options);
    }

    /// <summary>A client that answers every request at once.</summary>
    public static ScriptedClient Intercept(SimulatedNode node, Func<InterceptRequest, InterceptAnswer?> answer)
    {
        var client = new ScriptedClient(answer);
        client.Session = node.Interceptor.Connect(client).Value;
        return client;
    }

    /// <summary>Answers with the fee that policy asks for, whatever came in.</summary>
    public static ScriptedClient Waive(SimulatedNode node, long fee = Fee) =>
        Intercept(node, request => InterceptAnswer.ResumeModified(request.Circuit, (ulong)(request.OutgoingAmount.Value + fee)));

    /// <summary>Waivers at every node but the first.</summary>
    public List<ScriptedClient> WaiveEverywhere() => [.. Nodes.Skip(1).Select(node => Waive(node))];

    public Invoice Invoice(SimulatedNode? node = null, long amount = Amount, uint cltv = 0) =>
        (node ?? A).Invoices.Add(new() { Value = new(amount), CltvExpiry = cltv }).Value;

    /// <summary>A route round the ring from A with the same amount everywhere.</summary>
    public Route RingRoute(Invoice invoice, long amount = Amount, int finalDelta = 83, int hopDelta = 80)
    {
        var hops = new RouteHop[Nodes.Count];
        var expiry = Network.Height + (uint)finalDelta;
        for (var i = hops.Length - 1; i >= 0; i--)
        {
            hops[i] = new()
            {
                ChannelId = Channels[i].Id,
                Node = Nodes[(i + 1) % Nodes.Count].Id,
                AmountToForward = new(amount),
                Expiry = expiry,
                Mpp = i == hops.Length - 1 ? new(invoice.PaymentAddr, new(amount)) : null,
            };
            expiry += i == hops.Length - 1 ? 0 : (uint)hopDelta;
        }

        return new() { TotalAmount = new(amount), TotalTimeLock = expiry, Hops = [.. hops] };
    }

    /// <summary>Any path: amounts and deltas as the policies ask for.</summary>
    public Route FeePayingRoute(Invoice invoice, ImmutableArray<SimulatedChannel> path, SimulatedNode from)
    {
        var nodes = new List<SimulatedNode> { from };
        foreach (var channel in path)
        {
            nodes.Add(channel.At(nodes[^1]).Peer.Node);
        }

        // Backwards: hop i carries carried[i], and the node at its end forwards carried[i + 1].
        var hops = new RouteHop[path.Length];
        var carried = invoice.Value.Value;
        var expiry = Network.Height + invoice.CltvExpiry + 3;
        for (var i = path.Length - 1; i >= 0; i--)
        {
            var isLast = i == path.Length - 1;
            hops[i] = new()
            {
                ChannelId = path[i].At(nodes[i]).RouteId,
                Node = nodes[i + 1].Id,
                AmountToForward = new(carried),
                Expiry = expiry,
                Mpp = isLast ? new(invoice.PaymentAddr, invoice.Value) : null,
            };
            if (!isLast)
            {
                var next = path[i + 1].At(nodes[i + 1]);
                carried += next.Policy.OutboundFee(new(carried)).Value;
                expiry += next.Policy.CltvDelta;
            }
        }

        return new() { TotalAmount = new(carried), TotalTimeLock = expiry, Hops = [.. hops] };
    }

    /// <summary>Starts the payment and runs until it is final or nothing moves.</summary>
    public PaymentOutcome Pay(Route route, PaymentHash hash, SimulatedNode? from = null, bool run = true)
    {
        var outcome = new PaymentOutcome();
        (from ?? A).Payments.SendToRoute(new() { Hash = hash, Route = route }, result => outcome.Result = result);
        if (run)
        {
            Network.RunUntilIdle();
            Network.AssertConserved();
        }

        return outcome;
    }

    public PaymentOutcome PayRing(Func<Route, Route>? change = null, bool run = true, uint cltv = 0)
    {
        var invoice = Invoice(cltv: cltv);
        var route = RingRoute(invoice);
        return Pay(change?.Invoke(route) ?? route, invoice.Hash, run: run);
    }

    public long[] Wealth() => [.. Nodes.Select(node => node.Wealth.Value)];
}

public sealed class PaymentOutcome
{
    public RpcResult<HtlcAttempt>? Result { get; set; }

    public HtlcAttempt Attempt => Result!.Value.Value;

    public bool IsSettled => Result is { IsOk: true } && Attempt.Status == AttemptStatus.Succeeded;

    /// <summary><c>FEE_INSUFFICIENT@1</c>, or <c>SUCCEEDED</c>.</summary>
    public string Text => Result is null ? "IN_FLIGHT"
        : !Result.Value.IsOk ? Result.Value.Error!.Message
        : Attempt.Failure is { } failure ? $"{FailureNames.Of(failure.Code)}@{failure.SourceIndex}"
        : Attempt.Status == AttemptStatus.Succeeded ? "SUCCEEDED" : "IN_FLIGHT";
}

/// <summary>An interceptor client that answers as it is told, or not at all, and keeps what it saw.</summary>
public sealed class ScriptedClient(Func<InterceptRequest, InterceptAnswer?> answer) : IInterceptorClient
{
    public List<InterceptRequest> Requests { get; } = [];

    public RpcError? Closed { get; private set; }

    public InterceptorSession? Session { get; set; }

    public Func<InterceptRequest, InterceptAnswer?> Script { get; set; } = answer;

    public void OnIntercepted(InterceptorSession session, InterceptRequest request)
    {
        Requests.Add(request);
        if (Script(request) is { } reply)
        {
            session.Answer(reply);
        }
    }

    public void OnClosed(InterceptorSession session, RpcError reason) => Closed = reason;
}
