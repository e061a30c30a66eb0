using System.Diagnostics;
using Eddy.Engine.Ports;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Lnd.Tests.Scripted;
using Eddy.Protos.Routerrpc;
using Eddy.Rings;
using Google.Protobuf;
using Grpc.Core;

namespace Eddy.Lnd.Tests;

public sealed class InterceptorTests
{
    private const ulong Scid = 600UL << 40 | 1 << 16;
    private const uint Expiry = 1_000;

    [Fact]
    public async Task Every_foreign_HTLC_is_resumed_in_its_order()
    {
        await using var rig = await UpAsync();

        for (ulong htlc = 0; htlc < 500; htlc++)
        {
            rig.Lnd.Interceptor.Offer(Request(htlc));
        }

        for (ulong htlc = 0; htlc < 500; htlc++)
        {
            var answer = await rig.Lnd.Interceptor.AnswerAsync();
            Assert.Equal((Scid, htlc), (answer.IncomingCircuitKey.ChanId, answer.IncomingCircuitKey.HtlcId));
            AssertPlainResume(answer);
        }
    }

    [Fact]
    public async Task The_judge_sees_what_LND_said()
    {
        await using var rig = await UpAsync();
        var seen = new TaskCompletionSource<InterceptedHtlc>();
        rig.Gate.OnJudge = htlc =>
        {
            seen.SetResult(htlc);
            return HtlcVerdict.Resume;
        };
        var request = Request(7);
        request.CustomRecords.Add(InterceptedHtlc.RecordType, ByteString.CopyFromUtf8("secret"));
        request.CustomRecords.Add(65537, ByteString.CopyFromUtf8("foreign"));
        request.InWireCustomRecords.Add(106823, ByteString.CopyFrom(0));
        request.OutgoingRequestedNodeId = ByteString.CopyFrom(ScriptedLnd.Bob.ToArray());

        rig.Lnd.Interceptor.Offer(request);

        var htlc = await seen.Task.WaitAsync(TestInbox.Patience, TestContext.Current.CancellationToken);
        Assert.Equal(new Lightning.CircuitKey(new(Scid), 7), htlc.Key);
        Assert.Equal((100_000_000, 100_000_000), (htlc.IncomingAmount.Value, htlc.OutgoingAmount.Value));
        Assert.Equal((Expiry, Expiry - 80, 987), (htlc.IncomingExpiry, htlc.OutgoingExpiry, htlc.AutoFailHeight));
        Assert.Equal(new ShortChannelId(Scid + 5), htlc.RequestedChannel);
        Assert.Equal("secret"u8.ToArray(), htlc.Record.ToArray());
        Assert.True(htlc.HasBlindedNextNode);
    }

    [Fact]
    public async Task A_waiver_is_saved_and_told_before_the_answer_which_sets_the_incoming_amount_and_nothing_else()
    {
        await using var rig = await UpAsync();
        rig.Gate.OnJudge = Waive;
        WaiverBinding? saved = null;
        rig.Gate.OnBind = binding =>
        {
            saved = binding;
            return true;
        };

        rig.Lnd.Interceptor.Offer(Request(3));
        var answer = await rig.Lnd.Interceptor.AnswerAsync();

        Assert.Equal(ResolveHoldForwardAction.ResumeModified, answer.Action);
        Assert.Equal(100_051_000u, answer.InAmountMsat);
        Assert.Equal(0u, answer.OutAmountMsat);
        Assert.True(answer.Preimage.IsEmpty && answer.FailureMessage.IsEmpty && answer.OutWireCustomRecords.Count == 0);
        Assert.Equal(3u, saved!.Key.HtlcId);
        Assert.Equal(saved, (await rig.Inbox.WaitForAsync<NodeEvent.WaiverBound>()).Binding);
        Assert.Equal(1, rig.Node.Interceptor.Waived);
    }

