using System.Collections.Immutable;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Liquidity;

/// <summary>
/// All own active channels with one peer together. LND forwards over any channel to the peer that can carry the amount, on either side,
/// so an amount is offered or agreed to only where the consent rule holds for every one of them that could carry it.
/// </summary>
public sealed class PairLiquidity
{
    private readonly ImmutableArray<Lane> _out;
    private readonly ImmutableArray<Lane> _in;
    private readonly LiquidityOptions _options;

    private PairLiquidity(NodeId peer, ImmutableArray<Lane> outLanes, ImmutableArray<Lane> inLanes, LiquidityOptions options)
    {
        Peer = peer;
        _out = outLanes;
        _in = inLanes;
        _options = options;
        Offer = CreateOffer();
    }

    public NodeId Peer { get; }

    public PairOffer Offer { get; }

    /// <param name="peer">The peer; channels and reservations with others are passed over.</param>
    /// <param name="channels">Own channels.</param>
    /// <param name="reservations">What is promised to rings that are not final.</param>
    public static PairLiquidity Create(
        NodeId peer, IEnumerable<OwnChannel> channels, IEnumerable<Reservation> reservations, LiquidityOptions options)
    {
        OwnChannel[] own =
            [.. channels.Where(channel => channel.Channel.Peer == peer && channel.Channel.IsActive).OrderBy(channel => channel.Channel.Id)];
        var promisedOut = MilliSatoshi.Zero;
        var promisedIn = MilliSatoshi.Zero;
        foreach (var reservation in reservations)
        {
            if (reservation.Peer != peer || IsInFlight(own, reservation))
            {
                continue;
            }

            if (reservation.Direction == MoveDirection.Out)
            {
                promisedOut += reservation.Amount;
            }
            else
            {
                promisedIn += reservation.Amount;
            }
        }

        return new(
            peer,
            [.. own.Select(channel => Lane.Create(channel, MoveDirection.Out, promisedOut, promisedIn, options))],
            [.. own.Select(channel => Lane.Create(channel, MoveDirection.In, promisedOut, promisedIn, options))],
            options);
    }

    /// <summary>All pairs of this node, ordered by peer.</summary>
    public static ImmutableArray<PairLiquidity> CreateAll(
        IReadOnlyCollection<OwnChannel> channels, IReadOnlyCollection<Reservation> reservations, LiquidityOptions options) =>
    [
        .. channels.Select(channel => channel.Channel.Peer).Distinct().Order()
            .Select(peer => Create(peer, channels, reservations, options)),
    ];

    /// <summary>
    /// Whether this node agrees to a move in over one pair and out over another, of any amount from <paramref name="minSat"/> to
    /// <paramref name="maxSat"/>: the amount may still shrink further on in the ring, so the rule must hold down to the least.
    /// </summary>
    /// <param name="isInitiator">LND sends an initiator's payment strictly over the channel named; a member's over any.</param>
    public static MoveVerdict CheckMove(PairLiquidity incoming, PairLiquidity outgoing, long minSat, long maxSat, bool isInitiator = false)
    {
        var options = outgoing._options;
        if (minSat < options.MinAmount || maxSat < minSat)
        {
            return new MoveVerdict.Refused(RejectReason.AmountTooSmall);
        }

        var isRingOfTwo = incoming.Peer == outgoing.Peer;
        if (isRingOfTwo && incoming._out.Length < 2)
        {
            return new MoveVerdict.Refused(RejectReason.NoChannel);
        }

        var wanted = Math.Min(maxSat, options.MaxAmount);
        var inSide = LaneChoice.Find(incoming._in, minSat, wanted, options.IsStrict, isPinned: false, isAlone: isRingOfTwo);
        if (inSide.Reason is { } inReason)
        {
            return new MoveVerdict.Refused(inReason);
        }

        var outSide = LaneChoice.Find(outgoing._out, minSat, wanted, options.IsStrict, isPinned: isInitiator, isAlone: isRingOfTwo && !isInitiator);
        if (outSide.Reason is { } outReason)
        {
            return new MoveVerdict.Refused(outReason);
        }

        if (isRingOfTwo && inSide.Channel == outSide.Channel)
        {
            return new MoveVerdict.Refused(RejectReason.ParallelChannel);
        }

        var limit = Math.Min(inSide.Limit, outSide.Limit);
        var amount = limit >= maxSat ? maxSat : Math.Max(minSat, LiquidityBucket.Floor(limit));
        var gain = LiquidityBucket.Floor((inSide.Gain + outSide.Gain).Satoshi);
        return new MoveVerdict.Agreed(amount, gain, outSide.Channel, inSide.Channel);
    }

    private static bool IsInFlight(OwnChannel[] channels, Reservation reservation)
    {
        foreach (var channel in channels)
        {
            foreach (var htlc in channel.Channel.PendingHtlcs)
            {
                if (htlc.Hash == reservation.Hash && htlc.IsIncoming == (reservation.Direction == MoveDirection.In))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private PairOffer CreateOffer()
    {
        var outgoing = LaneChoice.Offer(_out, _options);
        var incoming = LaneChoice.Offer(_in, _options);
        var least = Math.Max(outgoing.Least, incoming.Least);
        var most = Math.Min(outgoing.Most, incoming.Most);
        var allowsTwo = most >= least && most > 0 && CheckMove(this, this, least, most) is MoveVerdict.Agreed;
        return new(Peer, outgoing, incoming, allowsTwo);
    }
}
