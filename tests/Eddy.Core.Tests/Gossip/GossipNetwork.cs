using System.Collections.Immutable;
using Eddy.Gossip;
using Eddy.Lightning;

namespace Eddy.Core.Tests.Gossip;

/// <summary>Books and trees that talk to one another, in a time of their own, over links that take a while and may lose what they carry.</summary>
internal sealed class GossipNetwork
{
    private static readonly TimeSpan OfferInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Again = TimeSpan.FromMinutes(1);

    private readonly bool[,] _isPair;
    private readonly Random _random;
    private readonly PriorityQueue<Action, (DateTimeOffset, long)> _events = new();
    private readonly Dictionary<int, long> _sequences = [];
    private long _sequence;

    public GossipNetwork(bool[,] isPair, int radius, Random random, AdvertTreeOptions? options = null)
    {
        _isPair = isPair;
        _random = random;
        Count = isPair.GetLength(0);
        Trees = [.. Enumerable.Range(0, Count).Select(_ => new AdvertTree(options ?? new()))];
        Books = [.. Enumerable.Range(0, Count).Select(node => CreateBook(node, radius))];
        for (var node = 0; node < Count; node++)
        {
            ScheduleOffers(node);
            ScheduleAgain(node);
        }
    }

    public int Count { get; }

    public AdvertBook[] Books { get; }

    public AdvertTree[] Trees { get; }

    public DateTimeOffset Now { get; private set; } = GossipScene.Start;

    /// <summary>0 to 1: messages that get lost.</summary>
    public double Loss { get; set; }

    /// <summary>These offer what they hold and never send it.</summary>
    public HashSet<int> Misers { get; } = [];

    /// <summary>Parts that arrived.</summary>
    public int Copies { get; private set; }

    /// <summary>Of these, the ones that were news.</summary>
    public int News { get; private set; }

    /// <summary>Links on each of which each part may be offered a few times.</summary>
    public int Offered { get; private set; }

    public static bool[,] RandomPairs(int nodes, int chords, Random random)
    {
        var isPair = new bool[nodes, nodes];
        for (var node = 1; node < nodes; node++)
        {
            var other = random.Next(node);
            isPair[node, other] = isPair[other, node] = true;
        }

        for (var chord = 0; chord < chords; chord++)
        {
            var (left, right) = (random.Next(nodes), random.Next(nodes));
            isPair[left, right] = isPair[right, left] = left != right;
        }

        return isPair;
    }

    /// <summary>A node says something new.</summary>
    public SignedAdvertPart Publish(int node)
    {
        var sequence = _sequences[node] = Math.Max(_sequences.GetValueOrDefault(node) + 1, (long)(Now - GossipScene.Start).TotalMilliseconds);
        var part = GossipScene.Part(node, 0, sequence, [.. PeersOf(node)]);
        Books[node].SetOwn(part, Now);
        foreach (var peer in PeersOf(node))
        {
            Send(node, peer, new(part, 1));
        }

        return part;
    }

    public void PublishAll()
    {
        for (var node = 0; node < Count; node++)
        {
            Publish(node);
        }
    }

    public void Run(TimeSpan span)
    {
        var end = Now + span;
        while (_events.TryPeek(out var action, out var due) && due.Item1 <= end)
        {
            _events.Dequeue();
            Now = due.Item1;
            action();
        }

        Now = end;
    }

    /// <summary>Forgets what was counted.</summary>
    public void Recount() => (Copies, News, Offered) = (0, 0, 0);

    public bool Holds(int node, SignedAdvertPart part) => Books[node].Find(part.Node)?.Sequence >= part.Sequence;

    public int[] DistancesFrom(int start)
    {
        var distances = Enumerable.Repeat(int.MaxValue, Count).ToArray();
        var open = new Queue<int>([start]);
        distances[start] = 0;
        while (open.TryDequeue(out var node))
        {
            foreach (var peer in PeersOf(node).Where(peer => distances[peer] == int.MaxValue))
            {
                distances[peer] = distances[node] + 1;
                open.Enqueue(peer);
            }
        }

        return distances;
    }

