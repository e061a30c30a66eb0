using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Rings;

/// <summary>What the initiator checks before it adds an invoice. The first fault found, along the ring, decides.</summary>
public static class TermsCheck
{
    /// <summary>LND refuses a forward whose two expiries are further apart.</summary>
    public const uint MaxCltvDelta = 2016;

    /// <summary>Null where the terms will do: then every entry has terms, and the last one's amount is the ring's.</summary>
    public static TermsFault? FindFault(RingTerms.Initiator ring, ImmutableArray<ReceivedTerms> received)
    {
        var offer = ring.Offer;
        if (received.Length != offer.Length - 1)
        {
            return new(TermsFaultKind.Count, Math.Min(received.Length, offer.Length - 2) + 1);
        }

        var most = offer.Amount;
        for (var position = 1; position <= received.Length; position++)
        {
            if (FindFaultOf(offer, position, received[position - 1], most) is { } kind)
            {
                return new(kind, position);
            }

            most = received[position - 1].Terms!.Amount; // a missing one is Malformed
        }

        return FindCommonFault(ring, [.. received.Select(entry => entry.Terms!)]);
    }

    private static TermsFaultKind? FindFaultOf(RingOffer offer, int position, ReceivedTerms received, MilliSatoshi most) => received switch
    {
        { Terms: null } => TermsFaultKind.Malformed,
        { IsVerified: false } => TermsFaultKind.Signature,
        { Terms: var terms } when terms.OfferDigest != offer.Digest => TermsFaultKind.Digest,
        { Terms: var terms } when terms.Position != position => TermsFaultKind.Position,
        { Terms: var terms } when terms.Channel.Value == 0 || terms.Channel == ShortChannelId.Blinded => TermsFaultKind.Channel,
        { Terms: var terms } when terms.CltvDelta is 0 or > MaxCltvDelta => TermsFaultKind.CltvDelta,
        { Terms: var terms } when terms.Amount > most || terms.Amount < offer.MinAmount => TermsFaultKind.Amount,

        // Two channel ends move by the amount each.
        { Terms: var terms } when terms.Gain < MilliSatoshi.Zero || terms.Gain.Value / 2 > terms.Amount.Value => TermsFaultKind.Gain,
        _ => null,
    };

    private static TermsFault? FindCommonFault(RingTerms.Initiator ring, ImmutableArray<MemberTerms> terms)
    {
        var amount = terms[^1].Amount;
        foreach (var member in terms)
        {
            if (amount < member.MinHtlc || (member.MaxHtlc != MilliSatoshi.Zero && amount > member.MaxHtlc))
            {
                return new(TermsFaultKind.HtlcLimits, member.Position);
            }
        }

        if (RouteBuilder.LockBlocks(terms, ring.FinalCltv) > RouteBuilder.LockLimit(ring.Offer))
        {
            return new(TermsFaultKind.LockTime, terms.MaxBy(member => member.CltvDelta)!.Position); // never empty: a ring has two nodes or more
        }

        return ring.Gain > MilliSatoshi.Zero || terms.Any(member => member.Gain > MilliSatoshi.Zero)
            ? null
            : new(TermsFaultKind.NobodyGains, null);
    }
}
