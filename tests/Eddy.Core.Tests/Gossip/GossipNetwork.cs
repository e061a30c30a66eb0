using Eddy.Gossip;

namespace Eddy.Core.Tests.Gossip;

/// <summary>Books that relay to one another, messages delivered in any order.</summary>
internal sealed class GossipNetwork
{
    private readonly bool[,] _isPair;
    private readonly int _nodes;
    private readonly List<(int From, int To, RelayedAdvertPart Part)> _messages = [];

    public GossipNetwork(bool[,] isPair, int radius)
    {
        _isPair = isPair;
        _nodes = isPair.GetLength(0);
        Books = [.. Enumerable.Range(0, _nodes).Select(node => CreateBook(node, radius))];
    }

    public AdvertBook[] Books { get; }

    public int Delivered { get; private set; }

    public SignedAdvertPart AdvertOf(int node) => GossipScene.Advert(node, [.. PeersOf(node)]);

    /// <summary>Every node advertises, and everything is delivered.</summary>
    public void Flood(Random random)
    {
        for (var node = 0; node < _nodes; node++)
        {
            foreach (var peer in PeersOf(node))
            {
                _messages.Add((node, peer, new(AdvertOf(node), 1)));
            }
        }

        Deliver(random);
    }

    /// <summary>Two nodes tell each other what they hold and send what the other misses.</summary>
    public void Compare(int left, int right, Random random)
    {
        Answer(left, right);
        Answer(right, left);
        Deliver(random);
    }

    public int[] DistancesFrom(int start)
    {
        var distances = Enumerable.Repeat(int.MaxValue, _nodes).ToArray();
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

    private IEnumerable<int> PeersOf(int node) => Enumerable.Range(0, _nodes).Where(other => other != node && _isPair[node, other]);

    private AdvertBook CreateBook(int node, int radius)
    {
        var book = new AdvertBook(Nodes.Number(node), GossipScene.Chain, new() { Radius = radius }, _ => true);
        book.SetPeers(PeersOf(node).Select(Nodes.Number), GossipScene.Start);
        book.SetOwn([AdvertOf(node)]);
        return book;
    }

    private void Answer(int asking, int answering)
    {
        foreach (var digest in Books[asking].Digest())
        {
            foreach (var part in Books[answering].Answer(Nodes.Number(asking), digest, GossipScene.Start))
            {
                _messages.Add((answering, asking, part));
            }
        }
    }

    private void Deliver(Random random)
    {
        while (_messages.Count > 0)
        {
            var place = random.Next(_messages.Count);
            var (from, to, part) = _messages[place];
            _messages[place] = _messages[^1];
            _messages.RemoveAt(_messages.Count - 1);
            Delivered++;
            switch (Books[to].Receive(Nodes.Number(from), part, GossipScene.Start))
            {
                case AdvertVerdict.Accepted accepted:
                    foreach (var relay in accepted.Relays)
                    {
                        _messages.AddRange(relay.To.Select(peer => (to, Nodes.NumberOf(peer), relay.Part)));
                    }

                    break;
                case AdvertVerdict.Penalise penalise:
                    Assert.Fail($"an honest node was blamed for {penalise.Fault}");
                    break;
                default:
                    break;
            }
        }
    }
}
