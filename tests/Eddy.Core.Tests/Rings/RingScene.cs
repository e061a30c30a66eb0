using System.Collections.Immutable;
using System.Text;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Core.Tests.Rings;

/// <summary>An event with the name it has in tables and diagrams.</summary>
public sealed record Sample(string Label, RingEvent Event);

/// <summary>
/// One half of a ring of four (Alice proposes, Bob, Carol and Dave are members) with a starting state of every kind and samples of every
/// event: those that mean something and their misfits.
/// </summary>
public sealed class RingScene
{
    public const uint Ttl = 60;

    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly DateTimeOffset Early = Start.AddSeconds(1);

    /// <summary>Past every deadline.</summary>
    public static readonly DateTimeOffset Late = Start.AddSeconds(70);

    public static readonly NodeId Alice = Node(1);
    public static readonly NodeId Bob = Node(2);
    public static readonly NodeId Carol = Node(3);
    public static readonly NodeId Dave = Node(4);
    public static readonly NodeId Mallory = Node(66);

    public static readonly Preimage Preimage = new(Fill(0x70));
    public static readonly ImmutableArray<Bytes32> Records = [Fill(0x51), Fill(0x52), Fill(0x53)];

    public static readonly RingOffer Offer = new()
    {
        Digest = Fill(0xD1),
        Chain = Fill(0xC4),
        Id = new(Fill(0x1D)),
        Nodes = [Alice, Bob, Carol, Dave],
        Hash = Preimage.Hash(),
        Commitments = [.. Records.Select(record => record.Hash())],
        Amount = Sat(1_000_000),
        MinAmount = Sat(50_000),
        TtlSeconds = Ttl,
        MaxLockBlocks = 800,
    };

    public static readonly RingTerms.Initiator InitiatorTerms = new(
        Offer,
        Start.AddSeconds(Ttl),
        Encoding.ASCII.GetBytes("offer"),
        Preimage,
        Records,
        new ShortChannelId(100),
        FinalCltv: 18,
        Gain: Sat(1));

    /// <summary>What Bob, Carol and Dave agree to: the amount shrinks at Carol.</summary>
    public static readonly ImmutableArray<MemberTerms> MembersTerms = [TermsOf(1, 1_000_000), TermsOf(2, 900_000), TermsOf(3, 900_000)];

    /// <summary>Carol's.</summary>
    public static readonly Waiver Waiver = new(
        Offer.Id,
        Offer.Hash,
        Offer.Commitments[1],
        Offer.MinAmount,
        Sat(900_000),
        Bob,
        new ShortChannelId(102),
        [new ShortChannelId(102)],
        Dave,
        800,
        Sat(1_000),
        Start.AddSeconds(Ttl));

    public static readonly RingTerms.Member MemberTermsOfCarol = new(
        Offer, Start.AddSeconds(Ttl), 2, Signed("offer"), [Signed("bob")], MembersTerms[1], Waiver);

    public static readonly CircuitKey Key = new(new ShortChannelId(101), 7);

    public static readonly WaiverBinding Binding = new(
        Offer.Id, Offer.Hash, Key, new ShortChannelId(102), Sat(900_000), new MilliSatoshi(451_000), 800_100);

    public static readonly RingScene Initiator = new(
        InitiatorTerms,
        RingMachine.Propose(InitiatorTerms),
        [
            new InitiatorState.Signing(),
            new InitiatorState.Walking(Signed("offer")),
            new InitiatorState.Invoicing(MembersTerms, Sat(900_000)),
            .. Enum.GetValues<PayingStep>().Select(PayingAt),
            new InitiatorState.Settled(Sat(900_000), MilliSatoshi.Zero, Sat(900_000)),
            new InitiatorState.Failed(Sat(900_000), FailureCode.FeeInsufficient, 2),
            new InitiatorState.Rejected(2, RejectReason.Busy),
            new InitiatorState.Cancelled(CancelReason.Requested),
            new InitiatorState.Expired(),
        ],
        SamplesFor(next: Bob, previous: Dave, refuser: 2));

