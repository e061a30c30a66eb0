using Eddy.Engine.Forwarding;
using Eddy.Engine.Ports;
using Eddy.Engine.Storage;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Lnd.Tests.Scripted;
using Eddy.Protos.Routerrpc;
using Eddy.Rings;
using Google.Protobuf;

namespace Eddy.Lnd.Tests;

/// <summary>
/// A malicious peer and a malicious member against the real verdict behind the real adapter, message by message as LND would send and
/// receive them. LND answers a wrong answer with the end of the stream and forwards whatever a waiver claims, so that each answer is held to
/// the letter.
/// </summary>
public sealed class HostileHtlcTests : IDisposable
{
    private const uint Height = 800_000;
    private const uint Expiry = Height + 200;
    private const ulong AmountMsat = 900_000_000;

    /// <summary>1,000 msat + 500 ppm.</summary>
    private const ulong Fee = 451_000;

    private const ulong FromBob = 700_000UL << 40 | 1 << 16;
    private const ulong ToDave = 700_001UL << 40 | 1 << 16;
    private const ulong ToDaveAlias = 16_000_001UL << 40 | 2 << 16;
    private const ulong ToDaveToo = 700_002UL << 40 | 1 << 16;
    private const ulong ToMallory = 700_003UL << 40 | 1 << 16;

    private static readonly NodeId Bob = ScriptedLnd.Bob;
    private static readonly NodeId Dave = Node(4);
    private static readonly NodeId Mallory = Node(5);
    private static readonly Bytes32 Secret = Bytes32.Sha256("only the initiator knows it"u8);
    private static readonly PaymentHash Hash = new(Bytes32.Sha256("the ring's hash"u8));
    private static readonly RoutingPolicy Policy = new(1_000, 500, 80, new(1), MilliSatoshi.Zero);
    private static readonly DateTimeOffset Deadline = DateTimeOffset.UnixEpoch.AddDays(20_000);

    private static readonly Dictionary<string, Action<ForwardHtlcInterceptRequest>> Attacks = new()
    {
        ["outgoing amount inflated by 1 msat"] = htlc => htlc.OutgoingAmountMsat++,
        ["1 msat in, a bitcoin out"] = htlc => (htlc.IncomingAmountMsat, htlc.OutgoingAmountMsat) = (1, 100_000_000_000),
        ["outgoing amount 2^63 - 1"] = htlc => htlc.OutgoingAmountMsat = long.MaxValue,
        ["outgoing amount 2^63"] = htlc => htlc.OutgoingAmountMsat = 1UL << 63,
        ["outgoing amount 2^63 + the agreed one"] = htlc => htlc.OutgoingAmountMsat = (1UL << 63) + AmountMsat,
        ["outgoing amount 2^64 - 1"] = htlc => htlc.OutgoingAmountMsat = ulong.MaxValue,
        ["both amounts 2^63 + the agreed one"] = htlc => htlc.IncomingAmountMsat = htlc.OutgoingAmountMsat = (1UL << 63) + AmountMsat,
        ["both amounts 2^64 - 1"] = htlc => htlc.IncomingAmountMsat = htlc.OutgoingAmountMsat = ulong.MaxValue,
        ["both amounts 1 msat above what was agreed"] = htlc => htlc.IncomingAmountMsat = htlc.OutgoingAmountMsat = AmountMsat + 1,
        ["both amounts 1 msat below the least"] = htlc => htlc.IncomingAmountMsat = htlc.OutgoingAmountMsat = 49_999_999,
        ["from another peer's channel"] = htlc => htlc.IncomingCircuitKey.ChanId = ToMallory,
        ["from the next peer"] = htlc => htlc.IncomingCircuitKey.ChanId = ToDaveToo,
        ["from a channel nobody knows"] = htlc => htlc.IncomingCircuitKey.ChanId = 42,
        ["out over another peer's channel"] = htlc => htlc.OutgoingRequestedChanId = ToMallory,
        ["out over a parallel channel"] = htlc => htlc.OutgoingRequestedChanId = ToDaveToo,
        ["out over an alias of another channel"] = htlc => htlc.OutgoingRequestedChanId = ToDaveAlias + 1,
        ["out over channel 0"] = htlc => htlc.OutgoingRequestedChanId = 0,
        ["blinded next node"] = htlc => (htlc.OutgoingRequestedChanId, htlc.OutgoingRequestedNodeId) = (ulong.MaxValue, ByteString.CopyFrom(Mallory.ToArray())),
        ["blinded next node beside the agreed channel"] = htlc => htlc.OutgoingRequestedNodeId = ByteString.CopyFrom(Mallory.ToArray()),
        ["no onion record: a member's own HTLC with the ring's hash"] = htlc => htlc.CustomRecords.Clear(),
        ["another member's onion record"] = htlc => htlc.CustomRecords[InterceptedHtlc.RecordType] = ByteString.CopyFrom(Bytes32.Sha256("another secret"u8).ToArray()),
        ["the commitment as the onion record"] = htlc => htlc.CustomRecords[InterceptedHtlc.RecordType] = ByteString.CopyFrom(Secret.Hash().ToArray()),
        ["the onion record as a record of the wire"] = htlc =>
        {
            htlc.InWireCustomRecords.Add(htlc.CustomRecords);
            htlc.CustomRecords.Clear();
        },
        ["an onion record of 60 KiB"] = htlc => htlc.CustomRecords[InterceptedHtlc.RecordType] = ByteString.CopyFrom(new byte[60 * 1024]),
        ["lock time a block above the limit"] = htlc => (htlc.IncomingExpiry, htlc.AutoFailHeight) = (Height + 801, (int)Height + 801 - 13),
        ["expiry at the end of 32 bits"] = htlc => (htlc.IncomingExpiry, htlc.AutoFailHeight) = (uint.MaxValue, -14),
        ["a payment hash of 31 bytes"] = htlc => htlc.PaymentHash = ByteString.CopyFrom(htlc.PaymentHash.Span[..31]),
        ["another payment hash"] = htlc => htlc.PaymentHash = ByteString.CopyFrom(Bytes32.Sha256("another"u8).ToArray()),
    };

