using Eddy.Core.Tests.Rings;
using Eddy.Forwarding;
using Eddy.Lightning;
using static Eddy.Core.Tests.Forwarding.ForwardingScene;

namespace Eddy.Core.Tests.Forwarding;

public sealed class WaiverBookTests
{
    private readonly WaiverBook _book = new([]);

    [Fact]
    public void The_rings_HTLC_is_waived_with_exactly_the_fee_that_our_policies_ask()
    {
        var verdict = Judge(Htlc);

        Assert.Equal(HtlcAction.Waive, verdict.Action);
        Assert.Equal(Amount + Fee, verdict.InAmount);
        Assert.Equal(
            new WaiverBinding(RingScene.Offer.Id, RingScene.Offer.Hash, Htlc.Key, ToDave, Amount, Fee, Expiry), verdict.Binding);
    }

    /// <summary>What an attacker, or a mistake, may change about it. Each one is forwarded as LND's own policies say.</summary>
    private static readonly Dictionary<string, Func<InterceptedHtlc, InterceptedHtlc>> Attacks = new()
    {
        ["outgoing amount inflated by 1 msat"] = htlc => htlc with { OutgoingAmount = Amount + new MilliSatoshi(1) },
        ["1 msat comes in for a bitcoin that goes out"] = htlc => htlc with
        {
            IncomingAmount = new(1),
            OutgoingAmount = RingScene.Sat(100_000_000),
        },
        ["more comes in than goes out"] = htlc => htlc with { IncomingAmount = Amount + new MilliSatoshi(1) },
        ["both amounts above what was agreed"] = htlc => htlc with
        {
            IncomingAmount = Amount + new MilliSatoshi(1),
            OutgoingAmount = Amount + new MilliSatoshi(1),
        },
        ["both amounts below the least"] = htlc => htlc with { IncomingAmount = RingScene.Sat(49_999), OutgoingAmount = RingScene.Sat(49_999) },
        ["both amounts zero"] = htlc => htlc with { IncomingAmount = MilliSatoshi.Zero, OutgoingAmount = MilliSatoshi.Zero },
        ["both amounts negative"] = htlc => htlc with { IncomingAmount = new(-1), OutgoingAmount = new(-1) },
        ["both amounts at the end of 64 bits"] = htlc => htlc with { IncomingAmount = new(long.MaxValue), OutgoingAmount = new(long.MaxValue) },
        ["outgoing amount at the end of 64 bits"] = htlc => htlc with { OutgoingAmount = new(long.MaxValue) },
        ["both amounts just above 2^63 on the wire"] = htlc => htlc with
        {
            IncomingAmount = MilliSatoshi.FromWire((1ul << 63) + 1),
            OutgoingAmount = MilliSatoshi.FromWire((1ul << 63) + 1),
        },
        ["outgoing amount that wraps to the agreed one"] = htlc => htlc with { OutgoingAmount = MilliSatoshi.FromWire(ulong.MaxValue) },
        ["from another channel"] = htlc => htlc with { Key = new(ToMallory, 7) },
        ["from the next peer"] = htlc => htlc with { Key = new(ToDaveToo, 7) },
        ["back out where it came in"] = htlc => htlc with { Key = new(ToDave, 7) },
        ["from a channel nobody knows"] = htlc => htlc with { Key = new(new(42), 7) },
        ["out over another peer's channel"] = htlc => htlc with { RequestedChannel = ToMallory },
        ["out over a parallel channel"] = htlc => htlc with { RequestedChannel = ToDaveToo },
        ["out over an alias nobody gave"] = htlc => htlc with { RequestedChannel = new(ToDaveAlias.Value + 1) },
        ["out over channel 0"] = htlc => htlc with { RequestedChannel = default },
        ["blinded next hop"] = htlc => htlc with { RequestedChannel = ShortChannelId.Blinded, HasBlindedNextNode = true },
        ["blinded next hop by the channel alone"] = htlc => htlc with { RequestedChannel = ShortChannelId.Blinded },
        ["blinded next hop by the node alone"] = htlc => htlc with { HasBlindedNextNode = true },
        ["no record"] = htlc => htlc with { Record = ReadOnlyMemory<byte>.Empty },
        ["another member's record"] = htlc => htlc with { Record = RingScene.Fill(0x51).ToArray() },
        ["the commitment itself as the record"] = htlc => htlc with { Record = Granted.Commitment.ToArray() },
        ["record with a byte more"] = htlc => htlc with { Record = (byte[])[.. Secret.ToArray(), 0] },
        ["record with a byte less"] = htlc => htlc with { Record = Secret.ToArray().AsMemory(0, 31) },
        ["locks a block too long"] = htlc => htlc with { IncomingExpiry = Height + 801, AutoFailHeight = (int)Height + 801 - 13 },
        ["has expired already"] = htlc => htlc with { IncomingExpiry = Height, AutoFailHeight = (int)Height - 13 },
        ["expired long ago"] = htlc => htlc with { IncomingExpiry = 51, AutoFailHeight = 38 },
        ["expiry at the end of 32 bits"] = htlc => htlc with { IncomingExpiry = uint.MaxValue, AutoFailHeight = -14 },
    };

