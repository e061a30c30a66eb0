namespace Eddy.Simulator.Tests.Network;

public sealed class HtlcEventTests
{
    [Fact]
    public void A_settled_ring_is_told_in_LNDs_order_with_the_modified_amounts()
    {
        var ring = new RingFixture();
        ring.WaiveEverywhere();
        var events = Record(ring);

        ring.PayRing();

        Assert.Equal(
            [
                "A Send Forward", "B Forward Forward", "C Forward Forward", "D Forward Forward",
                "A Receive Settle", "D Forward Settle", "C Forward Settle", "B Forward Settle", "A Send Settle",
            ],
            events.Where(item => item.Event is not HtlcEvent.Final).Select(Describe));
        Assert.Equal(4, events.Count(item => item.Event is HtlcEvent.Final { Settled: true, Offchain: true, Type: HtlcEventType.Unknown }));

        var forward = Assert.IsType<HtlcEvent.Forward>(events[1].Event);
        Assert.Equal((100_051_000, 100_000_000), (forward.Info.IncomingAmount.Value, forward.Info.OutgoingAmount.Value));
        Assert.Equal((800_323u, 800_243u), (forward.Info.IncomingTimelock, forward.Info.OutgoingTimelock));
        Assert.Equal((ring.Channels[0].Id, ring.Channels[1].Id), (forward.Incoming.Channel, forward.Outgoing.Channel));

        var send = Assert.IsType<HtlcEvent.Forward>(events[0].Event);
        Assert.Equal((default, 0u, 0L), (send.Incoming, send.Info.IncomingTimelock, send.Info.IncomingAmount.Value));
        Assert.Equal(default, Assert.IsType<HtlcEvent.Settle>(events[4].Event).Outgoing);
        Assert.Equal(ring.A.Invoices.All.Single().Preimage, Assert.IsType<HtlcEvent.Settle>(events[4].Event).Preimage);
    }

    [Fact]
    public void A_failure_of_the_node_itself_has_a_reason_and_one_further_on_has_none()
    {
        var ring = new RingFixture();
        RingFixture.Waive(ring.B);
        var events = Record(ring);

        ring.PayRing();

        var fail = Assert.IsType<HtlcEvent.LinkFail>(events.Single(item => item.Node == "C" && item.Event is not HtlcEvent.Final).Event);
        Assert.Equal((Lightning.FailureCode.FeeInsufficient, FailureDetail.NoDetail, 0ul), (fail.WireFailure, fail.Detail, fail.Outgoing.HtlcId));
        Assert.Equal("B Forward ForwardFail", Describe(events.Last(item => item.Node == "B" && item.Event is not HtlcEvent.Final)));
        Assert.Equal("A Send ForwardFail", Describe(events.Last(item => item.Node == "A")));
        Assert.Equal(2, events.Count(item => item.Event is HtlcEvent.Final { Settled: false }));
    }

    [Fact]
    public void An_intercepted_fail_has_no_reason_at_the_failing_node()
    {
        var ring = new RingFixture();
        ring.WaiveEverywhere()[1].Script = request => InterceptAnswer.Fail(request.Circuit);
        var events = Record(ring);

        ring.PayRing();

        var fail = events.First(item => item.Node == "C").Event;
        Assert.IsType<HtlcEvent.ForwardFail>(fail);
        Assert.Equal((ring.Channels[2].Id, 0ul), (fail.Outgoing.Channel, fail.Outgoing.HtlcId));
    }

    [Fact]
    public void A_first_hop_that_cannot_be_used_is_a_link_failure_of_the_sender()
    {
        var ring = new RingFixture();
        var events = Record(ring);
        ring.Network.LinkBetween(ring.A, ring.B).IsBlocked = true;

        Assert.Equal("UNKNOWN_NEXT_PEER@0", ring.PayRing().Text);
        Assert.Equal("A Send LinkFail", Describe(Assert.Single(events)));
    }

    [Fact]
    public void A_refusal_by_the_invoice_is_a_link_failure_of_the_receiver()
    {
        var ring = new RingFixture();
        ring.WaiveEverywhere();
        var events = Record(ring);

        Assert.Equal("INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS@4", ring.PayRing(route => route with { Hops = route.Hops.SetItem(3, route.Hops[3] with { Mpp = null }) }).Text);
        var fail = Assert.IsType<HtlcEvent.LinkFail>(events.First(item => item.Event is HtlcEvent.LinkFail).Event);
        Assert.Equal((HtlcEventType.Receive, Lightning.FailureCode.IncorrectOrUnknownPaymentDetails), (fail.Type, fail.WireFailure));
    }

    private static List<(string Node, HtlcEvent Event)> Record(RingFixture ring)
    {
        var events = new List<(string, HtlcEvent)>();
        foreach (var node in ring.Nodes)
        {
            node.HtlcEvents.Subscribe(htlc => events.Add((node.Alias, htlc)));
        }

        return events;
    }

    private static string Describe((string Node, HtlcEvent Event) item) => $"{item.Node} {item.Event.Type} {item.Event.GetType().Name}";
}
