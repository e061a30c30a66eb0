using System.Collections.Immutable;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Forwarding;

/// <summary>A member's durable permission to forward one HTLC without its fee. Everything an HTLC is measured against is fixed when the proposal is accepted.</summary>
/// <param name="Ring">The ring.</param>
/// <param name="Hash">Its payment hash.</param>
/// <param name="Commitment">SHA256 of the onion record that the HTLC must carry for us.</param>
/// <param name="MinAmount">Least amount agreed on.</param>
/// <param name="MaxAmount">Most.</param>
/// <param name="Previous">The peer it must come from.</param>
/// <param name="Outgoing">Our channel it must leave on (LND's <c>chan_id</c>).</param>
/// <param name="OutgoingNames">All ids that an onion may use for that channel.</param>
/// <param name="Next">The peer at its other end.</param>
/// <param name="MaxLockBlocks">How far above our height it may expire.</param>
/// <param name="FeeCap">The most we give up.</param>
/// <param name="Deadline">It ends here by our own clock.</param>
public sealed record Waiver(
    RingId Ring,
    PaymentHash Hash,
    Bytes32 Commitment,
    MilliSatoshi MinAmount,
    MilliSatoshi MaxAmount,
    NodeId Previous,
    ShortChannelId Outgoing,
    ImmutableArray<ShortChannelId> OutgoingNames,
    NodeId Next,
    uint MaxLockBlocks,
    MilliSatoshi FeeCap,
    DateTimeOffset Deadline)
{
    /// <summary>The waiver of the member at a position of the ring.</summary>
    /// <param name="amount">What the member agreed to at most.</param>
    public static Waiver For(
        RingOffer offer, int position, Channel outgoing, MilliSatoshi amount, MilliSatoshi feeCap, DateTimeOffset deadline) =>
        new(
            offer.Id,
            offer.Hash,
            offer.Commitments[position - 1],
            offer.MinAmount,
            amount,
            offer.At(position - 1),
            outgoing.Id,
            outgoing.ConfirmedId is { } confirmed ? [outgoing.Id, confirmed, .. outgoing.Aliases] : [outgoing.Id, .. outgoing.Aliases],
            offer.At(position + 1),
            offer.MaxLockBlocks,
            feeCap,
            deadline);
}