    public static readonly RingScene Member = new(
        MemberTermsOfCarol,
        RingMachine.Accept(MemberTermsOfCarol),
        [
            new MemberState.Signing(),
            new MemberState.Accepted(Signed("carol")),
            new MemberState.Bound(Binding, Early, Early.AddSeconds(60)),
            new MemberState.Bound(Binding, Early, Early.AddSeconds(60), IsOverdue: true),
            new MemberState.Bound(Binding, Early, Early.AddSeconds(60), IsDonePassed: true),
            new MemberState.Settled(Binding, IsDonePassed: false),
            new MemberState.Settled(Binding, IsDonePassed: true),
            new MemberState.Failed(Binding, null, IsDonePassed: false),
            new MemberState.Failed(Binding, null, IsDonePassed: true),
            new MemberState.Expired(),
            new MemberState.Released(RingOutcome.Cancelled),
        ],
        SamplesFor(next: Dave, previous: Bob, refuser: 3));

    private RingScene(RingTerms terms, Transition begin, ImmutableArray<RingState> states, ImmutableArray<Sample> samples)
    {
        Terms = terms;
        Begin = begin;
        States = states;
        Samples = samples;
    }

    public RingTerms Terms { get; }

    public Transition Begin { get; }

    public ImmutableArray<RingState> States { get; }

    public ImmutableArray<Sample> Samples { get; }

    public static NodeId Node(byte number) => new([2, .. Enumerable.Repeat(number, 32)]);

    public static Bytes32 Fill(byte value) => new([.. Enumerable.Repeat(value, 32)]);

    public static MilliSatoshi Sat(long satoshi) => MilliSatoshi.FromSatoshi(satoshi);

    public static SignedBytes Signed(string text) => new(Encoding.ASCII.GetBytes(text), new byte[65]);

    public static MemberTerms TermsOf(int position, long satoshi) => new(
        Fill(0xD1), position, new ShortChannelId(100 + (ulong)position), 40, new MilliSatoshi(1), MilliSatoshi.Zero, Sat(satoshi), Sat(0));

    public static ImmutableArray<ReceivedTerms> Received(IEnumerable<MemberTerms> terms) =>
        [.. terms.Select(entry => new ReceivedTerms(entry, IsVerified: true))];

    /// <summary>A state's name, with what tells states of one name apart.</summary>
    public static string Label(RingState state) => state switch
    {
        InitiatorState.Paying paying => $"Paying.{paying.Step}",
        MemberState.Bound bound => "Bound" + (bound.IsOverdue ? ".Overdue" : "") + (bound.IsDonePassed ? ".DonePassed" : ""),
        MemberState.Settled { IsDonePassed: true } or MemberState.Failed { IsDonePassed: true } => state.Name + ".DonePassed",
        _ => state.Name,
    };

    public Transition Apply(RingState state, RingEvent ringEvent) => RingMachine.Apply(Terms, state, ringEvent);

    public RingState State(string label) => States.Single(state => Label(state) == label);

    public RingEvent Event(string label) => Samples.Single(sample => sample.Label == label).Event;

    private static InitiatorState.Paying PayingAt(PayingStep step) => new(
        MembersTerms,
        Sat(900_000),
        RouteBuilder.Build(InitiatorTerms, MembersTerms, Sat(900_000), new byte[32], 18, 800_000)!, // these terms fit
        step);

