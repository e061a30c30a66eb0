using Eddy.Lightning;
using Eddy.Liquidity;
using Eddy.Rings;

namespace Eddy.Core.Tests.Liquidity;

public sealed class PairLiquidityTests
{
    [Fact]
    public void A_channel_outside_its_band_wants_to_move_to_its_target_and_nothing_the_other_way()
    {
        var offer = Own.Pair(Own.Channel(Own.Bob, 1, 1_000_000, 900_000)).Offer;

        Assert.Equal(new DirectionOffer(10_000, 400_000, 0, ShortChannelId.Create(1, 1, 0)), offer.Out);
        Assert.Equal(DirectionOffer.Nothing, offer.In);
    }

    [Fact]
    public void A_channel_inside_its_band_may_move_to_either_edge()
    {
        var offer = Own.Pair(Own.Channel(Own.Bob, 1, 1_000_000, 530_000)).Offer;

        Assert.Equal((0L, 130_000L), (offer.Out.Want, offer.Out.May));
        Assert.Equal((0L, 70_000L), (offer.In.Want, offer.In.May));
        Assert.False(offer.AllowsRingOfTwo);
    }

    [Fact]
    public void An_imbalance_below_the_smallest_ring_is_no_reason_to_move()
    {
        var offer = Own.Pair(Own.Channel(Own.Bob, 1, 1_000_000, 609_999)).Offer;

        Assert.Equal((0L, 109_999L), (offer.Out.Want, offer.Out.May));
    }

    [Theory]
    [InlineData(100_000, 0, 1, 300_000)] // reserve
    [InlineData(0, 250_000, 1, 250_000)] // largest HTLC
    [InlineData(0, 0, 20_000, 300_000)]  // smallest HTLC
    public void What_the_channel_can_carry_is_a_bound(long reserve, long maxHtlc, long minHtlc, long want)
    {
        var offer = Own.Pair(Own.Channel(Own.Bob, 1, 1_000_000, 400_000, target: 0.1, reserve: reserve, minHtlc: minHtlc, maxHtlc: maxHtlc)).Offer;

        Assert.Equal(want, offer.Out.Want);
        Assert.Equal(Math.Max(10_000, minHtlc), offer.Out.Least);
    }

    [Fact]
    public void Channels_that_are_away_or_excluded_or_without_policy_offer_nothing()
    {
        var channel = Own.Channel(Own.Bob, 1, 1_000_000, 900_000);

        Assert.Equal(DirectionOffer.Nothing, Own.Pair(channel with { Channel = channel.Channel with { IsActive = false } }).Offer.Out);
        Assert.Equal(DirectionOffer.Nothing, Own.Pair(channel with { IsExcluded = true }).Offer.Out);
        Assert.Equal(DirectionOffer.Nothing, Own.Pair(channel with { Channel = channel.Channel with { Policy = null } }).Offer.Out);
    }

    [Fact]
    public void A_reservation_counts_the_same_way_and_not_the_other()
    {
        var channel = Own.Channel(Own.Bob, 1, 1_000_000, 530_000);
        var promisedOut = Own.Pair([Own.Reserve(Own.Bob, MoveDirection.Out, 100_000)], Own.Options, channel).Offer;
        var promisedIn = Own.Pair([Own.Reserve(Own.Bob, MoveDirection.In, 50_000)], Own.Options, channel).Offer;
        var elsewhere = Own.Pair([Own.Reserve(Own.Carol, MoveDirection.Out, 100_000)], Own.Options, channel).Offer;

        Assert.Equal((30_000L, 70_000L), (promisedOut.Out.May, promisedOut.In.May));
        Assert.Equal((130_000L, 20_000L), (promisedIn.Out.May, promisedIn.In.May));
        Assert.Equal((130_000L, 70_000L), (elsewhere.Out.May, elsewhere.In.May));
    }

    [Fact]
    public void A_reservation_whose_htlc_is_on_the_channel_is_not_counted_twice()
    {
        // 100,000 have left the local balance already and may still come back.
        var pending = new PendingHtlc(false, MilliSatoshi.FromSatoshi(100_000), Own.Hash(1), 700_000, 0);
        var channel = Own.Channel(Own.Bob, 1, 1_000_000, 430_000, pending: [pending]);
        var offer = Own.Pair([Own.Reserve(Own.Bob, MoveDirection.Out, 100_000)], Own.Options, channel).Offer;

        Assert.Equal((30_000L, 70_000L), (offer.Out.May, offer.In.May));
    }