    public static TheoryData<string> AttackNames => [.. Attacks.Keys];

    [Theory]
    [MemberData(nameof(AttackNames))]
    public void An_HTLC_that_does_not_fit_is_resumed_and_leaves_the_waiver_for_the_one_that_does(string name)
    {
        Assert.Equal(HtlcVerdict.Resume, Judge(Attacks[name](Htlc)));
        Assert.Equal(HtlcAction.Waive, Judge(Htlc with { Key = Htlc.Key with { HtlcId = 8 } }).Action);
    }

    [Fact]
    public void The_rings_HTLC_that_passed_without_its_waiver_is_not_waived_when_it_is_offered_again()
    {
        // The fee was above the cap, so LND judged it by our policies; then the policies changed and the previous peer came back.
        var dear = ViewWith(Policy, Policy with { FeeRatePpm = 5_000 });
        Assert.Equal(HtlcVerdict.Resume, _book.Judge(Htlc, dear, Now));

        Assert.Equal(HtlcVerdict.Resume, Judge(Htlc));
    }

    [Theory]
    [MemberData(nameof(AttackNames))]
    public void An_HTLC_that_does_not_fit_is_resumed_after_the_waiver_was_used_too(string name)
    {
        Assert.Equal(HtlcAction.Waive, Judge(Htlc).Action);
        Assert.Equal(HtlcVerdict.Resume, Judge(Attacks[name](Htlc)));
    }

    [Fact]
    public void A_key_is_waived_once_and_resumed_ever_after()
    {
        Assert.Equal(HtlcAction.Waive, Judge(Htlc).Action);

        Assert.Equal(HtlcVerdict.Resume, Judge(Htlc));
        Assert.Equal(HtlcVerdict.Resume, Judge(Htlc));
    }

    [Fact]
    public void A_replay_after_the_ring_has_settled_is_resumed()
    {
        var binding = Judge(Htlc).Binding!; // asserted by the first test

        Assert.Equal(HtlcVerdict.Resume, _book.Judge(Htlc, View.WithWaivers([]), Now));
        Assert.Equal(HtlcVerdict.Resume, new WaiverBook([binding]).Judge(Htlc, View, Now));
    }

    [Fact]
    public void A_second_HTLC_with_the_same_hash_is_resumed()
    {
        Assert.Equal(HtlcAction.Waive, Judge(Htlc).Action);

        Assert.Equal(HtlcVerdict.Resume, Judge(Htlc with { Key = Htlc.Key with { HtlcId = 8 } }));
    }

    [Fact]
    public void A_hash_that_comes_back_under_another_ring_is_resumed()
    {
        Assert.Equal(HtlcAction.Waive, Judge(Htlc).Action);
        var view = View.WithWaivers([Granted with { Ring = new(RingScene.Fill(9)) }]);

        Assert.Equal(HtlcVerdict.Resume, _book.Judge(Htlc with { Key = Htlc.Key with { HtlcId = 8 } }, view, Now));
    }

    [Fact]
    public void A_key_that_comes_back_under_another_hash_is_resumed()
    {
        Assert.Equal(HtlcAction.Waive, Judge(Htlc).Action);
        var other = Granted with { Hash = new(RingScene.Fill(9)), Ring = new(RingScene.Fill(9)) };

        Assert.Equal(HtlcVerdict.Resume, _book.Judge(Htlc with { Hash = other.Hash }, View.WithWaivers([other]), Now));
    }

    [Fact]
    public void A_waiver_ends_at_its_deadline()
    {
        Assert.Equal(HtlcVerdict.Resume, _book.Judge(Htlc, View, Deadline));
        Assert.Equal(HtlcAction.Waive, new WaiverBook([]).Judge(Htlc, View, Deadline.AddTicks(-1)).Action);
    }

    [Fact]
    public void The_agreed_channel_may_go_by_its_alias()
    {
        var verdict = Judge(Htlc with { RequestedChannel = ToDaveAlias });

        Assert.Equal(HtlcAction.Waive, verdict.Action);
        Assert.Equal(ToDave, verdict.Binding?.Outgoing);
    }

