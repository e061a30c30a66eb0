using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Simulator.Tests.Network;

/// <summary>The interceptor's stream: its slot, its errors, its ends, its deadlines.</summary>
public sealed class InterceptorTests
{
    private static readonly LndVersion[] Versions = [LndVersion.V0185, LndVersion.V0193, LndVersion.V0203, LndVersion.V0212];

    [Fact]
    public void A_second_client_is_refused_and_the_first_goes_on()
    {
        var ring = new RingFixture();
        var first = RingFixture.Waive(ring.B);

        var second = ring.B.Interceptor.Connect(new ScriptedClient(_ => null));

        Assert.Equal(new RpcError(RpcCode.Unknown, "interceptor already exists"), second.Error);
        Assert.Null(first.Closed);
        first.Session!.Close();
        Assert.True(ring.B.Interceptor.Connect(new ScriptedClient(_ => null)).IsOk);
    }

    [Fact]
    public void The_place_can_stay_taken_for_a_moment_after_the_client_went_away()
    {
        var network = new SimulatedNetwork(new() { InterceptorRelease = TimeSpan.FromMilliseconds(31) });
        var interceptor = network.AddNode().Interceptor;
        interceptor.Connect(new ScriptedClient(_ => null)).Value.Close();

        Assert.Equal("interceptor already exists", interceptor.Connect(new ScriptedClient(_ => null)).Error!.Message);
        network.RunFor(TimeSpan.FromMilliseconds(31));
        Assert.True(interceptor.Connect(new ScriptedClient(_ => null)).IsOk);
    }

    [Fact]
    public void The_request_tells_what_the_incoming_HTLC_and_the_onion_say()
    {
        var ring = new RingFixture();
        var client = RingFixture.Waive(ring.B);
        ring.PayRing(route => route with
        {
            Hops = route.Hops.SetItem(0, route.Hops[0] with { CustomRecords = CustomRecords.None.Add(65_537, [1, 2, 3]) }),
        });

        var request = Assert.Single(client.Requests);
        Assert.Equal(new CircuitKey(ring.Channels[0].Id, 0), request.Circuit);
        Assert.Equal((RingFixture.Amount, RingFixture.Amount), (request.IncomingAmount.Value, request.OutgoingAmount.Value));
        Assert.Equal((800_323u, 800_243u, 800_310), (request.IncomingExpiry, request.OutgoingExpiry, request.AutoFailHeight));
        Assert.Equal(ring.Channels[1].Id, request.OutgoingRequested);
        Assert.Equal([1, 2, 3], request.CustomRecords[65_537]);
        Assert.Equal(1_366, request.CreateOnionBlob().Length);
    }

    [Fact]
    public void Every_hop_sees_its_own_onion_records_and_nobody_elses()
    {
        var ring = new RingFixture();
        var clients = ring.WaiveEverywhere();
        ring.PayRing(route => route with
        {
            Hops = [.. route.Hops.Select((hop, i) => hop with { CustomRecords = CustomRecords.None.Add(65_537, [(byte)i]) })],
        });

        Assert.Equal([0, 1, 2], clients.Select(client => client.Requests.Single().CustomRecords[65_537].Single()));
        Assert.Equal([3], ring.A.Invoices.All.Single().Htlcs.Single().CustomRecords[65_537]);
    }

    [Fact]
    public void An_HTLC_forwarded_by_LND_0_21_carries_the_endorsement_signal()
    {
        var old = new RingFixture();
        var clients = old.WaiveEverywhere();
        old.PayRing();
        Assert.All(clients, client => Assert.Empty(client.Requests.Single().WireRecords));

        var ring = new RingFixture(version: LndVersion.V0212);
        clients = ring.WaiveEverywhere();
        ring.PayRing();
        Assert.Empty(clients[0].Requests.Single().WireRecords);
        Assert.Equal(CustomRecords.EndorsementType, clients[1].Requests.Single().WireRecords.Single().Key);
    }

    [Fact]
    public void Given_wire_records_reach_the_next_hop_added_or_instead_by_version()
    {
        foreach (var version in Versions)
        {
            var ring = new RingFixture(version: version);
            var clients = ring.WaiveEverywhere();
            clients[0].Script = request => InterceptAnswer.ResumeModified(request.Circuit, RingFixture.Amount + RingFixture.Fee) with
            {
                OutWireRecords = CustomRecords.None.Add(70_001, [9]),
            };
            ring.PayRing();

            var records = clients[1].Requests.Single().WireRecords;
            Assert.Equal([9], records[70_001]);
            Assert.Equal(version == LndVersion.V0212, records.ContainsKey(CustomRecords.EndorsementType));
        }
    }