    [Fact]
    public void Neutral_volume_ends_with_the_days_allowance_and_wanted_volume_does_not()
    {
        Assert.Equal(25_000, Own.Pair(Own.Channel(Own.Bob, 1, 1_000_000, 530_000, neutralLeft: 25_000)).Offer.Out.May);
        Assert.Equal(0, Own.Pair(Own.Channel(Own.Bob, 1, 1_000_000, 530_000, neutralLeft: -1)).Offer.Out.May);
        Assert.Equal(400_000, Own.Pair(Own.Channel(Own.Bob, 1, 1_000_000, 900_000, neutralLeft: 0)).Offer.Out.Want);
    }

    [Fact]
    public void Beside_a_channel_that_must_not_move_only_what_that_one_cannot_carry_is_offered()
    {
        var drains = Own.Channel(Own.Bob, 1, 2_000_000, 1_900_000);
        var low = Own.Channel(Own.Bob, 2, 1_000_000, 200_000);

        var offer = Own.Pair(drains, low).Offer.Out;

        // The second channel could carry up to 200,000: below that LND may take it. The bound shows only as a bucket.
        Assert.Equal(LiquidityBucket.Ceiling(200_001), offer.Least);
        Assert.Equal(900_000, offer.Want);
        Assert.Equal(drains.Channel.Id, offer.Channel);
    }

    [Fact]
    public void An_excluded_parallel_channel_is_protected_as_well()
    {
        var drains = Own.Channel(Own.Bob, 1, 2_000_000, 1_900_000);

        Assert.Equal(DirectionOffer.Nothing, Own.Pair(drains, Own.Channel(Own.Bob, 2, 1_000_000, 950_000, isExcluded: true)).Offer.Out);
        Assert.Equal(900_000, Own.Pair(drains, Own.Channel(Own.Bob, 2, 1_000_000, 950_000, isExcluded: true, isActive: false)).Offer.Out.Want);
    }

    [Fact]
    public void Beside_a_neutral_channel_a_move_is_harmless_and_no_gain()
    {
        var drains = Own.Channel(Own.Bob, 1, 2_000_000, 1_900_000);
        var level = Own.Channel(Own.Bob, 2, 2_000_000, 1_000_000);

        var offer = Own.Pair(drains, level).Offer.Out;

        Assert.Equal((0L, 200_000L), (offer.Want, offer.May));
    }

    [Fact]
    public void Two_channels_that_gain_together_want_what_the_lesser_can_gain()
    {
        var offer = Own.Pair(Own.Channel(Own.Bob, 1, 1_000_000, 900_000), Own.Channel(Own.Bob, 2, 1_000_000, 800_000)).Offer.Out;

        // Above 300,000 the second one would cross its target.
        Assert.Equal(300_000, offer.Want);
    }

    [Fact]
    public void Channels_that_count_together_want_what_brings_their_sum_to_its_target()
    {
        var offer = Own.Pair([], Own.Together, Own.Channel(Own.Bob, 1, 2_000_000, 1_900_000), Own.Channel(Own.Bob, 2, 1_000_000, 200_000)).Offer;

        Assert.Equal(new DirectionOffer(10_000, 600_000, 0, ShortChannelId.Create(1, 1, 0)), offer.Out);
        Assert.Equal(DirectionOffer.Nothing, offer.In);
    }

    [Fact]
    public void What_no_single_channel_can_carry_is_not_offered_for_all_together()
    {
        var offer = Own.Pair([], Own.Together, Own.Channel(Own.Bob, 1, 500_000, 480_000), Own.Channel(Own.Bob, 2, 500_000, 490_000)).Offer.Out;

        // 470,000 would bring both together to their target, and 490,000 is on one of them.
        Assert.Equal(470_000, offer.Want);
        Assert.Equal(300_000, Own.Pair([], Own.Together, Own.Channel(Own.Bob, 1, 300_000, 300_000), Own.Channel(Own.Bob, 2, 500_000, 500_000, maxHtlc: 200_000)).Offer.Out.Want);
    }

