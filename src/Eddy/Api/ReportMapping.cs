using Eddy.Engine.Explanations;
using Eddy.Engine.Rings;
using Eddy.Engine.Views;
using Eddy.Guarding;
using Eddy.Logging;

namespace Eddy.Api;

/// <summary>What the engine shows, as the API says it.</summary>
internal static class ReportMapping
{
    public static StatusReport Status(EngineView view, IEngineDesk desk) => new(
        BuildVersion.Number,
        BuildVersion.Commit,
        view.Node is { } node ? new(node.Id.ToString(), node.Alias, node.Network, node.Version, Math.Max(node.Height, view.Height)) : null,
        view.IsConnected,
        view.ConnectionReason,
        view.IsConnected && desk.LndSilence is { } silence ? (long)silence.TotalMilliseconds : null,
        view.Interceptor.ToString().ToLowerInvariant(),
        view.InterceptorReason,
        desk.IsObserving ? "observe" : "active",
        view.IsPaused,
        view.StartedAt,
        view.Channels.Length,
        view.Peers.Count(peer => peer.IsOnline && peer.ProtocolVersion > 0),
        view.Adverts.Length,
        view.NextSearchAt,
        view.LastSearch,
        new(
            view.Totals.Settled,
            view.Totals.Failed,
            view.Totals.UnderWay,
            view.Totals.Moved.Value,
            view.Totals.Waived.Value,
            view.Totals.Saved.Value),
        Guard(desk.Guard),
        [.. view.RefusalCauses.OrderByDescending(entry => entry.Value).Select(entry => new RefusalReport(
            RefusalWords.Code(entry.Key), RefusalWords.Code(entry.Key.Told()), RefusalWords.Words(entry.Key), entry.Value))],
        view.Would.Count);

    public static WouldReport Would(EngineView view) => new(
        view.Would.Count,
        view.Would.Moved.Value,
        view.Would.Saved.Value,
        view.Would.Waived.Value,
        [.. view.Would.Latest.Select(ring => new WouldRingReport(ring.At, ring.AmountSat, ring.Saved.Value, ring.Waived.Value, [.. ring.Nodes.Select(node => node.ToString())]))]);

    public static ChannelsReport Channels(EngineView view) => new([.. view.Channels.OrderBy(channel => channel.Channel.Id).Select(Channel)]);

    public static PeersReport Peers(EngineView view) => new(
        [.. view.Peers.OrderBy(peer => peer.Id).Select(Peer)],
        [.. view.Words.Select(word => new WordReport(word.Node.ToString(), word.Word.ToString().ToLowerInvariant(), word.IsForGood ? null : word.Until))]);

    public static AdvertsReport Adverts(EngineView view) => new([.. view.Adverts.OrderBy(advert => advert.Hops).ThenBy(advert => advert.Node).Select(Advert)]);

    public static RingsReport Rings(EngineView view) => new([.. view.Rings.Select(Ring)]);

    public static RingReport Ring(RingView ring) => new(
        ring.Id.ToString(),
        ring.Role,
        ring.State,
        ring.IsFinal,
        Outcome(ring),
        ring.Amount.Satoshi,
        ring.Fee.Value,
        ring.WaivedFee.Value,
        [.. ring.Hops.OrderBy(hop => hop.Position).Select(hop => new RingHopReport(hop.Position, hop.Node.ToString(), hop.Channel?.ToString(), hop.Amount?.Value))],
        ring.FailurePosition,
        ring.Hops.Where(hop => hop.Position == ring.FailurePosition).Select(hop => hop.Node.ToString()).FirstOrDefault(),
        ring.Reason,
        ring.StartedAt,
        ring.EndedAt,
        [.. ring.Story.Select(line => new StoryReport(line.At, line.What))]);

    public static LimitsReport Limits(EngineView view) => new(
        view.Limits.MaxInFlight,
        view.Limits.InFlight,
        view.Limits.MaxMemberInFlight,
        view.Limits.MemberInFlight,
        view.Limits.MaxPerDaySat,
        view.Limits.LeftPerDaySat,
        view.Limits.MaxPerPeerPerDaySat,
        view.Limits.LeftForTightestPeerSat,
        view.Limits.MaxWaivedFeePerDaySat,
        view.Limits.LeftWaivedFeePerDaySat);