    [Theory]
    [InlineData(0, 13)]
    [InlineData(1, 13)]
    [InlineData(2, 13)]
    [InlineData(3, 19)]
    public void An_unanswered_HTLC_fails_exactly_at_its_auto_fail_height(int version, int delta)
    {
        var ring = new RingFixture(version: Versions[version]);
        var client = RingFixture.Intercept(ring.B, _ => null);
        var payment = ring.PayRing();
        var request = Assert.Single(client.Requests);
        Assert.Equal((int)request.IncomingExpiry - delta, request.AutoFailHeight);

        ring.Network.MineBlocks(request.AutoFailHeight - (int)ring.Network.Height - 1);
        ring.Network.RunUntilIdle();
        Assert.Equal("IN_FLIGHT", payment.Text);
        ring.Network.MineBlocks();
        ring.Network.RunUntilIdle();

        Assert.Equal("TEMPORARY_CHANNEL_FAILURE@1", payment.Text);
        client.Session!.Answer(InterceptAnswer.Resume(request.Circuit));
        Assert.Equal(RpcCode.Unknown, client.Closed!.Code);
        Assert.Contains(version < 2 ? "not found" : "forward does not exist: (Chan ID=799994:1:0, HTLC ID=0)", client.Closed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, 15, 0)]
    [InlineData(2, 16, 1)]
    [InlineData(3, 21, 0)]
    [InlineData(3, 22, 1)]
    public void Too_close_to_expiry_is_never_offered(int version, int remaining, int offered)
    {
        var ring = new RingFixture(version: Versions[version]);
        var client = RingFixture.Intercept(ring.B, _ => null);
        var payment = ring.PayRing(route => route with { TotalTimeLock = ring.Network.Height + (uint)remaining });

        Assert.Equal(offered, client.Requests.Count);
        Assert.Equal(offered == 0 ? "EXPIRY_TOO_SOON@1" : "IN_FLIGHT", payment.Text);
    }

    [Fact]
    public void The_expiry_guard_works_without_a_client_too()
    {
        var ring = new RingFixture();

        Assert.Equal("EXPIRY_TOO_SOON@1", ring.PayRing(route => route with { TotalTimeLock = ring.Network.Height + 15 }).Text);
    }

    [Fact]
    public void A_client_that_goes_away_releases_what_it_held_unmodified()
    {
        var held = new RingFixture();
        var clients = held.WaiveEverywhere();
        clients[1].Script = _ => null;

        var zeroFee = held.PayRing();
        Assert.Equal("IN_FLIGHT", zeroFee.Text);
        clients[1].Session!.Close();
        held.Network.RunUntilIdle();
        Assert.Equal("FEE_INSUFFICIENT@2", zeroFee.Text);

        var again = RingFixture.Intercept(held.C, _ => null);
        clients[0].Script = request => InterceptAnswer.Resume(request.Circuit);
        var invoice = held.Invoice(held.D);
        var ordinary = held.Pay(held.FeePayingRoute(invoice, [.. held.Channels.Take(3)], held.A), invoice.Hash);
        again.Session!.Close();
        held.Network.RunUntilIdle();
        Assert.Equal("SUCCEEDED", ordinary.Text);
    }

    [Fact]
    public void Where_an_interceptor_is_required_held_HTLCs_wait_for_the_next_client_and_new_ones_fail()
    {
        var ring = new RingFixture(node: (i, options) => options with { RequiresInterceptor = i == 2 });
        var clients = ring.WaiveEverywhere();
        clients[1].Script = _ => null;
        var payment = ring.PayRing();
        clients[1].Session!.Close();
        ring.Network.RunUntilIdle();
        Assert.Equal("IN_FLIGHT", payment.Text);
        Assert.Equal("TEMPORARY_CHANNEL_FAILURE@2", ring.PayRing().Text);

        var next = RingFixture.Waive(ring.C);
        ring.Network.RunUntilIdle();

        Assert.Equal(clients[1].Requests[0].Circuit, Assert.Single(next.Requests).Circuit);
        Assert.Equal("SUCCEEDED", payment.Text);
    }

