using System.Buffers.Binary;
using System.Collections.Immutable;
using Eddy.Lightning;
using Eddy.Liquidity;
using Eddy.Rings;

namespace Eddy.Simulator.Rounds;

/// <summary>
/// The rings of one round on their way: proposals walk from member to member, each of which checks, agrees or refuses, and reserves; what
/// comes back to its initiator is paid. All are under way at once, message by message.
/// </summary>
internal sealed class RoundWalk(RoundOptions options, SeededRandom random)
{
    /// <summary>Searches begin within this part of a round.</summary>
    private const double SearchingPart = 0.25;

    private const uint TtlSeconds = 60;
    private const uint FinalCltv = 18;

    private const int MostTries = 5;

    private static readonly TimeSpan ShortBackOff = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongBackOff = TimeSpan.FromMinutes(5);

    private readonly PriorityQueue<(RoundRing Ring, Step Step, int Position), (TimeSpan At, long Sequence)> _queue = new();
    private readonly PriorityQueue<Wish, (TimeSpan At, long Sequence)> _wishes = new();
    private readonly Dictionary<RoundMember, Queue<Wish>> _waiting = [];
    private readonly SortedDictionary<RejectReason, int> _refusals = [];
    private readonly PlannerOptions _planner = options.ToPlanner();
    private DateTimeOffset _now;
    private TimeSpan _at;
    private long _sequence;
    private long _rings;
    private int _round;

    private enum Step
    {
        Begin,
        Propose,
        Reject,
        Return,
        Settle,
        Expire,
    }

    public List<SettledRing> Settled { get; } = [];

    public int Proposed { get; private set; }

    public IReadOnlyDictionary<RejectReason, int> Refusals => _refusals;

    /// <summary>Lets all that was planned be proposed, and waits for the end of what was begun.</summary>
    public void Run(int round, DateTimeOffset now, IEnumerable<(Cycle Cycle, ImmutableArray<RoundMember> Members)> planned)
    {
        (_round, _now, _at) = (round, now, TimeSpan.Zero);
        _waiting.Clear();
        foreach (var group in planned.GroupBy(static plan => plan.Members[0]))
        {
            // One search, one moment: its rings leave one after the other.
            var moment = options.Round * (SearchingPart * random.NextDouble());
            foreach (var (cycle, members) in group)
            {
                _wishes.Enqueue(new(cycle, members), (moment, _sequence++));
            }
        }

        while (_wishes.Count > 0 || _queue.Count > 0)
        {
            if (_wishes.TryPeek(out var wish, out var begin) && (!_queue.TryPeek(out _, out var next) || begin.CompareTo(next) < 0))
            {
                _wishes.Dequeue();
                _at = begin.At;
                Want(wish);
                continue;
            }

            _queue.TryDequeue(out var item, out var due);
            _at = due.At;
            Do(item.Ring, item.Step, item.Position);
        }
    }

    private void Want(Wish wish)
    {
        var initiator = wish.Members[0];
        if (!_waiting.TryGetValue(initiator, out var waiting))
        {
            _waiting.Add(initiator, waiting = new());
        }

        waiting.Enqueue(wish);
        BeginNext(initiator);
    }

    /// <summary>As many own rings at once as the policy allows. Nothing is begun when the round is over.</summary>
    private void BeginNext(RoundMember initiator)
    {
        while (_at < options.Round && initiator.OwnRings < options.Policy.MaxInFlight && _waiting[initiator].TryDequeue(out var wish))
        {
            Begin(wish);
        }
    }

    private void Begin(Wish wish)
    {
        var (cycle, members) = (wish.Cycle, wish.Members);
        var initiator = members[0];
        var (incoming, outgoing) = (initiator.Find(cycle.Nodes[^1])!, initiator.Find(cycle.Nodes[1])!); // the graph has pairs only
        var least = Math.Max(options.MinAmount, cycle.Least);
        var most = Math.Min(options.MaxAmount, LiquidityBucket.Top(cycle.Amount));
        if (PairLiquidity.CheckMove(incoming.Liquidity, outgoing.Liquidity, least, most, isInitiator: true) is not MoveVerdict.Agreed agreed)
        {
            return;
        }

        Proposed++;
        initiator.OwnRings++;
        var ring = new RoundRing(ToTerms(cycle, agreed, least), members, agreed, wish);
        ring.Reserve(0, agreed.AmountSat);
        Send(ring, Step.Propose, 1);
    }

    private void End(RoundRing ring)
    {
        ring.End();
        ring.Members[0].OwnRings--;
        BeginNext(ring.Members[0]);
    }

