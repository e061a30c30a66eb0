using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Engine.Storage;

internal static partial class RingCodec
{
    /// <summary>
    /// Why what was read cannot have been written so; null where it hangs together. A damaged page often still parses, and a ring that is taken
    /// up again with another amount, position or secret must not be.
    /// </summary>
    private static string? FindDamage(RingRecord record, RingTerms terms, RingState state, RingNotes notes)
    {
        var offer = terms.Offer;
        if (offer.Id != record.Id || offer.Hash != record.Hash || offer.Commitments.Length != offer.Length - 1 || !IsAmount(offer.Amount) || !IsAmount(offer.MinAmount))
        {
            return "The offer is another ring's.";
        }

        if (terms is RingTerms.Initiator != state is InitiatorState)
        {
            return "Terms and state are of different halves.";
        }

        if (notes.Retries < 0 || !AreTerms(notes.Agreed.Select(static entry => entry.Position), offer) || !notes.Agreed.All(AreAmounts))
        {
            return "The members' terms make no sense.";
        }

        return terms switch
        {
            RingTerms.Initiator initiator when !state.IsFinal && !HoldsSecrets(initiator) => "Secrets are missing.",
            RingTerms.Member { Own: var own, Position: var position, Waiver.FeeCap: var cap }
                when own.Position != position || own.OfferDigest != offer.Digest || !AreAmounts(own) || !IsAmount(cap) => "Our own terms make no sense.",
            _ => IsSane(state, offer) ? null : $"The state {state.Name} makes no sense.",
        };
    }

    private static bool HoldsSecrets(RingTerms.Initiator terms) =>
        terms.Preimage.Value.Hash() == terms.Offer.Hash.Value
        && terms.Records.Length == terms.Offer.Commitments.Length
        && terms.Records.Select(static record => record.Hash()).SequenceEqual(terms.Offer.Commitments);

    private static bool IsSane(RingState state, RingOffer offer) => state switch
    {
        InitiatorState.Invoicing invoicing => IsAmount(invoicing.Amount) && AreAgreed(invoicing.Terms, offer),
        InitiatorState.Paying paying => IsAmount(paying.Amount) && IsAmount(paying.Fee) && AreAgreed(paying.Terms, offer) && Enum.IsDefined(paying.Step)
            && paying.Route.TotalAmount == paying.Amount && paying.Route.Hops.All(hop => hop.AmountToForward == paying.Amount),
        InitiatorState.Settled settled => IsAmount(settled.Amount) && IsAmount(settled.Fee ?? default) && IsAmount(settled.Received ?? default),
        InitiatorState.Failed failed => IsAmount(failed.Amount) && IsPosition(failed.Position, offer),
        InitiatorState.Rejected rejected => IsPosition(rejected.Position, offer) && Enum.IsDefined(rejected.Reason),
        InitiatorState.Cancelled cancelled => Enum.IsDefined(cancelled.Reason)
            && (cancelled.Fault is not { } fault || (Enum.IsDefined(fault.Kind) && IsPosition(fault.Position, offer))),
        MemberState.Bound bound => IsSane(bound.Binding),
        MemberState.Settled settled => IsSane(settled.Binding),
        MemberState.Failed failed => IsSane(failed.Binding),
        MemberState.Released released => Enum.IsDefined(released.Cause) && IsPosition(released.Position, offer)
            && (released.Reason is not { } reason || Enum.IsDefined(reason)),
        _ => true,
    };

    private static bool IsSane(WaiverBinding binding) => IsAmount(binding.Amount) && IsAmount(binding.WaivedFee);

    private static bool AreAgreed(IReadOnlyCollection<MemberTerms> terms, RingOffer offer) =>
        terms.Count == offer.Length - 1 && AreTerms(terms.Select(static entry => entry.Position), offer) && terms.All(AreAmounts);

    private static bool AreTerms(IEnumerable<int> positions, RingOffer offer)
    {
        var seen = new HashSet<int>();
        return positions.All(position => position >= 1 && position < offer.Length && seen.Add(position));
    }

    private static bool AreAmounts(MemberTerms terms) => IsAmount(terms.Amount) && IsAmount(terms.Gain);

    private static bool IsAmount(MilliSatoshi amount) => amount >= MilliSatoshi.Zero && amount <= MilliSatoshi.MaxSupply;

    /// <summary>The initiator's own end counts as the ring's length.</summary>
    private static bool IsPosition(int? position, RingOffer offer) => position is not { } at || (at >= 0 && at <= offer.Length);
}