    private InMemoryStore _store = new();
    private readonly Clock _clock = new() { Now = Deadline.AddSeconds(-30) };

    [Fact]
    public async Task An_HTLC_that_is_not_what_was_agreed_is_resumed_and_leaves_the_waiver_for_the_one_that_is()
    {
        await using var rig = await UpAsync();
        foreach (var (name, change) in Attacks)
        {
            Use(rig, View());
            rig.Lnd.Interceptor.Offer(Request(7, change));
            AssertResumed(name, await rig.Lnd.Interceptor.AnswerAsync());

            rig.Lnd.Interceptor.Offer(Request(8));
            AssertWaived(name, await rig.Lnd.Interceptor.AnswerAsync(), 8);
        }
    }

    [Fact]
    public async Task After_the_waiver_was_used_nothing_with_the_rings_hash_is_waived_again()
    {
        await using var rig = await UpAsync();
        var gate = Use(rig, View());
        rig.Lnd.Interceptor.Offer(Request(7));
        AssertWaived("the ring's own", await rig.Lnd.Interceptor.AnswerAsync(), 7);

        // The same key, before and after the ring has ended; another key; and after a restart of the daemon.
        foreach (var name in new[] { "in flight", "settled", "restarted" })
        {
            gate = name switch
            {
                "settled" => Published(gate, View([])),
                "restarted" => Use(rig, View(), isRestart: true),
                _ => gate,
            };
            rig.Lnd.Interceptor.Offer(Request(7));
            AssertResumed(name, await rig.Lnd.Interceptor.AnswerAsync());
            rig.Lnd.Interceptor.Offer(Request(8));
            AssertResumed(name, await rig.Lnd.Interceptor.AnswerAsync());
        }
    }

