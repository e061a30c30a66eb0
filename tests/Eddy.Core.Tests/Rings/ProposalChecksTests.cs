using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Core.Tests.Rings;

/// <summary>Carol, at position 2, is asked.</summary>
public sealed class ProposalChecksTests
{
    private static readonly NodeAbilities Full = new(CanInitiate: true, CanWaive: true);

    private static readonly ProposalContext Context = new()
    {
        Self = RingScene.Carol,
        Chain = RingScene.Offer.Chain,
        Abilities = new Dictionary<NodeId, NodeAbilities>
        {
            [RingScene.Alice] = Full,
            [RingScene.Bob] = Full,
            [RingScene.Carol] = Full,
            [RingScene.Dave] = Full,
        },
        MaxLength = 6,
    };

    private static readonly ReceivedProposal Proposal = new(
        RingScene.Bob, RingScene.Offer, IsOfferVerified: true, RingScene.Received([RingScene.MembersTerms[0]]), IsHashUsed: false);

    [Fact]
    public void A_proposal_in_order_passes_and_asks_for_what_the_member_before_agreed_to()
    {
        Assert.Null(ProposalChecks.Check(Context, Proposal));
        Assert.Equal(2, ProposalChecks.PositionOf(RingScene.Offer, RingScene.Carol));
        Assert.Equal(RingScene.Sat(700_000), ProposalChecks.AskedAmount(WithBob(RingScene.MembersTerms[0] with { Amount = RingScene.Sat(700_000) })));
    }

    [Fact]
    public void An_amount_that_shrank_does_not_grow_again_at_the_next_member()
    {
        var (bob, carol) = (RingScene.MembersTerms[0] with { Amount = RingScene.Sat(800_000) }, RingScene.MembersTerms[1]);

        Assert.Null(CheckAsDave(carol with { Amount = bob.Amount }));
        Assert.Equal(RejectReason.Invalid, CheckAsDave(carol with { Amount = bob.Amount + new MilliSatoshi(1) }));

        RejectReason? CheckAsDave(MemberTerms second) => ProposalChecks.Check(
            Context with { Self = RingScene.Dave }, Proposal with { From = RingScene.Carol, PriorTerms = RingScene.Received([bob, second]) });
    }

    [Fact]
    public void The_first_member_refuses_a_least_amount_above_the_amount()
    {
        var offer = RingScene.Offer with { MinAmount = RingScene.Offer.Amount + new MilliSatoshi(1) };

        Assert.Equal(
            RejectReason.Invalid, ProposalChecks.Check(Context with { Self = RingScene.Bob }, With(offer) with { From = RingScene.Alice, PriorTerms = [] }));
    }

    [Fact]
    public void The_first_member_is_asked_for_the_offers_amount()
    {
        var proposal = Proposal with { From = RingScene.Alice, PriorTerms = [] };

        Assert.Null(ProposalChecks.Check(Context with { Self = RingScene.Bob }, proposal));
        Assert.Equal(RingScene.Offer.Amount, ProposalChecks.AskedAmount(proposal));
    }

    [Fact]
    public void The_initiator_and_a_stranger_have_no_member_position()
    {
        Assert.Null(ProposalChecks.PositionOf(RingScene.Offer, RingScene.Alice));
        Assert.Null(ProposalChecks.PositionOf(RingScene.Offer, RingScene.Mallory));
    }

