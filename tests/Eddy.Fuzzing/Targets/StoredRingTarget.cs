using System.Collections.Immutable;
using Eddy.Engine.Ports;
using Eddy.Engine.Rings;
using Eddy.Engine.Storage;
using Eddy.Engine.Wire;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Fuzzing.Targets;

/// <summary>A ring as the database keeps it, damaged.</summary>
internal sealed class StoredRingTarget : FuzzTarget
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    public override string Name => "stored-ring";

    public override string What => "a stored ring: restored and shown, or a damaged store reported as such; what is restored is saved as it was";

    public override bool IsProtobuf => true;

    public override AllocationBound Bound => new(256_000, 256);

    public override IEnumerable<byte[]> Seeds()
    {
        var preimage = new Preimage(Samples.Hash(9));
        var offer = Samples.Offer(Samples.Hostile, Samples.Sybil, Samples.Self, Samples.Honest) with { Hash = new PaymentHash(preimage.Value.Hash()) };
        var bytes = WireEncoder.EncodeOffer(offer);
        offer = offer with { Digest = Bytes32.Sha256(bytes) };
        ImmutableArray<MemberTerms> agreed = [Samples.Terms(bytes, 1), Samples.Terms(bytes, 2), Samples.Terms(bytes, 3)];
        var own = agreed[1];
        var waiver = new Waiver(
            offer.Id, offer.Hash, offer.Commitments[1], offer.MinAmount, own.Amount, Samples.Sybil, new(5), [new(5), new(6)], Samples.Honest, 800, new(1_000), Noon);
        var member = new RingTerms.Member(offer, Noon, 2, Samples.Signed(bytes), [Samples.Signed(WireEncoder.EncodeTerms(agreed[0]))], own, waiver);
        var initiator = new RingTerms.Initiator(offer, Noon, bytes, preimage, [Samples.Record, Samples.Record, Samples.Record], new(5), 18, new(7));
        var binding = new WaiverBinding(offer.Id, offer.Hash, new(new(5), 6), new(7), own.Amount, new(300), 850_000);
        var route = new PaymentRoute(850_100, own.Amount, new byte[32], [new(new(5), Samples.Sybil, own.Amount, 850_050, Samples.Record.ToArray())]);
        var notes = new RingNotes([own], new(9), new(10), [new(11)], 1);
        RingState[] members =
        [
            new MemberState.Signing(), new MemberState.Accepted(Samples.Signed([1])), new MemberState.Bound(binding, Noon, Noon), new MemberState.Settled(binding, true),
            new MemberState.Failed(binding, FailureCode.FeeInsufficient, false), new MemberState.Expired(), new MemberState.Released(RingOutcome.Rejected, 3, RejectReason.Busy),
        ];
        RingState[] initiators =
        [
            new InitiatorState.Signing(), new InitiatorState.Walking(Samples.Signed(bytes)), new InitiatorState.Invoicing(agreed, own.Amount),
            new InitiatorState.Paying(agreed, own.Amount, route, PayingStep.Tracking), new InitiatorState.Settled(own.Amount, MilliSatoshi.Zero, own.Amount),
            new InitiatorState.Failed(own.Amount, FailureCode.FeeInsufficient, 2), new InitiatorState.Rejected(2, RejectReason.Busy),
            new InitiatorState.Cancelled(CancelReason.Terms, new TermsFault(TermsFaultKind.Amount, 2)), new InitiatorState.Expired(),
        ];
        return [.. members.Select(state => RingCodec.Write(member, state, notes)), .. initiators.Select(state => RingCodec.Write(initiator, state, notes))];
    }

    public override int Execute(byte[] input)
    {
        var record = new RingRecord(
            new RingId(Samples.Hash(2)), 2, "Accepted", false, RingOutcome.Unknown, new PaymentHash(Samples.Hash(9).Hash()), MilliSatoshi.FromSatoshi(900_000), MilliSatoshi.Zero,
            MilliSatoshi.Zero, MilliSatoshi.Zero, null, "", Noon, null, RingCodec.Format, input);
        Ring ring;
        try
        {
            ring = Ring.Restore(record);
        }
        catch (StoreException exception)
        {
            Check.Same(StoreFault.Corrupt, exception.Fault, "fault");
            return 0;
        }

        // What it is used for at a start: shown, saved again, its promises counted.
        var view = ring.ToView([]);
        Check.That(view.Id == ring.Id && view.Hops.Length == ring.Terms.Offer.Length, "A ring that shows itself as another.");
        _ = ring.Reservations.Sum(static reservation => reservation.Amount.Value & 1);
        var saved = ring.ToRecord();
        var again = Ring.Restore(saved).ToRecord();
        Check.SameBytes(saved.Blob.Span, again.Blob.Span, "ring");
        return 1 + (ring.State.Name.Length * 2) + (ring.IsInitiator ? 1 : 0);
    }
}
