using System.Collections.Immutable;
using Eddy.Engine.Ports;
using Eddy.Engine.Rings;
using Eddy.Engine.Storage;
using Eddy.Engine.Tests.Wire;
using Eddy.Engine.Wire;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Protos.Storage;
using Eddy.Rings;
using Google.Protobuf;

namespace Eddy.Engine.Tests.Storage;

/// <summary>A damaged page often still parses: a ring that does not hang together is damage too, and is never taken up again.</summary>
public sealed class DamagedRingTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);
    private static readonly Preimage Preimage = new(WireSamples.Hash(9));
    private static readonly RingOffer Offer = WireSamples.Offer(4) with
    {
        Hash = new PaymentHash(Preimage.Value.Hash()),
        Commitments = [.. Enumerable.Range(1, 3).Select(static number => WireSamples.Hash(number).Hash())],
    };

    private static readonly Dictionary<string, (bool IsMember, Action<StoredRing> Damage)> Damages = new()
    {
        ["no terms"] = (true, static ring => ring.Member = null),
        ["position 0"] = (true, static ring => ring.Member.Position = 0),
        ["position after the last"] = (true, static ring => ring.Member.Position = 4),
        ["position at the end of 32 bits"] = (true, static ring => ring.Member.Position = int.MinValue),
        ["position of the next"] = (true, static ring => ring.Member.Position = 3),
        ["a deadline before time"] = (true, static ring => ring.Member.DeadlineTicks = 5),
        ["a deadline that is no time"] = (true, static ring => ring.Member.DeadlineTicks = -1),
        ["a waiver of less than nothing"] = (true, static ring => ring.Member.Waiver.FeeCapMsat = -1),
        ["no waiver"] = (true, static ring => ring.Member.Waiver = null),
        ["the initiator's state"] = (true, static ring => ring.State.Kind = StoredStateKind.InitiatorWalking),
        ["no state"] = (true, static ring => ring.State = null),
        ["an unknown state"] = (true, static ring => ring.State.Kind = (StoredStateKind)99),
        ["terms twice"] = (true, static ring => ring.Agreed.Add(ring.Agreed[0])),
        ["a refusal at no position"] = (true, static ring => ring.State = new StoredState { Kind = StoredStateKind.MemberReleased, Cause = 4, Position = 77, Reason = 1 }),
        ["an unknown cause"] = (true, static ring => ring.State = new StoredState { Kind = StoredStateKind.MemberReleased, Cause = 77 }),
        ["a binding of less than nothing"] = (true, static ring => ring.State = Bound(-1)),
        ["another preimage"] = (false, static ring => ring.Initiator.Preimage = ByteString.CopyFrom(new byte[32])),
        ["no preimage of a ring under way"] = (false, static ring => ring.Initiator.Preimage = ByteString.Empty),
        ["a record less"] = (false, static ring => ring.Initiator.Records.RemoveAt(0)),
        ["the member's state"] = (false, static ring => ring.State.Kind = StoredStateKind.MemberExpired),
        ["terms of nobody"] = (false, static ring => ring.State = new StoredState { Kind = StoredStateKind.InitiatorInvoicing, AmountMsat = 1_000 }),
        ["a refusal by nobody"] = (false, static ring => ring.State = new StoredState { Kind = StoredStateKind.InitiatorRejected, Position = -2, Reason = 1 }),
        ["retries before the first"] = (false, static ring => ring.Retries = -1),
    };

    public static TheoryData<string> Names => [.. Damages.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_ring_that_cannot_have_been_written_so_is_damage(string name)
    {
        var (isMember, damage) = Damages[name];
        var ring = StoredRing.Parser.ParseFrom(isMember ? Member() : Initiator());
        damage(ring);

        Assert.Equal(StoreFault.Corrupt, Assert.Throws<StoreException>(() => Ring.Restore(Record(ring.ToByteArray()))).Fault);
    }

    [Fact]
    public void What_is_not_damaged_is_restored_as_it_was()
    {
        Assert.Equal(Member(), Ring.Restore(Record(Member())).ToRecord().Blob.ToArray());
        Assert.Equal(Initiator(), Ring.Restore(Record(Initiator())).ToRecord().Blob.ToArray());
    }

    [Fact]
    public void Another_rings_bytes_are_damage()
    {
        var record = Record(Member()) with { Id = new RingId(WireSamples.Hash(8)) };

        Assert.Equal(StoreFault.Corrupt, Assert.Throws<StoreException>(() => Ring.Restore(record)).Fault);
    }

    [Fact]
    public void Cut_off_bytes_and_lengths_that_overflow_are_damage()
    {
        byte[][] blobs = [Member()[..^3], [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0x08], [0x12, 0x07, 0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0x01], []];
        foreach (var blob in blobs)
        {
            Assert.Equal(StoreFault.Corrupt, Assert.Throws<StoreException>(() => Ring.Restore(Record(blob))).Fault);
        }
    }

    private static StoredState Bound(long amount) => new()
    {
        Kind = StoredStateKind.MemberBound,
        Binding = new StoredBinding { AmountMsat = amount },
        SinceTicks = Noon.UtcTicks,
        LookupAtTicks = Noon.UtcTicks,
    };

    private static RingRecord Record(byte[] blob) => new(
        Offer.Id, 2, "Accepted", false, RingOutcome.Unknown, Offer.Hash, Offer.Amount, MilliSatoshi.Zero, MilliSatoshi.Zero, MilliSatoshi.Zero, null, "", Noon, null,
        RingCodec.Format, blob);

    private static byte[] Member()
    {
        var bytes = WireEncoder.EncodeOffer(Offer);
        var offer = Offer with { Digest = Bytes32.Sha256(bytes) };
        ImmutableArray<MemberTerms> agreed = [.. Enumerable.Range(1, 2).Select(position => WireSamples.Terms(position) with { OfferDigest = offer.Digest })];
        var waiver = new Waiver(
            offer.Id, offer.Hash, offer.Commitments[1], offer.MinAmount, agreed[1].Amount, offer.At(1), new(5), [new(5)], offer.At(3), offer.MaxLockBlocks, new(1_000), Noon);
        var terms = new RingTerms.Member(
            offer, Noon, 2, WireSamples.Signed(bytes), [WireSamples.Signed(WireEncoder.EncodeTerms(agreed[0]))], agreed[1], waiver);
        return RingCodec.Write(terms, new MemberState.Accepted(WireSamples.Signed([1])), new RingNotes(agreed, null, null, [], 0));
    }

    private static byte[] Initiator()
    {
        var bytes = WireEncoder.EncodeOffer(Offer);
        var terms = new RingTerms.Initiator(
            Offer with { Digest = Bytes32.Sha256(bytes) }, Noon, bytes, Preimage, [.. Enumerable.Range(1, 3).Select(WireSamples.Hash)], new(5), 18, new(7));
        return RingCodec.Write(terms, new InitiatorState.Walking(WireSamples.Signed(bytes)), new RingNotes([], null, null, [], 0));
    }
}