    public static TheoryData<string, RejectReason> Misfits => new()
    {
        { "from the next hop", RejectReason.Invalid },
        { "from a stranger", RejectReason.Invalid },
        { "we are not in it", RejectReason.Invalid },
        { "we are its initiator", RejectReason.Invalid },
        { "a node twice", RejectReason.Invalid },
        { "one node only", RejectReason.Invalid },
        { "thirteen nodes", RejectReason.Invalid },
        { "longer than ours", RejectReason.Limit },
        { "commitment missing", RejectReason.Invalid },
        { "other chain", RejectReason.Invalid },
        { "ttl too short", RejectReason.Invalid },
        { "ttl too long", RejectReason.Invalid },
        { "no least amount", RejectReason.Invalid },
        { "least above amount", RejectReason.Invalid },
        { "amount that cannot exist", RejectReason.Invalid },
        { "not signed", RejectReason.Invalid },
        { "hash seen before", RejectReason.Invalid },
        { "terms missing", RejectReason.Invalid },
        { "terms of ours already", RejectReason.Invalid },
        { "terms unreadable", RejectReason.Invalid },
        { "terms not signed", RejectReason.Invalid },
        { "terms for another offer", RejectReason.Invalid },
        { "terms for another position", RejectReason.Invalid },
        { "amount grew", RejectReason.Invalid },
        { "amount below least", RejectReason.Invalid },
        { "locks too long", RejectReason.LockTime },
    };

    [Theory]
    [MemberData(nameof(Misfits))]
    public void A_proposal_out_of_order_is_refused(string name, RejectReason expected)
    {
        var (offer, bob) = (RingScene.Offer, RingScene.MembersTerms[0]);
        var proposal = name switch
        {
            "from the next hop" => Proposal with { From = RingScene.Dave },
            "from a stranger" => Proposal with { From = RingScene.Mallory },
            "we are not in it" => With(offer with { Nodes = offer.Nodes.SetItem(2, RingScene.Mallory) }),
            "we are its initiator" => With(offer with { Nodes = [RingScene.Carol, RingScene.Bob, RingScene.Alice, RingScene.Dave] }) with
            {
                From = RingScene.Dave,
            },
            "a node twice" => With(offer with { Nodes = offer.Nodes.SetItem(3, RingScene.Bob) }),
            "one node only" => With(offer with { Nodes = [RingScene.Carol], Commitments = [] }),
            "thirteen nodes" => With(Longer(13)),
            "longer than ours" => With(Longer(7)),
            "commitment missing" => With(offer with { Commitments = offer.Commitments.RemoveAt(0) }),
            "other chain" => With(offer with { Chain = RingScene.Fill(0) }),
            "ttl too short" => With(offer with { TtlSeconds = RingOffer.MinTtlSeconds - 1 }),
            "ttl too long" => With(offer with { TtlSeconds = RingOffer.MaxTtlSeconds + 1 }),
            "no least amount" => With(offer with { MinAmount = MilliSatoshi.Zero }),
            "least above amount" => With(offer with { MinAmount = offer.Amount + new MilliSatoshi(1) }),
            "amount that cannot exist" => With(offer with { Amount = MilliSatoshi.OutOfRange }),
            "not signed" => Proposal with { IsOfferVerified = false },
            "hash seen before" => Proposal with { IsHashUsed = true },
            "terms missing" => Proposal with { PriorTerms = [] },
            "terms of ours already" => Proposal with { PriorTerms = RingScene.Received(RingScene.MembersTerms.Take(2)) },
            "terms unreadable" => Proposal with { PriorTerms = [new(null, true)] },
            "terms not signed" => Proposal with { PriorTerms = [new(bob, false)] },
            "terms for another offer" => WithBob(bob with { OfferDigest = RingScene.Fill(0) }),
            "terms for another position" => WithBob(bob with { Position = 2 }),
            "amount grew" => WithBob(bob with { Amount = offer.Amount + new MilliSatoshi(1) }),
            "amount below least" => WithBob(bob with { Amount = offer.MinAmount - new MilliSatoshi(1) }),
            "locks too long" => With(offer with { MaxLockBlocks = 801 }),
            _ => throw new ArgumentOutOfRangeException(nameof(name)),
        };

        Assert.Equal(expected, ProposalChecks.Check(Context, proposal));
    }

    public static TheoryData<string> Edges =>
    [
        "as long as ours", "two nodes", "twelve nodes", "shortest ttl", "longest ttl", "least is all", "all bitcoin there is", "no less than the least", "locks as long as ours",
    ];

