using System.Collections.Immutable;
using Eddy.Liquidity;
using Eddy.Rings;

namespace Eddy.Simulator.Rounds;

/// <summary>A ring under way: as far as it has come on its first way round.</summary>
internal sealed class RoundRing(RingTerms.Initiator terms, ImmutableArray<RoundMember> members, MoveVerdict.Agreed own, Wish wish)
{
    private readonly List<(RoundEnd End, Reservation Reservation)> _reservations = [];

    public RingTerms.Initiator Terms => terms;

    public RingOffer Offer => terms.Offer;

    public ImmutableArray<RoundMember> Members => members;

    /// <summary>What the initiator moves over.</summary>
    public MoveVerdict.Agreed Own => own;

    public List<ReceivedTerms> Signed { get; } = [];

    public List<MoveVerdict.Agreed> Agreed { get; } = [];

    /// <summary>How many members hold it among the rings of others.</summary>
    public int Joined { get; private set; }

    public bool IsOver { get; private set; }

    public Wish Wish => wish;

    public RoundEnd Outgoing(int position) => members[position % members.Length].Find(Offer.At(position + 1))!; // a ring runs along pairs only

    public RoundEnd Incoming(int position) => members[position % members.Length].Find(Offer.At(position + members.Length - 1))!;

    public void Reserve(int position, long amountSat)
    {
        var (incoming, outgoing) = (Incoming(position), Outgoing(position));
        _reservations.Add((incoming, incoming.Reserve(MoveDirection.In, amountSat, Offer.Hash)));
        _reservations.Add((outgoing, outgoing.Reserve(MoveDirection.Out, amountSat, Offer.Hash)));
        if (position > 0)
        {
            incoming.IsComingIn = true;
            members[position].RingsOfOthers++;
            Joined++;
        }
    }

    /// <summary>Lets go of everything that was promised for it.</summary>
    public void End()
    {
        IsOver = true;
        foreach (var (end, reservation) in _reservations)
        {
            end.Release(reservation);
        }

        _reservations.Clear();
        for (var position = 1; position <= Joined; position++)
        {
            Incoming(position).IsComingIn = false;
            members[position].RingsOfOthers--;
        }
    }
}

/// <summary>A ring that its first member would like to propose.</summary>
/// <param name="Tries">How often a member was too busy for it.</param>
internal sealed record Wish(Cycle Cycle, ImmutableArray<RoundMember> Members, int Tries = 0);
