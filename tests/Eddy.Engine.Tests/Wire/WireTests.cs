using System.Collections.Immutable;
using Eddy.Engine.Ports;
using Eddy.Engine.Wire;
using Eddy.Gossip;
using Eddy.Lightning;
using Eddy.Protos.Wire;
using Eddy.Rings;
using Google.Protobuf;
using CoreIntent = Eddy.Gossip.Intent;

namespace Eddy.Engine.Tests.Wire;

public sealed class WireTests
{
    private static readonly RingId Ring = new(WireSamples.Hash(9));

    [Fact]
    public void A_proposal_comes_back_as_the_very_bytes_that_were_signed()
    {
        var offer = WireSamples.Offer(12);
        var bytes = WireEncoder.EncodeOffer(offer);
        ImmutableArray<SignedBytes> terms =
        [
            WireSamples.Signed(WireEncoder.EncodeTerms(WireSamples.Terms(1))), WireSamples.Signed(WireEncoder.EncodeTerms(WireSamples.Terms(2))),
        ];

        var proposal = Decode<WireMessage.Proposal>(WireEncoder.Encode(WireSamples.Signed(bytes), terms));

        Assert.Equal(bytes, proposal.SignedOffer.Bytes.ToArray());
        Assert.Equal(Bytes32.Sha256(bytes), proposal.Offer.Digest);
        Assert.Equal(offer.Nodes, proposal.Offer.Nodes.AsEnumerable());
        Assert.Equal(offer.Commitments, proposal.Offer.Commitments.AsEnumerable());
        Assert.Equal(
            offer with { Digest = default, Nodes = [], Commitments = [] },
            proposal.Offer with { Digest = default, Nodes = [], Commitments = [] });
        Assert.Equal(
            [WireSamples.Terms(1), WireSamples.Terms(2)], proposal.Terms.Select(static entry => WireDecoder.DecodeTerms(entry.Bytes)!));
        Assert.Equal(terms[1].Signature.ToArray(), proposal.Terms[1].Signature.ToArray());
    }

    [Fact]
    public void An_advert_comes_back_whole()
    {
        ImmutableArray<CoreIntent> intents =
            [new(WireSamples.Node(5), 1, 2, 3, 4, 5, 6), new(WireSamples.Node(6), CoreIntent.LargestAmount, 0, 0, 0, 0, 0)];
        var part = WireSamples.Part(intents);

        var message = WireEncoder.Encode([WireEncoder.ToMessage(new RelayedAdvertPart(part, 2))]);
        var received = Decode<WireMessage.Adverts>(message).Parts.Single();

        Assert.Equal(2, received.Hops);
        Assert.Equal(part.Signed.ToArray(), received.Part.Signed.ToArray());
        Assert.Equal(intents, received.Part.Intents.AsEnumerable());
        Assert.Equal(
            part with { Intents = [], Signed = default, Signature = default },
            received.Part with { Intents = [], Signed = default, Signature = default });
    }

    [Fact]
    public void Offers_requests_reject_and_done_come_back()
    {
        AdvertOffer[] offers = [new(WireSamples.Node(1).ShortKey, 7, 1_795_000_000_000, 3), new(ulong.MaxValue, ushort.MaxValue, (1UL << 48) - 1, 255)];
        var request = WireSamples.Request();

        Assert.Equal(offers, Decode<WireMessage.Offers>(WireEncoder.Encode(offers)).Entries.AsEnumerable());
        Assert.Empty(Decode<WireMessage.Offers>(WireEncoder.Encode(ReadOnlySpan<AdvertOffer>.Empty)).Entries);
        var wanted = Decode<WireMessage.Request>(WireEncoder.Encode(request)).Wanted;
        Assert.Equal(request.Parts, wanted.Parts.AsEnumerable());
        Assert.Equal(request.Follow, wanted.Follow.AsEnumerable());
        Assert.Equal(request.Stop, wanted.Stop.AsEnumerable());
        Assert.Equal(
            new WireMessage.Reject(Ring, 11, RejectReason.NextHopAway),
            Decode<WireMessage.Reject>(WireEncoder.EncodeReject(Ring, 11, RejectReason.NextHopAway)));
        Assert.Equal(
            new WireMessage.Done(Ring, RingOutcome.Failed, 3, 15),
            Decode<WireMessage.Done>(WireEncoder.EncodeDone(Ring, RingOutcome.Failed, 3, 15)));
    }