    [Fact]
    public async Task A_waiver_that_cannot_be_saved_is_a_plain_resume()
    {
        await using var rig = await UpAsync();
        rig.Gate.OnJudge = Waive;
        rig.Gate.OnBind = binding => binding.Key.HtlcId == 1 ? throw new IOException("disk full") : false;

        rig.Lnd.Interceptor.Offer(Request(1));
        rig.Lnd.Interceptor.Offer(Request(2));

        AssertPlainResume(await rig.Lnd.Interceptor.AnswerAsync());
        AssertPlainResume(await rig.Lnd.Interceptor.AnswerAsync());
        Assert.Empty(rig.Inbox.Events.OfType<NodeEvent.WaiverBound>());
        Assert.Equal(2, rig.Node.Interceptor.Unsaved);
    }

    [Fact]
    public async Task A_disk_that_hangs_holds_up_neither_foreign_HTLCs_nor_its_own_beyond_the_budget()
    {
        using var disk = new ManualResetEventSlim();
        await using var rig = await UpAsync(options => options with { Timings = options.Timings with { BindBudget = TimeSpan.FromMilliseconds(400) } });
        rig.Gate.OnJudge = htlc => htlc.Key.HtlcId < 2 ? Waive(htlc) : HtlcVerdict.Resume;
        rig.Gate.OnBind = _ => disk.Wait(TestInbox.Patience);

        for (ulong htlc = 0; htlc < 4; htlc++)
        {
            rig.Lnd.Interceptor.Offer(Request(htlc));
        }

        var order = new List<ulong>();
        for (var i = 0; i < 4; i++)
        {
            var answer = await rig.Lnd.Interceptor.AnswerAsync();
            AssertPlainResume(answer);
            order.Add(answer.IncomingCircuitKey.HtlcId);
        }

        disk.Set();
        Assert.Equal([2UL, 3UL, 0UL, 1UL], order);
        Assert.Empty(rig.Inbox.Events.OfType<NodeEvent.WaiverBound>());
    }

    [Theory]
    [InlineData(0)]
    [InlineData((int)Expiry)]
    public async Task An_on_chain_offer_gets_no_answer(int autoFailHeight)
    {
        await using var rig = await UpAsync();
        rig.Gate.OnJudge = Waive;

        rig.Lnd.Interceptor.Offer(Request(1, request => request.AutoFailHeight = autoFailHeight));
        rig.Lnd.Interceptor.Offer(Request(2));

        Assert.Equal(2u, (await rig.Lnd.Interceptor.AnswerAsync()).IncomingCircuitKey.HtlcId);
        Assert.Equal(1, rig.Node.Interceptor.Silenced);
    }

    [Theory]
    [InlineData(int.MinValue + 7, 1u << 31 | 20)]
    [InlineData(-5, Expiry)]
    [InlineData(-5, 8u)]
    public async Task An_auto_fail_height_that_has_wrapped_is_off_chain_and_the_judges_business(int autoFailHeight, uint expiry)
    {
        await using var rig = await UpAsync();

        rig.Lnd.Interceptor.Offer(Request(1, request => (request.AutoFailHeight, request.IncomingExpiry) = (autoFailHeight, expiry)));

        AssertPlainResume(await rig.Lnd.Interceptor.AnswerAsync());
    }

    [Fact]
    public async Task Silence_of_the_judge_is_kept()
    {
        await using var rig = await UpAsync();
        rig.Gate.OnJudge = htlc => htlc.Key.HtlcId == 1 ? HtlcVerdict.Silence : HtlcVerdict.Resume;

        rig.Lnd.Interceptor.Offer(Request(1));
        rig.Lnd.Interceptor.Offer(Request(2));

        Assert.Equal(2u, (await rig.Lnd.Interceptor.AnswerAsync()).IncomingCircuitKey.HtlcId);
    }

    [Theory]
    [InlineData(ulong.MaxValue, 100_000_000)]
    [InlineData(100_000_000, ulong.MaxValue)]
    [InlineData(1UL << 63, 1UL << 63)]
    [InlineData(2_100_000_000_000_000_001, 1)]
    public async Task Amounts_beyond_all_bitcoin_are_never_waived(ulong incoming, ulong outgoing)
    {
        await using var rig = await UpAsync();
        rig.Gate.OnJudge = Waive;

        rig.Lnd.Interceptor.Offer(Request(1, request => (request.IncomingAmountMsat, request.OutgoingAmountMsat) = (incoming, outgoing)));

        AssertPlainResume(await rig.Lnd.Interceptor.AnswerAsync());
    }