    [Fact]
    public async Task Of_thousands_of_HTLCs_with_the_rings_hash_one_is_waived_and_all_are_answered_once()
    {
        const int Count = 6_000;
        await using var rig = await UpAsync();
        Use(rig, View());
        for (var htlc = 0UL; htlc < Count; htlc++)
        {
            rig.Lnd.Interceptor.Offer(Request(htlc));
        }

        var answered = new HashSet<ulong>();
        var waived = 0;
        for (var answer = 0; answer < Count; answer++)
        {
            var response = await rig.Lnd.Interceptor.AnswerAsync();
            Assert.True(answered.Add(response.IncomingCircuitKey.HtlcId));
            waived += response.Action == ResolveHoldForwardAction.ResumeModified ? 1 : 0;
            Assert.True(response.Action is ResolveHoldForwardAction.Resume or ResolveHoldForwardAction.ResumeModified);
        }

        Assert.Equal(1, waived);
        Assert.Single(_store.Load().Bindings);
    }

    [Theory]
    [InlineData(0)]
    [InlineData((int)Expiry)]
    [InlineData((int)Expiry + 1)]
    public async Task An_HTLC_of_a_force_closed_channel_is_never_answered_whatever_else_it_is(int autoFailHeight)
    {
        await using var rig = await UpAsync();
        Use(rig, View());
        rig.Lnd.Interceptor.Offer(Request(7, htlc => htlc.AutoFailHeight = autoFailHeight));
        rig.Lnd.Interceptor.Offer(Request(9, htlc => (htlc.AutoFailHeight, htlc.PaymentHash) = (autoFailHeight, ByteString.CopyFrom(new byte[32]))));
        rig.Lnd.Interceptor.Offer(Request(8));

        // Answers keep their order: the first one is for the last HTLC.
        AssertWaived("on chain", await rig.Lnd.Interceptor.AnswerAsync(), 8);
        Assert.Equal(2, rig.Node.Interceptor.Silenced);
    }

    [Fact]
    public async Task After_the_deadline_nothing_is_waived()
    {
        await using var rig = await UpAsync();
        Use(rig, View());
        _clock.Now = Deadline;
        rig.Lnd.Interceptor.Offer(Request(7));
        AssertResumed("late", await rig.Lnd.Interceptor.AnswerAsync());
    }

    [Fact]
    public async Task A_policy_that_rose_above_the_cap_fixed_at_acceptance_is_not_waived_and_one_below_it_is_to_the_msat()
    {
        await using var rig = await UpAsync();
        Use(rig, View(policy: Policy with { BaseFeeMsat = 1_001 }));
        rig.Lnd.Interceptor.Offer(Request(7));
        AssertResumed("a msat above the cap", await rig.Lnd.Interceptor.AnswerAsync());

        Use(rig, View(policy: Policy with { BaseFeeMsat = 999 }));
        rig.Lnd.Interceptor.Offer(Request(8));
        var answer = await rig.Lnd.Interceptor.AnswerAsync();
        Assert.Equal((ResolveHoldForwardAction.ResumeModified, AmountMsat + Fee - 1), (answer.Action, answer.InAmountMsat));
    }

    [Fact]
    public async Task A_waiver_whose_binding_is_not_saved_is_not_given()
    {
        await using var rig = await UpAsync();
        Use(rig, View());
        _store.Fault = StoreFault.Full;
        rig.Lnd.Interceptor.Offer(Request(7));
        AssertResumed("full disk", await rig.Lnd.Interceptor.AnswerAsync());
    }

    public void Dispose() => _store.Dispose();

    private static HtlcGate Published(HtlcGate gate, ForwardingView view)
    {
        gate.Publish(view);
        return gate;
    }

    /// <summary>The real gate; unless it is a restart nothing is remembered, on disk neither.</summary>
    private HtlcGate Use(Rig rig, ForwardingView view, bool isRestart = false)
    {
        if (!isRestart)
        {
            _store.Dispose();
            _store = new InMemoryStore();
        }

        var gate = new HtlcGate(_store, rig.Inbox, _clock);
        gate.Open(isRestart ? _store.Load().Bindings : [], view);
        rig.Gate.OnJudge = htlc => gate.Judge(htlc);
        rig.Gate.OnBind = gate.TryBind;
        return gate;
    }

