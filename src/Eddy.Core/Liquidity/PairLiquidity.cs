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

    // Each by its own end, for a ring of two: it moves nothing between the nodes.
    private readonly ImmutableArray<Lane> _outAlone;
    private readonly ImmutableArray<Lane> _inAlone;
    private readonly LiquidityOptions _options;

    private PairLiquidity(
        NodeId peer,
        ImmutableArray<Lane> outLanes,
        ImmutableArray<Lane> inLanes,
        ImmutableArray<Lane> outAlone,
        ImmutableArray<Lane> inAlone,
        LiquidityOptions options)
    {
        Peer = peer;
        _out = outLanes;
        _in = inLanes;
        _outAlone = outAlone;
        _inAlone = inAlone;
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

        ImmutableArray<Lane> Lanes(MoveDirection direction, bool isTogether)
        {
            var together = isTogether ? Together(own, direction, promisedOut, promisedIn) : null;
            return
            [
                .. own.Select(channel => Lane.Create(
                    channel,
                    direction,
                    together ?? Lane.EndOf(channel, direction, promisedOut, promisedIn),
                    promisedOut,
                    promisedIn,
                    options)),
            ];
        }

        var isTogether = own.Length > 1 && !options.IsPerChannel;
        var (alone, aloneIn) = (Lanes(MoveDirection.Out, false), Lanes(MoveDirection.In, false));
        return new(
            peer,
            isTogether ? Lanes(MoveDirection.Out, true) : alone,
            isTogether ? Lanes(MoveDirection.In, true) : aloneIn,
            alone,
            aloneIn,
            options);
    }

    /// <summary>What the operator lets take part of it, as if it were one channel.</summary>
    private static ChannelEnd? Together(OwnChannel[] channels, MoveDirection direction, MilliSatoshi promisedOut, MilliSatoshi promisedIn)
    {
        var sum = new ChannelEnd(direction == MoveDirection.Out ? -promisedOut : promisedIn, MilliSatoshi.Zero, MilliSatoshi.Zero);
        foreach (var channel in channels)
        {
            if (!channel.IsExcluded)
            {
                var end = Lane.EndOf(channel, direction, MilliSatoshi.Zero, MilliSatoshi.Zero);
                sum = new(sum.Local + end.Local, sum.Target + end.Target, sum.Band + end.Band);
            }
        }

        return sum;
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
        var inSide = LaneChoice.Find(isRingOfTwo ? incoming._inAlone : incoming._in, minSat, wanted, isPinned: false, isAlone: isRingOfTwo);
        if (inSide.Reason is { } inReason)
        {
            return new MoveVerdict.Refused(inReason);
        }

        var outSide = LaneChoice.Find(isRingOfTwo ? outgoing._outAlone : outgoing._out, minSat, wanted, isPinned: isInitiator, isAlone: isRingOfTwo && !isInitiator);
        if (outSide.Reason is { } outReason)
        {
            return new MoveVerdict.Refused(outReason);
        }

        if (isRingOfTwo && inSide.Channel == outSide.Channel)
        {
            return new MoveVerdict.Refused(RejectReason.ParallelChannel);
        }

        var limit = Math.Min(inSide.Limit, outSide.Limit);
        var amount = limit >= maxSat ? maxSat : Math.Max(minSat, LiquidityBucket.Fine(limit));
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
        var allowsTwo = _out.Length > 1 && most >= least && most > 0 && CheckMove(this, this, least, most) is MoveVerdict.Agreed;
        return new(Peer, outgoing, incoming, allowsTwo);
    }
}