    public static LogsReport Logs(IEnumerable<LogEntry> lines) => new([.. lines.Select(line => new LogLineReport(line.Number, line.At, Word(line.Level), line.Category, line.Message))]);

    public static WhyReport Why(Explanation explanation, EngineView view) => new(
        explanation.Channel?.ToString(),
        explanation.Peer?.ToString(),
        [.. explanation.Reasons.Select(reason => new ReasonReport(reason.Code, reason.What, reason.Advice))],
        [.. RingsOver(explanation, view).Select(Ring)]);

    public static ReplyReport Reply(OperatorReply reply, EngineView view) => new(
        reply.Status switch
        {
            OperatorStatus.Done => ReplyReport.Done,
            OperatorStatus.NotFound => ReplyReport.NotFound,
            _ => view.IsConnected ? ReplyReport.Refused : ReplyReport.Unavailable,
        },
        reply.Message,
        reply.Ring?.ToString(),
        reply.AmountSat,
        reply.Nodes.IsDefault ? [] : [.. reply.Nodes.Select(node => node.ToString())]);

    private static GuardReport Guard(GuardState? guard) => guard is null
        ? new("off", "not a process of its own", null, null, null, null, null)
        : new(
            guard.Process is null ? "off" : "running",
            guard.Reason,
            guard.Process,
            (int)guard.Timeout.TotalMilliseconds,
            (int)guard.LongestSilence.TotalMilliseconds,
            guard.LastKill?.At,
            guard.LastKill?.Reason);

    public static ChannelReport Channel(ChannelView view)
    {
        var channel = view.Channel;
        return new(
            channel.Id.ToString(),
            channel.Peer.ToString(),
            channel.PeerAlias,
            channel.Capacity.Satoshi,
            channel.Local.Value,
            channel.Remote.Value,
            channel.Capacity.Value == 0 ? 0 : Math.Round((double)channel.Local.Value / channel.Capacity.Value, 4),
            view.Target,
            view.Deadband,
            channel.IsActive,
            channel.IsPrivate,
            view.IsExcluded,
            view.IsPeerEddy,
            view.WantOut,
            view.MayOut,
            view.WantIn,
            view.MayIn,
            view.ReservedOut.Value,
            view.ReservedIn.Value,
            view.MovedOut.Value,
            view.MovedIn.Value);
    }

    public static PeerReport Peer(PeerView peer) => new(
        peer.Id.ToString(),
        peer.Alias,
        peer.IsOnline,
        peer.ProtocolVersion,
        peer.Agent,
        peer.CanInitiate,
        peer.CanWaive,
        peer.Channels,
        peer.LastSeen,
        peer.BackedOffUntil,
        peer.Note,
        peer.Faults,
        peer.LastFault,
        peer.MutedUntil);

    public static AdvertReport Advert(AdvertView advert) => new(
        advert.Node.ToString(),
        advert.Sequence,
        advert.Hops,
        advert.Via.ToString(),
        advert.CanInitiate,
        advert.CanWaive,
        advert.ExpiresAt,
        [.. advert.Intents.Select(intent => new IntentReport(intent.Peer.ToString(), intent.WantOut, intent.MayOut, intent.WantIn, intent.MayIn))]);

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        LogLevel.Critical => "fatal",
        _ => "info",
    };

    private static string Outcome(RingView ring) => ring.IsFinal ? ring.Outcome.ToString().ToLowerInvariant() : "under_way";

    /// <summary>Rings in which this node and the channel's peer stand beside each other: scids in a ring may be the other side's alias.</summary>
    private static IEnumerable<RingView> RingsOver(Explanation explanation, EngineView view)
    {
        if (view.Node is not { } self || explanation.Peer is not { } peer)
        {
            return [];
        }

        return view.Rings.Where(ring =>
        {
            var nodes = ring.Hops.OrderBy(hop => hop.Position).Select(hop => hop.Node).ToArray();
            var own = Array.IndexOf(nodes, self.Id);
            return own >= 0 && (nodes[(own + 1) % nodes.Length] == peer || nodes[(own + nodes.Length - 1) % nodes.Length] == peer);
        });
    }
}