    [Fact]
    public void A_channel_that_must_not_move_is_left_out_of_the_sum_and_kept_from_harm()
    {
        var drains = Own.Channel(Own.Bob, 1, 2_000_000, 1_900_000);

        var offer = Own.Pair([], Own.Together, drains, Own.Channel(Own.Bob, 2, 1_000_000, 200_000, isExcluded: true)).Offer.Out;

        Assert.Equal((LiquidityBucket.Ceiling(200_001), 900_000L), (offer.Least, offer.Want));
    }

    [Fact]
    public void A_promise_counts_once_however_many_channels_count_together()
    {
        OwnChannel[] channels = [Own.Channel(Own.Bob, 1, 1_000_000, 900_000), Own.Channel(Own.Bob, 2, 1_000_000, 900_000)];

        Assert.Equal(700_000, Own.Pair([Own.Reserve(Own.Bob, MoveDirection.Out, 100_000)], Own.Together, channels).Offer.Out.Want);
    }

    [Fact]
    public void A_move_from_a_full_channel_to_an_empty_one_gains_on_both()
    {
        var incoming = Own.Pair(Own.Channel(Own.Bob, 1, 1_000_000, 100_000));
        var outgoing = Own.Pair(Own.Channel(Own.Carol, 2, 1_000_000, 900_000));

        var verdict = Assert.IsType<MoveVerdict.Agreed>(PairLiquidity.CheckMove(incoming, outgoing, 100_000, 350_000));

        // The amount may shrink to 100,000 further on, so that is what the gain is promised for.
        Assert.Equal(350_000, verdict.AmountSat);
        Assert.Equal(LiquidityBucket.Floor(200_000), verdict.GainSat);
        Assert.Equal(ShortChannelId.Create(2, 1, 0), verdict.Outgoing);
        Assert.Equal(ShortChannelId.Create(1, 1, 0), verdict.Incoming);
    }

    [Fact]
    public void An_amount_cut_down_is_a_little_coarse()
    {
        var incoming = Own.Pair(Own.Channel(Own.Bob, 1, 1_000_000, 100_000));
        var outgoing = Own.Pair(Own.Channel(Own.Carol, 2, 1_000_000, 777_777));

        Assert.Equal(LiquidityBucket.Fine(277_777), Agreed(incoming, outgoing, 100_000, 400_000).AmountSat);
        Assert.Equal(275_000, Agreed(incoming, outgoing, 275_000, 400_000).AmountSat);
    }

    [Fact]
    public void Refusals_name_their_reason()
    {
        var empty = Own.Pair(Own.Channel(Own.Bob, 1, 1_000_000, 100_000));
        var full = Own.Pair(Own.Channel(Own.Carol, 2, 1_000_000, 900_000));
        var level = Own.Channel(Own.Carol, 2, 1_000_000, 500_000);

        Assert.Equal(RejectReason.NoConsent, Refused(full, empty, 10_000, 50_000));
        Assert.Equal(RejectReason.AmountTooSmall, Refused(empty, full, 9_999, 50_000));
        Assert.Equal(RejectReason.AmountTooSmall, Refused(empty, full, 50_000, 49_999));
        Assert.Equal(RejectReason.NoConsent, Refused(empty, Own.Pair(level), 200_000, 300_000));
        Assert.Equal(RejectReason.NoChannel, Refused(empty, Own.Pair(Own.Channel(Own.Carol, 2, 1_000_000, 900_000, isActive: false)), 10_000, 50_000));
        Assert.Equal(RejectReason.AmountTooSmall, Refused(empty, Own.Pair(Own.Channel(Own.Carol, 2, 1_000_000, 900_000, maxHtlc: 40_000)), 50_000, 60_000));
        Assert.Equal(RejectReason.ParallelChannel, Refused(empty, Own.Pair(Own.Channel(Own.Carol, 2, 1_000_000, 900_000), Own.Channel(Own.Carol, 3, 1_000_000, 100_000)), 50_000, 100_000));
        Assert.Equal(RejectReason.Busy, Refused(empty, Own.Pair([Own.Reserve(Own.Carol, MoveDirection.Out, 80_000)], Own.Options, Own.Channel(Own.Carol, 2, 1_000_000, 900_000, maxHtlc: 0, reserve: 800_000)), 50_000, 60_000));
    }

