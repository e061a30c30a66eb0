using System.Collections.Immutable;
using System.Text.Json.Serialization.Metadata;
using Eddy.Engine.Views;

namespace Eddy.Api.Events;

/// <summary>What readers of the events were shown last, and what has changed since. Has one owner.</summary>
internal sealed class Picture(IEngineDesk desk, Func<string, object, JsonTypeInfo, ReadOnlyMemory<byte>> write)
{
    /// <summary>A picture of thousands of nodes shows nothing: the nearest are enough.</summary>
    public const int MostAdverts = 120;

    private readonly Differences<ChannelView, ChannelReport> _channels = new(static view => view.Channel.Id.ToString(), ReportMapping.Channel, static (_, report) => report);
    private readonly Differences<PeerView, PeerReport> _peers = new(static view => view.Id.ToString(), ReportMapping.Peer, static (_, report) => report);
    private readonly Differences<AdvertView, AdvertReport> _adverts = new(
        static view => view.Node.ToString(), ReportMapping.Advert, static (view, _) => (view.Sequence, view.Hops, view.Via, view.ExpiresAt, view.Intents.Length));

    private readonly Differences<RingView, RingReport> _rings = new(
        static view => view.Id.ToString(), ReportMapping.Ring, static (view, _) => (view.State, view.Story.Length, view.Amount, view.WaivedFee, view.EndedAt));

    private StatusReport? _status;
    private LimitsReport? _limits;
    private long _logged;

    /// <summary>The events that tell what has changed; none where nothing has.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Update(EngineView view)
    {
        var events = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        var status = ReportMapping.Status(view, desk);
        if (_status is null || Lasting(status) != Lasting(_status) || !status.Refusals.SequenceEqual(_status.Refusals))
        {
            events.Add(write("status", status, StreamJson.Default.StatusReport));
        }

        _status = status;
        var limits = ReportMapping.Limits(view);
        if (limits != _limits)
        {
            events.Add(write("limits", limits, StreamJson.Default.LimitsReport));
        }

        _limits = limits;
        if (_channels.Update(view.Channels) is { } channels)
        {
            events.Add(write("channels", new ChannelChanges(channels.Changed, channels.Gone), StreamJson.Default.ChannelChanges));
        }

        if (_peers.Update(view.Peers) is { } peers)
        {
            events.Add(write("peers", new PeerChanges(peers.Changed, peers.Gone), StreamJson.Default.PeerChanges));
        }

        if (_adverts.Update(Nearest(view)) is { } adverts)
        {
            events.Add(write("adverts", new AdvertChanges(adverts.Changed, adverts.Gone), StreamJson.Default.AdvertChanges));
        }

        if (_rings.Update(view.Rings) is { } rings)
        {
            events.Add(write("rings", new RingChanges(rings.Changed, rings.Gone), StreamJson.Default.RingChanges));
        }

        var lines = desk.Logs.After(_logged);
        if (lines is [.., var last])
        {
            _logged = last.Number;
            events.Add(write("logs", ReportMapping.Logs(lines), StreamJson.Default.LogsReport));
        }

        return events.ToImmutable();
    }

    /// <summary>All of it, as it was at the last update.</summary>
    public ReadOnlyMemory<byte> Whole(EngineView view) => write(
        "snapshot",
        new SnapshotReport(
            ReportMapping.Status(view, desk),
            [.. view.Channels.OrderBy(static channel => channel.Channel.Id).Select(ReportMapping.Channel)],
            [.. view.Peers.OrderBy(static peer => peer.Id).Select(ReportMapping.Peer)],
            [.. Nearest(view).Select(ReportMapping.Advert)],
            [.. view.Rings.Select(ReportMapping.Ring)],
            ReportMapping.Limits(view),
            ReportMapping.Logs(desk.Logs.After(0)).Lines),
        StreamJson.Default.SnapshotReport);

    private static IEnumerable<AdvertView> Nearest(EngineView view) =>
        view.Adverts.OrderBy(static advert => advert.Hops).ThenBy(static advert => advert.Node).Take(MostAdverts);

    /// <summary>Without what is another at every look.</summary>
    private static StatusReport Lasting(StatusReport status) => status with { LndSilenceMs = null, Guard = status.Guard with { LongestSilenceMs = null }, Refusals = [] };

    /// <summary>Things by their keys, and the mark of each by which a change is seen.</summary>
    private sealed class Differences<TView, TReport>(Func<TView, string> key, Func<TView, TReport> report, Func<TView, TReport, object> mark)
        where TReport : class
    {
        private readonly Dictionary<string, object> _marks = new(StringComparer.Ordinal);

        public (ImmutableArray<TReport> Changed, ImmutableArray<string> Gone)? Update(IEnumerable<TView> views)
        {
            var changed = ImmutableArray.CreateBuilder<TReport>();
            var here = new HashSet<string>(StringComparer.Ordinal);
            foreach (var view in views)
            {
                var (name, now) = (key(view), report(view));
                here.Add(name);
                var sign = mark(view, now);
                if (!_marks.TryGetValue(name, out var before) || !before.Equals(sign))
                {
                    _marks[name] = sign;
                    changed.Add(now);
                }
            }

            string[] gone = [.. _marks.Keys.Where(name => !here.Contains(name))];
            foreach (var name in gone)
            {
                _marks.Remove(name);
            }

            return changed.Count + gone.Length > 0 ? (changed.ToImmutable(), [.. gone]) : null;
        }
    }
}
