using Eddy.Engine.Ports;
using Eddy.Engine.Wire;
using Eddy.Gossip;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Fuzzing.Targets;

/// <summary>What a peer sends, as it comes off the wire.</summary>
internal sealed class EnvelopeTarget : FuzzTarget
{
    public override string Name => "envelope";

    public override string What => "a peer's message: read, written and read again it is the same; counts within their bounds";

    public override int MaxLength => IPeerMessenger.MaxMessageSize + 16;

    public override bool IsProtobuf => true;

    public override AllocationBound Bound => new(64_000, 128);

    public override IEnumerable<byte[]> Seeds() => Samples.Messages();

    public override int Execute(byte[] input)
    {
        switch (WireDecoder.Decode(input))
        {
            case DecodeResult.Malformed malformed:
                return malformed.Fault.Length;
            case DecodeResult.Unknown:
                return 1;
            case DecodeResult.Decoded { Message: var message }:
                Check.That(input.Length <= IPeerMessenger.MaxMessageSize, "A message over the limit was read.");
                CheckSame(message);
                return 1_000 + message.GetType().Name.Length;
            default:
                throw new OracleException("No such result.");
        }
    }

    private static void CheckSame(WireMessage message)
    {
        switch (message)
        {
            case WireMessage.Greeting greeting:
                Check.Same(greeting.Hello, Again<WireMessage.Greeting>(WireEncoder.Encode(greeting.Hello)).Hello, "hello");
                break;
            case WireMessage.Adverts adverts:
                Check.That(adverts.Parts.Length <= WireDecoder.MaxAdvertsPerBatch, $"A batch of {adverts.Parts.Length} adverts was read.");
                var parts = Again<WireMessage.Adverts>(WireEncoder.Encode(adverts.Parts.Select(WireEncoder.ToMessage))).Parts;
                Check.Same(adverts.Parts.Length, parts.Length, "number of adverts");
                for (var index = 0; index < parts.Length; index++)
                {
                    CheckSame(adverts.Parts[index], parts[index]);
                }

                break;
            case WireMessage.Offers offers:
                Check.That(offers.Entries.SequenceEqual(Again<WireMessage.Offers>(WireEncoder.Encode(offers.Entries.AsSpan())).Entries), "Offers changed.");
                break;
            case WireMessage.Request { Wanted: var wanted }:
                var again = Again<WireMessage.Request>(WireEncoder.Encode(wanted)).Wanted;
                Check.That(
                    wanted.Parts.SequenceEqual(again.Parts) && wanted.Follow.SequenceEqual(again.Follow) && wanted.Stop.SequenceEqual(again.Stop), "A request changed.");
                break;
            case WireMessage.Proposal proposal:
                CheckSame(proposal);
                break;
            case WireMessage.Reject reject:
                Check.Same(reject, Again<WireMessage.Reject>(WireEncoder.EncodeReject(reject.Ring, reject.Position, reject.Reason)), "reject");
                break;
            case WireMessage.Done done:
                Check.Same(done, Again<WireMessage.Done>(WireEncoder.EncodeDone(done.Ring, done.Outcome, done.Position, done.Code)), "done");
                break;
            default:
                throw new OracleException("No such message.");
        }
    }

    private static void CheckSame(RelayedAdvertPart before, RelayedAdvertPart after)
    {
        Check.Same(before.Hops, after.Hops, "hops");
        Check.SameBytes(before.Part.Signed.Span, after.Part.Signed.Span, "advert");
        Check.SameBytes(before.Part.Signature.Span, after.Part.Signature.Span, "signature");
        Check.That(before.Part.Intents.Length <= AdvertBookOptions.MaxIntentsPerPart + 32, "Too many intents.");
        Check.That(before.Part.Intents.SequenceEqual(after.Part.Intents), "Intents changed.");
        Check.Same(before.Part with { Intents = default, Signed = default, Signature = default }, after.Part with { Intents = default, Signed = default, Signature = default }, "advert");
    }

    private static void CheckSame(WireMessage.Proposal proposal)
    {
        var after = Again<WireMessage.Proposal>(WireEncoder.Encode(proposal.SignedOffer, proposal.Terms));
        Check.SameBytes(proposal.SignedOffer.Bytes.Span, after.SignedOffer.Bytes.Span, "offer");
        Check.SameBytes(proposal.SignedOffer.Signature.Span, after.SignedOffer.Signature.Span, "offer's signature");
        Check.Same(proposal.Offer.Digest, after.Offer.Digest, "digest");
        Check.Same(Bytes32.Sha256(proposal.SignedOffer.Bytes.Span), proposal.Offer.Digest, "digest");
        Check.That(proposal.Terms.Length < RingOffer.MaxLength, "Too many terms.");
        Check.Same(proposal.Terms.Length, after.Terms.Length, "number of terms");
        foreach (var terms in proposal.Terms)
        {
            WireDecoder.DecodeTerms(terms.Bytes);
        }
    }

    private static T Again<T>(byte[] bytes)
        where T : WireMessage =>
        WireDecoder.Decode(bytes) is DecodeResult.Decoded { Message: T message } ? message : throw new OracleException($"What was written of a {typeof(T).Name} cannot be read.");
}