    [Fact]
    public void Numbers_of_later_versions_read_as_other_and_unknown()
    {
        var reject = Decode<WireMessage.Reject>(new Envelope
        {
            Version = 1,
            Reject = new RingReject { RingId = Bytes(Ring), Reason = 4_000_000_000, Position = uint.MaxValue },
        }.ToByteArray());
        var done = Decode<WireMessage.Done>(
            new Envelope { Version = 1, Done = new RingDone { RingId = Bytes(Ring), Outcome = 99 } }.ToByteArray());

        Assert.Equal((RejectReason.Other, int.MaxValue), (reject.Reason, reject.Position));
        Assert.Equal(RingOutcome.Unknown, done.Outcome);
    }

    [Fact]
    public void A_hello_is_read_in_any_version_and_nothing_else_is()
    {
        var hello = new Envelope { Version = 7, Hello = new Hello { MinVersion = 1, MaxVersion = 9 } };
        var done = new Envelope { Version = 7, Done = new RingDone { RingId = Bytes(Ring) } };

        Assert.Equal(9u, Decode<WireMessage.Greeting>(hello.ToByteArray()).Hello.MaxVersion);
        Assert.IsType<DecodeResult.Unknown>(WireDecoder.Decode(done.ToByteArray()));
    }

    [Fact]
    public void Unknown_fields_and_bodies_are_passed_over()
    {
        // Field 99 of the envelope: three bytes of something.
        byte[] unknown = [0x9A, 0x06, 0x03, 1, 2, 3];

        Assert.IsType<DecodeResult.Unknown>(WireDecoder.Decode(unknown));
        Assert.Equal(
            RingOutcome.Settled, Decode<WireMessage.Done>([.. unknown, .. WireEncoder.EncodeDone(Ring, RingOutcome.Settled, 0, 0)]).Outcome);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void An_id_of_the_wrong_size_is_malformed(int size)
    {
        var envelope = new Envelope { Version = 1, Reject = new RingReject { RingId = ByteString.CopyFrom(new byte[size]) } };

        Assert.IsType<DecodeResult.Malformed>(WireDecoder.Decode(envelope.ToByteArray()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(13)]
    [InlineData(200)]
    public void A_ring_that_is_too_long_or_too_short_is_malformed(int nodes)
    {
        var message = WireEncoder.Encode(WireSamples.Signed(WireEncoder.EncodeOffer(WireSamples.Offer(nodes))), []);

        Assert.IsType<DecodeResult.Malformed>(WireDecoder.Decode(message));
    }

    [Fact]
    public void Amounts_that_cannot_exist_are_out_of_range_and_not_an_overflow()
    {
        var terms = WireDecoder.DecodeTerms(new Protos.Wire.MemberTerms
        {
            OfferDigest = ByteString.CopyFrom(WireSamples.Chain.ToArray()),
            AmountSat = ulong.MaxValue,
            GainSat = ulong.MaxValue,
            MinHtlcMsat = ulong.MaxValue,
            MaxHtlcMsat = ulong.MaxValue,
        }.ToByteArray());

        Assert.NotNull(terms);
        Assert.All(
            new[] { terms.Amount, terms.Gain, terms.MinHtlc, terms.MaxHtlc },
            static amount => Assert.Equal(MilliSatoshi.OutOfRange, amount));
    }

    [Fact]
    public void What_is_over_the_limit_is_not_even_parsed()
    {
        Assert.IsType<DecodeResult.Malformed>(WireDecoder.Decode(new byte[IPeerMessenger.MaxMessageSize + 1]));
    }

    private static T Decode<T>(byte[] payload)
        where T : WireMessage =>
        Assert.IsType<T>(Assert.IsType<DecodeResult.Decoded>(WireDecoder.Decode(payload)).Message);

    private static ByteString Bytes(RingId ring) => ByteString.CopyFrom(ring.Value.ToArray());
}