    [Fact]
    public void No_name_of_the_agreed_channel_lets_a_blinded_hop_or_none_at_all_stand_for_it()
    {
        var view = View.WithWaivers([Granted with { OutgoingNames = [ToDave, ShortChannelId.Blinded, default] }]);

        Assert.Equal(HtlcVerdict.Resume, _book.Judge(Htlc with { RequestedChannel = ShortChannelId.Blinded }, view, Now));
        Assert.Equal(HtlcVerdict.Resume, _book.Judge(Htlc with { Key = Htlc.Key with { HtlcId = 8 }, RequestedChannel = default }, view, Now));
        Assert.Equal(HtlcAction.Waive, _book.Judge(Htlc with { Key = Htlc.Key with { HtlcId = 9 } }, view, Now).Action);
    }

    [Fact]
    public void The_confirmed_id_of_a_zero_conf_channel_names_it_too()
    {
        var confirmed = new ShortChannelId(4711);
        var channel = Channels[1] with { ConfirmedId = confirmed };
        var waiver = Waiver.For(RingScene.Offer, 2, channel, Amount, Fee, Deadline);

        Assert.Equal([ToDave, confirmed, ToDaveAlias], waiver.OutgoingNames);
        Assert.Equal(
            HtlcAction.Waive, _book.Judge(Htlc with { RequestedChannel = confirmed }, View.WithWaivers([waiver]), Now).Action);
    }

    [Fact]
    public void A_lock_time_at_the_limit_is_within_it() =>
        Assert.Equal(
            HtlcAction.Waive, Judge(Htlc with { IncomingExpiry = Height + 800, AutoFailHeight = (int)Height + 800 - 13 }).Action);

    [Theory]
    [InlineData(0)]
    [InlineData((int)Expiry)]
    [InlineData((int)Expiry + 1)]
    [InlineData(int.MaxValue)]
    public void An_on_chain_re_offer_is_never_answered(int autoFailHeight)
    {
        Assert.Equal(HtlcVerdict.Silence, Judge(Htlc with { AutoFailHeight = autoFailHeight }));
        Assert.Equal(HtlcVerdict.Silence, Judge(Htlc with { AutoFailHeight = autoFailHeight, Hash = new(RingScene.Fill(9)) }));
        Assert.Equal(HtlcAction.Waive, Judge(Htlc).Action);
        Assert.Equal(HtlcVerdict.Silence, Judge(Htlc with { AutoFailHeight = autoFailHeight }));
    }

    [Fact]
    public void An_HTLC_of_a_channel_that_was_closed_is_never_answered()
    {
        var view = View.WithChannels(Channels.RemoveAt(0));

        Assert.Equal(HtlcVerdict.Silence, _book.Judge(Htlc, view, Now));
        Assert.Equal(HtlcVerdict.Silence, _book.Judge(Htlc with { Hash = new(RingScene.Fill(9)) }, view.WithHeight(Height + 1), Now));
        Assert.Equal(HtlcAction.Waive, _book.Judge(Htlc, view.WithChannels(Channels), Now).Action);
    }

    [Fact]
    public void An_HTLC_of_a_channel_that_is_newer_than_the_listing_is_answered()
    {
        Assert.Equal(HtlcVerdict.Resume, _book.Judge(Htlc, ForwardingView.Empty, Now));
        Assert.Equal(HtlcVerdict.Resume, _book.Judge(Htlc with { Key = new(new(42), 0) }, View, Now));
    }

    [Fact]
    public void An_auto_fail_height_that_LND_has_wrapped_is_not_an_on_chain_one() =>
        Assert.Equal(HtlcVerdict.Resume, Judge(Htlc with { IncomingExpiry = uint.MaxValue, AutoFailHeight = -14 }));

    [Theory]
    [InlineData(1_000_000_000, 1_000, 250, -500, -100, 150_475)]
    [InlineData(250_000_000, 0, 1, 0, 0, 250)]
    [InlineData(123_456_789, 7, 333, 11, -45, 35_572)]
    [InlineData(100_000_000, 1_000, 500, 2_000, 300, 83_015)]
    public void The_fee_is_what_LND_computes(long amount, long baseFee, long rate, int inboundBase, int inboundRate, long expected)
    {
        var verdict = JudgeFee(amount, baseFee, rate, inboundBase, inboundRate, new(1_000_000));

        Assert.Equal(HtlcAction.Waive, verdict.Action);
        Assert.Equal(new MilliSatoshi(amount + expected), verdict.InAmount);
        Assert.Equal(new MilliSatoshi(expected), verdict.Binding?.WaivedFee);
    }