    [Fact]
    public async Task A_judge_that_throws_costs_nobody_a_payment()
    {
        await using var rig = await UpAsync();
        rig.Gate.OnJudge = _ => throw new InvalidOperationException("a bug");

        rig.Lnd.Interceptor.Offer(Request(1));

        AssertPlainResume(await rig.Lnd.Interceptor.AnswerAsync());
        Assert.Equal(1, rig.Node.Interceptor.JudgeFailures);
    }

    [Fact]
    public async Task A_judge_that_dies_makes_us_let_go_of_the_stream_and_begin_another()
    {
        using var loggers = new BreakingLog("Judging HTLC");
        await using var rig = await Rig.StartAsync(loggers: loggers);
        await rig.Inbox.WaitForAsync<NodeEvent.InterceptorChanged>(changed => changed.State == InterceptorState.Up);
        await rig.Lnd.Interceptor.WaitForClientAsync();
        var mark = rig.Inbox.Mark;
        rig.Gate.OnJudge = _ => throw new InvalidOperationException("a bug");

        rig.Lnd.Interceptor.Offer(Request(1));

        await rig.Inbox.WaitForAsync<NodeEvent.InterceptorChanged>(changed => changed.State == InterceptorState.Down, mark);
        await rig.Inbox.WaitForAsync<NodeEvent.InterceptorChanged>(changed => changed.State == InterceptorState.Up, mark);
    }

    [Fact]
    public async Task A_verdict_to_waive_without_a_binding_or_amount_is_a_plain_resume()
    {
        await using var rig = await UpAsync();
        rig.Gate.OnJudge = htlc => htlc.Key.HtlcId == 1 ? new(HtlcAction.Waive, new(5)) : Waive(htlc) with { InAmount = new(-1) };

        rig.Lnd.Interceptor.Offer(Request(1));
        rig.Lnd.Interceptor.Offer(Request(2));

        AssertPlainResume(await rig.Lnd.Interceptor.AnswerAsync());
        AssertPlainResume(await rig.Lnd.Interceptor.AnswerAsync());
    }

    [Fact]
    public async Task The_reader_goes_on_reading_while_the_judge_is_slow_and_resumes_what_finds_no_room()
    {
        using var judge = new ManualResetEventSlim();
        await using var rig = await UpAsync(options => options with { Timings = options.Timings with { JudgeLimit = TestInbox.Patience } });
        rig.Gate.OnJudge = _ =>
        {
            judge.Wait(TestInbox.Patience);
            return HtlcVerdict.Resume;
        };
        const int offers = 6_000;
        for (ulong htlc = 0; htlc < offers; htlc++)
        {
            rig.Lnd.Interceptor.Offer(Request(htlc));
        }

        // Only what overflowed is answered before the judge says anything: the last ones.
        var first = await rig.Lnd.Interceptor.AnswerAsync();
        Assert.True(first.IncomingCircuitKey.HtlcId >= 4_096, $"{first.IncomingCircuitKey.HtlcId}");
        AssertPlainResume(first);
        judge.Set();

        var seen = new HashSet<ulong> { first.IncomingCircuitKey.HtlcId };
        while (seen.Count < offers)
        {
            var answer = await rig.Lnd.Interceptor.AnswerAsync();
            AssertPlainResume(answer);
            Assert.True(seen.Add(answer.IncomingCircuitKey.HtlcId), "answered twice");
        }

        Assert.True(rig.Node.Interceptor.Overflowed > 0);
    }

    [Fact]
    public async Task A_judge_that_never_comes_back_makes_us_let_go_of_the_stream()
    {
        using var judge = new ManualResetEventSlim();
        await using var rig = await UpAsync(options => options with { Timings = options.Timings with { JudgeLimit = TimeSpan.FromMilliseconds(200) } });
        rig.Gate.OnJudge = _ =>
        {
            judge.Wait(TestInbox.Patience);
            return HtlcVerdict.Resume;
        };

        rig.Lnd.Interceptor.Offer(Request(1));

        var down = await rig.Inbox.WaitForAsync<NodeEvent.InterceptorChanged>(changed => changed.State == InterceptorState.Down);
        Assert.Contains("bug", down.Reason, StringComparison.Ordinal);
        Assert.False(rig.Lnd.Interceptor.TryAnswer(out _));
        judge.Set();
    }

