using BenchmarkDotNet.Attributes;
using Eddy.Engine.Forwarding;
using Eddy.Engine.Ports;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Benchmarks.Micro;

/// <summary>A verdict, at a node with a hundred channels that has promised eight waivers.</summary>
public class HtlcGateBenchmarks
{
    private const int Channels = 100;
    private const int LiveWaivers = 8;
    private const int Batch = 4_096;
    private const uint Height = 800_000;
    private const uint Expiry = Height + 200;
    private const uint FailDelta = 13;
    private const long AmountSat = 900_000;

    private static readonly RoutingPolicy Policy = new(1_000, 500, 80, new(1), MilliSatoshi.Zero);
    private static readonly MilliSatoshi Amount = MilliSatoshi.FromSatoshi(AmountSat);

    private readonly InterceptedHtlc[] _foreign = new InterceptedHtlc[Batch];
    private readonly InterceptedHtlc[] _rings = new InterceptedHtlc[Batch];
    private ForwardingView _few = ForwardingView.Empty;
    private ForwardingView _all = ForwardingView.Empty;
    private HtlcGate _foreignGate = null!;
    private HtlcGate _ringGate = null!;

    [GlobalSetup]
    public void Setup()
    {
        Channel[] channels = [.. Enumerable.Range(0, Channels).Select(NewChannel)];
        var waivers = new Waiver[Batch];
        for (var i = 0; i < Batch; i++)
        {
            var secret = Generated.Bytes("secret", i);
            var hash = new PaymentHash(Generated.Bytes("hash", i));
            var (incoming, outgoing) = (channels[i % Channels], channels[(i + 1) % Channels]);
            waivers[i] = new(
                new RingId(Generated.Bytes("ring", i)), hash, secret.Hash(), Amount, Amount, incoming.Peer, outgoing.Id, [outgoing.Id], outgoing.Peer, 800, Amount,
                DateTimeOffset.MaxValue);
            _rings[i] = NewHtlc(new(incoming.Id, (ulong)i), hash, outgoing.Id, secret.ToArray());
            _foreign[i] = NewHtlc(new(incoming.Id, (ulong)i), new(Generated.Bytes("foreign", i)), outgoing.Id, default);
        }

        _few = ForwardingView.Empty.WithChannels(channels).WithHeight(Height).WithWaivers(waivers.Take(LiveWaivers));
        _all = _few.WithWaivers(waivers);
        _foreignGate = NewGate(_few);
    }

    /// <summary>A waiver counts once: each round needs a gate that has not seen them.</summary>
    [IterationSetup(Target = nameof(Waiver))]
    public void Refill() => _ringGate = NewGate(_all);

    [Benchmark(OperationsPerInvoke = Batch)]
    public int ForeignHash()
    {
        var resumed = 0;
        foreach (ref readonly var htlc in _foreign.AsSpan())
        {
            resumed += _foreignGate.Judge(in htlc).Action == HtlcAction.Resume ? 1 : 0;
        }

        return Check(resumed);
    }

    [Benchmark(OperationsPerInvoke = Batch)]
    public int Waiver()
    {
        var waived = 0;
        foreach (ref readonly var htlc in _rings.AsSpan())
        {
            waived += _ringGate.Judge(in htlc).Action == HtlcAction.Waive ? 1 : 0;
        }

        return Check(waived);
    }

    private static int Check(int count) => count == Batch ? count : throw new InvalidOperationException($"Only {count} verdicts of {Batch} are as expected.");

    private static HtlcGate NewGate(ForwardingView view)
    {
        var gate = new HtlcGate(new NoStore(), new NoInbox(), TimeProvider.System);
        gate.Open([], view);
        return gate;
    }

    private static InterceptedHtlc NewHtlc(CircuitKey key, PaymentHash hash, ShortChannelId outgoing, ReadOnlyMemory<byte> record) =>
        new(key, Amount, Expiry, hash, outgoing, Amount, Expiry - Policy.CltvDelta, (int)(Expiry - FailDelta), HasBlindedNextNode: false, record);

    private static Channel NewChannel(int number) => new()
    {
        Id = ShortChannelId.Create(700_000 + (uint)number, 1, 0),
        ChannelPoint = $"{Generated.Bytes("funding", number)}:0",
        Peer = Generated.Node(number),
        Capacity = MilliSatoshi.FromSatoshi(5_000_000),
        Local = MilliSatoshi.FromSatoshi(2_500_000),
        Remote = MilliSatoshi.FromSatoshi(2_500_000),
        Spendable = MilliSatoshi.FromSatoshi(2_400_000),
        Receivable = MilliSatoshi.FromSatoshi(2_400_000),
        IsActive = true,
        Policy = Policy,
    };

    /// <summary>Never asked: binding is the adapter's next step, on another thread.</summary>
    private sealed class NoStore : IBindingStore
    {
        public bool TrySave(WaiverBinding binding, TimeSpan timeout) => throw new InvalidOperationException("Judging must not save.");
    }

    private sealed class NoInbox : IEngineInbox
    {
        public void Post(NodeEvent nodeEvent) => throw new InvalidOperationException("Judging must not tell anybody.");
    }
}