    [Theory]
    [InlineData(250_000_001, 1_000, 500, 0, -2_000)]
    [InlineData(250_000_000, 0, 0, 0, 0)]
    public void Where_our_policies_ask_nothing_the_HTLC_passes_by_itself_and_is_known_to_have_passed(
        long amount, long baseFee, long rate, int inboundBase, int inboundRate)
    {
        var verdict = JudgeFee(amount, baseFee, rate, inboundBase, inboundRate, new(1_000_000));

        Assert.Equal(HtlcAction.Resume, verdict.Action);
        Assert.Equal(MilliSatoshi.Zero, verdict.InAmount);
        Assert.Equal((Htlc.Key, MilliSatoshi.Zero), (verdict.Binding?.Key, verdict.Binding?.WaivedFee));
        Assert.Null(Judge(Htlc).Binding);
    }

    [Fact]
    public void A_fee_above_the_cap_fixed_at_acceptance_is_not_waived()
    {
        Assert.Equal(HtlcAction.Waive, JudgeFee(900_000_000, 1_000, 500, 0, 0, Fee).Action);
        Assert.Equal(HtlcVerdict.Resume, new WaiverBookTests().JudgeFee(900_000_000, 1_001, 500, 0, 0, Fee));
    }

    [Fact]
    public void A_policy_at_the_end_of_64_bits_is_not_waived() =>
        Assert.Equal(HtlcVerdict.Resume, JudgeFee(900_000_000, long.MaxValue, long.MaxValue, 0, 0, new(long.MaxValue)));

    [Fact]
    public void Without_both_policies_nothing_is_waived()
    {
        Assert.Equal(HtlcVerdict.Resume, _book.Judge(Htlc, View.WithChannels([Channels[0] with { Policy = null }, Channels[1]]), Now));
        Assert.Equal(HtlcVerdict.Resume, _book.Judge(Htlc, View.WithChannels([Channels[0], Channels[1] with { Policy = null }]), Now));
    }

    [Fact]
    public void Without_a_height_nothing_is_waived() => Assert.Equal(HtlcVerdict.Resume, _book.Judge(Htlc, View.WithHeight(0), Now));

    [Fact]
    public void An_agreed_channel_that_now_leads_elsewhere_or_nowhere_is_not_used()
    {
        Assert.Equal(
            HtlcVerdict.Resume, _book.Judge(Htlc, View.WithChannels([Channels[0], Channels[1] with { Peer = RingScene.Mallory }]), Now));
        Assert.Equal(HtlcVerdict.Resume, _book.Judge(Htlc, View.WithChannels([Channels[0]]), Now));
    }

    [Fact]
    public void The_agreed_channel_sets_the_price_whatever_a_parallel_one_asks()
    {
        var view = View.WithChannels([Channels[0], Channels[1], Channels[2] with { Policy = Policy with { BaseFeeMsat = 900_000 } }]);

        Assert.Equal(Amount + Fee, _book.Judge(Htlc, view, Now).InAmount);
    }

    [Fact]
    public void A_used_key_is_forgotten_only_long_after_its_expiry()
    {
        Assert.Equal(HtlcAction.Waive, Judge(Htlc).Action);

        _book.Prune(Expiry + 2016);
        Assert.Equal(1, _book.Count);
        Assert.Equal(HtlcVerdict.Resume, Judge(Htlc));

        _book.Prune(Expiry + 2017);
        Assert.Equal(0, _book.Count);
    }

    [Fact]
    public void A_used_hash_is_forgotten_only_long_after_its_HTLCs_expiry()
    {
        Assert.Equal(HtlcAction.Waive, Judge(Htlc).Action);

        _book.Prune(Expiry + 2016);
        Assert.Equal(HtlcVerdict.Resume, Judge(Htlc with { Key = Htlc.Key with { HtlcId = 8 } }));

        _book.Prune(Expiry + 2017);
        Assert.Equal(HtlcAction.Waive, Judge(Htlc with { Key = Htlc.Key with { HtlcId = 9 } }).Action);
    }

    [Fact]
    public void A_key_that_passed_after_its_expiry_is_remembered_from_then_on()
    {
        Assert.Equal(HtlcVerdict.Resume, Judge(Htlc with { IncomingExpiry = 51, AutoFailHeight = 38 }));

        _book.Prune(Height + 2016);
        Assert.Equal(1, _book.Count);

        _book.Prune(Height + 2017);
        Assert.Equal(0, _book.Count);
    }

    [Fact]
    public void The_least_that_was_agreed_on_is_waived()
    {
        var least = RingScene.Offer.MinAmount;

        Assert.Equal(HtlcAction.Waive, Judge(Htlc with { IncomingAmount = least, OutgoingAmount = least }).Action);
    }

