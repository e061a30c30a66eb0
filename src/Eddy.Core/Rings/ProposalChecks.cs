using System.Collections.Frozen;
using System.Collections.Immutable;
using Eddy.Lightning;
using Eddy.Liquidity;

namespace Eddy.Rings;

/// <summary>What a node can do in rings, as it says itself in its hello or advert.</summary>
public sealed record NodeAbilities(bool CanInitiate, bool CanWaive);

/// <summary>What a member knows and allows when a proposal reaches it.</summary>
public sealed record ProposalContext
{
    /// <summary>Longest lock time allowed by default.</summary>
    public const uint DefaultMaxLockBlocks = 800;

    public required NodeId Self { get; init; }

    public required Bytes32 Chain { get; init; }

    /// <summary>Of every node that is known to be an eddy peer or was heard in an advert, ourselves included.</summary>
    public required IReadOnlyDictionary<NodeId, NodeAbilities> Abilities { get; init; }

    /// <summary>Own longest ring, in nodes.</summary>
    public required int MaxLength { get; init; }

    public uint MaxLockBlocks { get; init; } = DefaultMaxLockBlocks;
}

/// <summary>A proposal as it reached a member, decoded, its signatures verified or not.</summary>
/// <param name="From">The peer that sent it.</param>
/// <param name="IsOfferVerified">The offer's signature is the initiator's.</param>
/// <param name="PriorTerms">Of the members before us.</param>
/// <param name="IsHashUsed">The payment hash was seen in another ring: its preimage may be known to somebody.</param>
public sealed record ReceivedProposal(
    NodeId From, RingOffer Offer, bool IsOfferVerified, ImmutableArray<ReceivedTerms> PriorTerms, bool IsHashUsed);

/// <summary>What a member checks by itself before it looks at its liquidity.</summary>
public static class ProposalChecks
{
    /// <summary>Null where nothing stands against it.</summary>
    public static RejectReason? Check(ProposalContext context, ReceivedProposal proposal)
    {
        var offer = proposal.Offer;
        if (!IsWellFormed(context, proposal))
        {
            return RejectReason.Invalid;
        }

        if (offer.Length > context.MaxLength)
        {
            return RejectReason.Limit;
        }

        if (offer.MaxLockBlocks > context.MaxLockBlocks)
        {
            return RejectReason.LockTime;
        }

        return MayPropose(offer, context.Abilities) ? null : RejectReason.NotProposer;
    }

    /// <summary>Our position in the ring; null where we are not a member of it.</summary>
    public static int? PositionOf(RingOffer offer, NodeId node)
    {
        var position = offer.Nodes.IndexOf(node);
        return position > 0 ? position : null;
    }

    /// <summary>What a member is asked for: what the one before it agreed to.</summary>
    public static MilliSatoshi AskedAmount(ReceivedProposal proposal) =>
        proposal.PriorTerms is [.., { Terms: { } last }] ? last.Amount : proposal.Offer.Amount;

    /// <summary>
    /// Whether the initiator has the right to propose this ring by <see cref="ProposerRule"/>. A node of which nothing is known is taken to
    /// be able to do everything: where it is lower than the initiator, the ring has to wait until more is known.
    /// </summary>
    public static bool MayPropose(RingOffer offer, IReadOnlyDictionary<NodeId, NodeAbilities> abilities)
    {
        var initiator = Candidate(offer.Initiator);
        return initiator.CanInitiate && offer.Nodes.Skip(1).All(node => ProposerRule.MayJoin(initiator, Candidate(node)));

        RingCandidate Candidate(NodeId node) =>
            abilities.TryGetValue(node, out var known) ? new(node, known.CanInitiate, known.CanWaive) : new(node, true, true);
    }

    private static bool IsWellFormed(ProposalContext context, ReceivedProposal proposal)
    {
        var offer = proposal.Offer;
        return offer.Length is >= RingOffer.MinLength and <= RingOffer.MaxLength
            && offer.Commitments.Length == offer.Length - 1
            && offer.Nodes.ToFrozenSet().Count == offer.Length
            && offer.Chain == context.Chain
            && offer.TtlSeconds is >= RingOffer.MinTtlSeconds and <= RingOffer.MaxTtlSeconds
            && IsAmountSane(offer)
            && proposal.IsOfferVerified
            && !proposal.IsHashUsed
            && PositionOf(offer, context.Self) is { } position
            && proposal.From == offer.At(position - 1)
            && ArePriorTermsSane(offer, position, proposal.PriorTerms);
    }

    private static bool IsAmountSane(RingOffer offer) =>
        offer.MinAmount > MilliSatoshi.Zero && offer.MinAmount <= offer.Amount && offer.Amount <= MilliSatoshi.MaxSupply;

    private static bool ArePriorTermsSane(RingOffer offer, int position, ImmutableArray<ReceivedTerms> prior)
    {
        if (prior.Length != position - 1)
        {
            return false;
        }

        var most = offer.Amount;
        for (var index = 0; index < prior.Length; index++)
        {
            if (prior[index] is not { Terms: { } terms, IsVerified: true } || terms.OfferDigest != offer.Digest
                || terms.Position != index + 1 || terms.Amount > most || terms.Amount < offer.MinAmount)
            {
                return false;
            }

            most = terms.Amount;
        }

        return true;
    }
}