    [Fact]
    public void A_client_that_does_not_read_stops_every_forward_of_the_node_until_it_goes()
    {
        var ring = new RingFixture();
        var clients = ring.WaiveEverywhere();
        var session = clients[0].Session!;
        clients[0].Script = _ =>
        {
            session.IsStalled = true;
            return null;
        };

        var stalling = ring.PayRing();
        var invoice = ring.Invoice(ring.C);
        var ordinary = ring.Pay(ring.FeePayingRoute(invoice, [.. ring.Channels.Take(2)], ring.A), invoice.Hash);
        session.Answer(InterceptAnswer.ResumeModified(clients[0].Requests[0].Circuit, RingFixture.Amount + RingFixture.Fee));
        ring.Network.RunFor(TimeSpan.FromMinutes(1));
        Assert.Equal(("IN_FLIGHT", "IN_FLIGHT"), (stalling.Text, ordinary.Text));
        Assert.Equal(2, ring.B.Interceptor.Waiting);

        session.Close();
        ring.Network.RunUntilIdle();
        Assert.Equal(("FEE_INSUFFICIENT@1", "SUCCEEDED"), (stalling.Text, ordinary.Text));
    }

    [Fact]
    public void A_client_that_reads_again_lets_everything_go_on_in_order()
    {
        var ring = new RingFixture();
        var clients = ring.WaiveEverywhere();
        clients[0].Session!.IsStalled = true;
        var first = ring.PayRing();
        var second = ring.PayRing();
        Assert.Empty(clients[0].Requests);

        clients[0].Session!.IsStalled = false;
        ring.Network.RunUntilIdle();

        Assert.Equal(("SUCCEEDED", "SUCCEEDED"), (first.Text, second.Text));
        Assert.Equal([0ul, 1], clients[0].Requests.Select(request => request.Circuit.HtlcId));
    }

    [Fact]
    public void An_answer_while_the_previous_peer_is_away_fails_when_it_is_back()
    {
        var ring = new RingFixture();
        var clients = ring.WaiveEverywhere();
        clients[1].Script = _ => null;
        var events = new List<HtlcEvent>();
        using var subscription = ring.C.HtlcEvents.Subscribe(events.Add);
        var payment = ring.PayRing();

        ring.Network.LinkBetween(ring.B, ring.C).IsBlocked = true;
        clients[1].Session!.Answer(InterceptAnswer.ResumeModified(clients[1].Requests[0].Circuit, RingFixture.Amount + RingFixture.Fee));
        ring.Network.RunUntilIdle();
        Assert.Empty(events);
        ring.Network.Heal();
        ring.Network.RunUntilIdle();

        Assert.Equal("TEMPORARY_CHANNEL_FAILURE@2", payment.Text);
        Assert.Equal(FailureDetail.NoDetail, Assert.IsType<HtlcEvent.LinkFail>(events[0]).Detail);
        Assert.Single(clients[1].Requests);
    }

    [Fact]
    public void An_answer_while_the_next_peer_is_away_fails_at_once_and_an_HTLC_already_sent_arrives_later()
    {
        var ring = new RingFixture();
        var clients = ring.WaiveEverywhere();
        clients[1].Script = _ => null;
        var held = ring.PayRing();
        ring.Network.LinkBetween(ring.C, ring.D).IsBlocked = true;
        clients[1].Session!.Answer(InterceptAnswer.ResumeModified(clients[1].Requests[0].Circuit, RingFixture.Amount + RingFixture.Fee));
        ring.Network.RunUntilIdle();
        Assert.Equal("UNKNOWN_NEXT_PEER@2", held.Text);

        ring.Network.Heal();
        ring.Network.RunUntilIdle();
        var sent = ring.PayRing();
        clients[1].Session!.Answer(InterceptAnswer.ResumeModified(clients[1].Requests[1].Circuit, RingFixture.Amount + RingFixture.Fee));
        ring.Network.LinkBetween(ring.C, ring.D).Disconnect();
        ring.Network.RunUntilIdle();
        Assert.Equal("SUCCEEDED", sent.Text);
    }

    [Fact]
    public void A_restart_of_a_holding_node_lets_the_HTLC_go_unmodified()
    {
        var ring = new RingFixture();
        var clients = ring.WaiveEverywhere();
        clients[1].Script = _ => null;
        var payment = ring.PayRing();

        ring.C.Restart(TimeSpan.FromSeconds(5));
        ring.Network.RunUntilIdle();

        Assert.Equal(RpcCode.Unavailable, clients[1].Closed!.Code);
        Assert.Equal("FEE_INSUFFICIENT@2", payment.Text);
    }