    private void Do(RoundRing ring, Step step, int position)
    {
        switch (step)
        {
            case Step.Propose:
                Ask(ring, position);
                break;
            case Step.Reject:
                End(ring);
                break;
            case Step.Return:
                Pay(ring);
                break;
            case Step.Settle:
                Settle(ring);
                break;
            case Step.Expire:
                End(ring);
                break;
        }
    }

    /// <summary>A proposal reaches a member.</summary>
    private void Ask(RoundRing ring, int position)
    {
        if (Check(ring, position) is not { } agreed)
        {
            return;
        }

        ring.Agreed.Add(agreed);
        var policy = ring.Outgoing(position).PolicyOf(ring.Outgoing(position).Find(agreed.Outgoing));
        var terms = new MemberTerms(
            ring.Offer.Digest,
            position,
            agreed.Outgoing,
            policy.CltvDelta,
            policy.MinHtlcMsat,
            policy.MaxHtlcMsat,
            MilliSatoshi.FromSatoshi(agreed.AmountSat),
            MilliSatoshi.FromSatoshi(agreed.GainSat));
        if (ring.Signed.Sum(static signed => (long)signed.Terms!.CltvDelta) + terms.CltvDelta > RouteBuilder.LockLimit(ring.Offer))
        {
            Refuse(ring, position, RejectReason.LockTime);
            return;
        }

        ring.Signed.Add(new(terms, IsVerified: true));
        ring.Reserve(position, agreed.AmountSat);
        if (position + 1 == ring.Offer.Length)
        {
            Send(ring, Step.Return, 0);
        }
        else
        {
            Send(ring, Step.Propose, position + 1);
        }
    }

    private MoveVerdict.Agreed? Check(RoundRing ring, int position)
    {
        var member = ring.Members[position];
        var offer = ring.Offer;
        var proposal = new ReceivedProposal(offer.At(position - 1), offer, IsOfferVerified: true, [.. ring.Signed], IsHashUsed: false);
        var context = new ProposalContext
        {
            Self = member.Id,
            Chain = default,
            Abilities = ImmutableDictionary<NodeId, NodeAbilities>.Empty, // all can do everything
            MaxLength = options.MaxLength,
        };
        if (ProposalChecks.Check(context, proposal) is { } objection)
        {
            Refuse(ring, position, objection);
            return null;
        }

        if (ring.Incoming(position).IsComingIn || member.RingsOfOthers >= options.Policy.MaxMemberInFlight)
        {
            Refuse(ring, position, RejectReason.Busy);
            return null;
        }

        var asked = ProposalChecks.AskedAmount(proposal).Satoshi;
        switch (PairLiquidity.CheckMove(ring.Incoming(position).Liquidity, ring.Outgoing(position).Liquidity, offer.MinAmount.Satoshi, asked))
        {
            case MoveVerdict.Agreed agreed:
                return agreed;
            case MoveVerdict.Refused refused:
                Refuse(ring, position, refused.Reason);
                return null;
            default:
                throw new InvalidOperationException("A verdict of a third kind.");
        }
    }

    private void Refuse(RoundRing ring, int position, RejectReason reason)
    {
        _refusals[reason] = _refusals.GetValueOrDefault(reason) + 1;
        Blame(ring, position, reason);

        // Members let go as the refusal passes them on its way back; all of them when it is there.
        _queue.Enqueue((ring, Step.Reject, position), (_at + (position * Delay()), _sequence++));
    }

    /// <summary>What the initiator leaves alone for a while: as long as a daemon would.</summary>
    private void Blame(RoundRing ring, int position, RejectReason reason)
    {
        var initiator = ring.Members[0];
        var (state, at) = (initiator.Planner, _now + _at);
        switch (reason)
        {
            case RejectReason.Busy:
                if (ring.Wish.Tries < MostTries)
                {
                    _wishes.Enqueue(ring.Wish with { Tries = ring.Wish.Tries + 1 }, (_at + (ShortBackOff * (0.75 + (0.5 * random.NextDouble()))), _sequence++));
                }

                return;
            case RejectReason.NoConsent or RejectReason.AmountTooSmall or RejectReason.NoChannel or RejectReason.ParallelChannel:
                var book = state.BackOffs
                    .HopFailed(new(ring.Offer.At(position - 1), ring.Offer.At(position)), at, _planner, initiator.Random)
                    .HopFailed(new(ring.Offer.At(position), ring.Offer.At(position + 1)), at, _planner, initiator.Random);
                initiator.Planner = state with { BackOffs = book };
                return;
            default:
                var longer = _planner with { FirstBackOff = LongBackOff };
                initiator.Planner = state with { BackOffs = state.BackOffs.NodeFailed(ring.Offer.At(position), at, longer, initiator.Random) };
                return;
        }
    }

