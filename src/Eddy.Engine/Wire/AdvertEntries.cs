using System.Buffers.Binary;
using System.Collections.Immutable;
using Eddy.Gossip;

namespace Eddy.Engine.Wire;

/// <summary>The packed entries of offers and requests, big-endian. A sequence is unix milliseconds: 48 bits last for 8,900 years.</summary>
internal static class AdvertEntries
{
    public const int OfferSize = PlaceSize + SequenceSize + 1;
    public const int PlaceSize = OriginSize + sizeof(ushort);
    public const int OriginSize = sizeof(ulong);

    private const int SequenceSize = 6;
    private const ulong LargestSequence = (1UL << (8 * SequenceSize)) - 1;

    public static byte[] Write(ReadOnlySpan<AdvertOffer> offers)
    {
        var bytes = new byte[offers.Length * OfferSize];
        Span<byte> sequence = stackalloc byte[sizeof(ulong)];
        for (var number = 0; number < offers.Length; number++)
        {
            var entry = bytes.AsSpan(number * OfferSize, OfferSize);
            var offer = offers[number];
            BinaryPrimitives.WriteUInt64BigEndian(sequence, Math.Min(offer.Sequence, LargestSequence));
            Write(entry, offer.Origin, offer.Part);
            sequence[^SequenceSize..].CopyTo(entry[PlaceSize..]);
            entry[^1] = (byte)offer.Hops;
        }

        return bytes;
    }

    public static byte[] Write(ReadOnlySpan<AdvertPlace> places)
    {
        var bytes = new byte[places.Length * PlaceSize];
        for (var number = 0; number < places.Length; number++)
        {
            Write(bytes.AsSpan(number * PlaceSize, PlaceSize), places[number].Origin, places[number].Part);
        }

        return bytes;
    }

    public static byte[] Write(ReadOnlySpan<ulong> origins)
    {
        var bytes = new byte[origins.Length * OriginSize];
        for (var number = 0; number < origins.Length; number++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(number * OriginSize), origins[number]);
        }

        return bytes;
    }

    /// <summary>False where the bytes are no whole number of entries.</summary>
    public static bool TryReadOffers(ReadOnlySpan<byte> bytes, out ImmutableArray<AdvertOffer> offers)
    {
        var builder = ImmutableArray.CreateBuilder<AdvertOffer>(bytes.Length / OfferSize);
        Span<byte> sequence = stackalloc byte[sizeof(ulong)];
        for (; bytes.Length >= OfferSize; bytes = bytes[OfferSize..])
        {
            bytes.Slice(PlaceSize, SequenceSize).CopyTo(sequence[^SequenceSize..]);
            builder.Add(new(
                BinaryPrimitives.ReadUInt64BigEndian(bytes),
                BinaryPrimitives.ReadUInt16BigEndian(bytes[OriginSize..]),
                BinaryPrimitives.ReadUInt64BigEndian(sequence),
                bytes[OfferSize - 1]));
        }

        offers = builder.DrainToImmutable();
        return bytes.IsEmpty;
    }

    /// <inheritdoc cref="TryReadOffers"/>
    public static bool TryReadPlaces(ReadOnlySpan<byte> bytes, out ImmutableArray<AdvertPlace> places)
    {
        var builder = ImmutableArray.CreateBuilder<AdvertPlace>(bytes.Length / PlaceSize);
        for (; bytes.Length >= PlaceSize; bytes = bytes[PlaceSize..])
        {
            builder.Add(new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt16BigEndian(bytes[OriginSize..])));
        }

        places = builder.DrainToImmutable();
        return bytes.IsEmpty;
    }

    /// <inheritdoc cref="TryReadOffers"/>
    public static bool TryReadOrigins(ReadOnlySpan<byte> bytes, out ImmutableArray<ulong> origins)
    {
        var builder = ImmutableArray.CreateBuilder<ulong>(bytes.Length / OriginSize);
        for (; bytes.Length >= OriginSize; bytes = bytes[OriginSize..])
        {
            builder.Add(BinaryPrimitives.ReadUInt64BigEndian(bytes));
        }

        origins = builder.DrainToImmutable();
        return bytes.IsEmpty;
    }

    private static void Write(Span<byte> entry, ulong origin, int part)
    {
        BinaryPrimitives.WriteUInt64BigEndian(entry, origin);
        BinaryPrimitives.WriteUInt16BigEndian(entry[OriginSize..], (ushort)part);
    }
}