    [Fact]
    public async Task Another_programs_interceptor_is_reported_and_its_place_taken_when_it_is_free()
    {
        await using var rig = await Rig.StartAsync(lnd => lnd.Interceptor.IsTakenByOther = true);
        var taken = await rig.Inbox.WaitForAsync<NodeEvent.InterceptorChanged>(changed => changed.State == InterceptorState.Taken);
        var mark = rig.Inbox.Mark;
        Assert.Contains("place", taken.Reason, StringComparison.Ordinal);

        rig.Lnd.Interceptor.IsTakenByOther = false;

        await rig.Inbox.WaitForAsync<NodeEvent.InterceptorChanged>(changed => changed.State == InterceptorState.Up, mark);
    }

    [Fact]
    public async Task A_stream_that_LND_closes_is_opened_again()
    {
        await using var rig = await UpAsync();
        var mark = rig.Inbox.Mark;

        rig.Lnd.Interceptor.End(new Status(StatusCode.Unknown, "forward does not exist: (Chan ID=1:2:3, HTLC ID=4)"));

        var down = await rig.Inbox.WaitForAsync<NodeEvent.InterceptorChanged>(after: mark);
        Assert.Equal(InterceptorState.Down, down.State);
        Assert.Contains("forward does not exist", down.Reason, StringComparison.Ordinal);
        await rig.Inbox.WaitForAsync<NodeEvent.InterceptorChanged>(changed => changed.State == InterceptorState.Up, mark);
        Assert.Empty(rig.Inbox.Events.OfType<NodeEvent.Disconnected>());
    }

    [Fact]
    public async Task The_first_offer_proves_the_stream_at_once()
    {
        await using var rig = await Rig.StartAsync(options: options => options with { Timings = options.Timings with { InterceptorSettle = TestInbox.Patience * 2 } });
        await rig.Lnd.Interceptor.WaitForClientAsync();

        rig.Lnd.Interceptor.Offer(Request(1));

        await rig.Inbox.WaitForAsync<NodeEvent.InterceptorChanged>(changed => changed.State == InterceptorState.Up);
    }

    [Fact]
    public async Task What_is_queued_is_answered_before_we_close_the_stream()
    {
        using var judge = new SemaphoreSlim(0);
        var rig = await UpAsync();
        rig.Gate.OnJudge = htlc =>
        {
            judge.Wait(TestInbox.Patience);
            return htlc.Key.HtlcId == 9 ? Waive(htlc) : HtlcVerdict.Resume;
        };
        for (ulong htlc = 0; htlc < 10; htlc++)
        {
            rig.Lnd.Interceptor.Offer(Request(htlc));
        }

        await WaitUntilAsync(() => rig.Node.Interceptor.Offered == 10);
        var closing = rig.Node.DisposeAsync().AsTask();
        judge.Release(10);
        await closing;
        await rig.Lnd.Interceptor.WaitUntilFreeAsync();

        Assert.Equal(Enumerable.Range(0, 10).Select(htlc => (ulong)htlc), rig.Lnd.Interceptor.AnswersBeforeClose.Select(answer => answer.IncomingCircuitKey.HtlcId));
        Assert.Equal(ResolveHoldForwardAction.ResumeModified, rig.Lnd.Interceptor.AnswersBeforeClose.Last().Action);
        await rig.DisposeAsync();
    }

    [Fact]
    public async Task Without_a_gate_the_place_is_left_to_others()
    {
        await using var rig = await Rig.StartAsync(withGate: false);

        await rig.RunAsync<CommandOutcome.Done>(id => new NodeCommand.Refresh(id));

        Assert.Equal(0, rig.Lnd.Interceptor.Attempts);
    }

