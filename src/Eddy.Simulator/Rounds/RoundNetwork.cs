using System.Collections.Immutable;
using Eddy.Gossip;
using Eddy.Lightning;
using Eddy.Liquidity;

namespace Eddy.Simulator.Rounds;

/// <summary>
/// A network of daemons in rounds: all advertise, all search in what was advertised, all propose at about the same time, and what comes
/// round settles. What a daemon decides is decided by its own code (offers, buckets, planning, checks of proposals and terms, consent,
/// back-off); what carries the decisions from one to the other is shortened. Everybody sees all adverts at once: a ring of at most 2r + 1
/// hops through a node lies within its radius r, so what it would see besides changes nothing. Same seed, same result.
/// </summary>
public sealed class RoundNetwork
{
    /// <summary>With nothing settled in so many rounds, there is nothing left to do.</summary>
    private const int IdleRounds = 5;

    /// <summary>Scratch memory only.</summary>
    [ThreadStatic]
    private static CycleFinder? _finder;

    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly RoundOptions _options;
    private readonly ChannelGraph _graph;
    private readonly RoundMember[] _members;
    private readonly Dictionary<NodeId, RoundMember> _byId = [];
    private readonly List<RoundPair> _pairs = [];
    private readonly LiquidityGraphBuilder _builder = new();
    private readonly RoundWalk _walk;
    private readonly RoundTraffic _traffic;
    private readonly List<RoundFigures> _series = [];
    private DateTimeOffset _now = Start;

    /// <summary>Goes up whenever anybody offers more than before: only then can a search that found nothing find something.</summary>
    private int _growth;

    public RoundNetwork(ChannelGraph graph, RoundOptions options)
    {
        (_graph, _options) = (graph, options);
        var random = new SeededRandom(options.Seed);
        var seeds = random.Fork("members");
        _members = [.. graph.Nodes.Select((node, index) => new RoundMember(node, index, seeds.Next(int.MaxValue)))];
        foreach (var member in _members)
        {
            _byId.Add(member.Id, member);
        }

        foreach (var group in graph.Channels.GroupBy(static channel => (channel.First, channel.Second)).OrderBy(static group => group.Key))
        {
            var pair = new RoundPair(_members[group.Key.First], _members[group.Key.Second], group, options);
            _pairs.Add(pair);
            pair.First.Owner.Add(pair.First);
            pair.Second.Owner.Add(pair.Second);
        }

        _walk = new RoundWalk(options, random.Fork("walk"));
        _traffic = new RoundTraffic(_pairs, random.Fork("traffic"));
    }

    /// <summary>Goes on until nothing is left to do.</summary>
    public RoundResult Run(CancellationToken cancellationToken = default)
    {
        var before = PairShares.Of(_graph);
        Note(0);
        var lastSettled = 0;
        for (var round = 1; round <= _options.MaxRounds; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var settledBefore = _walk.Settled.Count;
            Advertise();
            var plans = Search(_builder.Snapshot(), cancellationToken);
            _walk.Run(round, _now, plans.SelectMany((plan, member) => (plan?.Rings ?? []).Select(cycle => Members(cycle))));
            _traffic.Pay(_options.Payments);
            _now += _options.Round;
            Note(round);
            lastSettled = _walk.Settled.Count > settledBefore ? round : lastSettled;
            if (round - lastSettled >= IdleRounds && !plans.Any(static plan => plan?.Outcome == PlanOutcome.Falling))
            {
                break;
            }
        }

        return ToResult(before, lastSettled);
    }

    private (Cycle Cycle, ImmutableArray<RoundMember> Members) Members(Cycle cycle) => (cycle, [.. cycle.Nodes.Select(node => _byId[node])]);

    private void Advertise()
    {
        foreach (var member in _members)
        {
            var before = member.Advert.Intents;
            if (member.Advertise(_now) is { } intents)
            {
                _growth += HasGrown(before, intents) ? 1 : 0;
                _builder.Set(member.Id, canInitiate: true, canWaive: true, intents);
            }
        }
    }

    private static bool HasGrown(ImmutableArray<Intent> before, ImmutableArray<Intent> after)
    {
        if (before.Length != after.Length)
        {
            return true;
        }

        for (var place = 0; place < after.Length; place++)
        {
            var (old, now) = (before[place], after[place]);
            if (now.Out > old.Out || now.In > old.In || now.WantOut > old.WantOut || now.WantIn > old.WantIn
                || (now.Out > 0 && now.LeastOut < old.LeastOut) || (now.In > 0 && now.LeastIn < old.LeastIn))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Everybody's plan; null for one whose last search found nothing, with nothing more offered and nobody left out since.</summary>
    private RingPlan?[] Search(LiquidityGraph graph, CancellationToken cancellationToken)
    {
        var plans = new RingPlan?[_members.Length];
        var planner = _options.ToPlanner() with { MaxRings = int.MaxValue };
        var common = CommonPlan.Find(graph, planner);
        Parallel.For(0, _members.Length, new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount }, index =>
        {
            var member = _members[index];
            if (member.IsDone(_growth))
            {
                return;
            }

            var plan = RingPlanner.Plan(_finder ??= new(), graph, member.Id, member.Planner, planner, [], [], _now, member.Random, common);
            plans[index] = plan;
            member.Take(plan, _growth);
        });
        return plans;
    }

    private void Note(int round)
    {
        ImmutableArray<double> shares = [.. _pairs.Select(static pair => pair.Share)];
        var figures = new RoundFigures(round, _pairs.Sum(static pair => pair.Served), _walk.Settled.Count, _walk.Proposed, PairShares.Depleted(shares));
        _series.Add(figures);
        _options.Progress?.Invoke(figures);
    }

    private RoundResult ToResult(ImmutableArray<double> before, int lastSettled)
    {
        var volume = _series[^1].VolumeSat;
        var locals = _pairs.SelectMany(static pair => pair.Channels).ToDictionary(static channel => channel.Graph.Id, static channel => channel.FirstLocal);
        var graph = _graph with { Channels = [.. _graph.Channels.Select(channel => channel with { FirstLocalSat = locals[channel.Id] })] };
        return new(
            volume,
            _walk.Settled.Sum(static ring => ring.AmountSat * ring.Length),
            lastSettled,
            volume <= 0 ? 0 : _series.First(figures => figures.VolumeSat >= 0.8 * volume).Round,
            [.. _series],
            [.. _walk.Settled],
            _walk.Refusals.ToImmutableSortedDictionary(),
            before,
            PairShares.Of(graph),
            graph);
    }
}
