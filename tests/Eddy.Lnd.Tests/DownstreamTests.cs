using System.Security.Cryptography;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Lnd.Interception;
using Eddy.Lnd.Tests.Scripted;
using Eddy.Protos.Routerrpc;
using Eddy.Rings;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using FailureCode = Eddy.Protos.Lnrpc.Failure.Types.FailureCode;
using WireKey = Eddy.Protos.Routerrpc.CircuitKey;

namespace Eddy.Lnd.Tests;

/// <summary>Other programs behind eddy's own interceptor endpoint: how their answers become one, and what they cannot do.</summary>
public sealed class DownstreamTests : IDisposable
{
    private const ulong Scid = 600UL << 40 | 1 << 16;
    private const uint Expiry = 1_000;
    private const int AutoFail = 987;
    private static readonly byte[] Preimage = [.. Enumerable.Repeat((byte)7, 32)];

    private readonly DownstreamHub _hub = new(TimeSpan.FromHours(1), NullLogger<DownstreamHub>.Instance);
    private readonly List<ForwardHtlcInterceptResponse> _answers = [];
    private readonly Action<ForwardHtlcInterceptResponse, long> _reply;

    public DownstreamTests() => _reply = (answer, _) => _answers.Add(answer);

    public void Dispose() => _hub.Dispose();

    [Fact]
    public void Whoever_fails_or_settles_decides_then_whoever_holds_then_who_modifies_then_resume()
    {
        Open();
        using var one = _hub.Connect("one");
        using var two = _hub.Connect("two");

        Offer(1);
        Assert.Null(one.Answer(Resume(1)));
        Assert.Empty(_answers);
        Assert.Null(two.Answer(Fail(1)));
        Assert.Equal(ResolveHoldForwardAction.Fail, Last(1).Action);

        Offer(2);
        Assert.Null(two.Answer(Settle(2)));
        Assert.Equal(Preimage, Last(2).Preimage.ToByteArray());

        Offer(3);
        Assert.Null(two.Answer(Modify(3, 5)));
        Assert.Equal(2, _answers.Count);
        Assert.Null(one.Answer(Resume(3)));
        Assert.Equal((ResolveHoldForwardAction.ResumeModified, 5UL), (Last(3).Action, Last(3).InAmountMsat));

        // The one that came first counts, whichever answers first.
        Offer(4);
        Assert.Null(two.Answer(Modify(4, 5)));
        Assert.Null(one.Answer(Modify(4, 6)));
        Assert.Equal(6UL, Last(4).InAmountMsat);

        Offer(5);
        Assert.Null(one.Answer(Resume(5)));
        Assert.Null(two.Answer(Resume(5)));
        Assert.Equal(ResolveHoldForwardAction.Resume, Last(5).Action);
        Assert.Equal(0, _hub.Figures.Held);
    }

    [Fact]
    public void What_a_client_that_goes_has_held_is_resumed_and_what_others_hold_stays()
    {
        Open();
        var one = _hub.Connect("one");
        using var two = _hub.Connect("two");
        Offer(1);
        Assert.Null(two.Answer(Modify(1, 5)));
        Offer(2);

        one.Dispose();

        Assert.Equal(5UL, Last(1).InAmountMsat);
        Assert.Single(_answers);
        Assert.Null(two.Answer(Resume(2)));
        Assert.Equal(ResolveHoldForwardAction.Resume, Last(2).Action);
    }

    [Theory]
    [MemberData(nameof(Nonsense))]
    public void Nonsense_is_told_to_its_client_alone_and_changes_nothing(string says, ForwardHtlcInterceptResponse answer)
    {
        Open();
        var client = _hub.Connect("mad");
        Offer(1);

        var fault = client.Answer(answer);
        Assert.NotNull(fault);
        Assert.Contains(says, fault.Value.Detail, StringComparison.Ordinal);
        Assert.Empty(_answers);

        _hub.Drop(client, fault.Value);
        Assert.Equal(ResolveHoldForwardAction.Resume, Last(1).Action);
        Assert.Equal(1, _hub.Figures.Dropped);
    }

