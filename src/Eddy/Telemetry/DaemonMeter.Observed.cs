using System.Diagnostics.Metrics;
using Eddy.Engine.Ports;
using Eddy.Engine.Rings;
using Eddy.Engine.Views;
using Eddy.Liquidity;

namespace Eddy.Telemetry;

/// <summary>What is looked up when the meter is read.</summary>
internal sealed partial class DaemonMeter
{
    /// <summary>One collection reads many instruments: they share a look at the engine.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(2);

    private readonly Lock _looking = new();
    private MeterSources? _sources;
    private EngineSnapshot? _snapshot;
    private long _lookedAt;

    /// <summary>From now on there is something to look at.</summary>
    public void Observe(MeterSources sources)
    {
        _sources = sources;
        sources.Interceptor.JudgeTime.Instrument = VerdictTime;
        sources.Interceptor.AnswerTime.Instrument = HoldTime;
        ObserveSurroundings(sources);
        ObserveRings();
        ObserveLiquidity();
        ObserveHtlcs(sources);
        ObserveDownstream(sources);
    }

    /// <summary>Looks at the engine; readers of the next moment do without a look of their own.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        if (_sources is { } sources)
        {
            Keep(await sources.Look(cancellationToken));
        }
    }

    private void Keep(EngineSnapshot? snapshot)
    {
        lock (_looking)
        {
            _snapshot = snapshot;
            _lookedAt = Environment.TickCount64;
        }
    }

    /// <summary>Null where the engine does not answer: what is not known is not shown.</summary>
    private EngineSnapshot? Look()
    {
        lock (_looking)
        {
            if (_sources is { } sources && (_lookedAt == 0 || Environment.TickCount64 - _lookedAt > Fresh.TotalMilliseconds))
            {
                // On the thread of whoever reads by itself: an exporter, or dotnet-counters.
                using var limit = new CancellationTokenSource(LongestLook);
                try
                {
                    _snapshot = sources.Look(limit.Token).GetAwaiter().GetResult();
                }
                catch (OperationCanceledException)
                {
                    _snapshot = null;
                }

                _lookedAt = Environment.TickCount64;
            }

            return _snapshot;
        }
    }

    private void ObserveSurroundings(MeterSources sources)
    {
        Gauge("eddy.build.info", null, "Always 1; the labels say which version this is.", () => [new(1, new("version", BuildVersion.Number), new("commit", BuildVersion.Commit))]);
        Gauge("eddy.store.available", null, "1 while the database can be written, 0 while the daemon has stepped aside because it cannot.", static () => One(1));
        Gauge("eddy.lnd.connected", null, "1 while a connection to LND stands.", () => Of(view => One(Bit(view.IsConnected))));
        Meter.CreateObservableGauge("eddy.lnd.silence", () => sources.LndSilence() is { } silence ? [new Measurement<double>(silence.TotalSeconds)] : Array.Empty<Measurement<double>>(), "s", "Since LND last answered, which is asked every five seconds.");
        Counter("eddy.lnd.connections", "{connection}", "Connections to LND that stood; all but the first are reconnects.", () => One(sources.LndConnections()));
        Gauge("eddy.interceptor.connected", null, "1 while this daemon holds LND's HTLC interceptor.", () => Of(static view => One(Bit(view.Interceptor == InterceptorState.Up))));
        Gauge("eddy.interceptor.state", null, "1 for the state the interceptor is in.", () => Of(static view => Enum.GetValues<InterceptorState>()
            .Select(state => new Measurement<long>(Bit(view.Interceptor == state), new KeyValuePair<string, object?>("state", ReasonCodes.Of(state))))));
        Gauge("eddy.paused", null, "1 while the operator has paused the daemon.", () => Of(static view => One(Bit(view.IsPaused))));
        Gauge("eddy.observing", null, "1 in observe mode.", () => One(Bit(sources.IsObserving())));
        Gauge("eddy.guard.running", null, "1 while the guard watches over the process.", () => One(Bit(sources.Guard()?.Process is not null)));
        Gauge("eddy.guard.last_kill.timestamp", "s", "When the guard last ended a daemon of this data directory, since 1970; 0 for never.", () => One(sources.Guard()?.LastKill?.At.ToUnixTimeSeconds() ?? 0));
        Meter.CreateObservableGauge("eddy.guard.silence.max", () => (sources.Guard()?.LongestSilence ?? TimeSpan.Zero).TotalSeconds, "s", "The longest that the interceptor's read loop took to come round since the start.");
        Gauge("eddy.mailbox.depth", "{entry}", "What waits for the engine.", () => [new(sources.Mailbox().Events, new KeyValuePair<string, object?>("queue", "events")), new(sources.Mailbox().Messages, new KeyValuePair<string, object?>("queue", "messages"))]);
        Counter("eddy.mailbox.dropped", "{message}", "Peers' messages that were thrown away because the engine was behind.", () => One(sources.Mailbox().Dropped));
        Counter("eddy.mailbox.refused", "{message}", "Peers' messages that were not let in: too large, without a channel, or muted.", () => One(sources.Mailbox().Refused));
    }

    private void ObserveRings()
    {
        Counter("eddy.rings.settled", "{ring}", "Rings that settled, since the database was begun.", () => Of(static view => One(view.Totals.Settled)));
        Counter("eddy.ring.volume", "{satoshi}", "What settled rings moved through this node, since the database was begun.", () => Of(static view => One(view.Totals.Moved.Satoshi)));
        Counter("eddy.fees.saved", "{millisatoshi}", "What our own rings would have cost at least by the members' policies.", () => Of(static view => One(view.Totals.Saved.Value)));
        Counter("eddy.fees.waived", "{millisatoshi}", "Fees of ours that were waived in settled rings.", () => Of(static view => One(view.Totals.Waived.Value)));
        Gauge("eddy.rings.under_way", "{ring}", "Rings under way.", () => Of(static view => [ByRole(view.Limits.InFlight, "initiator"), ByRole(view.Limits.MemberInFlight, "member")]));
        Counter("eddy.refusals", "{proposal}", "Proposals that this node refused, by reason.", () => Of(static view =>
            Enum.GetValues<RefusalCause>().Select(cause => new Measurement<long>(view.RefusalCauses.GetValueOrDefault(cause), new KeyValuePair<string, object?>("reason", ReasonCodes.Of(cause))))));
        Gauge("eddy.budget.limit", "{satoshi}", "The owner's limits for a day; those that are not set are left out.", () => Of(static view =>
            Limits(("per_day", view.Limits.MaxPerDaySat), ("per_peer", view.Limits.MaxPerPeerPerDaySat), ("waived_fee", view.Limits.MaxWaivedFeePerDaySat))));
        Gauge("eddy.budget.remaining", "{satoshi}", "What is left of them today; per_peer is the peer with the least.", () => Of(static view =>
            Limits(("per_day", view.Limits.LeftPerDaySat), ("per_peer", view.Limits.LeftForTightestPeerSat), ("waived_fee", view.Limits.LeftWaivedFeePerDaySat))));
    }

    private void ObserveLiquidity()
    {
        Gauge("eddy.channels", "{channel}", "Channels, by state.", () => Of(static view =>
        [
            new(view.Channels.Count(static channel => channel.Channel.IsActive && !channel.IsExcluded), new KeyValuePair<string, object?>("state", "active")),
            new(view.Channels.Count(static channel => !channel.Channel.IsActive && !channel.IsExcluded), new KeyValuePair<string, object?>("state", "inactive")),
            new(view.Channels.Count(static channel => channel.IsExcluded), new KeyValuePair<string, object?>("state", "excluded")),
        ]));
        Gauge("eddy.liquidity.imbalance", "{satoshi}", "How far channels that are not excluded lie outside the bands round their targets, by the direction that would help.", () => Of(static view =>
        [
            Directed(Imbalance(view, MoveDirection.Out), MoveDirection.Out), Directed(Imbalance(view, MoveDirection.In), MoveDirection.In),
        ]));
        Gauge("eddy.liquidity.offered", "{satoshi}", "What is offered to eddy peers: wanted because it brings imbalance down, or harmless.", () => Of(static view => Offered(view)));
        Gauge("eddy.peers", "{peer}", "Peers that run eddy and are online.", () => Of(static view => One(view.Peers.Count(static peer => peer.IsOnline && peer.ProtocolVersion > 0))));
        Gauge("eddy.peers.muted", "{peer}", "Peers that are not listened to.", () => Of(static view => One(view.Peers.Count(static peer => peer.MutedUntil is not null))));
        Gauge("eddy.adverts", "{node}", "Nodes whose adverts are in the book.", () => OfSizes(static sizes => sizes.Adverts));
        Gauge("eddy.adverts.waiting", "{advert}", "Advert parts that wait until somebody names their node.", () => OfSizes(static sizes => sizes.WaitingAdverts));
        Gauge("eddy.adverts.missing", "{advert}", "Advert parts that were offered and are not here yet.", () => OfSizes(static sizes => sizes.MissingAdverts));
    }

    private void ObserveHtlcs(MeterSources sources)
    {
        var interceptor = sources.Interceptor;
        Counter("eddy.htlc.intercepted", "{htlc}", "HTLCs that LND offered, by what was answered: resume, waive, or silence for one that is on chain.", () =>
        [
            ByAction(interceptor.Resumed, "resume"), ByAction(interceptor.Waived, "waive"), ByAction(interceptor.Silenced, "silence"),
        ]);
        Counter("eddy.htlc.unsaved", "{htlc}", "HTLCs that were resumed with their fee because the waiver's use could not be saved in time.", () => One(interceptor.Unsaved));
        Counter("eddy.htlc.overflowed", "{htlc}", "HTLCs that were resumed unread because the judge was behind.", () => One(interceptor.Overflowed));
        Counter("eddy.htlc.judge.failures", "{failure}", "Verdicts that ended in a fault of eddy's own.", () => One(interceptor.JudgeFailures));
    }

    private void ObserveDownstream(MeterSources sources)
    {
        Gauge("eddy.downstream.clients", "{client}", "Programs connected to eddy's own interceptor endpoint.", () => One(sources.Downstream().Clients));
        Gauge("eddy.downstream.held", "{htlc}", "HTLCs that wait for their answers.", () => One(sources.Downstream().Held));
        Counter("eddy.downstream.answers", "{htlc}", "HTLCs that they were asked about, by what came of it.", () => sources.Downstream() is var figures
            ? [ByAction(figures.Resumed, "resume"), ByAction(figures.Modified, "modify"), ByAction(figures.Failed, "fail"), ByAction(figures.Settled, "settle")]
            : []);
        Counter("eddy.downstream.missed", "{answer}", "Answers of theirs that did not come in time.", () => One(sources.Downstream().Missed));
        Counter("eddy.downstream.dropped", "{client}", "Programs whose stream was ended for a wrong answer, or too many missing ones.", () => One(sources.Downstream().Dropped));
    }

    private static long Bit(bool value) => value ? 1 : 0;

    private static Measurement<long>[] One(long value) => [new(value)];

    private static Measurement<long> ByRole(long value, string role) => new(value, new KeyValuePair<string, object?>("role", role));

    private static Measurement<long> ByAction(long value, string action) => new(value, new KeyValuePair<string, object?>("action", action));

    private static Measurement<long> Directed(long value, MoveDirection direction) => new(value, new KeyValuePair<string, object?>("direction", ReasonCodes.Of(direction)));

    private static IEnumerable<Measurement<long>> Limits(params (string Limit, long? Value)[] limits) => limits
        .Where(static limit => limit.Value is not null)
        .Select(static limit => new Measurement<long>(limit.Value!.Value, new KeyValuePair<string, object?>("limit", limit.Limit)));

    private static long Imbalance(EngineView view, MoveDirection direction) => view.Channels
        .Where(static channel => !channel.IsExcluded)
        .Select(static channel => new ChannelTarget(channel.Target, channel.Deadband).End(channel.Channel.Capacity, channel.Channel.Local))
        .Where(end => end.Gains(direction))
        .Sum(static end => end.Phi.Satoshi);

    /// <summary>An offer is for a pair of nodes and shown with each of its channels.</summary>
    private static IEnumerable<Measurement<long>> Offered(EngineView view)
    {
        var pairs = view.Channels.DistinctBy(static channel => channel.Channel.Peer).ToArray();
        return [Offer("out", "want", static pair => pair.WantOut), Offer("out", "may", static pair => pair.MayOut), Offer("in", "want", static pair => pair.WantIn), Offer("in", "may", static pair => pair.MayIn)];

        Measurement<long> Offer(string direction, string kind, Func<ChannelView, long> amount) =>
            new(pairs.Sum(amount), new("direction", direction), new("kind", kind));
    }

    private IEnumerable<Measurement<long>> Of(Func<EngineView, IEnumerable<Measurement<long>>> measure) => Look() is { } snapshot ? measure(snapshot.View) : [];

    private Measurement<long>[] OfSizes(Func<EngineSizes, long> measure) => Look() is { } snapshot ? One(measure(snapshot.Sizes)) : [];

    private void Gauge(string name, string? unit, string description, Func<IEnumerable<Measurement<long>>> measure) =>
        Meter.CreateObservableGauge(name, measure, unit, description);

    private void Counter(string name, string unit, string description, Func<IEnumerable<Measurement<long>>> measure) =>
        Meter.CreateObservableCounter(name, measure, unit, description);
}