    private static async Task<Rig> UpAsync()
    {
        var rig = await Rig.StartAsync(options: options => options with { Timings = options.Timings with { BindBudget = TestInbox.Patience, JudgeLimit = TestInbox.Patience } });
        await rig.Inbox.WaitForAsync<NodeEvent.InterceptorChanged>(changed => changed.State == InterceptorState.Up);
        await rig.Lnd.Interceptor.WaitForClientAsync();
        return rig;
    }

    private static ForwardingView View(Waiver[]? waivers = null, RoutingPolicy? policy = null) => ForwardingView.Empty
        .WithChannels([Channel(FromBob, Bob), Channel(ToDave, Dave) with { Policy = policy ?? Policy, Aliases = [new(ToDaveAlias)] }, Channel(ToDaveToo, Dave), Channel(ToMallory, Mallory)])
        .WithHeight(Height)
        .WithWaivers(waivers ??
        [
            new Waiver(
                new RingId(Bytes32.Sha256("ring"u8)), Hash, Secret.Hash(), MilliSatoshi.FromSatoshi(50_000), new((long)AmountMsat), Bob,
                new(ToDave), [new(ToDave), new(ToDaveAlias)], Dave, 800, new((long)Fee), Deadline),
        ]);

    private static Channel Channel(ulong id, NodeId peer) => new()
    {
        Id = new(id),
        ChannelPoint = $"{id}:0",
        Peer = peer,
        Capacity = MilliSatoshi.FromSatoshi(5_000_000),
        Local = MilliSatoshi.FromSatoshi(2_500_000),
        Remote = MilliSatoshi.FromSatoshi(2_500_000),
        Spendable = MilliSatoshi.FromSatoshi(2_400_000),
        Receivable = MilliSatoshi.FromSatoshi(2_400_000),
        IsActive = true,
        Policy = Policy,
    };

    private static ForwardHtlcInterceptRequest Request(ulong htlc, Action<ForwardHtlcInterceptRequest>? change = null)
    {
        var request = new ForwardHtlcInterceptRequest
        {
            IncomingCircuitKey = new() { ChanId = FromBob, HtlcId = htlc },
            PaymentHash = ByteString.CopyFrom(Hash.Value.ToArray()),
            IncomingAmountMsat = AmountMsat,
            OutgoingAmountMsat = AmountMsat,
            IncomingExpiry = Expiry,
            OutgoingExpiry = Expiry - 80,
            OutgoingRequestedChanId = ToDave,
            AutoFailHeight = (int)Expiry - 13,
            OnionBlob = ByteString.CopyFrom(new byte[1366]),
        };
        request.CustomRecords[InterceptedHtlc.RecordType] = ByteString.CopyFrom(Secret.ToArray());
        change?.Invoke(request);
        return request;
    }

    private static void AssertResumed(string name, ForwardHtlcInterceptResponse answer)
    {
        Assert.Equal((name, ResolveHoldForwardAction.Resume), (name, answer.Action));
        Assert.Equal((name, 0UL), (name, answer.InAmountMsat));
        AssertNothingElse(answer);
    }

    private static void AssertWaived(string name, ForwardHtlcInterceptResponse answer, ulong htlc)
    {
        Assert.Equal((name, ResolveHoldForwardAction.ResumeModified), (name, answer.Action));
        Assert.Equal((name, FromBob, htlc), (name, answer.IncomingCircuitKey.ChanId, answer.IncomingCircuitKey.HtlcId));
        Assert.Equal((name, AmountMsat + Fee), (name, answer.InAmountMsat));
        AssertNothingElse(answer);
    }

    private static void AssertNothingElse(ForwardHtlcInterceptResponse answer)
    {
        Assert.Equal(0UL, answer.OutAmountMsat);
        Assert.True(answer.Preimage.IsEmpty && answer.FailureMessage.IsEmpty && answer.FailureCode == 0 && answer.OutWireCustomRecords.Count == 0);
    }

    private static NodeId Node(byte number) => new([2, .. Enumerable.Repeat(number, 32)]);

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
