using System.Collections.Immutable;
using Eddy.Gossip;
using Eddy.Lightning;
using Eddy.Liquidity;

namespace Eddy.Simulator.Rounds;

/// <summary>One daemon: what it has announced, what it remembers between searches, and the rings it is in.</summary>
internal sealed class RoundMember(GraphNode node, int index, int seed)
{
    private readonly Dictionary<NodeId, RoundEnd> _ends = [];
    private RoundEnd[]? _ordered;

    /// <summary>How far offers had grown when a search found that there is nothing; negative where it did not.</summary>
    private int _doneAt = -1;

    public NodeId Id => node.Id;

    /// <summary>In the graph.</summary>
    public int Index => index;

    public Random Random { get; } = new(seed);

    public OwnAdvertState Advert { get; private set; } = OwnAdvertState.Start();

    public PlannerState Planner { get; set; } = PlannerState.Start;

    /// <summary>Something on one of its channels is not as it was when it advertised last.</summary>
    public bool HasChanged { get; set; } = true;

    /// <summary>Own rings under way.</summary>
    public int OwnRings { get; set; }

    public int RingsOfOthers { get; set; }

    public void Add(RoundEnd end) => _ends.Add(end.Peer.Id, end);

    public RoundEnd? Find(NodeId peer) => _ends.GetValueOrDefault(peer);

    /// <summary>True where another search would find as little as the last one.</summary>
    public bool IsDone(int growth) => _doneAt == growth;

    public void Take(RingPlan plan, int growth)
    {
        Planner = plan.Next;
        _doneAt = plan is { Outcome: PlanOutcome.NoRing or PlanOutcome.NothingOffered, Next.BackOffs.Count: 0 } ? growth : -1;
    }

    /// <summary>Announces what has changed; null where there is nothing to say.</summary>
    public ImmutableArray<Intent>? Advertise(DateTimeOffset now)
    {
        if (!HasChanged)
        {
            return null;
        }

        HasChanged = false;
        _ordered ??= [.. _ends.Values.OrderBy(static end => end.Peer.Id)];
        var step = OwnAdvert.Step(Advert, _ordered.Select(static end => end.Liquidity.Offer), true, true, new(), now, Random);
        Advert = step.Next;
        return step.Drafts.IsEmpty ? null : Advert.Intents;
    }
}