    public IEnumerable<int> PeersOf(int node) => Enumerable.Range(0, Count).Where(other => other != node && _isPair[node, other]);

    private AdvertBook CreateBook(int node, int radius)
    {
        NodeId[] peers = [.. PeersOf(node).Select(Nodes.Number)];
        var book = new AdvertBook(Nodes.Number(node), GossipScene.Chain, new() { Radius = radius, OriginRate = new(100, 1) }, _ => true);
        book.SetPeers(peers, GossipScene.Start);
        Trees[node].SetPeers(peers, static _ => true);
        return book;
    }

    private void Schedule(TimeSpan delay, Action action) => _events.Enqueue(action, (Now + delay, _sequence++));

    private void ScheduleOffers(int node) => Schedule(OfferInterval * (0.5 + _random.NextDouble()), () =>
    {
        foreach (var (peer, offers) in Trees[node].TakeOffers())
        {
            Offer(node, Nodes.NumberOf(peer), offers);
        }

        Trees[node].Tick(Now);
        SendRequests(node);
        ScheduleOffers(node);
    });

    private void ScheduleAgain(int node) => Schedule(Again * (0.5 + _random.NextDouble()), () =>
    {
        Trees[node].Tidy(Books[node], Now);
        int[] peers = [.. PeersOf(node)];
        if (peers.Length > 0)
        {
            var peer = peers[_random.Next(peers.Length)];
            Offer(node, peer, [.. Books[node].Offers(Nodes.Number(peer), DateTimeOffset.MinValue)]);
        }

        ScheduleAgain(node);
    });

    private void Offer(int from, int to, ImmutableArray<AdvertOffer> offers) => Transmit(() =>
    {
        Offered += offers.Length;
        foreach (var change in Trees[to].OnOffers(Nodes.Number(from), offers, Books[to], Now))
        {
            Relay(to, change.Relays);
        }

        SendRequests(to);
    });

    private void Send(int from, int to, RelayedAdvertPart part)
    {
        if (Misers.Contains(from) && part.Hops > 1)
        {
            return;
        }

        Transmit(() =>
        {
            Copies++;
            var verdict = Books[to].Receive(Nodes.Number(from), part, Now);
            Trees[to].OnPart(Nodes.Number(from), part, verdict, Now);
            switch (verdict)
            {
                case AdvertVerdict.Accepted accepted:
                    News += accepted.Relays.IsEmpty || accepted.Relays.Any(static relay => relay.IsNews) ? 1 : 0;
                    Relay(to, accepted.Relays);
                    break;
                case AdvertVerdict.Penalise penalise:
                    Assert.Fail($"an honest node was blamed for {penalise.Fault}");
                    break;
            }

            SendRequests(to);
        });
    }

    private void Relay(int node, ImmutableArray<AdvertRelay> relays)
    {
        foreach (var relay in relays)
        {
            var offer = AdvertOffer.Of(relay.Part);
            foreach (var peer in relay.To)
            {
                if (relay.IsNews && Trees[node].IsChild(peer, offer.Origin))
                {
                    Send(node, Nodes.NumberOf(peer), relay.Part);
                }
                else
                {
                    Trees[node].Offer(peer, offer);
                }
            }
        }
    }

    private void SendRequests(int node)
    {
        foreach (var (peer, request) in Trees[node].TakeRequests())
        {
            var to = Nodes.NumberOf(peer);
            Transmit(() =>
            {
                foreach (var part in Trees[to].OnRequest(Nodes.Number(node), request, Books[to], Now))
                {
                    Send(to, node, part);
                }
            });
        }
    }

    private void Transmit(Action arrive)
    {
        if (_random.NextDouble() >= Loss)
        {
            Schedule(TimeSpan.FromMilliseconds(_random.Next(10, 250)), arrive);
        }
    }
}
