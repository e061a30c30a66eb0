using Eddy.Lightning;

namespace Eddy.Simulator.Tests.Network;

/// <summary>
/// The recorded cases r7 to r30: A's connection to B drops while B's forward is in flight and comes back, so that LND offers the same
/// circuit key again. C holds the HTLC at its own interceptor until it settles it with a preimage it knows.
/// </summary>
public sealed class ReplayTests
{
    private const long Amount = RingFixture.Amount;

    // The recorded fee-paying route to D: what comes in at B, and what goes out.
    private const long FeePaidIn = 100_102_025;
    private const long FeePaidOut = 100_051_000;

    [Fact]
    public void A_replay_waived_again_while_the_first_forward_is_in_flight_changes_nothing()
    {
        var run = new ReplayRun();
        run.Start();
        run.Flap();

        run.Answer(InterceptAnswer.ResumeModified(run.Replay.Circuit, Amount + RingFixture.Fee));
        run.SettleAtC();

        run.AssertChange(0, forwards: 1);
    }

    [Fact]
    public void A_replay_waived_after_the_settlement_is_forwarded_a_second_time_and_the_node_pays_twice()
    {
        var run = new ReplayRun();
        run.Start();
        run.Flap();
        run.SettleAtC();

        run.Answer(InterceptAnswer.ResumeModified(run.Replay.Circuit, Amount + RingFixture.Fee));
        run.SettleAtC();

        run.AssertChange(-Amount, forwards: 2);
        Assert.Equal(run.Replay.Circuit, run.Ring.B.Forwards.Events[0].Incoming);
        Assert.Equal(run.Replay.Circuit, run.Ring.B.Forwards.Events[1].Incoming);
        Assert.NotEqual(run.Ring.B.Forwards.Events[0].Outgoing, run.Ring.B.Forwards.Events[1].Outgoing);
    }

    [Fact]
    public void A_late_plain_resume_of_a_zero_fee_replay_fails_the_fee_check()
    {
        var run = new ReplayRun();
        run.Start();
        run.Flap();
        run.SettleAtC();

        run.Answer(InterceptAnswer.Resume(run.Replay.Circuit));

        run.AssertChange(0, forwards: 1);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(5, 0)]
    [InlineData(15, Amount)]
    [InlineData(40, Amount)]
    [InlineData(80, Amount)]
    public void Between_safe_and_paid_twice_lie_milliseconds(int afterSettleMs, long loss)
    {
        var run = new ReplayRun();
        run.Start();
        run.Flap();
        run.SettleAtC(andRun: false);
        run.Ring.Network.RunFor(TimeSpan.FromMilliseconds(afterSettleMs));

        run.Answer(InterceptAnswer.ResumeModified(run.Replay.Circuit, Amount + RingFixture.Fee));
        run.SettleAtC();

        run.AssertChange(-loss, forwards: loss == 0 ? 1 : 2);
    }

    [Fact]
    public void A_late_plain_resume_of_an_ordinary_replay_is_paid_twice()
    {
        var run = new ReplayRun();
        run.Start(feePaid: true);
        run.Flap();
        run.SettleAtC();

        run.Answer(InterceptAnswer.Resume(run.Replay.Circuit));
        run.SettleAtC();

        run.AssertChange(FeePaidIn - (2 * FeePaidOut), forwards: 2);
    }

    [Fact]
    public void An_ordinary_replay_left_unanswered_is_paid_twice_when_the_client_closes_its_stream()
    {
        var run = new ReplayRun();
        run.Start(feePaid: true);
        run.Flap();
        run.SettleAtC();

        run.B.Session!.Close();
        run.Ring.Network.RunUntilIdle();
        run.SettleAtC();

        run.AssertChange(FeePaidIn - (2 * FeePaidOut), forwards: 2);
    }

    [Fact]
    public void A_zero_fee_replay_left_unanswered_costs_nothing_when_the_client_closes_its_stream()
    {
        var run = new ReplayRun();
        run.Start();
        run.Flap();
        run.SettleAtC();

        run.B.Session!.Close();
        run.Ring.Network.RunUntilIdle();

        run.AssertChange(0, forwards: 1);
    }

    [Fact]
    public void A_replay_answered_with_fail_refunds_the_sender_and_still_pays_the_next_node()
    {
        var run = new ReplayRun();
        run.Start();
        run.Flap();

        run.Answer(InterceptAnswer.Fail(run.Replay.Circuit));
        run.SettleAtC();

        run.AssertChange(-Amount, forwards: 0);
        Assert.Equal("TEMPORARY_CHANNEL_FAILURE@1", run.Payment.Text);
    }

