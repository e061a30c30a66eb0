using Eddy.Engine.Forwarding;
using Eddy.Engine.Ports;
using Eddy.Engine.Storage;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Engine.Tests.Forwarding;

public sealed class HtlcGateTests : IDisposable
{
    private static readonly NodeId Alice = new([2, .. Enumerable.Repeat((byte)1, 32)]);
    private static readonly NodeId Carol = new([2, .. Enumerable.Repeat((byte)3, 32)]);
    private static readonly ShortChannelId FromAlice = ShortChannelId.Create(800_000, 1, 0);
    private static readonly ShortChannelId ToCarol = ShortChannelId.Create(800_000, 2, 0);
    private static readonly Bytes32 Secret = Bytes32.Sha256([1]);
    private static readonly PaymentHash Hash = new(Bytes32.Sha256([2]));
    private static readonly MilliSatoshi Amount = MilliSatoshi.FromSatoshi(100_000);

    private readonly InMemoryStore _store = new();
    private readonly List<NodeEvent> _posted = [];
    private readonly HtlcGate _gate;

    public HtlcGateTests() => _gate = new HtlcGate(_store, new Inbox(_posted), TimeProvider.System);

    [Fact]
    public void Before_the_engine_is_there_everything_passes_and_on_chain_offers_get_no_answer()
    {
        Assert.Equal(HtlcVerdict.Resume, _gate.Judge(Htlc()));
        Assert.Equal(HtlcVerdict.Silence, _gate.Judge(Htlc() with { AutoFailHeight = 0 }));
    }

    [Fact]
    public void A_ring_is_waived_once_and_its_replay_is_resumed()
    {
        _gate.Open([], View(fee: 1_000));

        var verdict = _gate.Judge(Htlc());

        Assert.Equal((HtlcAction.Waive, Amount + new MilliSatoshi(1_000)), (verdict.Action, verdict.InAmount));
        Assert.True(_gate.TryBind(verdict.Binding!));
        Assert.Equal(verdict.Binding, Assert.IsType<NodeEvent.WaiverBound>(Assert.Single(_posted)).Binding);
        Assert.Equal(HtlcVerdict.Resume, _gate.Judge(Htlc()));
        Assert.Equal(verdict.Binding, Assert.Single(_store.Load().Bindings));
    }

    [Fact]
    public void A_key_that_an_earlier_run_used_is_never_waived_again()
    {
        _gate.Open([], View(fee: 1_000));
        _gate.TryBind(_gate.Judge(Htlc()).Binding!);
        var next = new HtlcGate(_store, new Inbox(_posted), TimeProvider.System);

        next.Open(_store.Load().Bindings, View(fee: 1_000));

        Assert.Equal(HtlcVerdict.Resume, next.Judge(Htlc()));
    }

    [Fact]
    public void Where_the_binding_cannot_be_saved_nothing_is_told_and_it_counts_as_failed()
    {
        _gate.Open([], View(fee: 1_000));
        var verdict = _gate.Judge(Htlc());
        _store.Fault = StoreFault.Full;

        Assert.False(_gate.TryBind(verdict.Binding!));
        Assert.Empty(_posted);
        Assert.Equal((0L, 1L), (_gate.Statistics.BindingsSaved, _gate.Statistics.BindingsFailed));
    }

    [Fact]
    public void A_waiver_that_is_taken_out_of_the_view_ends_at_once_and_used_keys_stay_known()
    {
        _gate.Open([], View(fee: 1_000));
        _gate.Publish(View(fee: 1_000).WithWaivers([]));
        Assert.Equal(HtlcVerdict.Resume, _gate.Judge(Htlc()));

        _gate.Publish(View(fee: 1_000));
        Assert.Equal(HtlcAction.Waive, _gate.Judge(Htlc()).Action);
        _gate.Publish(View(fee: 1_000));
        Assert.Equal(HtlcVerdict.Resume, _gate.Judge(Htlc()));
    }

    [Fact]
    public void A_ring_that_our_policies_let_pass_for_nothing_is_resumed_at_once_and_remembered_for_the_engine()
    {
        _gate.Open([], View(fee: 0));

        var verdict = _gate.Judge(Htlc());

        Assert.Equal(HtlcAction.Resume, verdict.Action);
        Assert.True(_gate.TryTakeFree(out var binding));
        Assert.Equal(MilliSatoshi.Zero, binding.WaivedFee);
        Assert.Equal(binding, Assert.Single(_store.Load().Bindings));
        Assert.False(_gate.TryTakeFree(out _));
    }

    [Fact]
    public void Verdicts_on_other_peoples_HTLCs_allocate_nothing_and_are_counted_with_their_time()
    {
        _gate.Open([], View(fee: 1_000));
        var foreign = Htlc() with { Hash = new PaymentHash(Bytes32.Sha256([9])) };
        for (var warmup = 0; warmup < 1_000; warmup++)
        {
            _gate.Judge(foreign);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 10_000; round++)
        {
            _gate.Judge(foreign);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal((11_000L, 0L, 0L), (_gate.Statistics.Resumed, _gate.Statistics.Silent, _gate.Statistics.Waived));
        Assert.InRange(_gate.Statistics.P99Microseconds, 0.125, double.MaxValue);
        Assert.True(_gate.Statistics.MedianMicroseconds <= _gate.Statistics.P99Microseconds);
    }

    public void Dispose() => _store.Dispose();

    private static InterceptedHtlc Htlc() => new(
        new CircuitKey(FromAlice, 7), Amount, 800_200, Hash, ToCarol, Amount, 800_120, 800_187, false, Secret.ToArray());

    private static ForwardingView View(long fee) => ForwardingView.Empty
        .WithHeight(800_000)
        .WithChannels([Channel(FromAlice, Alice, 0), Channel(ToCarol, Carol, fee)])
        .WithWaivers([
            new Waiver(
                new RingId(Bytes32.Sha256([5])), Hash, Secret.Hash(), MilliSatoshi.FromSatoshi(50_000), Amount, Alice, ToCarol, [ToCarol], Carol, 800,
                MilliSatoshi.FromSatoshi(100), DateTimeOffset.MaxValue),
        ]);

    private static Channel Channel(ShortChannelId id, NodeId peer, long baseFee) => new()
    {
        Id = id,
        ChannelPoint = "00:0",
        Peer = peer,
        Capacity = MilliSatoshi.FromSatoshi(1_000_000),
        Local = MilliSatoshi.FromSatoshi(500_000),
        Remote = MilliSatoshi.FromSatoshi(500_000),
        Spendable = MilliSatoshi.FromSatoshi(490_000),
        Receivable = MilliSatoshi.FromSatoshi(490_000),
        IsActive = true,
        Policy = new RoutingPolicy(baseFee, 0, 80, new(1_000), new(0)),
    };

    private sealed class Inbox(List<NodeEvent> posted) : IEngineInbox
    {
        public void Post(NodeEvent nodeEvent) => posted.Add(nodeEvent);
    }
}
