using Eddy.Lightning;

namespace Eddy.Rings;

/// <summary>What one member signs, decoded.</summary>
/// <param name="OfferDigest">SHA256 of the offer's bytes.</param>
/// <param name="Position">1 for the first member.</param>
/// <param name="Channel">What it sends on, as an onion must name it.</param>
/// <param name="CltvDelta">Blocks it wants between the HTLC it receives and the one it sends.</param>
/// <param name="MinHtlc">The least its channel takes.</param>
/// <param name="MaxHtlc">The most its channel takes; 0 for no limit.</param>
/// <param name="Amount">What it agrees to at most: never more than the member before.</param>
/// <param name="Gain">Its distance from target falls by at least this much; 0 for a neutral member.</param>
public sealed record MemberTerms(
    Bytes32 OfferDigest,
    int Position,
    ShortChannelId Channel,
    uint CltvDelta,
    MilliSatoshi MinHtlc,
    MilliSatoshi MaxHtlc,
    MilliSatoshi Amount,
    MilliSatoshi Gain);

/// <summary>Terms as they came in a proposal.</summary>
/// <param name="Terms">Null where the bytes could not be decoded.</param>
/// <param name="IsVerified">The signature is by the node at that position of the ring.</param>
public sealed record ReceivedTerms(MemberTerms? Terms, bool IsVerified);

/// <summary>A signed part of a proposal as it is relayed: these very bytes.</summary>
/// <param name="Signature">65 bytes: header, r, s.</param>
public sealed record SignedBytes(ReadOnlyMemory<byte> Bytes, ReadOnlyMemory<byte> Signature);
