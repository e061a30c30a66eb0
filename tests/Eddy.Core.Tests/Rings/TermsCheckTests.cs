using System.Collections.Immutable;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Core.Tests.Rings;

public sealed class TermsCheckTests
{
    [Fact]
    public void Terms_that_fit_have_no_fault() => Assert.Null(Check(RingScene.MembersTerms));

    [Fact]
    public void A_member_whose_terms_are_missing_is_named() =>
        Assert.Equal(new TermsFault(TermsFaultKind.Count, 3), Check(RingScene.MembersTerms.Take(2)));

    [Fact]
    public void Terms_of_somebody_beyond_the_last_member_are_laid_to_the_last() =>
        Assert.Equal(new TermsFault(TermsFaultKind.Count, 3), Check(RingScene.MembersTerms.Append(RingScene.TermsOf(4, 900_000))));

    [Fact]
    public void No_terms_at_all_are_laid_to_the_first() => Assert.Equal(new TermsFault(TermsFaultKind.Count, 1), Check([]));

    [Fact]
    public void Terms_that_cannot_be_read_are_laid_to_their_member() =>
        Assert.Equal(
            new TermsFault(TermsFaultKind.Malformed, 2),
            TermsCheck.FindFault(RingScene.InitiatorTerms, RingScene.Received(RingScene.MembersTerms).SetItem(1, new(null, true))));

    [Fact]
    public void Terms_that_their_member_did_not_sign_are_laid_to_it() =>
        Assert.Equal(
            new TermsFault(TermsFaultKind.Signature, 2),
            TermsCheck.FindFault(
                RingScene.InitiatorTerms, RingScene.Received(RingScene.MembersTerms).SetItem(1, new(RingScene.MembersTerms[1], false))));

    [Fact]
    public void Terms_of_another_member_that_were_altered_on_the_way_are_held_against_the_last_who_passed_them_on()
    {
        var received = RingScene.Received(RingScene.MembersTerms);
        var grown = RingScene.MembersTerms[1] with { Amount = RingScene.Sat(1_000_001) };

        Assert.Equal(RingScene.Dave, Blamed(received.SetItem(0, new(RingScene.MembersTerms[0], false))));
        Assert.Equal(RingScene.Dave, Blamed(received.SetItem(0, new(null, true))));
        Assert.Equal(RingScene.Dave, Blamed(received.SetItem(1, new(grown, true))));

        // What the others need not look at is the word of the one who signed it.
        Assert.Equal(RingScene.Bob, Blamed(received.SetItem(0, new(RingScene.MembersTerms[0] with { Channel = default }, true))));

        static NodeId Blamed(ImmutableArray<ReceivedTerms> terms)
        {
            var home = new RingEvent.ProposalReturned(RingScene.Early, RingScene.Dave, RingScene.Offer.Digest, terms);
            var end = RingMachine.Apply(RingScene.InitiatorTerms, new InitiatorState.Walking(RingScene.Signed("offer")), home);
            Assert.IsType<InitiatorState.Cancelled>(end.Next);
            return Assert.Single(end.Effects.OfType<RingEffect.BackOff>()).Node;
        }
    }

