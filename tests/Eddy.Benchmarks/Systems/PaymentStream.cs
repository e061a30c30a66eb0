using System.Diagnostics;
using System.Globalization;
using Eddy.Benchmarks.Measuring;
using Eddy.Lightning;
using Eddy.Simulator;

namespace Eddy.Benchmarks.Systems;

/// <param name="Latency">By the wall clock, from the sender's call to its answer, in ms; settled payments only.</param>
/// <param name="Fees">What the router has booked for its forwards: one figure where all are alike.</param>
internal sealed record PaymentFigures(Series Latency, int Failed, double OfferedPerSecond, string Fees);

/// <summary>Alice pays Carol over Bob, in the model itself: only Bob has an API, for a daemon to stand beside him.</summary>
internal sealed class PaymentStream : IAsyncDisposable
{
    private const long AmountMsat = 1_000_000;
    private const long CapacitySat = 1_000_000_000;
    private const int Percent = 90;
    private const uint FinalDelta = 83;

    private static readonly TimeSpan LongestPayment = TimeSpan.FromMinutes(1);

    private readonly SimulatedNode _alice;
    private readonly SimulatedNode _bob;
    private readonly SimulatedNode _carol;

    private PaymentStream(Site site, SimulatedNode alice, SimulatedNode bob, SimulatedNode carol)
    {
        Site = site;
        (_alice, _bob, _carol) = (alice, bob, carol);
    }

    public Site Site { get; }

    /// <summary>Whether anybody holds the router's interceptor.</summary>
    public Task<bool> IsInterceptedAsync() => Site.Pump.InvokeAsync(_ => _bob.Interceptor.IsConnected);

    public static async Task<PaymentStream> StartAsync()
    {
        var network = Site.NewNetwork();
        var (alice, bob, carol) = (network.AddNode(), network.AddNode(), network.AddNode());
        Site.Open(network, alice, bob, CapacitySat, Percent);
        Site.Open(network, bob, carol, CapacitySat, Percent);
        return new(await Site.StartAsync(network, [bob]), alice, bob, carol);
    }

    /// <summary>Sends payments at a rate for a time, and waits for the last one.</summary>
    public async Task<PaymentFigures> RunAsync(int perSecond, TimeSpan duration)
    {
        var latency = new Series();
        var count = (int)(perSecond * duration.TotalSeconds);
        var left = count;
        var failed = 0;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var booked = await Site.Pump.InvokeAsync(_ => _bob.Forwards.Events.Count);
        var invoices = await Site.Pump.InvokeAsync(_ => Enumerable.Range(0, count).Select(_ => _carol.Invoices.Add(new() { Value = new(AmountMsat) }).Value).ToArray());
        var started = Stopwatch.GetTimestamp();
        var offered = TimeSpan.Zero;

        // All at their times on the model's own timeline, so that nothing but the model decides when one leaves.
        await Site.Pump.InvokeAsync(network =>
        {
            for (var i = 0; i < count; i++)
            {
                var invoice = invoices[i];
                network.Timeline.Schedule(TimeSpan.FromSeconds((double)i / perSecond), () => Send(invoice));
            }
        });
        await done.Task.WaitAsync(duration + LongestPayment);
        var forwards = await Site.Pump.InvokeAsync(_ => _bob.Forwards.Events.Skip(booked).ToArray());
        return new(latency, failed, count / offered.TotalSeconds, Describe(forwards));

        void Send(Invoice invoice)
        {
            var sent = Stopwatch.GetTimestamp();
            offered = Stopwatch.GetElapsedTime(started, sent);
            _alice.Payments.SendToRoute(new() { Hash = invoice.Hash, Route = RouteOf(invoice) }, result =>
            {
                if (result is { IsOk: true, Value.Status: AttemptStatus.Succeeded })
                {
                    latency.Add(Stopwatch.GetElapsedTime(sent));
                }
                else
                {
                    failed++;
                }

                if (--left == 0)
                {
                    done.SetResult();
                }
            });
        }
    }

    public ValueTask DisposeAsync() => Site.DisposeAsync();

    private static string Describe(ForwardingEvent[] forwards)
    {
        long[] fees = [.. forwards.Select(static forward => forward.Fee.Value).Distinct()];
        return fees.Length == 1
            ? new MilliSatoshi(fees[0]).ToString()
            : string.Create(CultureInfo.InvariantCulture, $"{fees.Length} different ones");
    }

    private Route RouteOf(Invoice invoice)
    {
        var (first, second) = (_alice.Channels[0], _bob.Channels[1]);
        var expiry = _alice.Height + FinalDelta;
        return new()
        {
            TotalAmount = new MilliSatoshi(AmountMsat) + second.Policy.OutboundFee(new(AmountMsat)),
            TotalTimeLock = expiry + second.Policy.CltvDelta,
            Hops =
            [
                new() { ChannelId = first.RouteId, Node = _bob.Id, AmountToForward = new(AmountMsat), Expiry = expiry },
                new() { ChannelId = second.RouteId, Node = _carol.Id, AmountToForward = new(AmountMsat), Expiry = expiry, Mpp = new(invoice.PaymentAddr, invoice.Value) },
            ],
        };
    }
}