    [Fact]
    public void A_restart_of_a_holding_node_that_requires_an_interceptor_offers_the_HTLC_again()
    {
        var ring = new RingFixture(node: (i, options) => options with { RequiresInterceptor = i == 2 });
        var clients = ring.WaiveEverywhere();
        clients[1].Script = _ => null;
        var payment = ring.PayRing();

        ring.C.Restart(TimeSpan.FromSeconds(5));
        ring.Network.RunUntilIdle();
        var next = RingFixture.Waive(ring.C);
        ring.Network.RunUntilIdle();

        Assert.Equal(clients[1].Requests[0].Circuit, Assert.Single(next.Requests).Circuit);
        Assert.True(next.Requests[0].IsReplay);
        Assert.Equal("SUCCEEDED", payment.Text);
    }

    [Theory]
    [InlineData(FailureCode.Reserved, "TEMPORARY_CHANNEL_FAILURE@2")]
    [InlineData(FailureCode.TemporaryChannelFailure, "TEMPORARY_CHANNEL_FAILURE@2")]
    [InlineData(FailureCode.InvalidOnionVersion, "INVALID_ONION_VERSION@2")]
    [InlineData(FailureCode.InvalidOnionHmac, "INVALID_ONION_HMAC@2")]
    [InlineData(FailureCode.InvalidOnionKey, "INVALID_ONION_KEY@2")]
    public void Fail_takes_the_codes_that_LND_takes(FailureCode code, string expected)
    {
        var ring = new RingFixture();
        var clients = ring.WaiveEverywhere();
        clients[1].Script = request => InterceptAnswer.Fail(request.Circuit, code);
        var invoice = ring.Invoice();

        Assert.Equal(expected, ring.Pay(ring.RingRoute(invoice), invoice.Hash).Text);

        clients[1].Script = request => InterceptAnswer.ResumeModified(request.Circuit, RingFixture.Amount + RingFixture.Fee);
        Assert.Equal("SUCCEEDED", ring.Pay(ring.RingRoute(invoice), invoice.Hash).Text);
    }

    [Fact]
    public void A_failure_update_of_an_intercepted_fail_is_the_incoming_channels()
    {
        var ring = new RingFixture();
        ring.WaiveEverywhere()[1].Script = request => InterceptAnswer.Fail(request.Circuit);

        Assert.Equal(ring.Channels[1].Id, ring.PayRing().Attempt.Failure!.ChannelUpdate!.ChannelId);
    }

    [Fact]
    public void Settle_with_the_preimage_pays_the_node_and_forwards_nothing()
    {
        var ring = new RingFixture();
        var invoice = ring.Invoice();
        RingFixture.Intercept(ring.B, request => InterceptAnswer.Settle(request.Circuit, invoice.Preimage!.Value));
        var before = ring.B.Wealth;

        Assert.Equal("SUCCEEDED", ring.Pay(ring.RingRoute(invoice), invoice.Hash).Text);
        Assert.Equal(before + new MilliSatoshi(RingFixture.Amount), ring.B.Wealth);
        Assert.Empty(ring.B.Forwards.Events);
    }

    public static TheoryData<string, InterceptAnswer, RpcCode, string> WrongAnswers()
    {
        var key = new CircuitKey(ShortChannelId.Create(799_994, 1, 0), 0);
        return new()
        {
            { "no key", new() { Circuit = null, Action = InterceptAction.Resume }, RpcCode.InvalidArgument, "CircuitKey missing from ForwardHtlcInterceptResponse" },
            { "unknown key", InterceptAnswer.Resume(key with { HtlcId = 7 }), RpcCode.Unknown, "forward does not exist: (Chan ID=799994:1:0, HTLC ID=7)" },
            { "unset action", new() { Circuit = key }, RpcCode.Unknown, "missing preimage" },
            { "wrong preimage", InterceptAnswer.Settle(key, default), RpcCode.Unknown, "preimage does not match hash" },
            { "failure code", InterceptAnswer.Fail(key, FailureCode.FeeInsufficient), RpcCode.InvalidArgument, "unsupported failure code: FEE_INSUFFICIENT" },
            { "failure message", InterceptAnswer.Fail(key) with { FailureMessage = [.. new byte[10]] }, RpcCode.InvalidArgument, "failure message length invalid" },
            { "both", InterceptAnswer.Fail(key, FailureCode.InvalidOnionHmac) with { FailureMessage = [.. new byte[292]] }, RpcCode.InvalidArgument, "failure message and failure code are mutually exclusive" },
            { "record", InterceptAnswer.ResumeModified(key, 0) with { OutWireRecords = CustomRecords.None.Add(65_535, ImmutableArray<byte>.Empty) }, RpcCode.InvalidArgument, "failed to validate custom records: custom records entry with TLV type below min: 65536" },
            { "action", new() { Circuit = key, Action = (InterceptAction)9 }, RpcCode.InvalidArgument, "unrecognized resolve action 9" },
        };
    }

