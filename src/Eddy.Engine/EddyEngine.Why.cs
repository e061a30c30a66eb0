using System.Globalization;
using Eddy.Engine.Ports;
using Eddy.Engine.Rings;
using Eddy.Engine.Views;
using Eddy.Lightning;
using Eddy.Liquidity;
using Eddy.Rings;

namespace Eddy.Engine;

/// <summary>Why nothing happens on a channel.</summary>
public sealed partial class EddyEngine
{
    /// <summary>The reasons why nothing happens on a channel, the weightiest first; null where it is not ours.</summary>
    public ChannelExplanation? Explain(ShortChannelId scid) =>
        _context.Channels.FirstOrDefault(channel => channel.IsNamedBy(scid)) is { } channel
            ? new ChannelExplanation(channel.Id, channel.Peer, [.. Reasons(channel)])
            : null;

    private IEnumerable<ChannelReason> Reasons(Channel channel) =>
        NodeReasons().Concat(ChannelReasons(channel)).Concat(PeerReasons(channel)).Concat(RingReasons(channel));

    private IEnumerable<ChannelReason> NodeReasons()
    {
        if (!_context.IsConnected)
        {
            yield return new("lnd-away", $"LND is away: {_context.ConnectionReason}", "Start LND, or check [lnd] in the configuration.");
        }

        if (_context.Options.IsObserving)
        {
            yield return new("observing", "This node only looks on.", "Set mode=active in [eddy].");
        }

        if (_context.IsPaused)
        {
            yield return new("paused", "Eddy is paused.", "Run: eddy resume");
        }

        if (_context.Interceptor == InterceptorState.Taken)
        {
            yield return new(
                "interceptor-taken",
                "Another program holds LND's interceptor: this node can propose rings and not take part in those of others.",
                "Stop the other program (circuitbreaker, litd, LSP software use it too), or accept it.");
        }
        else if (_context.Interceptor == InterceptorState.Down && !_context.Options.IsObserving)
        {
            yield return new(
                "interceptor-down",
                $"The interceptor is not available, so that this node cannot waive: {_context.InterceptorReason}",
                "Check LND's log; eddy keeps trying.");
        }
    }

    private IEnumerable<ChannelReason> ChannelReasons(Channel channel)
    {
        if (!channel.IsActive)
        {
            yield return new("inactive", "The channel is not active.", "Wait for the peer, or reconnect to it.");
        }

        if (_liquidity.IsExcluded(channel))
        {
            yield return new("excluded", "The configuration excludes the channel.", $"Remove exclude=true from [channel {channel.Id}] or its peer's section.");
        }

        if (_liquidity.IsUnwelcome(channel.Peer))
        {
            yield return new("denied", "The configuration wants no ring with this peer.", "Look at allow and deny in [policy].");
        }

        var target = _liquidity.TargetOf(channel);
        var end = target.End(channel.Capacity, channel.Local);
        if (end.Phi == MilliSatoshi.Zero)
        {
            yield return new(
                "in-band",
                string.Create(CultureInfo.InvariantCulture, $"The local balance is {Share(channel):P0} of the capacity, inside the band of {target.Deadband:P0} round the target of {target.Share:P0}: nothing is wanted."),
                "");
        }
        else if (end.Phi.Satoshi < _context.Options.Rings.MinAmountSat)
        {
            yield return new(
                "below-minimum",
                $"The channel is only {RingStory.Sat(end.Phi)} outside its band, less than the smallest ring of {_context.Options.Rings.MinAmountSat} sat.",
                "Lower minamount in [rings].");
        }

        if (channel.Policy is null)
        {
            yield return new("no-policy", "LND does not know our own policy for the channel yet.", "Wait; it comes with the channel's announcement.");
        }
    }

    private IEnumerable<ChannelReason> PeerReasons(Channel channel)
    {
        if (_conduct.MutedUntil(channel.Peer) is { } muted)
        {
            yield return new(
                "muted",
                $"The peer is not listened to until {muted:u}. {_peers.Find(channel.Peer)?.LastFault}".TrimEnd(),
                $"Ask its operator what it runs. To have nothing to do with it for good: deny={channel.Peer} in [policy].");
        }

        var peer = _peers.Find(channel.Peer);
        if (peer is not { IsEddy: true, IsOnline: true })
        {
            yield return new(
                "no-eddy-peer",
                peer is { IsOnline: true } ? $"The peer does not run eddy. {peer.Note}".TrimEnd() : "The peer is not connected.",
                peer is { IsOnline: true } ? "Ask its operator to run eddy: a ring needs it at every member." : "Wait for it, or reconnect.");
            yield break;
        }

        if (_backOffs.Until(channel.Peer) is { } until)
        {
            yield return new("backed-off", $"The peer is backed off until {until:u} after failures.", "Look at: eddy rings");
        }

        var isOut = _liquidity.TargetOf(channel).End(channel.Capacity, channel.Local).Gains(MoveDirection.Out);
        if (_gossiper.Find(channel.Peer) is not { } advert)
        {
            yield return new("no-advert", "The peer has advertised nothing yet.", "Wait; adverts take seconds.");
        }
        else if (_context.Node is { } node && advert.Intents.FirstOrDefault(intent => intent.Peer == node.Id) is not { } intent)
        {
            yield return new("not-named", "The peer's advert does not name this node.", "Wait; it does once it has heard our hello.");
        }
        else if (_context.Node is { } self && advert.Intents.First(entry => entry.Peer == self.Id) is var mine && (isOut ? mine.In : mine.Out) == 0)
        {
            yield return new(
                "nothing-offered",
                isOut ? "The peer offers to take nothing in over this channel." : "The peer offers to send nothing over this channel.",
                "Its end is where its operator wants it, or busy: nothing to be done here.");
        }
    }

    private IEnumerable<ChannelReason> RingReasons(Channel channel)
    {
        var rings = _rings.Latest.Where(ring => ring.Next == channel.Peer || ring.Previous == channel.Peer).ToArray();
        foreach (var ring in rings.Where(static ring => !ring.State.IsFinal))
        {
            yield return new("under-way", $"Ring {ring.Id.ToShortString()} over this peer is under way ({ring.State.Name}).", $"Run: eddy rings show {ring.Id}");
        }

        if (rings.FirstOrDefault(static ring => ring.State.IsFinal) is { } last && last.State.Outcome != RingOutcome.Settled)
        {
            yield return new("last-ring", $"The last ring over this peer: {RingStory.Ending(last.Terms, last.State).Reason}", $"Run: eddy rings show {last.Id}");
        }

        if (_proposer.LastSearch.Length > 0)
        {
            yield return new(
                "last-search",
                $"The last search: {_proposer.LastSearch}",
                "Of all members the one with the lowest key proposes: another may propose the ring this channel needs.");
        }
    }

    private static double Share(Channel channel) => channel.Capacity.Value == 0 ? 0 : (double)channel.Local.Value / channel.Capacity.Value;
}