    public static TheoryData<string, ForwardHtlcInterceptResponse> Nonsense() => new()
    {
        { "CircuitKey missing", new() { Action = ResolveHoldForwardAction.Resume } },
        { "missing preimage", new() { IncomingCircuitKey = Key(1) } },
        { "preimage does not match", new() { IncomingCircuitKey = Key(1), Preimage = ByteString.CopyFrom(new byte[32]) } },
        { "preimage does not match", new() { IncomingCircuitKey = Key(1), Preimage = ByteString.CopyFrom(1) } },
        { "unsupported failure code", new() { IncomingCircuitKey = Key(1), Action = ResolveHoldForwardAction.Fail, FailureCode = FailureCode.FeeInsufficient } },
        { "length invalid", new() { IncomingCircuitKey = Key(1), Action = ResolveHoldForwardAction.Fail, FailureMessage = ByteString.CopyFrom(1, 2) } },
        { "mutually exclusive", new() { IncomingCircuitKey = Key(1), Action = ResolveHoldForwardAction.Fail, FailureMessage = ByteString.CopyFrom(new byte[292]), FailureCode = FailureCode.TemporaryChannelFailure } },
        { "custom records", new() { IncomingCircuitKey = Key(1), Action = ResolveHoldForwardAction.ResumeModified, OutWireCustomRecords = { { 5, ByteString.Empty } } } },
        { "custom records", new() { IncomingCircuitKey = Key(1), Action = ResolveHoldForwardAction.ResumeModified, OutWireCustomRecords = { { 70_000, ByteString.CopyFrom(new byte[40_000]) } } } },
        { "bitcoin", new() { IncomingCircuitKey = Key(1), Action = ResolveHoldForwardAction.ResumeModified, InAmountMsat = ulong.MaxValue } },
        { "unrecognized", new() { IncomingCircuitKey = Key(1), Action = (ResolveHoldForwardAction)9 } },
    };

    [Fact]
    public void Answers_twice_too_late_or_for_what_nobody_asked_reach_nobody()
    {
        Open();
        using var one = _hub.Connect("one");
        Offer(1);

        Assert.Null(one.Answer(Resume(1)));
        Assert.Null(one.Answer(Fail(1)));
        Assert.Null(one.Answer(Fail(77)));

        Assert.Equal(ResolveHoldForwardAction.Resume, Assert.Single(_answers).Action);
        Assert.Equal(2, _hub.Figures.Late);
    }

    [Fact]
    public void What_may_have_been_forwarded_before_is_shown_to_nobody()
    {
        using var one = _hub.Connect("one");
        _hub.Begin(_reply);
        Assert.False(_hub.Note(Request(1)));

        // Listed before the stream began: it says nothing.
        _hub.OnListed(_hub.Generation - 1, [(Scid, 0)]);
        Assert.False(_hub.Note(Request(2)));

        _hub.OnListed(_hub.Generation, [(Scid, 8)]);
        Assert.False(_hub.Note(Request(7)));
        Assert.True(_hub.Note(Request(8)));
        Assert.True(_hub.Note(Request(10)));
        Assert.False(_hub.Note(Request(8)));
        Assert.False(_hub.Note(Request(9)));
        Assert.False(_hub.Note(Request(1, scid: Scid + 1)));

        _hub.Begin(_reply);
        Assert.False(_hub.Note(Request(11)));
        _hub.OnListed(_hub.Generation, [(Scid, 0)]);
        Assert.False(_hub.Note(Request(11)));
        Assert.True(_hub.Note(Request(12)));
    }

    [Fact]
    public void Nothing_is_held_near_the_height_at_which_LND_fails_it()
    {
        Open();
        using var one = _hub.Connect("one");
        Offer(1);

        _hub.OnHeight(AutoFail - 4);
        Assert.Empty(_answers);
        _hub.OnHeight(AutoFail - 3);

        Assert.Equal((ResolveHoldForwardAction.Fail, FailureCode.TemporaryChannelFailure), (Last(1).Action, Last(1).FailureCode));
        Assert.True(_hub.Note(Request(2)));
        Assert.False(_hub.Offer(Request(2), 0));
    }

