using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Rings;

/// <summary>
/// The zero-fee route round a ring. LND builds the onion as it is told and checks nothing, so every number is made and bounded here.
/// </summary>
public static class RouteBuilder
{
    /// <summary>Blocks between the final expiry and the invoice's own delta: some may be found while the HTLC is on its way.</summary>
    public const uint Padding = 3;

    /// <summary>LND's max-cltv-expiry, at the sender and at each hop.</summary>
    public const uint MaxTotalLock = 2016;

    /// <summary>More hops LND refuses.</summary>
    public const int MaxHops = 27;

    /// <summary>How far above the initiator's height the first HTLC expires.</summary>
    public static ulong LockBlocks(ImmutableArray<MemberTerms> terms, uint finalCltv)
    {
        var blocks = (ulong)finalCltv + Padding;
        foreach (var member in terms)
        {
            blocks += member.CltvDelta;
        }

        return blocks;
    }

    /// <summary>The most blocks a ring may lock money for.</summary>
    public static uint LockLimit(RingOffer offer) => Math.Min(MaxTotalLock, offer.MaxLockBlocks);

    /// <param name="terms">Of the members at positions 1, 2, ...</param>
    /// <param name="amount">What every hop carries.</param>
    /// <param name="finalCltv">The invoice's final CLTV delta.</param>
    /// <param name="height">Our node's block height.</param>
    /// <returns>Null where it would be too long or lock money for longer than agreed.</returns>
    public static PaymentRoute? Build(
        RingTerms.Initiator ring,
        ImmutableArray<MemberTerms> terms,
        MilliSatoshi amount,
        ReadOnlyMemory<byte> paymentAddress,
        uint finalCltv,
        uint height)
    {
        var length = ring.Offer.Length;
        var lockBlocks = LockBlocks(terms, finalCltv);
        if (length > MaxHops || lockBlocks > LockLimit(ring.Offer) || height > uint.MaxValue - lockBlocks)
        {
            return null;
        }

        // From the end backwards: what a node sends out expires its own delta before what it receives.
        var expiry = height + finalCltv + Padding;
        var hops = new PaymentHop[length];
        hops[^1] = new(Channel(length - 1), ring.Offer.Initiator, amount, expiry, ReadOnlyMemory<byte>.Empty);
        for (var position = length - 1; position >= 1; position--)
        {
            hops[position - 1] = new(
                Channel(position - 1), ring.Offer.At(position), amount, expiry, ring.Records[position - 1].ToArray());
            expiry += terms[position - 1].CltvDelta;
        }

        return new(expiry, amount, paymentAddress, [.. hops]);

        ShortChannelId Channel(int sender) => sender == 0 ? ring.FirstChannel : terms[sender - 1].Channel;
    }
}
