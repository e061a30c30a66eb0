using System.Collections.Immutable;
using System.Globalization;
using Eddy.Engine.Gossip;
using Eddy.Engine.Liquidity;
using Eddy.Engine.Rings;
using Eddy.Engine.Views;
using Eddy.Lightning;
using Eddy.Liquidity;
using Eddy.Rings;

namespace Eddy.Engine.Explanations;

/// <summary>
/// Searches again for the owner who asks why there is no ring: with each of the rules left out in turn, so that the rule at which it fails is
/// named together with the ring that it costs. Only when asked: it is several searches in a row.
/// </summary>
internal sealed class RingDiagnosis(
    EngineContext context, RingKeeper rings, Gossiper gossiper, OwnLiquidity liquidity, BackOffs backOffs, RingProposer proposer)
{
    /// <param name="over">A peer whose channels the ring has to use; null for any ring.</param>
    public IEnumerable<WhyReason> Explain(NodeId? over)
    {
        if (context.Node is not { } node || context.IsIdle)
        {
            return [];
        }

        var graph = gossiper.Graph();
        var rules = context.Options.Rings;
        var query = new CycleQuery
        {
            Start = node.Id,
            MaxHops = rules.MaxLength,
            MinAmount = rules.MinAmountSat,
            MaxAmount = rules.MaxAmountSat,
            RingOfTwoPeers = [.. liquidity.Pairs.Where(static pair => pair.Offer.AllowsRingOfTwo).Select(static pair => pair.Peer)],
        };
        var held = rings.Open.Where(static ring => ring.IsInitiator).SelectMany(static ring => HopsOf(ring.Terms.Offer.Nodes).SelectMany(BothWays)).ToHashSet();
        bool IsHeld(NodeId from, NodeId to) => held.Contains(new Hop(from, to));
        bool IsBackedOff(NodeId from, NodeId to) => backOffs.Book.IsBlocked(from, to, context.Now);

        if (Find(graph, query, over, (from, to) => IsHeld(from, to) || IsBackedOff(from, to)) is { } found)
        {
            return [Ready(found)];
        }

        if (Find(graph, query, over, IsHeld) is { } blocked)
        {
            return [BackedOff(blocked)];
        }

        if (held.Count > 0 && Find(graph, query, over, static (_, _) => false) is { } waiting)
        {
            return [new(
                "ring-under-way",
                $"The best ring, {Size(waiting)}, needs what a ring of ours under way holds.",
                "Wait for that one to end; look at: eddy rings")];
        }

        if (Find(graph, query with { AnyProposer = true }, over, static (_, _) => false) is { } others)
        {
            return [NotOurs(graph, others)];
        }

        if (Find(gossiper.GraphWithLeast(1), query with { MinAmount = 1, AnyProposer = true }, over, static (_, _) => false) is { } small)
        {
            return [new(
                "ring-below-minimum",
                $"The best ring found is {Size(small)}, below your minimum of {Sat(rules.MinAmountSat)}.",
                $"Lower minamount in [rings] to {small.Amount} or less, if that little is worth a ring.")];
        }

        if (rules.MaxLength < CycleQuery.LongestRing
            && Find(graph, query with { MaxHops = CycleQuery.LongestRing, AnyProposer = true }, over, static (_, _) => false) is { } long_)
        {
            return [new(
                "ring-too-long",
                $"The shortest way round that is known is {Size(long_)}, longer than maxlength={rules.MaxLength}.",
                "Raise maxlength in [rings], up to 12; the others in the ring must allow that as well.")];
        }

        return [Nothing(graph, node.Id, over)];
    }

    /// <summary>The best ring there would be, whoever proposes it and whatever is backed off: for a node that only looks on.</summary>
    public static string Size(Cycle cycle) =>
        string.Create(CultureInfo.InvariantCulture, $"{cycle.Amount:N0} sat over {cycle.Nodes.Length} nodes");

    /// <summary>Refusals and failures of our own rings, newest first, that had to do with these nodes; all where it is null.</summary>
    public IEnumerable<WhyReason> Failures(Func<Ring, bool> concerns)
    {
        var ended = rings.Latest
            .Where(ring => ring.State.IsFinal && ring.State.Outcome != RingOutcome.Settled && context.Now - ring.EndedAt < TimeSpan.FromDays(1))
            .Where(concerns)
            .ToArray();
        foreach (var group in ended
            .Where(static ring => ring.State is InitiatorState.Rejected)
            .GroupBy(static ring => ((InitiatorState.Rejected)ring.State) is var state ? (ring.Terms.Offer.At(state.Position), state.Reason) : default))
        {
            var (node, reason) = group.Key;
            var last = group.First();
            var position = ((InitiatorState.Rejected)last.State).Position;
            var until = backOffs.Until(node) is { } time ? $" It is left alone until {time:u}." : "";
            yield return new(
                $"rejected-{RefusalWords.Code(reason)}",
                $"Refused {Times(group.Count())} by hop {position} ({RingStory.Name(node)}): {RingStory.Words(reason)}.{until}",
                $"{RefusalWords.AdviceToOther(reason)} Last: eddy rings show {last.Id.ToShortString()}".TrimStart());
        }

        foreach (var group in ended
            .Where(static ring => ring.State is not InitiatorState.Rejected)
            .GroupBy(static ring => (ring.State.Name, ring.State.Outcome, RingStory.Ending(ring.Terms, ring.State).Reason)))
        {
            var last = group.First();
            yield return new(
                $"ring-{group.Key.Outcome.ToString().ToLowerInvariant()}",
                $"{(last.IsInitiator ? "A ring of ours" : "A ring of another node")} came to nothing{(group.Count() > 1 ? $" {Times(group.Count())}" : "")}: {group.Key.Reason}",
                $"Run: eddy rings show {last.Id.ToShortString()}");
        }
    }

    public static string Times(int count) => count switch
    {
        1 => "once",
        2 => "twice",
        _ => string.Create(CultureInfo.InvariantCulture, $"{count} times"),
    };

    private static string Sat(long amount) => RingStory.Sat(MilliSatoshi.FromSatoshi(amount));

    private static IEnumerable<Hop> HopsOf(ImmutableArray<NodeId> nodes)
    {
        for (var place = 0; place < nodes.Length; place++)
        {
            yield return new(nodes[place], nodes[(place + 1) % nodes.Length]);
        }
    }

    private static IEnumerable<Hop> BothWays(Hop hop) => [hop, new(hop.To, hop.From)];

    private static string Describe(IEnumerable<string> reasons) => string.Join("; ", reasons.Distinct().Take(3));

    private static Cycle? Find(LiquidityGraph graph, CycleQuery query, NodeId? over, Func<NodeId, NodeId, bool> isBlocked)
    {
        if (over is not { } peer)
        {
            return RingProposer.Finder.Find(graph, query with { IsBlocked = isBlocked }).FirstOrDefault();
        }

        // By way of the peer means: leaving over it, or coming home over it.
        var out_ = RingProposer.Finder.Find(graph, query with { IsBlocked = (from, to) => (from == query.Start && to != peer) || isBlocked(from, to) }).FirstOrDefault();
        var in_ = RingProposer.Finder.Find(graph, query with { IsBlocked = (from, to) => (to == query.Start && from != peer) || isBlocked(from, to) }).FirstOrDefault();
        return out_ is null || in_?.Amount > out_.Amount ? in_ : out_;
    }

    private WhyReason Ready(Cycle cycle)
    {
        if (proposer.FindObstacle(cycle) is { } obstacle)
        {
            return obstacle;
        }

        var when = proposer.NextSearchAt is { } at ? $"the next search, at {at:u}, proposes it, or another that is planned before it" : "it is proposed when you ask for it";
        return new("ring-found", $"There is a ring of {Size(cycle)}: {when}.", "To have it now: eddy propose");
    }

    private WhyReason BackedOff(Cycle cycle)
    {
        var now = context.Now;
        var nodes = backOffs.Book.Nodes.Where(entry => entry.Value.Until > now && cycle.Nodes.Contains(entry.Key)).ToArray();
        var hops = backOffs.Book.Hops.Where(entry => entry.Value.Until > now && HopsOf(cycle.Nodes).Contains(entry.Key)).ToArray();
        var until = nodes.Select(static entry => entry.Value.Until).Concat(hops.Select(static entry => entry.Value.Until)).Max();
        var known = Failures(ring => ring.IsInitiator && IsAt(ring)).Select(static reason => reason.What.TrimEnd('.'));
        var who = Describe(known) is { Length: > 0 } text
            ? text
            : $"failed before: {string.Join(", ", nodes.Select(static entry => RingStory.Name(entry.Key)).Concat(hops.Select(static entry => $"{RingStory.Name(entry.Key.From)} to {RingStory.Name(entry.Key.To)}")))}";
        return new("backed-off", $"There is a ring of {Size(cycle)}, left alone until {until:u}. {who}.", "It is tried again then by itself.");

        bool IsAt(Ring ring) => RingStory.Ending(ring.Terms, ring.State).Position is { } position
            && (nodes.Any(entry => entry.Key == ring.Terms.Offer.At(position))
                || hops.Any(entry => entry.Key.From == ring.Terms.Offer.At(position) || entry.Key.To == ring.Terms.Offer.At(position)));
    }

    private static WhyReason NotOurs(LiquidityGraph graph, Cycle cycle)
    {
        var members = cycle.Nodes.Select(node => graph.IndexOf(node) is >= 0 and var index
            ? new RingCandidate(node, graph.CanInitiate(index), graph.CanWaive(index))
            : new RingCandidate(node, CanInitiate: false, CanWaive: false)).ToArray();
        var mute = members.Where(static member => !member.CanWaive).ToArray();
        return ProposerRule.Proposer(members) is { } right
            ? new(
                "other-proposes",
                $"There is a ring of {Size(cycle)}, and {RingStory.Name(right)} proposes it: {(mute.Length == 1 ? "it cannot waive, so that it has to pay" : "its key is the lowest in it")}.",
                "Wait for it. If it never comes, its eddy has met a refusal or has gone: ask its operator.")
            : new(
                "nobody-waives",
                $"The best ring, {Size(cycle)}, cannot be: {string.Join(" and ", mute.Select(static member => RingStory.Name(member.Node)))} cannot waive, and only one member may be unable to.",
                "Another program holds their LND's interceptor, or eddy only looks on there.");
    }

    private WhyReason Nothing(LiquidityGraph graph, NodeId self, NodeId? over)
    {
        var pairs = liquidity.Pairs.Where(pair => over is null || pair.Peer == over).ToArray();
        var gives = pairs.Where(static pair => pair.Offer.Out.Most > 0).Select(static pair => pair.Peer).ToArray();
        var takes = pairs.Where(static pair => pair.Offer.In.Most > 0).Select(static pair => pair.Peer).ToArray();
        if (gives.Length == 0 && takes.Length == 0)
        {
            return new("offers-nothing", "We offer nothing here, to send or to take in: limits, bands and exclusions leave nothing.", "Look at: eddy channels, and eddy why SCID for each.");
        }

        var taken = gives.Count(peer => graph.Find(self, peer) is not null);
        var given = takes.Count(peer => graph.Find(peer, self) is not null);
        if (taken == 0 && given == 0)
        {
            return new(
                "nothing-offered",
                $"We would send to {gives.Length} of our eddy peers and take from {takes.Length}, and none of them offers the other side of it.",
                "They are where their operators want them, busy, or limited. More eddy peers help.");
        }

        if (over is null && (taken == 0 || given == 0))
        {
            return new(
                taken == 0 ? "nobody-takes" : "nobody-sends",
                taken == 0 ? "No peer takes in what we would send." : "No peer sends what we would take in.",
                "A ring leaves over one channel and comes home over another: more eddy peers, or a wider band on the other channels, help.");
        }

        return new(
            "no-ring",
            string.Create(CultureInfo.InvariantCulture, $"No ring closes among the {graph.NodeCount} nodes whose offers are known ({graph.EdgeCount} offers that fit)."),
            "More nodes have to run eddy nearby: ask your peers' operators.");
    }
}
