using System.Collections.Immutable;
using Eddy.Api;
using Eddy.Engine.Ports;
using Eddy.Engine.Storage;
using Eddy.Engine.Views;
using Eddy.Lightning;
using Eddy.Logging;
using Eddy.Reloading;
using Eddy.Rings;
using Microsoft.Extensions.Logging;

namespace Eddy.Tests.Api;

/// <summary>An engine that shows a fixed picture and remembers what it was asked.</summary>
internal sealed class FakeDesk : IEngineDesk
{
    public static readonly NodeId Alice = NodeId.Parse("02" + new string('a', 64));
    public static readonly NodeId Bob = NodeId.Parse("02" + new string('b', 64));
    public static readonly NodeId Carol = NodeId.Parse("03" + new string('c', 64));
    public static readonly ShortChannelId ToBob = ShortChannelId.Parse("700000x1x0");
    public static readonly ShortChannelId ToCarol = ShortChannelId.Parse("700000x2x0");
    public static readonly RingId Settled = new(Bytes32.Parse("11" + new string('1', 62)));
    public static readonly RingId Failed = new(Bytes32.Parse("22" + new string('2', 62)));
    public static readonly RingId Old = new(Bytes32.Parse("33" + new string('3', 62)));
    public static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public EngineView View { get; set; } = new()
    {
        At = Start.AddMinutes(5),
        StartedAt = Start,
        Node = new(Alice, "alice", "regtest", default, "0.20.3-beta", 800_000, 18),
        IsConnected = true,
        Interceptor = InterceptorState.Up,
        Height = 800_003,
        Channels =
        [
            Channel(ToBob, Bob, "bob", 800_000, 1_000_000),
            Channel(ToCarol, Carol, "\u001b[31mcarol\u202e", 100_000, 1_000_000),
        ],
        Peers = [new(Bob, "bob", true, 1, "eddy/0.1.0", true, true, 1, Start, null, "")],
        Adverts = [new(Bob, 7, 1, Bob, true, true, Start.AddHours(1), [new(Alice, 0, 0, 300_000, 300_000)])],
        Rings = [Ring(Failed, "member", RingOutcome.Failed, 2, "Bob's channel had too little left."), Ring(Settled, "initiator", RingOutcome.Settled, null, "")],
        Totals = new(1, 1, 0, MilliSatoshi.FromSatoshi(300_000), new(151_000), new(453_000)),
        LastSearch = "No ring in reach.",
    };

    public Explanation Why { get; set; } = new(null, null, [new("no-eddy-peers", "No peer runs eddy.", "Ask all of them.")]);

    /// <summary>Rings that only the store knows.</summary>
    public ImmutableArray<RingView> Past { get; set; } = [];

    public Func<DateOnly, ImmutableArray<DayFigures>>? History { get; set; }

    public List<OperatorRequest> Requests { get; } = [];

    public Eddy.Guarding.GuardState? Guard { get; set; }

    public TimeSpan? LndSilence { get; set; }

    public OperatorReply Reply { get; set; } = new(OperatorStatus.Done, "Done.");

    /// <summary>Where set, nothing is answered until it ends.</summary>
    public Task? Stuck { get; set; }

    public LogTail Logs { get; } = new(TimeProvider.System);

    public Task Changed => Volatile.Read(ref _changed).Task;

    public bool IsObserving => false;

    public bool IsMetricsOpen { get; set; }

    public LogLevels LogLevels { get; } = new(LogLevel.Information);

    public Task<string> GetMetricsAsync(CancellationToken cancellationToken) => Task.FromResult("eddy_paused 0\n");

