using System.Diagnostics.Metrics;
using Eddy.Engine.Ports;
using Eddy.Engine.Rings;
using Eddy.Engine.Views;
using Eddy.Gossip;
using Eddy.Lightning;
using Eddy.Liquidity;
using Eddy.Rings;

namespace Eddy.Telemetry;

/// <summary>
/// The measures of one daemon, on a meter named <c>Eddy</c>: what happens is counted as it happens, what is is looked up when somebody
/// reads. Labels come from fixed sets of words and never name a node, channel or ring.
/// </summary>
internal sealed partial class DaemonMeter : IEngineWatch, IDisposable
{
    /// <summary>Of the meter, and of the activity source.</summary>
    public const string Name = "Eddy";

    private readonly Counter<long> _cycles;
    private readonly Histogram<double> _searches;
    private readonly Counter<long> _adverts;
    private readonly Counter<long> _received;
    private readonly Counter<long> _receivedBytes;
    private readonly Counter<long> _sent;
    private readonly Counter<long> _sentBytes;
    private readonly Counter<long> _faults;
    private readonly Counter<long> _mutes;
    private readonly Counter<long> _phantomFees;
    private readonly Counter<long> _proposals;
    private readonly Counter<long> _failed;
    private readonly Histogram<double> _rings;
    private readonly Histogram<double> _phases;
    private readonly Histogram<double> _commits;
    private readonly Counter<long> _storeFailures;

    public DaemonMeter()
    {
        Meter = new Meter(new MeterOptions(Name) { Version = BuildVersion.Number, Scope = this });
        _cycles = Meter.CreateCounter<long>("eddy.cycles.found", "{cycle}", "Rings that searches found and this node may propose.");
        _searches = Meter.CreateHistogram("eddy.cycle.search.duration", "s", "Time of one search for a ring of our own, by what it came to.", [], HistogramBounds.Search);
        _adverts = Meter.CreateCounter<long>("eddy.adverts.received", "{advert}", "Advert parts that peers sent, by what the book made of them.");
        _received = Meter.CreateCounter<long>("eddy.messages.received", "{message}", "Messages of peers, by what they carry.");
        _receivedBytes = Meter.CreateCounter<long>("eddy.messages.received.bytes", "By", "Bytes of peers' messages, by what they carry.");
        _sent = Meter.CreateCounter<long>("eddy.messages.sent", "{message}", "Messages to peers, by what they carry.");
        _sentBytes = Meter.CreateCounter<long>("eddy.messages.sent.bytes", "By", "Bytes of messages to peers, by what they carry.");
        _faults = Meter.CreateCounter<long>("eddy.peer.faults", "{fault}", "What peers sent that no honest and up-to-date peer sends.");
        _mutes = Meter.CreateCounter<long>("eddy.peer.mutes", "{mute}", "Peers that were muted.");
        _phantomFees = Meter.CreateCounter<long>("eddy.phantom_fee", "{millisatoshi}", "Income that LND books for waived forwards and nobody received.");
        _proposals = Meter.CreateCounter<long>("eddy.proposals", "{proposal}", "Rings that ended, proposed by this node or agreed to by it, by outcome and reason.");
        _failed = Meter.CreateCounter<long>("eddy.rings.failed", "{ring}", "Rings that ended without being settled.");
        _rings = Meter.CreateHistogram("eddy.ring.duration", "s", "Time of a ring from its beginning at this node to its end.", [], HistogramBounds.Ring);
        _phases = Meter.CreateHistogram("eddy.ring.phase.duration", "s", "Time of each phase of a ring at this node.", [], HistogramBounds.Ring);
        _commits = Meter.CreateHistogram("eddy.store.commit.duration", "s", "Time of one commit to the database.", [], HistogramBounds.Commit);
        _storeFailures = Meter.CreateCounter<long>("eddy.store.failures", "{failure}", "Commits that the database could not do.");
        VerdictTime = Meter.CreateHistogram("eddy.htlc.verdict.duration", "s", "Time of one verdict on an intercepted HTLC.", [], HistogramBounds.Verdict);
        HoldTime = Meter.CreateHistogram("eddy.htlc.hold.duration", "s", "From an HTLC's arrival to its answer on the way to LND.", [], HistogramBounds.Hold);
    }

    public Meter Meter { get; }

    public Histogram<double> VerdictTime { get; }

    public Histogram<double> HoldTime { get; }

    public void Dispose() => Meter.Dispose();

    /// <inheritdoc/>
    public void Searched(PlanOutcome outcome, int rings, TimeSpan took)
    {
        _cycles.Add(rings);
        _searches.Record(took.TotalSeconds, new KeyValuePair<string, object?>("outcome", ReasonCodes.Of(outcome)));
    }

    /// <inheritdoc/>
    public void AdvertReceived(AdvertVerdict verdict) => _adverts.Add(1, new KeyValuePair<string, object?>("result", verdict switch
    {
        AdvertVerdict.Accepted => "accepted",
        AdvertVerdict.Ignored ignored => ReasonCodes.Of(ignored.Reason),
        AdvertVerdict.Penalise penalty => ReasonCodes.Of(penalty.Fault),
        _ => "other",
    }));

    /// <inheritdoc/>
    public void MessageReceived(MessageKind kind, int bytes)
    {
        var tag = new KeyValuePair<string, object?>("kind", ReasonCodes.Of(kind));
        _received.Add(1, tag);
        _receivedBytes.Add(bytes, tag);
    }

    /// <inheritdoc/>
    public void MessageSent(MessageKind kind, int bytes)
    {
        var tag = new KeyValuePair<string, object?>("kind", ReasonCodes.Of(kind));
        _sent.Add(1, tag);
        _sentBytes.Add(bytes, tag);
    }

    /// <inheritdoc/>
    public void PeerAtFault() => _faults.Add(1);

    /// <inheritdoc/>
    public void PeerMuted() => _mutes.Add(1);

    /// <inheritdoc/>
    public void PhantomFeeBooked(MilliSatoshi fee) => _phantomFees.Add(Math.Max(0, fee.Value));

    /// <inheritdoc/>
    public void RingEnded(RingAccount ring)
    {
        KeyValuePair<string, object?> role = new("role", ring.Role);
        KeyValuePair<string, object?> outcome = new("outcome", ReasonCodes.Of(ring.Outcome));
        _proposals.Add(1, role, outcome, new("reason", ring.ReasonCode));
        if (ring.Outcome != RingOutcome.Settled)
        {
            _failed.Add(1, role);
        }

        _rings.Record(Math.Max(0, (ring.EndedAt - ring.StartedAt).TotalSeconds), role, outcome);
        foreach (var phase in ring.Phases)
        {
            _phases.Record(phase.Took.TotalSeconds, role, new("phase", phase.Name));
        }

        RingTrace.Write(ring);
    }

    public void Committed(TimeSpan took) => _commits.Record(took.TotalSeconds);

    public void StoreFailed(StoreFault fault) => _storeFailures.Add(1, new KeyValuePair<string, object?>("fault", ReasonCodes.Of(fault)));
}