    [Fact]
    public void An_HTLC_of_nothing_is_never_waived_whatever_was_agreed_on()
    {
        var view = View.WithWaivers([Granted with { MinAmount = MilliSatoshi.Zero }]);

        Assert.Equal(HtlcVerdict.Resume, _book.Judge(Htlc with { IncomingAmount = MilliSatoshi.Zero, OutgoingAmount = MilliSatoshi.Zero }, view, Now));
    }

    [Fact]
    public void No_fee_above_all_bitcoin_there_is_is_waived_whatever_was_agreed_on()
    {
        const long Supply = 2_100_000_000_000_000_000;

        Assert.Equal(HtlcAction.Waive, JudgeFee(900_000_000, Supply, 0, 0, 0, new(long.MaxValue)).Action);
        Assert.Equal(HtlcVerdict.Resume, new WaiverBookTests().JudgeFee(900_000_000, Supply + 1, 0, 0, 0, new(long.MaxValue)));
    }

    [Fact]
    public void What_was_there_before_our_memory_begins_is_never_waived()
    {
        Assert.Equal(HtlcVerdict.Resume, _book.Judge(Htlc, View.WithOlder([Htlc.Key]), Now));

        // Not even when it is off the list: the ring's own HTLC has passed without its waiver.
        Assert.Equal(HtlcVerdict.Resume, _book.Judge(Htlc, View, Now));
        Assert.Equal(HtlcAction.Waive, new WaiverBook([]).Judge(Htlc, View.WithOlder([Htlc.Key with { HtlcId = 6 }]), Now).Action);
    }

    [Fact]
    public void Pruning_at_the_end_of_32_bits_forgets_nothing_that_is_alive()
    {
        var book = new WaiverBook([RingScene.Binding with { IncomingExpiry = uint.MaxValue }]);

        book.Prune(uint.MaxValue);

        Assert.Equal(1, book.Count);
    }

    [Fact]
    public void A_verdict_on_what_is_not_ours_allocates_nothing()
    {
        var ordinary = Htlc with { Hash = new(RingScene.Fill(9)) };
        Assert.Equal(HtlcVerdict.Resume, Judge(ordinary));

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var count = 0; count < 1_000; count++)
        {
            _book.Judge(ordinary, View, Now);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void In_a_ring_of_two_the_HTLC_does_not_go_back_over_the_channel_it_came_in_on()
    {
        var view = View.WithWaivers([Granted with { Previous = RingScene.Dave }]);

        Assert.Equal(HtlcVerdict.Resume, _book.Judge(Htlc with { Key = new(ToDave, 7) }, view, Now));
        Assert.Equal(HtlcAction.Waive, _book.Judge(Htlc with { Key = new(ToDaveToo, 7) }, view, Now).Action);
    }

    [Fact]
    public void No_agreement_reaches_above_all_bitcoin_there_is()
    {
        var view = View.WithWaivers([Granted with { MaxAmount = new(long.MaxValue), FeeCap = new(long.MaxValue) }]);
        var most = Htlc with { IncomingAmount = MilliSatoshi.MaxSupply, OutgoingAmount = MilliSatoshi.MaxSupply };

        Assert.Equal(
            HtlcVerdict.Resume,
            _book.Judge(most with { IncomingAmount = MilliSatoshi.OutOfRange, OutgoingAmount = MilliSatoshi.OutOfRange }, view, Now));
        Assert.True(new WaiverBook([]).Judge(most, view, Now).InAmount > MilliSatoshi.MaxSupply);
    }

    [Fact]
    public void Two_waivers_for_one_hash_are_our_own_fault() =>
        Assert.Throws<ArgumentException>(() => View.WithWaivers([Granted, Granted with { Ring = new(RingScene.Fill(9)) }]));

    private HtlcVerdict Judge(in InterceptedHtlc htlc) => _book.Judge(htlc, View, Now);

    private HtlcVerdict JudgeFee(long amount, long baseFee, long rate, int inboundBase, int inboundRate, MilliSatoshi cap)
    {
        var policy = new RoutingPolicy(baseFee, rate, 80, new(1), MilliSatoshi.Zero);
        var view = ViewWith(Policy with { InboundBaseFeeMsat = inboundBase, InboundFeeRatePpm = inboundRate }, policy)
            .WithWaivers([Granted with { MinAmount = new(1), MaxAmount = RingScene.Sat(2_000_000), FeeCap = cap }]);
        return _book.Judge(Htlc with { IncomingAmount = new(amount), OutgoingAmount = new(amount) }, view, Now);
    }
}
