using Eddy.Engine.Greetings;
using Eddy.Engine.Liquidity;
using Eddy.Engine.Ports;
using Eddy.Engine.Rings;
using Eddy.Engine.Views;
using Eddy.Lightning;
using Eddy.Liquidity;

namespace Eddy.Engine.Explanations;

/// <summary>
/// Why nothing happens: on the node as a whole, with a peer, on a channel. What keeps everything from happening comes first, then what keeps
/// this channel or peer, then what the search finds, then what has been refused lately.
/// </summary>
internal sealed class Explainer(
    EngineContext context,
    PeerTable peers,
    PeerConduct conduct,
    Greeter greeter,
    OwnLiquidity liquidity,
    DayBudget budget,
    RingProposer proposer,
    RingMember member,
    WouldBook would,
    RingDiagnosis diagnosis,
    LinkReasons links)
{
    public Explanation OfNode() => new(null, null, [.. NodeReasons(), .. ManyReasons(), .. Limits(null), .. diagnosis.Explain(null), .. diagnosis.Failures(static _ => true), .. Refusals(null), .. Left(null)]);

    public Explanation OfPeer(NodeId peer) => new(
        null,
        peer,
        [
            .. NodeReasons(),
            .. links.OfPeer(peer),
            .. context.Channels.Where(channel => channel.Peer == peer).SelectMany(links.OfChannel).DistinctBy(static reason => reason.What),
            .. After(peer, null),
        ]);

    public Explanation OfChannel(Channel channel) => new(
        channel.Id, channel.Peer, [.. NodeReasons(), .. links.OfChannel(channel), .. links.OfPeer(channel.Peer), .. After(channel.Peer, channel)]);

    private IEnumerable<WhyReason> After(NodeId peer, Channel? channel) =>
    [
        .. Limits(peer),
        .. links.UnderWay(peer),
        .. links.Offers(peer, channel),
        .. peers.Find(peer) is { IsEddy: true, IsOnline: true } ? diagnosis.Explain(peer) : [],
        .. diagnosis.Failures(ring => ring.Next == peer || ring.Previous == peer),
        .. Refusals(peer),
        .. Left(peer),
    ];

    private IEnumerable<WhyReason> NodeReasons()
    {
        if (!context.IsConnected)
        {
            yield return new(
                "lnd-away",
                context.ConnectionReason.Length > 0 ? $"LND is away: {context.ConnectionReason}" : "LND has not answered yet.",
                "Start LND, unlock its wallet, or check [lnd] in the configuration.");
        }
        else if (!context.IsSynced)
        {
            yield return new(
                "lnd-not-synced",
                $"LND is behind the chain (it is at height {context.Height}): payments may fail until it has caught up.",
                "Wait for LND, or look at its chain backend: lncli getinfo, synced_to_chain.");
        }

        if (context.Options.IsObserving)
        {
            var missed = would.View;
            yield return new(
                "observing",
                missed.Count == 0 ? "This node only looks on." : $"This node only looks on. It would have been in {missed.Count} rings since its start, {RingStory.Sat(missed.Moved)} in all.",
                "Set mode=active in [eddy] and run: eddy config reload. What it misses: eddy rings --would");
        }

        if (context.IsStopping)
        {
            yield return new("stopping", "Eddy is about to end: rings under way may end first.", "");
        }

        if (context.IsPaused)
        {
            yield return new("paused", "Eddy is paused.", "Run: eddy resume");
        }

        if (context.Interceptor == InterceptorState.Taken)
        {
            yield return new(
                "interceptor-taken",
                "Another program holds LND's interceptor: this node can propose rings and not take part in those of others.",
                "Stop the other program (circuitbreaker, litd, LSP software use it too), or accept it.");
        }
        else if (context.Interceptor == InterceptorState.Down && !context.Options.IsObserving)
        {
            yield return new(
                "interceptor-down",
                $"The interceptor is not available, so that this node cannot waive: {context.InterceptorReason}",
                "Check LND's log; eddy keeps trying.");
        }
    }

    /// <summary>What holds for all channels or all peers together.</summary>
    private IEnumerable<WhyReason> ManyReasons()
    {
        if (!context.IsConnected)
        {
            yield break;
        }

        var active = context.Channels.Where(static channel => channel.IsActive).ToArray();
        if (active.Length == 0)
        {
            yield return context.Channels.IsEmpty
                ? new("no-channels", "This node has no open channels.", "Open some: a ring needs two of them, one to send on and one to receive on.")
                : new("no-active-channels", $"None of the {context.Channels.Length} channels is active.", "Reconnect to the peers.");
            yield break;
        }

        var eddies = peers.EddyPeers.Where(peer => greeter.HasChannelWith(peer.Id)).ToArray();
        var usable = eddies.Where(peer => !conduct.IsMuted(peer.Id) && !liquidity.IsUnwelcome(peer.Id)).ToArray();
        if (eddies.Length == 0)
        {
            yield return new("no-eddy-peers", "No peer with a channel runs eddy, as far as has been heard.", "Ask their operators to run eddy; it greets them by itself. Look at: eddy peers");
        }
        else if (usable.Length == 0)
        {
            yield return new("no-welcome-peers", "Every eddy peer is muted, denied, or not on the list of those allowed.", "Look at: eddy peers, and at allow and deny in [policy].");
        }
        else if (usable.Length == 1 && !liquidity.Pairs.Any(pair => pair.Peer == usable[0].Id && pair.Offer.AllowsRingOfTwo))
        {
            yield return new(
                "one-eddy-peer",
                $"Only one peer, {RingStory.Name(usable[0].Id)}, runs eddy: a ring leaves over one peer and comes home over another.",
                "Ask the operators of other peers to run eddy.");
        }

        if (active.All(liquidity.IsExcluded))
        {
            yield return new("excluded", "Every active channel is excluded by the configuration.", "Remove exclude=true from some of the sections.");
        }
        else if (active.All(IsInBand))
        {
            yield return new("balanced", "Every active channel is inside its band: nothing is wanted.", "Nothing to be done. For closer balances a smaller deadband in [rings].");
        }
        else if (active.All(IsTooLittle))
        {
            yield return new(
                "below-minimum",
                $"No channel is outside its band by as much as the smallest ring of {context.Options.Rings.MinAmountSat} sat.",
                "Lower minamount in [rings], or leave it so.");
        }
    }

    private bool IsInBand(Channel channel) => End(channel).Phi == MilliSatoshi.Zero;

    private bool IsTooLittle(Channel channel) => End(channel).Phi.Satoshi < context.Options.Rings.MinAmountSat;

    private ChannelEnd End(Channel channel) => liquidity.TargetOf(channel).End(channel.Capacity, channel.Local);

    private IEnumerable<WhyReason> Limits(NodeId? peer)
    {
        var policy = context.Options.Policy;
        var least = context.Options.Rings.MinAmountSat;
        if (policy.MaxPerDaySat is { } day && budget.LeftOfDay() < least)
        {
            yield return new(
                "maxperday",
                $"maxperday leaves {RingStory.Sat(MilliSatoshi.FromSatoshi(budget.LeftOfDay()))} of {RingStory.Sat(MilliSatoshi.FromSatoshi(day))} today, less than the smallest ring.",
                "Raise maxperday in [policy], or wait for midnight UTC.");
        }

        if (policy.MaxPerPeerPerDaySat is { } each)
        {
            foreach (var full in liquidity.Pairs.Select(static pair => pair.Peer).Where(pair => (peer is null || pair == peer) && budget.LeftWith(pair) < least))
            {
                yield return new(
                    "maxperpeerperday",
                    $"maxperpeerperday leaves {RingStory.Sat(MilliSatoshi.FromSatoshi(budget.LeftWith(full)))} of {RingStory.Sat(MilliSatoshi.FromSatoshi(each))} today with {RingStory.Name(full)}, less than the smallest ring.",
                    "Raise maxperpeerperday in [policy], or wait for midnight UTC.");
            }
        }

        if (policy.MaxWaivedFeePerDaySat is { } fees && budget.WaivedFeeLeft() is { } left && left.Value < MilliSatoshi.PerSatoshi)
        {
            yield return new(
                "maxwaivedfeeperday",
                $"maxwaivedfeeperday={fees} sat is used up today, waivers granted included: no more rings of others are taken part in.",
                "Raise maxwaivedfeeperday in [policy], or wait for midnight UTC.");
        }

        if (proposer.IsFull)
        {
            yield return proposer.FullReason();
        }
    }

    /// <summary>What this node itself refused: since its start, or lately with this peer.</summary>
    private IEnumerable<WhyReason> Refusals(NodeId? peer)
    {
        var counts = peer is null
            ? member.Refusals.ByCause.Select(static entry => (entry.Key, entry.Value))
            : member.Refusals.Latest.Where(refusal => refusal.Previous == peer || refusal.Next == peer || refusal.Initiator == peer)
                .GroupBy(static refusal => refusal.Cause)
                .Select(static group => (group.Key, group.LongCount()));
        foreach (var (cause, count) in counts.OrderByDescending(static entry => entry.Item2))
        {
            yield return new(
                $"refused-{RefusalWords.Code(cause)}",
                $"This node refused {(count == 1 ? "a ring" : $"{count} rings")} of others since its start: {RefusalWords.Words(cause)}.",
                RefusalWords.Advice(cause));
        }
    }

    private IEnumerable<WhyReason> Left(NodeId? peer)
    {
        if (peer is null)
        {
            foreach (var muted in peers.All.Where(other => greeter.HasChannelWith(other.Id) && conduct.IsMuted(other.Id)))
            {
                yield return links.Muted(muted.Id);
            }
        }

        if (proposer.LastSearch.Length > 0)
        {
            yield return new(
                "last-search",
                $"The last search: {proposer.LastSearch}",
                "Of all members the one with the lowest key proposes: another may propose the ring that is wanted here.");
        }
    }
}