    /// <summary>A proposal has come round: its terms are checked, and it is paid.</summary>
    private void Pay(RoundRing ring)
    {
        if (TermsCheck.FindFault(ring.Terms, [.. ring.Signed]) is { } fault)
        {
            Blame(ring, fault.Position ?? 1, RejectReason.Limit);
            End(ring);
            return;
        }

        // There and back over every channel.
        _queue.Enqueue((ring, Step.Settle, 0), (_at + (2 * ring.Offer.Length * Delay()), _sequence++));
    }

    private void Settle(RoundRing ring)
    {
        var amount = ring.Signed[^1].Terms!.Amount.Satoshi; // checked by Pay
        End(ring);
        for (var position = 0; position < ring.Offer.Length; position++)
        {
            var (incoming, outgoing) = (ring.Incoming(position), ring.Outgoing(position));
            var agreed = position == 0 ? ring.Own : ring.Agreed[position - 1];
            incoming.CountNeutral(agreed.Incoming, MoveDirection.In, amount);
            outgoing.CountNeutral(agreed.Outgoing, MoveDirection.Out, amount);
        }

        var fees = ImmutableArray.CreateBuilder<long>(ring.Offer.Length);
        for (var position = 0; position < ring.Offer.Length; position++)
        {
            var outgoing = ring.Outgoing(position);
            var named = outgoing.Find(position == 0 ? ring.Own.Outgoing : ring.Agreed[position - 1].Outgoing);
            var carrier = position == 0 ? named : Carrier(outgoing, named, amount);
            fees.Add((outgoing.IsFirst ? carrier.Graph.FirstPolicy : carrier.Graph.SecondPolicy).OutboundFee(MilliSatoshi.FromSatoshi(amount)).Value);
            outgoing.Pair.Move(carrier, outgoing.IsFirst, amount, isOfRing: true);
        }

        var initiator = ring.Members[0];
        initiator.Planner = initiator.Planner with { BackOffs = initiator.Planner.BackOffs.Settled(ring.Offer.Nodes) };
        foreach (var member in ring.Members[1..])
        {
            member.Planner = member.Planner.Kept();
        }

        Settled.Add(new(_round, amount, [.. ring.Members.Select(static member => member.Index)], fees.MoveToImmutable()));
    }

    /// <summary>LND forwards over any channel to the next peer that can carry the amount.</summary>
    private RoundChannel Carrier(RoundEnd end, RoundChannel named, long amount)
    {
        if (end.Pair.Channels.Length == 1)
        {
            return named;
        }

        RoundChannel[] able = [.. end.Pair.Channels.Where(channel => channel.LocalOf(end.IsFirst) >= amount)];
        return able.Length == 0 ? named : able[random.Next(able.Length)];
    }

    private void Send(RoundRing ring, Step step, int position)
    {
        if (options.Loss > 0 && random.Chance(options.Loss))
        {
            // Nobody hears of it again: what was promised holds until its time is over.
            _queue.Enqueue((ring, Step.Expire, position), (_at + TimeSpan.FromSeconds(TtlSeconds), _sequence++));
            return;
        }

        _queue.Enqueue((ring, step, position), (_at + Delay(), _sequence++));
    }

    /// <summary>Half of the mean at least, the rest by chance.</summary>
    private TimeSpan Delay() => options.Latency * (0.5 + (0.5 * -Math.Log(1 - random.NextDouble())));

    private RingTerms.Initiator ToTerms(Cycle cycle, MoveVerdict.Agreed agreed, long least)
    {
        var id = Number(++_rings);
        var offer = new RingOffer
        {
            Digest = id,
            Chain = default,
            Id = new(id),
            Nodes = cycle.Nodes,
            Hash = new(id),
            Commitments = [.. Enumerable.Repeat(id, cycle.Nodes.Length - 1)],
            Amount = MilliSatoshi.FromSatoshi(agreed.AmountSat),
            MinAmount = MilliSatoshi.FromSatoshi(least),
            TtlSeconds = TtlSeconds,
            MaxLockBlocks = ProposalContext.DefaultMaxLockBlocks,
        };
        return new(offer, _now + _at + TimeSpan.FromSeconds(TtlSeconds), default, new(id), [], agreed.Outgoing, FinalCltv, MilliSatoshi.FromSatoshi(agreed.GainSat));
    }

    private static Bytes32 Number(long number)
    {
        Span<byte> bytes = stackalloc byte[Bytes32.Size];
        BinaryPrimitives.WriteInt64BigEndian(bytes[^sizeof(long)..], number);
        return new(bytes);
    }
}
