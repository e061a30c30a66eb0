using Eddy.Engine.Wire;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Fuzzing.Targets;

/// <summary>The signed parts of a proposal.</summary>
internal sealed class OfferTarget : FuzzTarget
{
    public override string Name => "offer-terms";

    public override string What => "an offer and a member's terms: within their bounds, and the same when written and read again";

    public override bool IsProtobuf => true;

    public override IEnumerable<byte[]> Seeds()
    {
        var offer = WireEncoder.EncodeOffer(Samples.Offer(Samples.Hostile, Samples.Self, Samples.Honest));
        yield return offer;
        yield return WireEncoder.EncodeTerms(Samples.Terms(offer, 1));
    }

    public override int Execute(byte[] input)
    {
        var outcome = 0;
        if (WireDecoder.DecodeOffer(input) is { } offer)
        {
            outcome |= 1;
            Check.That(offer.Length is >= RingOffer.MinLength and <= RingOffer.MaxLength && offer.Commitments.Length <= RingOffer.MaxLength, "An offer out of its bounds.");
            Check.That(IsAmount(offer.Amount) && IsAmount(offer.MinAmount), "An offer of an impossible amount.");
            if (offer.Amount <= MilliSatoshi.MaxSupply && offer.MinAmount <= MilliSatoshi.MaxSupply)
            {
                outcome |= 2;
                var bytes = WireEncoder.EncodeOffer(offer);
                var again = WireDecoder.DecodeOffer(bytes) ?? throw new OracleException("A written offer cannot be read.");
                Check.That(again.Nodes.SequenceEqual(offer.Nodes) && again.Commitments.SequenceEqual(offer.Commitments), "Nodes or commitments changed.");
                Check.Same(
                    offer with { Digest = again.Digest, Nodes = default, Commitments = default }, again with { Nodes = default, Commitments = default }, "offer");
            }
        }

        if (WireDecoder.DecodeTerms(input) is { } terms)
        {
            outcome |= 4;
            Check.That(terms.Position is >= 0 and <= RingOffer.MaxLength, "A position out of its bounds.");
            Check.That(IsAmount(terms.Amount) && IsAmount(terms.Gain) && IsAmount(terms.MinHtlc) && IsAmount(terms.MaxHtlc), "Terms of an impossible amount.");
            if (terms.Amount <= MilliSatoshi.MaxSupply && terms.Gain <= MilliSatoshi.MaxSupply)
            {
                outcome |= 8;
                Check.Same(terms, WireDecoder.DecodeTerms(WireEncoder.EncodeTerms(terms)), "terms");
            }
        }

        return outcome;
    }

    private static bool IsAmount(MilliSatoshi amount) => amount >= MilliSatoshi.Zero && amount <= MilliSatoshi.OutOfRange;
}
