using System.Collections.Immutable;
using Eddy.Engine.Gossip;
using Eddy.Engine.Greetings;
using Eddy.Engine.Liquidity;
using Eddy.Engine.Ports;
using Eddy.Engine.Wire;
using Eddy.Forwarding;
using Eddy.Gossip;
using Eddy.Lightning;
using Eddy.Liquidity;
using Eddy.Rings;

namespace Eddy.Engine.Rings;

/// <summary>
/// What a proposal meets at a member: the checks that cost nothing first, then our own state and limits, then the signatures, which take a
/// millisecond each. Whatever stands against it goes back as a coarse reason, and nothing waits.
/// </summary>
internal sealed class RingMember(
    EngineContext context,
    RingKeeper rings,
    PeerTable peers,
    PeerConduct conduct,
    Gossiper gossiper,
    OwnLiquidity liquidity,
    BackOffs backOffs,
    DayBudget budget,
    ISignatureVerifier verifier)
{
    /// <summary>Proposals of one peer that are looked at.</summary>
    private static readonly TokenRate ProposalRate = new(60, 2);

    /// <summary>Acceptances in a row that may come to nothing.</summary>
    private const int MostIdle = 3;

    /// <summary>The same, whoever began them: initiators are free to make, the peer that brings them is not.</summary>
    private const int MostIdleByOnePeer = 12;

    public RefusalBook Refusals { get; } = new();

    public void OnProposal(PeerState peer, WireMessage.Proposal proposal)
    {
        var offer = proposal.Offer;
        if (rings.Find(offer.Id) is { } known)
        {
            OnKnown(known, peer, proposal);
            return;
        }

        if (!peer.Proposals.TryTake(ProposalRate, context.Now, 1, out var left))
        {
            Refusals.Count(context.Now, offer, peer.Id, peer.Id, RefusalCause.TooMany);
            return;
        }

        peer.Proposals = left;
        if (ProposalChecks.PositionOf(offer, context.Node!.Id) is not { } position || offer.At(position - 1) != peer.Id)
        {
            // Nobody on the way knows us as the member that could refuse.
            return;
        }

        if (FindObjection(peer, proposal, position) is { } cause)
        {
            // Every member checks what it passes on, so that what does not hold together comes from the one who sent it. Only whether we have
            // seen the hash before it could not know.
            if (cause == RefusalCause.Malformed)
            {
                conduct.OnFault(peer, "A proposal does not hold together.", PeerConduct.BadSignature);
            }

            Refuse(peer, proposal, position, cause);
            return;
        }

        var (accepted, refusal) = Accept(proposal, position);
        if (accepted is null)
        {
            Refuse(peer, proposal, position, refusal);
            return;
        }

        rings.Begin(accepted, RingMachine.Accept((RingTerms.Member)accepted.Terms));
    }

    /// <summary>
    /// A ring in which we were a member ended. Promises cost us liquidity and the initiator nothing: one whose rings come to no HTLC time
    /// after time is left alone for a while. Only a settled one makes up for it: an HTLC that fails is as free as none.
    /// </summary>
    public void OnEnded(Ring ring, RingState before)
    {
        var (initiator, previous) = (ring.Terms.Offer.Initiator, ring.Previous);
        switch (ring.State)
        {
            case MemberState.Settled:
                backOffs.ForgetEmpty(initiator, previous);
                backOffs.IdlingEnded(initiator);
                backOffs.IdlingEnded(previous);
                break;
            case MemberState.Expired or MemberState.Released { Position: null } when before is MemberState.Accepted:
                var (ofInitiator, ofPrevious) = backOffs.CountEmpty(initiator, previous);
                if (ofInitiator >= MostIdle)
                {
                    backOffs.Idling(initiator);
                }

                if (ofPrevious >= MostIdleByOnePeer)
                {
                    backOffs.Idling(previous);
                }

                break;
        }
    }

    private void OnKnown(Ring ring, PeerState peer, WireMessage.Proposal proposal)
    {
        if (!ring.IsInitiator)
        {
            rings.Apply(ring, new RingEvent.ProposalRepeated(context.Now, peer.Id, proposal.Offer.Digest));
            return;
        }

        // Signatures are checked only where the machine could go on with them.
        if (ring.State is InitiatorState.Walking && peer.Id == ring.Previous && proposal.Offer.Digest == ring.Terms.Offer.Digest)
        {
            rings.Apply(ring, new RingEvent.ProposalReturned(context.Now, peer.Id, proposal.Offer.Digest, [.. Verified(proposal)]));
        }
    }

    private void Refuse(PeerState peer, WireMessage.Proposal proposal, int position, RefusalCause cause)
    {
        Refusals.Count(context.Now, proposal.Offer, peer.Id, proposal.Offer.At(position + 1), cause);
        context.Send(peer.Id, WireEncoder.EncodeReject(proposal.Offer.Id, position, cause.Told()));
    }

    /// <summary>Null where the ring itself is in order and we may take part in it.</summary>
    private RefusalCause? FindObjection(PeerState peer, WireMessage.Proposal proposal, int position)
    {
        var offer = proposal.Offer;

        // As if all were signed: what is malformed is not worth the verification.
        ImmutableArray<ReceivedTerms> prior = [.. proposal.Terms.Select(static terms => new ReceivedTerms(WireDecoder.DecodeTerms(terms.Bytes), true))];
        var received = new ReceivedProposal(peer.Id, offer, true, prior, rings.IsUsed(offer));
        if (ProposalChecks.Check(Context(offer), received) is { } formal)
        {
            return formal switch
            {
                RejectReason.Limit => RefusalCause.MaxLength,
                RejectReason.LockTime => RefusalCause.MaxLockBlocks,

                // Who cannot waive may only propose. That it is another who does is not what its owner has to know.
                RejectReason.NotProposer => context.CanWaive ? RefusalCause.NotProposer : WhyIdle() ?? RefusalCause.NoInterceptor,
                _ => received.IsHashUsed ? RefusalCause.HashUsed : RefusalCause.Malformed,
            };
        }

        return FindStateObjection(offer, position)
            ?? (AreSigned(proposal) ? null : RefusalCause.Malformed);
    }

    private RefusalCause? FindStateObjection(RingOffer offer, int position)
    {
        if (WhyIdle() is { } idle)
        {
            return idle;
        }

        if (!context.CanWaive)
        {
            return RefusalCause.NoInterceptor;
        }

        var previous = offer.At(position - 1);
        var next = offer.At(position + 1);
        if (offer.Nodes.Any(node => node != context.Node!.Id && liquidity.IsUnwelcome(node)))
        {
            return RefusalCause.Denied;
        }

        if (backOffs.IsIdling(offer.Initiator) || backOffs.IsIdling(previous))
        {
            return RefusalCause.Idling;
        }

        if (backOffs.IsHeldAgainst(offer.Initiator) || backOffs.IsHeldAgainst(previous) || backOffs.IsHeldAgainst(next))
        {
            return RefusalCause.Held;
        }

        if (liquidity.Find(previous) is null || liquidity.Find(next) is null)
        {
            return RefusalCause.NoChannel;
        }

        if (peers.Find(next) is not { IsOnline: true, IsEddy: true })
        {
            return RefusalCause.NextHopAway;
        }

        var members = rings.Open.Where(static ring => !ring.IsInitiator).ToArray();
        return members.Any(ring => ring.Previous == previous) ? RefusalCause.PeerBusy
            : members.Length >= context.Options.Policy.MaxMemberInFlight ? RefusalCause.MaxMemberInFlight
            : null;
    }

    private RefusalCause? WhyIdle() =>
        context.Options.IsObserving ? RefusalCause.Observing
        : context.IsStopping ? RefusalCause.Stopping
        : context.IsPaused ? RefusalCause.Paused
        : !context.IsConnected ? RefusalCause.LndAway
        : null;

    private (Ring? Ring, RefusalCause Cause) Accept(WireMessage.Proposal proposal, int position)
    {
        var offer = proposal.Offer;
        var prior = proposal.Terms.Select(static terms => WireDecoder.DecodeTerms(terms.Bytes)).OfType<MemberTerms>().ToArray();
        var asked = prior.Length == 0 ? offer.Amount : prior[^1].Amount;
        if (liquidity.Find(offer.At(position - 1)) is not { } incoming || liquidity.Find(offer.At(position + 1)) is not { } outgoing)
        {
            return (null, RefusalCause.NoChannel);
        }

        var left = budget.Left(offer.At(position - 1), offer.At(position + 1));
        if (left < offer.MinAmount.Satoshi)
        {
            return (null, budget.LeftOfDay() <= left ? RefusalCause.MaxPerDay : RefusalCause.MaxPerPeerPerDay);
        }

        var most = Math.Min(asked.Satoshi, left);

        switch (PairLiquidity.CheckMove(incoming, outgoing, offer.MinAmount.Satoshi, most))
        {
            case MoveVerdict.Refused refused:
                return (null, CauseOf(refused.Reason, offer.MinAmount.Satoshi, incoming.Peer, outgoing.Peer));
            case MoveVerdict.Agreed agreed when Channel(agreed.Outgoing) is { Policy: { } policy } channel
                && Channel(agreed.Incoming) is { Policy: { } incomingPolicy }:
                return Accept(proposal, position, agreed, channel, policy, incomingPolicy, prior);
            default:
                return (null, RefusalCause.NoPolicy);
        }
    }

    /// <summary>What our own rules for amounts and channels mean by what they say.</summary>
    private RefusalCause CauseOf(RejectReason reason, long least, NodeId previous, NodeId next)
    {
        var channels = context.Channels.Where(channel => channel.IsActive && (channel.Peer == previous || channel.Peer == next)).ToArray();
        bool AllWith(NodeId peer, Func<Channel, bool> holds) => channels.Where(channel => channel.Peer == peer).All(holds);
        bool IsUsedUp(Channel channel) => liquidity.IsNeutral(channel, channel.Peer == previous ? MoveDirection.In : MoveDirection.Out)
            && liquidity.NeutralLeft(channel).Satoshi < least;
        return reason switch
        {
            RejectReason.AmountTooSmall when least < context.Options.Rings.MinAmountSat => RefusalCause.MinAmount,
            RejectReason.AmountTooSmall or RejectReason.Busy when least > context.Options.Rings.MaxAmountSat => RefusalCause.MaxAmount,
            RejectReason.AmountTooSmall when AllWith(next, static channel => channel.Policy is null) => RefusalCause.NoPolicy,
            RejectReason.AmountTooSmall => RefusalCause.TooLittleLeft,
            RejectReason.Busy => RefusalCause.Promised,
            RejectReason.ParallelChannel => RefusalCause.ParallelChannel,
            RejectReason.NoConsent when AllWith(previous, liquidity.IsExcluded) || AllWith(next, liquidity.IsExcluded) => RefusalCause.Excluded,
            RejectReason.NoConsent when AllWith(previous, IsUsedUp) || AllWith(next, IsUsedUp) => RefusalCause.NeutralVolume,
            RejectReason.NoConsent => RefusalCause.Band,
            _ => RefusalCause.NoChannel,
        };
    }

    private (Ring? Ring, RefusalCause Cause) Accept(
        WireMessage.Proposal proposal,
        int position,
        MoveVerdict.Agreed agreed,
        Channel channel,
        RoutingPolicy policy,
        RoutingPolicy incomingPolicy,
        MemberTerms[] prior)
    {
        var offer = proposal.Offer;
        if (prior.Sum(static terms => (long)terms.CltvDelta) + policy.CltvDelta > RouteBuilder.LockLimit(offer))
        {
            return (null, RefusalCause.LockTime);
        }

        var amount = MilliSatoshi.FromSatoshi(agreed.AmountSat);
        var fee = RoutingPolicy.ExpectedFee(incomingPolicy, policy, amount);
        var cap = FeeCap(amount, fee);
        if (fee > cap)
        {
            return (null, fee > budget.FeeShare(amount) ? RefusalCause.MaxWaivedFeeShare : RefusalCause.MaxWaivedFeePerDay);
        }

        var deadline = context.Now + TimeSpan.FromSeconds(offer.TtlSeconds);
        var own = new MemberTerms(
            offer.Digest,
            position,
            channel.RouteId,
            policy.CltvDelta,
            policy.MinHtlcMsat,
            policy.MaxHtlcMsat,
            amount,
            MilliSatoshi.FromSatoshi(agreed.GainSat));
        var terms = new RingTerms.Member(
            offer, deadline, position, proposal.SignedOffer, proposal.Terms, own, Waiver.For(offer, position, channel, amount, cap, deadline));
        return (new Ring(terms, new MemberState.Signing(), context.Now)
        {
            ComesInOn = agreed.Incoming,
            Neutral = NeutralChannels.Of(liquidity, context.Channels, agreed),
        }, default);
    }

    /// <summary>The most that may be waived for one HTLC: the fee as it is now and a little more, within a share of the amount and what the day leaves.</summary>
    private MilliSatoshi FeeCap(MilliSatoshi amount, MilliSatoshi fee)
    {
        var most = MilliSatoshi.Max(MilliSatoshi.Zero, fee + new MilliSatoshi(fee.Value / 4)) + new MilliSatoshi(MilliSatoshi.PerSatoshi);
        var share = MilliSatoshi.Min(budget.FeeShare(amount), most);
        return budget.WaivedFeeLeft() is { } left ? MilliSatoshi.Max(MilliSatoshi.Zero, MilliSatoshi.Min(share, left)) : share;
    }

    private Channel? Channel(ShortChannelId id) => context.Channels.FirstOrDefault(channel => channel.Id == id);

    private bool AreSigned(WireMessage.Proposal proposal) =>
        IsOfferSigned(proposal) && Verified(proposal).All(static terms => terms.IsVerified); // lazily: the first bad one ends it

    private bool IsOfferSigned(WireMessage.Proposal proposal) => verifier.Verify(
        proposal.Offer.Initiator, SignatureDomain.Offer, proposal.SignedOffer.Bytes.Span, proposal.SignedOffer.Signature.Span);

    private IEnumerable<ReceivedTerms> Verified(WireMessage.Proposal proposal) => proposal.Terms.Select((terms, index) => new ReceivedTerms(
        WireDecoder.DecodeTerms(terms.Bytes),
        index + 1 < proposal.Offer.Length
            && verifier.Verify(proposal.Offer.At(index + 1), SignatureDomain.Terms, terms.Bytes.Span, terms.Signature.Span)));

    private ProposalContext Context(RingOffer offer)
    {
        var node = context.Node!;
        var abilities = new Dictionary<NodeId, NodeAbilities>();
        foreach (var member in offer.Nodes)
        {
            if (member == node.Id)
            {
                abilities[member] = new NodeAbilities(context.CanInitiate, context.CanWaive);
            }
            else if (gossiper.Find(member) is { } advert)
            {
                // Before its hello: it is what the proposer went by.
                abilities[member] = new NodeAbilities(advert.CanInitiate, advert.CanWaive);
            }
            else if (peers.Find(member) is { IsEddy: true } peer)
            {
                abilities[member] = new NodeAbilities(peer.CanInitiate, peer.CanWaive);
            }
        }

        return new ProposalContext
        {
            Self = node.Id,
            Chain = node.Chain,
            Abilities = abilities,
            MaxLength = context.Options.Rings.MaxLength,
            MaxLockBlocks = context.Options.Rings.MaxLockBlocks,
        };
    }
}