    [Fact]
    public void Strict_consent_lets_nothing_move_away_from_its_target()
    {
        var strict = Own.Options with { IsStrict = true };

        var offer = Own.Pair([], strict, Own.Channel(Own.Bob, 1, 1_000_000, 530_000)).Offer;

        Assert.Equal((0L, 30_000L), (offer.Out.Want, offer.Out.May));
        Assert.Equal(DirectionOffer.Nothing, offer.In);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_a_ring_left_inside_the_band_goes_on_to_its_target_and_not_back(bool isStrict)
    {
        var options = Own.Options with { IsStrict = isStrict };
        var offer = Own.Pair([], options, Own.Channel(Own.Bob, 1, 1_000_000, 530_000) with { IsReturning = true }).Offer;
        var full = Own.Pair([], options, Own.Channel(Own.Carol, 2, 1_000_000, 900_000) with { IsReturning = true });
        var low = Own.Pair([], options, Own.Channel(Own.Bob, 1, 1_000_000, 470_000) with { IsReturning = true });

        Assert.Equal((30_000L, DirectionOffer.Nothing), (offer.Out.Want, offer.In));
        Assert.Equal(LiquidityBucket.Floor(40_000), Agreed(low, full, 20_000, 30_000).GainSat);
        Assert.Equal(DirectionOffer.Nothing, Own.Pair([], options, Own.Channel(Own.Bob, 1, 1_000_000, 509_999) with { IsReturning = true }).Offer.Out);
    }

    [Fact]
    public void Strict_consent_asks_that_both_own_channels_come_nearer()
    {
        var strict = Own.Options with { IsStrict = true };
        var empty = Own.Pair([], strict, Own.Channel(Own.Bob, 1, 1_000_000, 100_000));
        var full = Own.Pair([], strict, Own.Channel(Own.Carol, 2, 1_000_000, 900_000));
        var level = Own.Pair([], strict, Own.Channel(Own.Carol, 2, 1_000_000, 500_000));

        Assert.Equal(DirectionOffer.Nothing, level.Offer.Out);
        Assert.IsType<MoveVerdict.Agreed>(PairLiquidity.CheckMove(empty, full, 10_000, 50_000));
        Assert.Equal(RejectReason.NoConsent, Refused(empty, level, 10_000, 50_000));
        Assert.Equal(RejectReason.NoConsent, Refused(Own.Pair([], strict, Own.Channel(Own.Bob, 1, 1_000_000, 500_000)), full, 10_000, 50_000));
    }

    [Fact]
    public void An_initiator_names_its_first_channel_and_no_parallel_one_matters()
    {
        var empty = Own.Pair(Own.Channel(Own.Bob, 1, 1_000_000, 100_000));
        var outgoing = Own.Pair(Own.Channel(Own.Carol, 2, 1_000_000, 900_000), Own.Channel(Own.Carol, 3, 1_000_000, 100_000));

        Assert.Equal(RejectReason.ParallelChannel, Refused(empty, outgoing, 50_000, 100_000));
        var agreed = Assert.IsType<MoveVerdict.Agreed>(PairLiquidity.CheckMove(empty, outgoing, 50_000, 100_000, isInitiator: true));
        Assert.Equal(ShortChannelId.Create(2, 1, 0), agreed.Outgoing);
    }

    [Fact]
    public void A_ring_of_two_is_made_only_where_no_other_channel_can_carry_it()
    {
        var full = Own.Channel(Own.Bob, 1, 1_000_000, 950_000);
        var empty = Own.Channel(Own.Bob, 2, 1_000_000, 50_000);
        var pair = Own.Pair(full, empty);

        Assert.True(pair.Offer.AllowsRingOfTwo);
        var agreed = Agreed(pair, pair, 100_000, 400_000);
        Assert.Equal((ShortChannelId.Create(1, 1, 0), ShortChannelId.Create(2, 1, 0)), (agreed.Outgoing, agreed.Incoming));

        // The full one could take 50,000 in, and the empty one send them out.
        Assert.Equal(RejectReason.ParallelChannel, Refused(pair, pair, 50_000, 400_000));
        Assert.False(Own.Pair(full, Own.Channel(Own.Bob, 2, 1_000_000, 450_000)).Offer.AllowsRingOfTwo);
        Assert.Equal(RejectReason.NoChannel, Refused(Own.Pair(full), Own.Pair(full), 50_000, 100_000));
    }

    [Fact]
    public void Whatever_is_offered_or_agreed_holds_for_every_channel_that_lnd_could_take() => Property.Holds(1500, random =>
    {
        var (incoming, into) = RandomPair(random, Own.Bob, 1);
        var (outgoing, from) = RandomPair(random, Own.Carol, 10);
        var least = Math.Max(outgoing.Offer.Out.Least, incoming.Offer.In.Least);
        var most = Math.Min(LiquidityBucket.Floor(outgoing.Offer.Out.Most), LiquidityBucket.Floor(incoming.Offer.In.Most));
        if (least <= most && most > 0)
        {
            var amount = random.NextInt64(least, most + 1);
            Agreed(incoming, outgoing, amount, amount);
        }

        var min = random.NextInt64(Own.Options.MinAmount, 300_000);
        if (PairLiquidity.CheckMove(incoming, outgoing, min, min + random.NextInt64(500_000)) is MoveVerdict.Agreed agreed)
        {
            foreach (var amount in new[] { min, agreed.AmountSat, random.NextInt64(min, agreed.AmountSat + 1) })
            {
                var gain = LeastGain(from, MoveDirection.Out, amount) + LeastGain(into, MoveDirection.In, amount);
                Assert.True(gain >= agreed.GainSat * MilliSatoshi.PerSatoshi, $"gains {gain} msat at {amount} and not {agreed.GainSat}");
            }
        }
    });

    [Fact]
    public void What_is_wanted_gains_on_every_channel_that_lnd_could_take() => Property.Holds(1000, random =>
    {
        var (pair, channels) = RandomPair(random, Own.Bob, 1);
        foreach (var direction in new[] { MoveDirection.Out, MoveDirection.In })
        {
            var offer = direction == MoveDirection.Out ? pair.Offer.Out : pair.Offer.In;
            if (offer.Want > 0)
            {
                Assert.True(offer.Least <= offer.Want);
                var amount = random.NextInt64(offer.Least, offer.Want + 1);
                Assert.True(LeastGain(channels, direction, amount) >= Own.Options.MinAmount * MilliSatoshi.PerSatoshi);
            }
        }
    });

    private static MoveVerdict.Agreed Agreed(PairLiquidity incoming, PairLiquidity outgoing, long min, long max) =>
        Assert.IsType<MoveVerdict.Agreed>(PairLiquidity.CheckMove(incoming, outgoing, min, max));

    private static RejectReason Refused(PairLiquidity incoming, PairLiquidity outgoing, long min, long max) =>
        Assert.IsType<MoveVerdict.Refused>(PairLiquidity.CheckMove(incoming, outgoing, min, max)).Reason;

    /// <summary>The worst that LND can do with an amount, checked for consent on the way.</summary>
    private static long LeastGain(OwnChannel[] channels, MoveDirection direction, long amount)
    {
        var least = long.MaxValue;
        foreach (var own in channels)
        {
            var channel = own.Channel;
            var able = direction == MoveDirection.Out ? channel.Spendable : channel.Receivable;
            var policy = channel.Policy!;
            var moved = MilliSatoshi.FromSatoshi(amount);
            if (!channel.IsActive || able < moved || policy.MinHtlcMsat > moved || (policy.MaxHtlcMsat.Value > 0 && policy.MaxHtlcMsat < moved))
            {
                continue;
            }

            var end = own.Target.End(channel.Capacity, channel.Local);
            Assert.True(end.Allows(direction, moved), $"{amount} {direction} is not allowed on {channel.Id}");
            Assert.False(own.IsExcluded);
            least = Math.Min(least, end.Gain(direction, moved).Value);
        }

        Assert.NotEqual(long.MaxValue, least);
        return least;
    }

    private static (PairLiquidity Pair, OwnChannel[] Channels) RandomPair(Random random, NodeId peer, uint firstId)
    {
        var channels = new OwnChannel[random.Next(1, 4)];
        for (var place = 0; place < channels.Length; place++)
        {
            var capacity = random.NextInt64(100_000, 2_000_000);
            channels[place] = Own.Channel(
                peer,
                firstId + (uint)place,
                capacity,
                random.NextInt64(capacity),
                target: random.Next(2, 9) / 10.0,
                band: random.Next(3) / 10.0,
                reserve: capacity / 100,
                minHtlc: random.Next(4) == 0 ? random.NextInt64(1, 200_000) : 1,
                maxHtlc: random.Next(4) == 0 ? random.NextInt64(50_000, 1_000_000) : 0,
                isActive: random.Next(8) > 0,
                isExcluded: random.Next(8) == 0);
        }

        return (Own.Pair(channels), channels);
    }
}