    private static ImmutableArray<Sample> SamplesFor(NodeId next, NodeId previous, int refuser) =>
    [
        new("TimePassed", new RingEvent.TimePassed(Early)),
        new("TimePassed (late)", new RingEvent.TimePassed(Late)),
        new("Restarted", new RingEvent.Restarted(Early)),
        new("Restarted (late)", new RingEvent.Restarted(Late)),
        new("CancelRequested", new RingEvent.CancelRequested(Early)),
        new("SigningFailed", new RingEvent.SigningFailed(Early)),
        new("NextHopAway", new RingEvent.NextHopAway(Early)),
        new("RejectReceived", new RingEvent.RejectReceived(Early, next, refuser, RejectReason.Busy)),
        new("RejectReceived (by a stranger)", new RingEvent.RejectReceived(Early, Mallory, refuser, RejectReason.Busy)),
        new("RejectReceived (position 0)", new RingEvent.RejectReceived(Early, next, 0, RejectReason.Busy)),
        new("RejectReceived (position 4)", new RingEvent.RejectReceived(Early, next, 4, RejectReason.Busy)),
        new("DoneReceived", new RingEvent.DoneReceived(Early, previous, RingOutcome.Failed, 2, 12)),
        new("DoneReceived (by a stranger)", new RingEvent.DoneReceived(Early, Mallory, RingOutcome.Failed, 2, 12)),
        new("OfferSigned", new RingEvent.OfferSigned(Early, new byte[65])),
        new("OfferSigned (late)", new RingEvent.OfferSigned(Late, new byte[65])),
        new("ProposalReturned", new RingEvent.ProposalReturned(Early, previous, Offer.Digest, Received(MembersTerms))),
        new("ProposalReturned (late)", new RingEvent.ProposalReturned(Late, previous, Offer.Digest, Received(MembersTerms))),
        new("ProposalReturned (unfit)", new RingEvent.ProposalReturned(
            Early, previous, Offer.Digest, [.. Received(MembersTerms).Take(2), new(MembersTerms[2], IsVerified: false)])),
        new("ProposalReturned (by a stranger)", new RingEvent.ProposalReturned(Early, Mallory, Offer.Digest, Received(MembersTerms))),
        new("ProposalReturned (other offer)", new RingEvent.ProposalReturned(Early, previous, Fill(0), Received(MembersTerms))),
        new("InvoiceAdded", new RingEvent.InvoiceAdded(Early, new byte[32], 18, 800_000)),
        new("InvoiceAdded (late)", new RingEvent.InvoiceAdded(Late, new byte[32], 18, 800_000)),
        new("InvoiceAdded (unfit)", new RingEvent.InvoiceAdded(Early, new byte[32], 700, 800_000)),
        new("InvoiceFailed", new RingEvent.InvoiceFailed(Early)),
        new("InvoiceFound (open)", new RingEvent.InvoiceFound(Early, RingInvoice.Open, MilliSatoshi.Zero)),
        new("InvoiceFound (open, late)", new RingEvent.InvoiceFound(Late, RingInvoice.Open, MilliSatoshi.Zero)),
        new("InvoiceFound (settled)", new RingEvent.InvoiceFound(Early, RingInvoice.Settled, Sat(900_000))),
        new("InvoiceFound (unusable)", new RingEvent.InvoiceFound(Early, RingInvoice.Unusable, MilliSatoshi.Zero)),
        new("InvoiceNotFound", new RingEvent.InvoiceNotFound(Early)),
        new("PaymentSettled", new RingEvent.PaymentSettled(Early, MilliSatoshi.Zero)),
        new("PaymentFailed", new RingEvent.PaymentFailed(Early, FailureCode.FeeInsufficient, 2)),
        new("PaymentRefused", new RingEvent.PaymentRefused(Early)),
        new("PaymentUnclear", new RingEvent.PaymentUnclear(Early)),
        new("PaymentNotFound", new RingEvent.PaymentNotFound(Early)),
        new("TermsSigned", new RingEvent.TermsSigned(Early, Signed("carol"))),
        new("TermsSigned (late)", new RingEvent.TermsSigned(Late, Signed("carol"))),
        new("ProposalRepeated", new RingEvent.ProposalRepeated(Early, previous, Offer.Digest)),
        new("ProposalRepeated (late)", new RingEvent.ProposalRepeated(Late, previous, Offer.Digest)),
        new("ProposalRepeated (by a stranger)", new RingEvent.ProposalRepeated(Early, Mallory, Offer.Digest)),
        new("ProposalRepeated (other offer)", new RingEvent.ProposalRepeated(Early, previous, Fill(0))),
        new("HtlcBound", new RingEvent.HtlcBound(Early, Binding)),
        new("HtlcBound (other ring)", new RingEvent.HtlcBound(Early, Binding with { Ring = new(Fill(0)) })),
        new("HtlcBound (other hash)", new RingEvent.HtlcBound(Early, Binding with { Hash = new(Fill(0)) })),
        new("HtlcSettled", new RingEvent.HtlcSettled(Early, Key)),
        new("HtlcSettled (other key)", new RingEvent.HtlcSettled(Early, Key with { HtlcId = 8 })),
        new("HtlcFailed", new RingEvent.HtlcFailed(Early, Key, null)),
        new("HtlcFailed (other key)", new RingEvent.HtlcFailed(Early, Key with { HtlcId = 8 }, null)),
        new("HtlcEventsLost", new RingEvent.HtlcEventsLost(Early)),
        new("CircuitFound (settled)", new RingEvent.CircuitFound(Early, Key, CircuitFate.Settled)),
        new("CircuitFound (gone)", new RingEvent.CircuitFound(Early, Key, CircuitFate.Gone)),
        new("CircuitFound (pending)", new RingEvent.CircuitFound(Early, Key, CircuitFate.Pending)),
        new("CircuitFound (pending late)", new RingEvent.CircuitFound(Late, Key, CircuitFate.Pending)),
        new("CircuitFound (other key)", new RingEvent.CircuitFound(Early, Key with { HtlcId = 8 }, CircuitFate.Gone)),
    ];
}