    [Theory]
    [MemberData(nameof(WrongAnswers))]
    public void One_wrong_answer_closes_the_stream_and_releases_everything_held(string what, InterceptAnswer answer, RpcCode code, string text)
    {
        Assert.NotEmpty(what);
        var ring = new RingFixture();
        var client = RingFixture.Intercept(ring.B, _ => null);
        var payment = ring.PayRing();

        client.Session!.Answer(answer);
        ring.Network.RunUntilIdle();

        Assert.Equal(new RpcError(code, text), client.Closed);
        Assert.Equal("FEE_INSUFFICIENT@1", payment.Text);
        Assert.False(ring.B.Interceptor.IsConnected);
    }

    [Fact]
    public void A_second_answer_for_one_key_closes_the_stream()
    {
        var ring = new RingFixture();
        var clients = ring.WaiveEverywhere();
        var payment = ring.PayRing();

        clients[0].Session!.Answer(InterceptAnswer.Resume(clients[0].Requests[0].Circuit));

        Assert.Equal("SUCCEEDED", payment.Text);
        Assert.NotNull(clients[0].Closed);
    }

    [Fact]
    public void Before_0_20_2_a_settle_with_a_wrong_preimage_orphans_the_HTLC_until_the_next_replay()
    {
        var ring = new RingFixture(version: LndVersion.V0185);
        var client = RingFixture.Intercept(ring.B, _ => null);
        var payment = ring.PayRing();

        client.Session!.Answer(InterceptAnswer.Settle(client.Requests[0].Circuit, default));
        ring.Network.MineBlocks(200);
        ring.Network.RunUntilIdle();
        Assert.Equal("IN_FLIGHT", payment.Text);
        Assert.Empty(ring.B.Interceptor.HeldKeys);

        ring.B.Restart(TimeSpan.FromSeconds(1));
        ring.Network.RunUntilIdle();
        Assert.Equal("FEE_INSUFFICIENT@1", payment.Text);
    }

    [Fact]
    public void On_connect_everything_held_is_offered()
    {
        var ring = new RingFixture(node: (i, options) => options with { RequiresInterceptor = i == 1 });
        var first = RingFixture.Intercept(ring.B, _ => null);
        for (var i = 0; i < 5; i++)
        {
            ring.PayRing();
        }

        first.Session!.Close();
        var second = RingFixture.Intercept(ring.B, _ => null);

        Assert.Equal([0ul, 1, 2, 3, 4], second.Requests.Select(request => request.Circuit.HtlcId).Order().ToArray());
    }

    [Fact]
    public void A_circuit_that_never_left_before_a_restart_fails_instead_of_being_forwarded()
    {
        var ring = new RingFixture(node: (i, options) => options with { RequiresInterceptor = i == 1 });
        var client = RingFixture.Waive(ring.B);
        ring.Network.LinkBetween(ring.A, ring.B).Latency = TimeSpan.FromSeconds(1);

        // B forwards nothing: its circuit is committed, the forward fails, and the failure is still in memory when B stops.
        client.Script = _ => null;
        var payment = ring.PayRing(run: false);
        ring.Network.RunFor(TimeSpan.FromSeconds(2));
        ring.Network.LinkBetween(ring.A, ring.B).IsBlocked = true;
        client.Session!.Answer(InterceptAnswer.Resume(client.Requests[0].Circuit));
        ring.B.Stop();
        ring.Network.Heal();
        ring.B.Start();
        var next = new ScriptedClient(request => InterceptAnswer.ResumeModified(request.Circuit, RingFixture.Amount + RingFixture.Fee));
        next.Session = ring.B.Interceptor.Connect(next).Value;
        ring.Network.RunUntilIdle();

        Assert.Single(next.Requests);
        Assert.Equal(("TEMPORARY_CHANNEL_FAILURE@1", FailureDetail.IncompleteForward), (payment.Text, payment.Attempt.Failure!.Detail));
    }
}
