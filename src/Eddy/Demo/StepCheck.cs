using Eddy.Engine.Ports;
using Eddy.Engine.Views;
using Eddy.Lightning;

namespace Eddy.Demo;

/// <summary>
/// Tells whether the daemons of a site are in step: nothing is on its way any more, every daemon sees its channels as they are and none in
/// a ring, and holds the latest advert of every other one in reach, which says what that one would say now.
/// </summary>
/// <param name="site">Nodes without a daemon are passed over.</param>
/// <param name="longestRing">How long the daemons' rings may be: that says how far adverts come.</param>
internal sealed class StepCheck(DemoSite site, int longestRing)
{
    /// <summary>What is missing first, in words; null when all is in step.</summary>
    public async Task<string?> WhatIsMissingAsync(CancellationToken cancellationToken)
    {
        var locals = await site.Pump.InvokeAsync(network => network.Channels.Any(channel => channel.Opener.Offered.Count + channel.Other.Offered.Count > 0)
            ? null
            : network.Nodes.ToDictionary(node => node.Id, node => node.Channels.ToDictionary(end => end.ChanId, end => end.Local)));
        if (locals is null)
        {
            return "an HTLC is in flight";
        }

        var views = new Dictionary<NodeId, EngineView>();
        foreach (var node in site.Nodes)
        {
            if (node.Daemon is not { } daemon)
            {
                continue;
            }

            var view = await daemon.GetViewAsync(cancellationToken);
            if (WhatIsMissing(view, locals[node.Id]) is { } missing)
            {
                return $"{node.Alias} {missing}";
            }

            views.Add(node.Id, view);
        }

        return views.Keys.Select(id => WhatIsUnheard(id, views)).FirstOrDefault(missing => missing is not null);
    }

    private string? WhatIsMissing(EngineView view, Dictionary<ShortChannelId, MilliSatoshi> locals) => view switch
    {
        { IsConnected: false } or { Node: null } => "is not connected",
        { Interceptor: InterceptorState.Down } => "has no interceptor yet",
        { Totals.UnderWay: > 0 } => "has a ring under way",
        _ when view.Channels.Length != locals.Count => "does not know its channels yet",
        _ when view.Channels.Any(channel => !channel.Channel.IsActive) => "has a channel that is not active yet",
        _ when view.Channels.Any(channel => channel.IsPeerEddy != HasDaemon(channel.Channel.Peer)) => "has not met all its peers yet",

        // LND lists whole satoshis.
        _ when view.Channels.Any(channel => channel.Channel.Local.Satoshi != locals[channel.Channel.Id].Satoshi) => "does not know its balances yet",
        { IsAdvertCurrent: false } or { AdvertSequence: 0 } => "has yet to say what it offers now",
        _ => null,
    };

    private string? WhatIsUnheard(NodeId id, Dictionary<NodeId, EngineView> views)
    {
        var known = views[id].Adverts.ToDictionary(advert => advert.Node, advert => advert.Sequence);
        var late = Reach(id).Where(other => known.GetValueOrDefault(other) != views[other].AdvertSequence).ToArray();
        return late.Length > 0 ? $"{site.Node(id).Alias} has yet to hear what {site.Node(late[0]).Alias} offers" : null;
    }

    /// <summary>Nodes whose adverts come as far as to this one.</summary>
    private List<NodeId> Reach(NodeId from)
    {
        var radius = Gossip.AdvertBookOptions.RadiusFor(longestRing);
        var found = new List<NodeId>();
        var seen = new HashSet<NodeId> { from };
        var level = new List<NodeId> { from };
        for (var hops = 1; hops <= radius; hops++)
        {
            level = [.. level.SelectMany(id => site.Node(id).Model.Channels.Select(end => end.Peer.Node.Id)).Where(id => HasDaemon(id) && seen.Add(id))];
            found.AddRange(level);
        }

        return found;
    }

    private bool HasDaemon(NodeId id) => site.Node(id).Daemon is not null;
}
