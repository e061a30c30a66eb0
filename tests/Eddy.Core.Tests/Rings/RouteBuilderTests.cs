using System.Collections.Immutable;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Core.Tests.Rings;

public sealed class RouteBuilderTests
{
    private static readonly MilliSatoshi Amount = RingScene.Sat(100_000);

    [Fact]
    public void Three_hops_with_deltas_80_and_40_expire_as_LND_computes_them()
    {
        var route = Build([80, 40], finalCltv: 40, height: 800_000);

        Assert.Equal(800_163u, route.TotalTimeLock);
        Assert.Equal([800_083u, 800_043u, 800_043u], route.Hops.Select(hop => hop.Expiry));
    }

    [Fact]
    public void A_ring_of_eight_with_delta_80_locks_for_581_blocks()
    {
        var route = Build([80, 80, 80, 80, 80, 80, 80], finalCltv: 18, height: 1_000);

        Assert.Equal(1_000u + (7 * 80) + 18 + 3, route.TotalTimeLock);
        Assert.Equal(1_000u + 18 + 3, route.Hops[^1].Expiry);
    }

    [Fact]
    public void A_ring_of_two_has_one_member_between_the_total_and_the_final_expiry()
    {
        var route = Build([144], finalCltv: 18, height: 10);

        Assert.Equal(175u, route.TotalTimeLock);
        Assert.Equal([31u, 31u], route.Hops.Select(hop => hop.Expiry));
    }

    [Fact]
    public void Every_hop_carries_the_same_amount_along_the_agreed_channels_to_the_next_node()
    {
        var route = Build([40, 41, 42], finalCltv: 18, height: 1_000);

        Assert.Equal(Amount, route.TotalAmount);
        Assert.All(route.Hops, hop => Assert.Equal(Amount, hop.AmountToForward));
        Assert.Equal([100ul, 101ul, 102ul, 103ul], route.Hops.Select(hop => hop.Channel.Value));
        Assert.Equal([RingScene.Node(2), RingScene.Node(3), RingScene.Node(4), RingScene.Node(1)], route.Hops.Select(hop => hop.Node));
    }

    [Fact]
    public void Each_member_finds_its_own_secret_and_the_initiator_none()
    {
        var route = Build([40, 41, 42], finalCltv: 18, height: 1_000);

        for (var index = 0; index < 3; index++)
        {
            Assert.Equal(RingScene.Fill((byte)(0x51 + index)).ToArray(), route.Hops[index].Record.ToArray());
        }

        Assert.True(route.Hops[^1].Record.IsEmpty);
    }

    [Fact]
    public void What_a_member_receives_expires_its_own_delta_after_what_it_sends()
    {
        uint[] deltas = [18, 34, 144, 40];
        var route = Build(deltas, finalCltv: 24, height: 900_000);

        var incoming = route.TotalTimeLock;
        for (var index = 0; index < deltas.Length; index++)
        {
            Assert.Equal(deltas[index], incoming - route.Hops[index].Expiry);
            incoming = route.Hops[index].Expiry;
        }

        Assert.Equal(900_000u + 24 + 3, incoming);
    }

    [Theory]
    [InlineData(800, 779, true)]
    [InlineData(800, 780, false)]
    [InlineData(4_000, 1_995, true)]
    [InlineData(4_000, 1_996, false)]
    public void Money_is_locked_no_longer_than_the_offer_and_LND_allow(uint limit, uint delta, bool fits)
    {
        var route = RouteBuilder.Build(Ring(1, limit), Members([delta]), Amount, new byte[32], 18, 800_000);

        Assert.Equal(fits, route is not null);
    }

    [Fact]
    public void A_height_at_the_end_of_time_makes_no_route() =>
        Assert.Null(RouteBuilder.Build(Ring(1, 800), Members([40]), Amount, new byte[32], 18, uint.MaxValue - 20));

    [Fact]
    public void The_last_height_of_32_bits_is_one() =>
        Assert.Equal(
            uint.MaxValue, RouteBuilder.Build(Ring(1, 800), Members([40]), Amount, new byte[32], 18, uint.MaxValue - 61)?.TotalTimeLock);

    [Theory]
    [InlineData(27, true)]
    [InlineData(28, false)]
    public void A_route_has_no_more_hops_than_LND_takes(int hops, bool fits)
    {
        var deltas = Enumerable.Repeat(18u, hops - 1).ToArray();

        Assert.Equal(fits, RouteBuilder.Build(Ring(hops - 1, 2016), Members(deltas), Amount, new byte[32], 18, 800_000) is not null);
    }

    [Fact]
    public void Deltas_that_overflow_make_no_route() =>
        Assert.Null(RouteBuilder.Build(Ring(2, 800), Members([uint.MaxValue, uint.MaxValue]), Amount, new byte[32], uint.MaxValue, 800_000));

    private static PaymentRoute Build(uint[] deltas, uint finalCltv, uint height)
    {
        var route = RouteBuilder.Build(Ring(deltas.Length, 2016), Members(deltas), Amount, new byte[32], finalCltv, height);
        Assert.NotNull(route);
        return route;
    }

    private static RingTerms.Initiator Ring(int members, uint limit)
    {
        var records = Enumerable.Range(0, members).Select(index => RingScene.Fill((byte)(0x51 + index))).ToImmutableArray();
        return RingScene.InitiatorTerms with
        {
            Offer = RingScene.Offer with
            {
                Nodes = [.. Enumerable.Range(1, members + 1).Select(number => RingScene.Node((byte)number))],
                Commitments = [.. records.Select(record => record.Hash())],
                MaxLockBlocks = limit,
            },
            Records = records,
        };
    }

    private static ImmutableArray<MemberTerms> Members(uint[] deltas) =>
        [.. deltas.Select((delta, index) => RingScene.TermsOf(index + 1, 100_000) with { CltvDelta = delta })];
}
