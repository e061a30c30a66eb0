using System.Globalization;
using Eddy.Engine.Gossip;
using Eddy.Engine.Greetings;
using Eddy.Engine.Liquidity;
using Eddy.Engine.Rings;
using Eddy.Engine.Views;
using Eddy.Lightning;
using Eddy.Liquidity;

namespace Eddy.Engine.Explanations;

/// <summary>What stands in the way of rings over one channel, or over one peer.</summary>
internal sealed class LinkReasons(
    EngineContext context, PeerTable peers, PeerConduct conduct, Gossiper gossiper, OwnLiquidity liquidity, BackOffs backOffs, RingKeeper rings)
{
    public IEnumerable<WhyReason> OfChannel(Channel channel)
    {
        if (!channel.IsActive)
        {
            yield return new("inactive", "The channel is not active.", "Wait for the peer, or reconnect to it.");
        }

        if (liquidity.IsExcluded(channel))
        {
            yield return new(
                "excluded",
                "The configuration excludes the channel: it is never advertised, and no ring over it is agreed to.",
                $"Remove exclude=true from [channel {channel.Id}] or its peer's section.");
        }

        var minimum = context.Options.Rings.MinAmountSat;
        var target = liquidity.TargetOf(channel);
        var end = EndOf(channel);
        var isReturning = liquidity.IsReturning(channel.Peer) && LiquidityBucket.Floor(end.Nearing(Way(end)).Satoshi) >= minimum;
        if (end.Phi == MilliSatoshi.Zero && !isReturning)
        {
            yield return new(
                "in-band",
                string.Create(CultureInfo.InvariantCulture, $"{(liquidity.Together(channel).Count > 1 ? "With the other channels with this peer, the" : "The")} local balance is {Share(channel):P0} of the capacity, inside the band of {target.Deadband:P0} round the target of {target.Share:P0}: nothing is wanted."),
                "");
            if (liquidity.NeutralLeft(channel).Satoshi < minimum)
            {
                yield return new(
                    "neutral-volume",
                    "What may move over it in a day without bringing it nearer its target is used up: others' rings cannot use it any more today.",
                    "Wait for midnight UTC.");
            }
        }
        else if (end.Phi.Satoshi < minimum && !isReturning)
        {
            yield return new(
                "below-minimum",
                $"The channel is only {RingStory.Sat(end.Phi)} outside its band, less than the smallest ring of {minimum} sat.",
                "Lower minamount in [rings].");
        }
        else if (channel.IsActive)
        {
            foreach (var reason in Room(channel, WantsOut(channel), minimum))
            {
                yield return reason;
            }
        }

        if (channel.Policy is null)
        {
            yield return new("no-policy", "LND does not know our own policy for the channel yet.", "Wait; it comes with the channel's announcement.");
        }
    }

    public IEnumerable<WhyReason> OfPeer(NodeId id)
    {
        if (liquidity.IsUnwelcome(id))
        {
            yield return new(
                "denied",
                liquidity.IsDenied(id) ? "The peer is denied: no ring with it." : "The peer is not on the list of those allowed.",
                $"Look at allow and deny in [policy], or run: eddy allow {id}");
        }

        if (conduct.IsMuted(id))
        {
            yield return Muted(id);
        }

        var peer = peers.Find(id);
        if (peer is not { IsEddy: true, IsOnline: true })
        {
            yield return new(
                "no-eddy-peer",
                peer is { IsOnline: true } ? $"The peer does not run eddy. {peer.Note}".TrimEnd() : "The peer is not connected.",
                peer is { IsOnline: true } ? "Ask its operator to run eddy: a ring needs it at every member." : "Wait for it, or reconnect.");
            yield break;
        }

        if (backOffs.Until(id) is { } until)
        {
            var why = backOffs.IsHeldAgainst(id) ? "an HTLC of a ring with it was held for too long"
                : backOffs.IsIdling(id) ? "rings that it began or brought came to nothing time after time"
                : "it refused, failed or could not be reached";
            yield return new("peer-backed-off", $"The peer is left alone until {until:u}: {why}.", "It passes by itself. Look at: eddy rings");
        }
    }

    public WhyReason Muted(NodeId id) => new(
        "muted",
        $"{RingStory.Name(id)} is not listened to until {conduct.MutedUntil(id):u}. {peers.Find(id)?.LastFault}".TrimEnd(),
        $"Ask its operator what it runs. To listen to it now: eddy unmute {id}. To have nothing to do with it for good: eddy deny {id}");

    public IEnumerable<WhyReason> UnderWay(NodeId peer) => rings.Open
        .Where(ring => ring.Next == peer || ring.Previous == peer)
        .Select(static ring => new WhyReason(
            "under-way", $"Ring {ring.Id.ToShortString()} over this peer is under way ({ring.State.Name}).", $"Run: eddy rings show {ring.Id}"));

    /// <summary>What the peer offers us, where that is what is missing.</summary>
    /// <param name="channel">Whose wish counts; null where all of the peer's channels do.</param>
    public IEnumerable<WhyReason> Offers(NodeId id, Channel? channel)
    {
        if (peers.Find(id) is not { IsEddy: true, IsOnline: true } || context.Node is not { } node)
        {
            yield break;
        }

        if (gossiper.Find(id) is not { } advert)
        {
            yield return new("no-advert", "The peer has advertised nothing yet.", "Wait; adverts take seconds.");
        }
        else if (advert.Intents.FirstOrDefault(intent => intent.Peer == node.Id) is not { } mine)
        {
            yield return new("not-named", "The peer's advert does not name this node.", "Wait; it does once it has heard our hello.");
        }
        else if (channel is null ? mine.In == 0 && mine.Out == 0 : (WantsOut(channel) ? mine.In : mine.Out) == 0)
        {
            yield return new(
                "nothing-offered",
                channel is null ? "The peer offers neither to take in nor to send."
                    : WantsOut(channel) ? "The peer offers to take nothing in over this channel."
                    : "The peer offers to send nothing over this channel.",
                "Its end is where its operator wants it, or busy: nothing to be done here.");
        }
    }

    private double Share(Channel channel)
    {
        var together = liquidity.Together(channel);
        var capacity = together.Sum(static one => one.Capacity.Value);
        return capacity == 0 ? 0 : (double)together.Sum(static one => one.Local.Value) / capacity;
    }

    /// <summary>What consent goes by.</summary>
    private ChannelEnd EndOf(Channel channel) => liquidity.Together(channel)
        .Select(one => liquidity.TargetOf(one).End(one.Capacity, one.Local))
        .Aggregate(static (sum, end) => new(sum.Local + end.Local, sum.Target + end.Target, sum.Band + end.Band));

    private static MoveDirection Way(ChannelEnd end) => end.Local > end.Target ? MoveDirection.Out : MoveDirection.In;

    private bool WantsOut(Channel channel) => Way(EndOf(channel)) == MoveDirection.Out;

    /// <summary>A channel that wants something and cannot carry it.</summary>
    private static IEnumerable<WhyReason> Room(Channel channel, bool isOut, long minimum)
    {
        var able = isOut ? channel.Spendable : channel.Receivable;
        if (able.Satoshi < minimum)
        {
            yield return new(
                "reserve",
                $"Only {RingStory.Sat(able)} can be {(isOut ? "sent" : "received")} over the channel now: the rest is its reserve, its fee buffer, or in flight.",
                "Wait for HTLCs in flight, or lower minamount in [rings].");
        }

        if ((isOut ? channel.Policy : channel.PeerPolicy) is { } policy)
        {
            if (policy.MaxHtlcMsat.Value > 0 && policy.MaxHtlcMsat.Satoshi < minimum)
            {
                yield return new(
                    "max-htlc",
                    $"{(isOut ? "Our" : "The peer's")} max_htlc for the channel is {RingStory.Sat(policy.MaxHtlcMsat)}, less than the smallest ring of {minimum} sat.",
                    isOut ? "Raise it: lncli updatechanpolicy --max_htlc_msat." : "Only the peer's operator can raise it.");
            }
        }
    }
}
