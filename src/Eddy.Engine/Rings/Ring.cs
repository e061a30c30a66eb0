using System.Collections.Immutable;
using Eddy.Engine.Storage;
using Eddy.Engine.Views;
using Eddy.Engine.Wire;
using Eddy.Lightning;
using Eddy.Liquidity;
using Eddy.Rings;

namespace Eddy.Engine.Rings;

/// <summary>One ring at this node: the machine's terms and state, and what is told of it.</summary>
internal sealed class Ring(RingTerms terms, RingState state, DateTimeOffset startedAt)
{
    public RingId Id => Terms.Offer.Id;

    public RingTerms Terms { get; } = terms;

    public RingState State { get; private set; } = state;

    /// <summary>The members' terms, as far as they are known.</summary>
    public ImmutableArray<MemberTerms> Agreed { get; private set; } = terms is RingTerms.Member member
        ? [.. member.PriorTerms.Select(static signed => WireDecoder.DecodeTerms(signed.Bytes)).OfType<MemberTerms>(), member.Own]
        : [];

    public DateTimeOffset StartedAt { get; } = startedAt;

    public DateTimeOffset? EndedAt { get; set; }

    public RingPhases Phases { get; } = new();

    public List<RingStoryLine> Story { get; init; } = [];

    /// <summary>As an initiator: what the ring would have cost at least, by the one policy that is known.</summary>
    public MilliSatoshi SavedFee { get; set; }

    /// <summary>A question to LND that it could not answer.</summary>
    public RingEffect? Unanswered { get; set; }

    /// <summary>Commands that send or follow its payment and were not answered yet.</summary>
    public int PaymentCommands { get; set; }

    /// <summary>Where LND really sent our HTLC, as a member.</summary>
    public ShortChannelId? LeftOn { get; set; }

    /// <summary>Where the move comes in, as far as it is known.</summary>
    public ShortChannelId? ComesInOn { get; set; }

    /// <summary>The channels that this ring does not bring nearer their targets.</summary>
    public IReadOnlyCollection<ShortChannelId> Neutral { get; set; } = [];

    /// <summary>How often this ring was tried with a larger amount before.</summary>
    public int Retries { get; set; }

    public int Position => Terms is RingTerms.Member member ? member.Position : 0;

    public bool IsInitiator => Terms is RingTerms.Initiator;

    public NodeId Previous => Terms.Offer.At(Position == 0 ? Terms.Offer.Length - 1 : Position - 1);

    public NodeId Next => Terms.Offer.At(Position + 1);

    /// <summary>What is promised: as much as the ring may still move.</summary>
    public MilliSatoshi Amount => (Terms, State) switch
    {
        (_, InitiatorState.Invoicing invoicing) => invoicing.Amount,
        (_, InitiatorState.Paying paying) => paying.Amount,
        (_, InitiatorState.Settled settled) => settled.Amount,
        (_, InitiatorState.Failed failed) => failed.Amount,
        (_, MemberState.Bound bound) => bound.Binding.Amount,
        (_, MemberState.Settled settled) => settled.Binding.Amount,
        (_, MemberState.Failed failed) => failed.Binding.Amount,
        (RingTerms.Member member, _) => member.Own.Amount,
        _ => Terms.Offer.Amount,
    };

    public MilliSatoshi WaivedFee => State switch
    {
        MemberState.Bound bound => bound.Binding.WaivedFee,
        MemberState.Settled settled => settled.Binding.WaivedFee,
        _ => MilliSatoshi.Zero,
    };

    /// <summary>Both sides of what it holds, while it is under way.</summary>
    public IEnumerable<Reservation> Reservations => State.IsFinal ? [] : Sides;

    /// <summary>Both sides of what it moves, or has moved.</summary>
    public IEnumerable<Reservation> Sides =>
    [
        new Reservation(Next, MoveDirection.Out, Amount, Terms.Offer.Hash),
        new Reservation(Previous, MoveDirection.In, Amount, Terms.Offer.Hash),
    ];

    public static Ring Restore(RingRecord record)
    {
        var (terms, state, notes) = RingCodec.Read(record);
        return new Ring(terms, state, record.StartedAt)
        {
            EndedAt = record.EndedAt,
            SavedFee = record.SavedFee,
            Agreed = notes.Agreed,
            LeftOn = notes.LeftOn,
            ComesInOn = notes.ComesInOn,
            Neutral = notes.Neutral,
            Retries = notes.Retries,
        };
    }

    public void MoveTo(RingState state)
    {
        State = state;
        if (state is InitiatorState.Invoicing invoicing)
        {
            Agreed = invoicing.Terms;
        }
    }

    public RingRecord ToRecord()
    {
        var (position, reason) = RingStory.Ending(Terms, State);
        return new RingRecord(
            Id,
            Position,
            State.Name,
            State.IsFinal,
            State.Outcome,
            Terms.Offer.Hash,
            Amount,
            State is InitiatorState.Settled { Fee: { } fee } ? fee : MilliSatoshi.Zero,
            State is MemberState.Settled ? WaivedFee : MilliSatoshi.Zero,
            State is InitiatorState.Settled ? SavedFee : MilliSatoshi.Zero,
            position,
            reason,
            StartedAt,
            EndedAt,
            RingCodec.Format,
            RingCodec.Write(Terms, State, new RingNotes(Agreed, LeftOn, ComesInOn, [.. Neutral], Retries)));
    }

    /// <summary>Of a ring that has ended.</summary>
    public RingAccount ToAccount(DateTimeOffset now)
    {
        var record = ToRecord();
        return new RingAccount(
            Id,
            IsInitiator ? "initiator" : "member",
            Terms.Offer.Length,
            record.Amount,
            record.Fee,
            record.WaivedFee,
            record.SavedFee,
            record.Outcome,
            ReasonCodes.Of(State),
            record.Reason,
            StartedAt,
            EndedAt ?? now,
            Phases.Ended);
    }

    public RingView ToView(IEnumerable<RingStoryLine> story)
    {
        var record = ToRecord();
        return new RingView(
            Id,
            IsInitiator ? "initiator" : "member",
            record.State,
            record.IsFinal,
            record.Outcome,
            record.Amount,
            record.Fee,
            WaivedFee,
            Hops(),
            record.FailurePosition,
            record.Reason,
            StartedAt,
            EndedAt,
            [.. story]);
    }

    private ImmutableArray<RingHopView> Hops()
    {
        var offer = Terms.Offer;
        var moved = State is InitiatorState.Paying or InitiatorState.Settled or InitiatorState.Failed ? Amount : (MilliSatoshi?)null;
        var byPosition = Agreed.ToDictionary(static entry => entry.Position);
        return
        [
            new RingHopView(0, offer.Initiator, (Terms as RingTerms.Initiator)?.FirstChannel, moved ?? offer.Amount),
            .. Enumerable.Range(1, offer.Length - 1).Select(position => new RingHopView(
                position,
                offer.At(position),
                byPosition.GetValueOrDefault(position)?.Channel,
                moved ?? byPosition.GetValueOrDefault(position)?.Amount)),
        ];
    }
}