    [Theory]
    [MemberData(nameof(Edges))]
    public void A_proposal_at_the_edge_of_what_is_allowed_passes(string name)
    {
        var offer = RingScene.Offer;
        var (context, proposal) = name switch
        {
            "as long as ours" => (Context with { MaxLength = offer.Length }, Proposal),
            "two nodes" => (Context, With(offer with { Nodes = [RingScene.Alice, RingScene.Carol], Commitments = offer.Commitments[..1] }) with
            {
                From = RingScene.Alice,
                PriorTerms = [],
            }),
            "twelve nodes" => (Context with { MaxLength = 12 }, With(Longer(12))),
            "shortest ttl" => (Context, With(offer with { TtlSeconds = 5 })),
            "longest ttl" => (Context, With(offer with { TtlSeconds = 600 })),
            "least is all" => (Context, With(offer with { MinAmount = offer.Amount })),
            "all bitcoin there is" => (Context, With(offer with { Amount = MilliSatoshi.MaxSupply })),
            "no less than the least" => (Context, WithBob(RingScene.MembersTerms[0] with { Amount = offer.MinAmount })),
            "locks as long as ours" => (Context with { MaxLockBlocks = offer.MaxLockBlocks }, Proposal),
            _ => throw new ArgumentOutOfRangeException(nameof(name)),
        };

        Assert.Null(ProposalChecks.Check(context, proposal));
    }

    /// <summary>Who proposes: abilities of Alice (lowest), Bob, Carol, Dave as initiate/waive, "-" for unknown, and the position of who does.</summary>
    [Theory]
    [InlineData("iw iw iw iw", 0, true)]
    [InlineData("iw iw iw iw", 1, false)]
    [InlineData(" w iw iw iw", 0, false)]
    [InlineData(" w iw iw iw", 1, true)]
    [InlineData("- iw iw iw", 1, false)]
    [InlineData("iw - - -", 0, true)]
    [InlineData("- - - -", 0, true)]
    [InlineData("iw iw iw i", 0, false)]
    [InlineData("iw iw iw i", 3, true)]
    [InlineData("- - - i", 3, true)]
    [InlineData("i iw iw i", 0, false)]
    [InlineData("i iw iw i", 3, false)]
    [InlineData("iw iw iw .", 0, false)]
    [InlineData("iw iw iw .", 3, false)]
    [InlineData("w w w iw", 3, true)]
    public void The_lowest_that_can_initiate_proposes_unless_exactly_one_cannot_waive(string abilities, int initiator, bool may)
    {
        NodeId[] nodes = [RingScene.Alice, RingScene.Bob, RingScene.Carol, RingScene.Dave];
        var known = abilities.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Zip(nodes)
            .Where(pair => pair.First != "-")
            .ToDictionary(pair => pair.Second, pair => new NodeAbilities(pair.First.Contains('i'), pair.First.Contains('w')));
        var offer = RingScene.Offer with { Nodes = [.. nodes.Skip(initiator), .. nodes.Take(initiator)] };

        Assert.Equal(may, ProposalChecks.MayPropose(offer, known));
    }

    [Fact]
    public void Somebody_without_the_right_to_propose_is_told_so()
    {
        var proposal = With(RingScene.Offer with { Nodes = [RingScene.Bob, RingScene.Dave, RingScene.Carol, RingScene.Alice] }) with
        {
            From = RingScene.Dave,
        };

        Assert.Equal(RejectReason.NotProposer, ProposalChecks.Check(Context, proposal));
    }

    private static ReceivedProposal With(RingOffer offer) => Proposal with { Offer = offer };

    private static ReceivedProposal WithBob(MemberTerms terms) => Proposal with { PriorTerms = RingScene.Received([terms]) };

    private static RingOffer Longer(int length) => RingScene.Offer with
    {
        Nodes = [.. Enumerable.Range(1, length).Select(number => RingScene.Node((byte)number))],
        Commitments = [.. Enumerable.Range(1, length - 1).Select(number => RingScene.Fill((byte)number))],
    };
}