    public static TheoryData<string, TermsFaultKind> Faults => new()
    {
        { "other offer", TermsFaultKind.Digest },
        { "other position", TermsFaultKind.Position },
        { "no channel", TermsFaultKind.Channel },
        { "blinded channel", TermsFaultKind.Channel },
        { "no delta", TermsFaultKind.CltvDelta },
        { "delta beyond LND's", TermsFaultKind.CltvDelta },
        { "amount grows", TermsFaultKind.Amount },
        { "amount below the least", TermsFaultKind.Amount },
        { "negative amount", TermsFaultKind.Amount },
        { "amount that cannot exist", TermsFaultKind.Amount },
        { "negative gain", TermsFaultKind.Gain },
        { "gain beyond both ends", TermsFaultKind.Gain },
        { "min HTLC above", TermsFaultKind.HtlcLimits },
        { "max HTLC below", TermsFaultKind.HtlcLimits },
        { "locks too long", TermsFaultKind.LockTime },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Each_fault_is_found_and_laid_to_its_member(string name, TermsFaultKind kind)
    {
        var good = RingScene.MembersTerms[1];
        var bad = name switch
        {
            "other offer" => good with { OfferDigest = RingScene.Fill(0) },
            "other position" => good with { Position = 3 },
            "no channel" => good with { Channel = default },
            "blinded channel" => good with { Channel = ShortChannelId.Blinded },
            "no delta" => good with { CltvDelta = 0 },
            "delta beyond LND's" => good with { CltvDelta = 2017 },
            "amount grows" => good with { Amount = RingScene.MembersTerms[0].Amount + new MilliSatoshi(1) },
            "amount below the least" => good with { Amount = RingScene.Offer.MinAmount - new MilliSatoshi(1) },
            "negative amount" => good with { Amount = new(-1) },
            "amount that cannot exist" => good with { Amount = MilliSatoshi.OutOfRange },
            "negative gain" => good with { Gain = new(-1) },
            "gain beyond both ends" => good with { Gain = RingScene.Sat(1_800_001) },
            "min HTLC above" => good with { MinHtlc = RingScene.Sat(900_001) },
            "max HTLC below" => good with { MaxHtlc = RingScene.Sat(899_999) },
            "locks too long" => good with { CltvDelta = 800 },
            _ => throw new ArgumentOutOfRangeException(nameof(name)),
        };

        Assert.Equal(new TermsFault(kind, 2), Check(RingScene.MembersTerms.SetItem(1, bad)));
    }

    [Fact]
    public void Terms_at_the_edge_of_what_is_allowed_have_no_fault()
    {
        var (bob, carol, dave) = (RingScene.MembersTerms[0], RingScene.MembersTerms[1], RingScene.MembersTerms[2]);
        var least = RingScene.Offer.MinAmount;

        Assert.Null(Check([bob with { Amount = least }, carol with { Amount = least }, dave with { Amount = least }]));
        Assert.Null(Check([bob, carol with { Gain = carol.Amount + carol.Amount }, dave]));
        Assert.Null(Check([bob, carol with { MinHtlc = dave.Amount, MaxHtlc = dave.Amount }, dave]));

        // LND would forward it; only the whole ring's limit stands against it.
        Assert.Equal(new TermsFault(TermsFaultKind.LockTime, 2), Check([bob, carol with { CltvDelta = 2016 }, dave]));
    }

    [Fact]
    public void An_amount_that_shrank_at_one_member_does_not_grow_again_at_the_next() =>
        Assert.Equal(
            new TermsFault(TermsFaultKind.Amount, 3),
            Check(RingScene.MembersTerms.SetItem(2, RingScene.MembersTerms[2] with { Amount = RingScene.MembersTerms[1].Amount + new MilliSatoshi(1) })));

    [Fact]
    public void The_amount_agreed_last_is_what_every_channel_has_to_take() =>
        Assert.Equal(
            new TermsFault(TermsFaultKind.HtlcLimits, 1),
            Check(RingScene.MembersTerms.SetItem(0, RingScene.MembersTerms[0] with { MinHtlc = RingScene.Sat(950_000) })));

    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(1, 0, true)]
    [InlineData(0, 1, true)]
    public void Somebody_in_the_ring_has_to_gain(long own, long daves, bool fits)
    {
        var ring = RingScene.InitiatorTerms with { Gain = RingScene.Sat(own) };
        var terms = RingScene.MembersTerms.SetItem(2, RingScene.MembersTerms[2] with { Gain = RingScene.Sat(daves) });

        Assert.Equal(
            fits ? null : new TermsFault(TermsFaultKind.NobodyGains, null), TermsCheck.FindFault(ring, RingScene.Received(terms)));
    }

    [Theory]
    [InlineData(699, true)]
    [InlineData(700, false)]
    public void Together_they_lock_money_for_as_long_as_the_offer_says_and_no_longer(uint delta, bool fits)
    {
        // 40 + 40 + 18 + 3 blocks besides.
        var terms = RingScene.MembersTerms.SetItem(2, RingScene.MembersTerms[2] with { CltvDelta = delta });

        Assert.Equal(fits ? null : new TermsFault(TermsFaultKind.LockTime, 3), Check(terms));
    }

    private static TermsFault? Check(IEnumerable<MemberTerms> terms) =>
        TermsCheck.FindFault(RingScene.InitiatorTerms, RingScene.Received(terms));
}
