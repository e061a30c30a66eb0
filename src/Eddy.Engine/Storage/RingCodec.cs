using Eddy.Engine.Ports;
using Eddy.Engine.Wire;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Protos.Storage;
using Eddy.Rings;
using Google.Protobuf;

namespace Eddy.Engine.Storage;

/// <summary>A ring's terms and state as bytes (protos/eddy/store.proto) and back.</summary>
internal static partial class RingCodec
{
    /// <summary>The format written; <see cref="Read"/> takes every one up to it.</summary>
    public const int Format = 1;

    private const int FirstYear = 1970;
    private const int LastYear = 9_000;

    public static byte[] Write(RingTerms terms, RingState state, RingNotes notes)
    {
        var ring = new StoredRing { State = ToStored(state) };
        switch (terms)
        {
            case RingTerms.Initiator initiator:
                ring.Initiator = ToStored(initiator, state.IsFinal);
                break;
            case RingTerms.Member member:
                ring.Member = ToStored(member);
                break;
        }

        ring.Agreed.AddRange(notes.Agreed.Select(static entry => Bytes(WireEncoder.EncodeTerms(entry))));
        SetIf(notes.LeftOn, channel => ring.LeftOn = channel.Value);
        SetIf(notes.ComesInOn, channel => ring.ComesInOn = channel.Value);
        ring.Neutral.AddRange(notes.Neutral.Select(static channel => channel.Value));
        ring.Retries = notes.Retries;
        return ring.ToByteArray();
    }

    /// <exception cref="StoreException">The bytes are damaged, or of a later version of eddy.</exception>
    public static (RingTerms Terms, RingState State, RingNotes Notes) Read(RingRecord record)
    {
        if (record.Format > Format)
        {
            throw new StoreException(
                StoreFault.Newer, $"Ring {record.Id.ToShortString()} was saved by a later version of eddy (format {record.Format}): run that version.");
        }

        try
        {
            var ring = WireParser.TryParse(StoredRing.Parser, record.Blob.Span, out var fault) ?? throw new ArgumentException("No ring.", fault);
            RingTerms terms = ring.TermsCase == StoredRing.TermsOneofCase.Initiator ? FromStored(ring.Initiator) : FromStored(ring.Member);
            var notes = new RingNotes(
                [.. ring.Agreed.Select(Terms)],
                ring.HasLeftOn ? new ShortChannelId(ring.LeftOn) : null,
                ring.HasComesInOn ? new ShortChannelId(ring.ComesInOn) : null,
                [.. ring.Neutral.Select(static channel => new ShortChannelId(channel))],
                ring.Retries);
            var state = FromStored(ring.State, terms);
            return FindDamage(record, terms, state, notes) is { } damage ? throw new ArgumentException(damage) : (terms, state, notes);
        }
        catch (Exception exception) when (exception is ArgumentException or NullReferenceException)
        {
            throw new StoreException(
                StoreFault.Corrupt, $"Ring {record.Id.ToShortString()} in the store cannot be read: restore a copy of the database.", exception);
        }
    }

    // A ring that has ended needs its secrets no more, and what is not kept cannot leak with a copy of the database.
    private static StoredInitiatorTerms ToStored(RingTerms.Initiator terms, bool isFinal)
    {
        var stored = new StoredInitiatorTerms
        {
            Offer = Bytes(terms.OfferBytes),
            DeadlineTicks = terms.Deadline.UtcTicks,
            FirstChannel = terms.FirstChannel.Value,
            FinalCltv = terms.FinalCltv,
            GainMsat = terms.Gain.Value,
        };
        if (!isFinal)
        {
            stored.Preimage = Bytes(terms.Preimage.Value);
            stored.Records.AddRange(terms.Records.Select(Bytes));
        }

        return stored;
    }

    private static RingTerms.Initiator FromStored(StoredInitiatorTerms stored) => new(
        Offer(stored.Offer),
        Time(stored.DeadlineTicks),
        stored.Offer.Memory,
        stored.Preimage.IsEmpty ? default : new Preimage(new Bytes32(stored.Preimage.Span)),
        [.. stored.Records.Select(static record => new Bytes32(record.Span))],
        new ShortChannelId(stored.FirstChannel),
        stored.FinalCltv,
        new MilliSatoshi(stored.GainMsat));

    private static StoredMemberTerms ToStored(RingTerms.Member terms)
    {
        var stored = new StoredMemberTerms
        {
            Offer = ToStored(terms.SignedOffer),
            DeadlineTicks = terms.Deadline.UtcTicks,
            Position = terms.Position,
            Own = Bytes(WireEncoder.EncodeTerms(terms.Own)),
            Waiver = new StoredWaiver { Outgoing = terms.Waiver.Outgoing.Value, FeeCapMsat = terms.Waiver.FeeCap.Value },
        };
        stored.PriorTerms.AddRange(terms.PriorTerms.Select(ToStored));
        stored.Waiver.OutgoingNames.AddRange(terms.Waiver.OutgoingNames.Select(static name => name.Value));
        return stored;
    }

    private static RingTerms.Member FromStored(StoredMemberTerms stored)
    {
        var offer = Offer(stored.Offer.Bytes);
        var own = Terms(stored.Own);
        var deadline = Time(stored.DeadlineTicks);
        if (stored.Position < 1 || stored.Position >= offer.Length || offer.Commitments.Length != offer.Length - 1)
        {
            throw new ArgumentException($"A ring of {offer.Length} has no member at position {stored.Position}.", nameof(stored));
        }

        var waiver = new Waiver(
            offer.Id,
            offer.Hash,
            offer.Commitments[stored.Position - 1],
            offer.MinAmount,
            own.Amount,
            offer.At(stored.Position - 1),
            new ShortChannelId(stored.Waiver.Outgoing),
            [.. stored.Waiver.OutgoingNames.Select(static name => new ShortChannelId(name))],
            offer.At(stored.Position + 1),
            offer.MaxLockBlocks,
            new MilliSatoshi(stored.Waiver.FeeCapMsat),
            deadline);
        return new RingTerms.Member(
            offer, deadline, stored.Position, FromStored(stored.Offer), [.. stored.PriorTerms.Select(FromStored)], own, waiver);
    }

    private static RingOffer Offer(ByteString bytes) =>
        WireDecoder.DecodeOffer(bytes.Memory) ?? throw new ArgumentException("The offer cannot be read.", nameof(bytes));

    private static MemberTerms Terms(ByteString bytes) =>
        WireDecoder.DecodeTerms(bytes.Memory) ?? throw new ArgumentException("Terms cannot be read.", nameof(bytes));

    private static StoredSignedBytes ToStored(SignedBytes signed) => new() { Bytes = Bytes(signed.Bytes), Signature = Bytes(signed.Signature) };

    private static SignedBytes FromStored(StoredSignedBytes stored) => new(stored.Bytes.Memory, stored.Signature.Memory);

    private static ByteString Bytes(ReadOnlyMemory<byte> bytes) => ByteString.CopyFrom(bytes.Span);

    private static ByteString Bytes(Bytes32 bytes) => ByteString.CopyFrom(bytes.ToArray());

    /// <summary>Rings are of our time: whatever is added to it or taken from it stays within the calendar.</summary>
    private static DateTimeOffset Time(long ticks) => new DateTimeOffset(ticks, TimeSpan.Zero) is { Year: >= FirstYear and <= LastYear } time
        ? time
        : throw new ArgumentException("A time out of all bounds.", nameof(ticks));
}