    /// <summary>Shows something else and says so.</summary>
    public void Show(EngineView view)
    {
        View = view;
        Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    public async Task<EngineView> GetViewAsync(CancellationToken cancellationToken)
    {
        if (Stuck is not null)
        {
            await Stuck.WaitAsync(cancellationToken);
        }

        return View;
    }

    public Task<OperatorReply> AskAsync(OperatorRequest request, CancellationToken cancellationToken)
    {
        Requests.Add(request);
        return Task.FromResult(Reply);
    }

    public ReloadOutcome Reloaded { get; set; } = new(true, [new("rings.target", "0.5", "0.4", false), new("eddy.listen", "a", "b", true)], []);

    public System.Collections.Immutable.ImmutableArray<Eddy.Forwarding.PhantomFee> Ledger { get; set; } =
    [
        new(new(ToCarol, 4), Settled, ToBob, new(50_000_000), new(26_000), Start),
        new(new(ToCarol, 5), Failed, ToBob, new(60_000_000), new(31_000), Start.AddDays(1)),
    ];

    public Task<System.Collections.Immutable.ImmutableArray<Eddy.Forwarding.PhantomFee>> GetLedgerAsync(DateOnly from, DateOnly to, CancellationToken cancellationToken) =>
        Task.FromResult<System.Collections.Immutable.ImmutableArray<Eddy.Forwarding.PhantomFee>>(
            [.. Ledger.Where(fee => DateOnly.FromDateTime(fee.SettledAt.UtcDateTime) is var day && day >= from && day <= to)]);

    public Task<ReloadOutcome> ReloadAsync(CancellationToken cancellationToken) => Task.FromResult(Reloaded);

    public Task<Explanation> ExplainAsync(CancellationToken cancellationToken) =>
        Task.FromResult(Why);

    public Task<Explanation?> ExplainAsync(NodeId peer, CancellationToken cancellationToken) => Task.FromResult(
        peer == Bob ? new Explanation(null, Bob, [new("denied", "The peer is denied.", "Allow it.")]) : null);

    public Task<Explanation?> ExplainAsync(ShortChannelId channel, CancellationToken cancellationToken) => Task.FromResult(
        channel == ToBob ? new Explanation(ToBob, Bob, [new("no-ring", "No ring is in reach.", "Ask more neighbours to run eddy.")]) : null);

    public Task<RingView?> FindRingAsync(RingId ring, CancellationToken cancellationToken) => Task.FromResult(
        ring == Old ? Ring(Old, "member", RingOutcome.Expired, null, "Time ran out.") : View.Rings.FirstOrDefault(view => view.Id == ring));

    public Task<ImmutableArray<RingView>> GetLatestRingsAsync(int count, CancellationToken cancellationToken) =>
        Task.FromResult<ImmutableArray<RingView>>([.. View.Rings.Concat(Past).Take(count).Select(ring => ring with { Story = [] })]);

    public Task<ImmutableArray<DayFigures>> GetHistoryAsync(DateOnly first, CancellationToken cancellationToken) =>
        Task.FromResult<ImmutableArray<DayFigures>>(History?.Invoke(first) ?? [new(first.AddDays(1), 2, 1, MilliSatoshi.FromSatoshi(300_000), new(453_000), new(151_000))]);

    private static ChannelView Channel(ShortChannelId scid, NodeId peer, string alias, long local, long capacity) => new(
        new Channel
        {
            Id = scid,
            ChannelPoint = new string('0', 64) + ":0",
            Peer = peer,
            PeerAlias = alias,
            Capacity = MilliSatoshi.FromSatoshi(capacity),
            Local = MilliSatoshi.FromSatoshi(local),
            Remote = MilliSatoshi.FromSatoshi(capacity - local),
            Spendable = MilliSatoshi.FromSatoshi(local),
            Receivable = MilliSatoshi.FromSatoshi(capacity - local),
            IsActive = true,
        },
        0.5,
        0.1,
        false,
        true,
        local > capacity / 2 ? 200_000 : 0,
        0,
        local > capacity / 2 ? 0 : 300_000,
        0,
        default,
        default,
        default,
        default);

    private static RingView Ring(RingId id, string role, RingOutcome outcome, int? fault, string reason) => new(
        id,
        role,
        outcome.ToString(),
        true,
        outcome,
        MilliSatoshi.FromSatoshi(300_000),
        default,
        default,
        [new(0, Alice, ToBob, MilliSatoshi.FromSatoshi(300_000)), new(1, Bob, ShortChannelId.Parse("700000x3x0"), null), new(2, Carol, null, null)],
        fault,
        reason,
        Start,
        Start.AddSeconds(2),
        [new(Start, "Proposed."), new(Start.AddSeconds(2), $"{outcome}.")]);
}