    [Fact]
    public void What_goes_on_chain_while_it_is_held_is_answered_no_more()
    {
        Open();
        using var one = _hub.Connect("one");
        Offer(1);

        Assert.True(_hub.Forget(Key(1)));
        Assert.False(_hub.Forget(Key(1)));
        Assert.Null(one.Answer(Fail(1)));

        Assert.Empty(_answers);
    }

    [Fact]
    public void A_stream_that_is_closed_lets_go_what_is_held_and_one_that_broke_leaves_it_to_LND()
    {
        Open();
        using var one = _hub.Connect("one");
        Offer(1);
        _hub.Release(_reply);
        Assert.Equal(ResolveHoldForwardAction.Resume, Last(1).Action);

        Open();
        Offer(2);
        _hub.End(_reply);
        Assert.Null(one.Answer(Fail(2)));
        Assert.Single(_answers);
    }

    [Fact]
    public async Task A_client_that_only_listens_delays_sixteen_HTLCs_and_is_let_go()
    {
        var answers = new System.Collections.Concurrent.BlockingCollection<ForwardHtlcInterceptResponse>();
        using var hub = new DownstreamHub(TimeSpan.FromMilliseconds(20), NullLogger<DownstreamHub>.Instance);
        Action<ForwardHtlcInterceptResponse, long> reply = (answer, _) => answers.Add(answer);
        hub.Begin(reply);
        hub.OnListed(hub.Generation, [(Scid, 0)]);
        using var client = hub.Connect("silent");

        for (ulong htlc = 0; htlc < 16; htlc++)
        {
            Assert.True(hub.Note(Request(htlc)));
            Assert.True(hub.Offer(Request(htlc), 0));
            Assert.True(answers.TryTake(out var answer, TestInbox.Patience));
            Assert.Equal((ResolveHoldForwardAction.Resume, htlc), (answer.Action, answer.IncomingCircuitKey.HtlcId));
        }

        // What it has not read is still there; then it is told why.
        var ended = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await client.Offers.WaitToReadAsync(TestContext.Current.CancellationToken))
            {
                client.Offers.TryRead(out _);
            }
        });
        Assert.Contains("not answered in time", ended.Status.Detail, StringComparison.Ordinal);
        Assert.True(hub.Note(Request(20)));
        Assert.False(hub.Offer(Request(20), 0));
    }

    [Fact]
    public async Task A_rings_own_HTLC_is_waived_untouched_and_all_else_that_is_new_is_for_others_to_decide()
    {
        await using var rig = await Rig.StartAsync(lnd => lnd.AddChannel(Scid, ScriptedLnd.Bob), options: options => options with { Downstream = _hub });
        await rig.Lnd.Interceptor.WaitForClientAsync();
        rig.Gate.OnJudge = htlc => htlc.Key.HtlcId == 3 ? Waive(htlc) : HtlcVerdict.Resume;
        using var client = _hub.Connect("hostile");

        var answering = Task.Run(async () =>
        {
            // Fails and modifies all it can think of, what it was never shown included.
            await foreach (var offer in client.Offers.ReadAllAsync(TestContext.Current.CancellationToken))
            {
                Assert.Null(client.Answer(Modify(3, 1)));
                Assert.Null(client.Answer(Fail(3)));
                Assert.Null(client.Answer(Fail(offer.IncomingCircuitKey.HtlcId)));
                if (offer.IncomingCircuitKey.HtlcId == 4)
                {
                    return;
                }

                Assert.Equal(2UL, offer.IncomingCircuitKey.HtlcId);
            }
        }, TestContext.Current.CancellationToken);

        rig.Lnd.Interceptor.Offer(Request(2));
        Assert.Equal(ResolveHoldForwardAction.Fail, (await rig.Lnd.Interceptor.AnswerAsync()).Action);
        rig.Lnd.Interceptor.Offer(Request(3));
        var waived = await rig.Lnd.Interceptor.AnswerAsync();
        Assert.Equal((ResolveHoldForwardAction.ResumeModified, 3UL, 100_051_000UL), (waived.Action, waived.IncomingCircuitKey.HtlcId, waived.InAmountMsat));

        // Again: it may have been forwarded, so that it is nobody's to fail.
        rig.Gate.OnJudge = _ => HtlcVerdict.Resume;
        rig.Lnd.Interceptor.Offer(Request(3));
        Assert.Equal(ResolveHoldForwardAction.Resume, (await rig.Lnd.Interceptor.AnswerAsync()).Action);
        rig.Lnd.Interceptor.Offer(Request(4));
        Assert.Equal(ResolveHoldForwardAction.Fail, (await rig.Lnd.Interceptor.AnswerAsync()).Action);
        await answering;
        Assert.Equal(1, rig.Node.Interceptor.Waived);
    }

    [Fact]
    public async Task Stopping_answers_what_others_hold_before_the_stream_is_closed()
    {
        await using var rig = await Rig.StartAsync(lnd => lnd.AddChannel(Scid, ScriptedLnd.Bob), options: options => options with { Downstream = _hub });
        await rig.Lnd.Interceptor.WaitForClientAsync();
        using var client = _hub.Connect("holder");
        rig.Lnd.Interceptor.Offer(Request(5));
        Assert.True(await client.Offers.WaitToReadAsync(TestContext.Current.CancellationToken));

        await rig.Node.DisposeAsync();

        Assert.Equal(ResolveHoldForwardAction.Resume, Assert.Single(rig.Lnd.Interceptor.AnswersBeforeClose).Action);
    }

    private static WireKey Key(ulong htlc) => new() { ChanId = Scid, HtlcId = htlc };

    private static ForwardHtlcInterceptRequest Request(ulong htlc, ulong scid = Scid) => new()
    {
        IncomingCircuitKey = new() { ChanId = scid, HtlcId = htlc },
        PaymentHash = ByteString.CopyFrom(SHA256.HashData(Preimage)),
        IncomingAmountMsat = 100_000_000,
        OutgoingAmountMsat = 100_000_000,
        IncomingExpiry = Expiry,
        OutgoingExpiry = Expiry - 80,
        AutoFailHeight = AutoFail,
        OutgoingRequestedChanId = Scid + 5,
    };

    private static ForwardHtlcInterceptResponse Resume(ulong htlc) => new() { IncomingCircuitKey = Key(htlc), Action = ResolveHoldForwardAction.Resume };

    private static ForwardHtlcInterceptResponse Fail(ulong htlc) => new() { IncomingCircuitKey = Key(htlc), Action = ResolveHoldForwardAction.Fail };

    private static ForwardHtlcInterceptResponse Settle(ulong htlc) => new() { IncomingCircuitKey = Key(htlc), Preimage = ByteString.CopyFrom(Preimage) };

    private static ForwardHtlcInterceptResponse Modify(ulong htlc, ulong amount) =>
        new() { IncomingCircuitKey = Key(htlc), Action = ResolveHoldForwardAction.ResumeModified, InAmountMsat = amount };

    private static HtlcVerdict Waive(InterceptedHtlc htlc) => new(
        HtlcAction.Waive,
        htlc.OutgoingAmount + new MilliSatoshi(51_000),
        new WaiverBinding(new RingId(default), htlc.Hash, htlc.Key, new(Scid + 5), htlc.IncomingAmount, new MilliSatoshi(51_000), htlc.IncomingExpiry));

    private void Open()
    {
        _hub.Begin(_reply);
        _hub.OnListed(_hub.Generation, [(Scid, 0)]);
    }

    private void Offer(ulong htlc)
    {
        Assert.True(_hub.Note(Request(htlc)));
        Assert.True(_hub.Offer(Request(htlc), 0));
    }

    private ForwardHtlcInterceptResponse Last(ulong htlc)
    {
        Assert.Equal(htlc, _answers[^1].IncomingCircuitKey.HtlcId);
        return _answers[^1];
    }
}