    [Fact]
    public async Task A_missing_right_to_intercept_leaves_the_rest_at_work()
    {
        await using var rig = await Rig.StartAsync(lnd => lnd.Denied.Add("HtlcInterceptor"));

        var down = await rig.Inbox.WaitForAsync<NodeEvent.InterceptorChanged>();

        Assert.Equal(InterceptorState.Down, down.State);
        Assert.Contains("/routerrpc.Router/HtlcInterceptor", down.Reason, StringComparison.Ordinal);
        Assert.Empty(rig.Inbox.Events.OfType<NodeEvent.Disconnected>());
    }

    [Fact]
    public async Task A_thousand_foreign_HTLCs_a_second_are_all_resumed()
    {
        await using var rig = await UpAsync();
        const int count = 3_000;
        var answered = 0;
        var started = Stopwatch.GetTimestamp();
        var reading = Task.Run(async () =>
        {
            for (; answered < count; answered++)
            {
                AssertPlainResume(await rig.Lnd.Interceptor.AnswerAsync());
            }
        });
        for (ulong htlc = 0; htlc < count; htlc++)
        {
            rig.Lnd.Interceptor.Offer(Request(htlc));
            if (htlc % 10 == 9)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10), TestContext.Current.CancellationToken);
            }
        }

        await reading;
        var statistics = rig.Node.Interceptor;
        Assert.Equal((count, count, 0), (statistics.Offered, statistics.Resumed, statistics.Waived));
        Assert.Equal(count, statistics.JudgeTime.Count);
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{count} in {Stopwatch.GetElapsedTime(started).TotalSeconds:F2} s; judge p99 {statistics.JudgeTime.Quantile(0.99).TotalMicroseconds} us, "
            + $"longest {statistics.JudgeTime.Longest.TotalMicroseconds} us; answer p50 {statistics.AnswerTime.Quantile(0.5).TotalMicroseconds} us, "
            + $"p99 {statistics.AnswerTime.Quantile(0.99).TotalMicroseconds} us");
    }

    private static async Task<Rig> UpAsync(Func<LndOptions, LndOptions>? options = null)
    {
        var rig = await Rig.StartAsync(options: options);
        await rig.Inbox.WaitForAsync<NodeEvent.InterceptorChanged>(changed => changed.State == InterceptorState.Up);

        // Up is the adapter's best guess: on a busy machine LND's side may take a moment longer.
        await rig.Lnd.Interceptor.WaitForClientAsync();
        return rig;
    }

    private static HtlcVerdict Waive(InterceptedHtlc htlc) => new(
        HtlcAction.Waive,
        new(100_051_000),
        new WaiverBinding(new RingId(Bytes32.Sha256("ring"u8)), htlc.Hash, htlc.Key, htlc.RequestedChannel, htlc.OutgoingAmount, new(51_000), htlc.IncomingExpiry));

    private static ForwardHtlcInterceptRequest Request(ulong htlc, Action<ForwardHtlcInterceptRequest>? change = null)
    {
        var request = new ForwardHtlcInterceptRequest
        {
            IncomingCircuitKey = new() { ChanId = Scid, HtlcId = htlc },
            PaymentHash = ByteString.CopyFrom(Bytes32.Sha256(BitConverter.GetBytes(htlc)).ToArray()),
            IncomingAmountMsat = 100_000_000,
            OutgoingAmountMsat = 100_000_000,
            IncomingExpiry = Expiry,
            OutgoingExpiry = Expiry - 80,
            OutgoingRequestedChanId = Scid + 5,
            AutoFailHeight = (int)Expiry - 13,
            OnionBlob = ByteString.CopyFrom(new byte[1366]),
        };
        change?.Invoke(request);
        return request;
    }

    private static void AssertPlainResume(ForwardHtlcInterceptResponse answer)
    {
        Assert.Equal(ResolveHoldForwardAction.Resume, answer.Action);
        Assert.Equal((0ul, 0ul), (answer.InAmountMsat, answer.OutAmountMsat));
        Assert.True(answer.Preimage.IsEmpty && answer.FailureMessage.IsEmpty && answer.FailureCode == 0 && answer.OutWireCustomRecords.Count == 0);
    }

    private static async Task WaitUntilAsync(Func<bool> holds)
    {
        using var patience = new CancellationTokenSource(TestInbox.Patience);
        while (!holds())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), patience.Token);
        }
    }
}