    [Fact]
    public void No_replay_reaches_the_client_when_the_next_node_settles_while_the_previous_one_is_away()
    {
        var run = new ReplayRun();
        run.Start();
        run.Ring.Network.LinkBetween(run.Ring.A, run.Ring.B).IsBlocked = true;
        run.SettleAtC();
        run.Ring.Network.Heal();
        run.Ring.Network.RunUntilIdle();

        Assert.Single(run.B.Requests);
        Assert.True(run.Payment.IsSettled);
        run.AssertChange(0, forwards: 1);
    }

    [Fact]
    public void An_honest_next_node_refuses_the_second_copy()
    {
        var run = new ReplayRun(honest: true);
        run.Start();
        run.Flap();
        run.SettleAtC();

        run.Answer(InterceptAnswer.ResumeModified(run.Replay.Circuit, Amount + RingFixture.Fee));
        run.SettleAtC();

        run.AssertChange(0, forwards: 1);
    }

    [Fact]
    public void A_replay_shows_the_original_amounts_under_the_same_key()
    {
        var run = new ReplayRun();
        run.Start();
        run.Flap();

        Assert.Equal(2, run.B.Requests.Count);
        Assert.Equal(run.B.Requests[0] with { IsReplay = true }, run.Replay);
    }

    private sealed class ReplayRun
    {
        private readonly long _before;

        public ReplayRun(bool honest = false)
        {
            Ring = new RingFixture(node: (i, options) => options with { RefusesReplayedOnions = honest || i != 2 });
            B = RingFixture.Intercept(Ring.B, _ => null);
            C = RingFixture.Intercept(Ring.C, _ => null);
            _before = Ring.B.Wealth.Value;
        }

        public RingFixture Ring { get; }

        public ScriptedClient B { get; }

        public ScriptedClient C { get; }

        public PaymentOutcome Payment { get; private set; } = new();

        public Preimage Preimage { get; } = new(Bytes32.Sha256("known to C"u8));

        public InterceptRequest Replay => B.Requests[^1];

        /// <summary>A pays, B lets it go on, C holds it.</summary>
        public void Start(bool feePaid = false)
        {
            var invoice = Ring.D.Invoices.Add(new() { Value = new(Amount), HoldHash = Preimage.Hash() }).Value;
            var route = feePaid
                ? Ring.FeePayingRoute(invoice, [.. Ring.Channels.Take(3)], Ring.A)
                : RingRouteToD(invoice);
            B.Script = request => feePaid
                ? InterceptAnswer.Resume(request.Circuit)
                : InterceptAnswer.ResumeModified(request.Circuit, Amount + RingFixture.Fee);
            Payment = Ring.Pay(route, invoice.Hash);
            Assert.Single(C.Requests);
            B.Script = _ => null;
        }

        public void Flap()
        {
            Ring.Network.LinkBetween(Ring.A, Ring.B).Disconnect();
            Ring.Network.RunUntilIdle();
            Assert.Equal(2, B.Requests.Count);
        }

        public void Answer(InterceptAnswer answer)
        {
            B.Session!.Answer(answer);
            Ring.Network.RunUntilIdle();
        }

        /// <summary>C takes what it holds, if anything.</summary>
        public void SettleAtC(bool andRun = true)
        {
            foreach (var key in Ring.C.Interceptor.HeldKeys.ToArray())
            {
                C.Session!.Answer(InterceptAnswer.Settle(key, Preimage));
            }

            if (andRun)
            {
                Ring.Network.RunUntilIdle();
            }
        }

        /// <summary>What B has more than before, in msat.</summary>
        public void AssertChange(long change, int forwards)
        {
            Ring.Network.AssertConserved();
            Assert.Equal(0, Ring.B.UnsettledLocalBalance.Value + Ring.B.UnsettledRemoteBalance.Value);
            Assert.Equal(change, Ring.B.Wealth.Value - _before);
            Assert.Equal(forwards, Ring.B.Forwards.Events.Count);
        }

        private Route RingRouteToD(Invoice invoice)
        {
            var route = Ring.RingRoute(invoice);
            return route with { Hops = [.. route.Hops.Take(2), route.Hops[2] with { Mpp = new(invoice.PaymentAddr, new(Amount)) }] };
        }
    }
}
