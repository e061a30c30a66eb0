using System.Collections.Immutable;
using Eddy.Gossip;
using Eddy.Lightning;

namespace Eddy.Core.Tests.Gossip;

public sealed class AdvertBookPropertyTests
{
    [Fact]
    public void The_order_in_which_adverts_come_does_not_matter() => Property.Holds(300, random =>
    {
        var news = RandomNews(random);
        var descriptions = new SortedSet<string>(StringComparer.Ordinal);
        for (var order = 0; order < 4; order++)
        {
            var scene = new GossipScene(1, 2, 3);
            foreach (var (from, part, hops) in news)
            {
                scene.Receive(from, part, hops);
            }

            descriptions.Add(scene.Describe());
            random.Shuffle(news);
        }

        Assert.Single(descriptions);
    });

    [Fact]
    public void Nothing_a_peer_sends_makes_it_throw_or_grow_beyond_its_bounds() => Property.Holds(60, random =>
    {
        var options = new AdvertBookOptions
        {
            MaxOrigins = 12,
            MaxOriginsPerFirstHop = 5,
            MaxBytes = 20_000,
            MaxBytesPerFirstHop = 8_000,
            MaxWaitingPerFirstHop = 4,
        };
        var scene = new GossipScene(options, 1, 2, 3);
        for (var step = 0; step < 300; step++)
        {
            Act(scene, random);
            Assert.InRange(scene.Book.OriginCount, 0, options.MaxOrigins + 3);
            Assert.InRange(scene.Book.Bytes, 0, options.MaxBytes);
            Assert.InRange(scene.Book.WaitingCount, 0, 4 * 9);
            CheckRoots(scene.Book, [1, 2, 3]);
        }

        scene.Now += TimeSpan.FromDays(8);
        scene.Book.Expire(scene.Now);
        Assert.Equal((0, 0L, 0), (scene.Book.OriginCount, scene.Book.Bytes, scene.Book.WaitingCount));
    });

    [Fact]
    public void A_book_tells_each_change_of_an_advert() => Property.Holds(200, random =>
    {
        var scene = new GossipScene(1, 2, 3);
        var followed = new SortedDictionary<NodeId, ulong>();
        foreach (var (from, part, hops) in RandomNews(random))
        {
            if (scene.Receive(from, part, hops) is AdvertVerdict.Accepted accepted)
            {
                Follow(scene.Book, accepted.Changed, followed);
            }

            if (random.Next(20) == 0)
            {
                scene.Now += TimeSpan.FromMinutes(random.Next(20));
                Follow(scene.Book, scene.Book.Expire(scene.Now), followed);
            }

            Assert.Equal(scene.Book.Adverts.Select(advert => (advert.Node, advert.Sequence)), followed.Select(pair => (pair.Key, pair.Value)));
        }
    });

    private static void Follow(AdvertBook book, ImmutableArray<NodeId> changed, SortedDictionary<NodeId, ulong> followed)
    {
        foreach (var node in changed)
        {
            if (book.Find(node) is { } advert)
            {
                followed[node] = advert.Sequence;
            }
            else
            {
                followed.Remove(node);
            }
        }
    }

    /// <summary>Up to three sequences of each node of a small graph, in one or two parts, over several ways.</summary>
    private static (int From, SignedAdvertPart Part, int Hops)[] RandomNews(Random random)
    {
        var news = new List<(int, SignedAdvertPart, int)>();
        for (var node = 1; node < 10; node++)
        {
            for (var sequence = 0; sequence < random.Next(1, 4); sequence++)
            {
                var parts = random.Next(1, 3);
                for (var part = 0; part < parts; part++)
                {
                    int[] names = [.. Enumerable.Range(1, 9).Where(name => name != node && random.Next(3) > 0)];
                    var signed = GossipScene.Part(node, part, (sequence * 10) + part, names);
                    news.AddRange(Enumerable.Range(1, 3)
                        .Where(from => from == node || random.Next(2) == 0 || from == 1)
                        .Select(from => (from, signed, from == node ? 1 : random.Next(2, 4))));
                }
            }
        }

        return [.. news];
    }

    private static void Act(GossipScene scene, Random random)
    {
        var from = random.Next(1, 6);
        var node = random.Next(1, 40);
        var parts = random.Next(1, 4);
        int[] names = [.. Enumerable.Range(1, 40).Where(name => name != node && random.Next(4) == 0)];
        var part = GossipScene.Part(node, random.Next(parts), random.Next(-5_000_000, 500_000), names);
        part = random.Next(12) switch
        {
            0 => GossipScene.Forge(part),
            1 => part with { Part = random.Next(-2, AdvertBookOptions.MaxParts + 2) },
            2 => part with { Sequence = (ulong)random.NextInt64() },
            3 => part with { Intents = default },
            4 => GossipScene.Sign(part with { TtlSeconds = random.Next(1, 100) }),
            _ => part,
        };
        scene.Receive(from, part, random.Next(3) == 0 ? random.Next(-1, 8) : null);
        if (random.Next(30) == 0)
        {
            scene.Now += TimeSpan.FromSeconds(random.Next(1, 2000));
            scene.Book.Expire(scene.Now);
        }

        if (random.Next(40) == 0)
        {
            scene.Book.SetPeers(new[] { 1, 2, 3 }.Where(_ => random.Next(4) > 0).Select(Nodes.Number), scene.Now);
            scene.Book.SetPeers(new[] { 1, 2, 3 }.Select(Nodes.Number), scene.Now);
        }

        var offer = new AdvertOffer(Nodes.Number(random.Next(40)).ShortKey, random.Next(-1, 4), (ulong)random.NextInt64(), random.Next(0, 5));
        scene.Book.Judge(Nodes.Number(from), offer, scene.Now);
        scene.Book.Approach(Nodes.Number(from), offer with { Sequence = part.Sequence }, scene.Now);
        scene.Book.Answer(Nodes.Number(from), offer.Origin, offer.Part, scene.Now);
    }

    private static void CheckRoots(AdvertBook book, int[] peers)
    {
        var reached = new HashSet<NodeId>(peers.Select(Nodes.Number));
        var adverts = book.Adverts.ToArray();
        for (var grows = true; grows;)
        {
            var found = adverts.Where(advert => !reached.Contains(advert.Node) && adverts.Any(root =>
                reached.Contains(root.Node) && Names(root, advert.Node) && Names(advert, root.Node))).ToArray();
            reached.UnionWith(found.Select(advert => advert.Node));
            grows = found.Length > 0;
        }

        Assert.All(adverts, advert => Assert.Contains(advert.Node, reached));
    }

    private static bool Names(Advert advert, NodeId node) => advert.Intents.Any(intent => intent.Peer == node);
}
