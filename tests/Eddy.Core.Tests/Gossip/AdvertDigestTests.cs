using Eddy.Gossip;

namespace Eddy.Core.Tests.Gossip;

public sealed class AdvertDigestTests
{
    [Fact]
    public void An_empty_digest_is_answered_with_everything_nearest_first()
    {
        var scene = Filled();
        scene.Book.SetOwn([GossipScene.Advert(GossipScene.Self, 1, 2)]);

        var answer = scene.Book.Answer(Nodes.Number(2), new([]), scene.Now);

        Assert.Equal([(GossipScene.Self, 1), (1, 2), (7, 3)], answer.Select(part => (Nodes.NumberOf(part.Part.Node), part.Hops)));
    }

    [Fact]
    public void Only_what_is_missing_or_older_in_the_digests_range_is_sent()
    {
        var scene = Filled();
        var sequence = scene.Book.Find(Nodes.Number(7))!.Sequence;

        Assert.Equal([7], Answered(scene, [new(Nodes.Number(1), sequence), new(Nodes.Number(9), 5)]));
        Assert.Equal([1], Answered(scene, [new(Nodes.Number(1), sequence - 1), new(Nodes.Number(7), sequence)]));
        Assert.Equal([], Answered(scene, [new(Nodes.Number(3), 0), new(Nodes.Number(6), 0)]));
        Assert.Equal([7], Answered(scene, [new(Nodes.Number(7), 0)]));
    }

    [Fact]
    public void A_peer_is_not_sent_its_own_advert_nor_what_would_come_too_far()
    {
        var scene = Filled();
        scene.Accept(1, GossipScene.Advert(8, 7), hops: 3);

        Assert.Equal([1, 7, 8], scene.Known);
        Assert.Equal([7], scene.Book.Answer(Nodes.Number(1), new([]), scene.Now).Select(part => Nodes.NumberOf(part.Part.Node)));
    }

    [Fact]
    public void Digests_out_of_order_and_from_strangers_are_not_answered()
    {
        var scene = Filled();

        Assert.Empty(Answered(scene, [new(Nodes.Number(9), 0), new(Nodes.Number(1), 0)]));
        Assert.Empty(Answered(scene, [new(Nodes.Number(1), 0), new(Nodes.Number(1), 0)]));
        Assert.Empty(scene.Book.Answer(Nodes.Number(99), new([]), scene.Now));
    }

    [Fact]
    public void Answers_are_limited_for_each_peer()
    {
        var scene = Filled(new AdvertBookOptions { AnswerRate = new(3, 0.1) });

        Assert.Equal([1, 7], Answered(scene, []));
        Assert.Equal([1], Answered(scene, []));
        Assert.Empty(Answered(scene, []));
        scene.Now += TimeSpan.FromSeconds(10);
        Assert.Equal([1], Answered(scene, []));

        var asking = Filled(new AdvertBookOptions { DigestRate = new(1, 0.001) });
        Assert.NotEmpty(Answered(asking, []));
        Assert.Empty(Answered(asking, []));
    }

    [Fact]
    public void The_messages_of_a_digest_cover_every_node_once_more_than_enough()
    {
        var scene = new GossipScene(1);
        var names = Enumerable.Range(100, 300).ToArray();
        scene.Accept(1, GossipScene.Advert(1, names));
        foreach (var name in names)
        {
            scene.Accept(1, GossipScene.Advert(name, 1));
        }

        var digests = scene.Book.Digest();

        Assert.All(digests, digest => Assert.InRange(digest.Entries.Length, 2, AdvertBookOptions.DigestEntries));
        Assert.Equal(2, digests[0].Entries[0].Node.ToArray()[0]);
        Assert.All(digests.Zip(digests.Skip(1)), pair => Assert.Equal(pair.First.Entries[^1], pair.Second.Entries[0]));
        Assert.Equal(0xFF, digests[^1].Entries[^1].Node.ToArray()[^1]);

        // Whoever holds the same answers none of them, whoever holds one more answers one of them.
        Assert.All(digests, digest => Assert.Empty(scene.Book.Answer(Nodes.Number(1), digest, scene.Now)));
        scene.Accept(1, GossipScene.Part(250, 0, 1, 1, 1));
        Assert.Equal([250], digests.SelectMany(digest => scene.Book.Answer(Nodes.Number(1), digest, scene.Now)).Select(part => Nodes.NumberOf(part.Part.Node)).Distinct());
    }

    [Fact]
    public void Two_that_compare_their_digests_know_the_same_within_the_radius() => Property.Holds(40, random =>
    {
        var nodes = random.Next(5, 10);
        var isPair = new bool[nodes, nodes];
        for (var node = 1; node < nodes; node++)
        {
            var other = random.Next(node);
            isPair[node, other] = isPair[other, node] = true;
        }

        // Nothing was ever sent: everybody learns everything from comparing alone.
        var network = new GossipNetwork(isPair, radius: 3);
        for (var round = 0; round < 3; round++)
        {
            for (var left = 0; left < nodes; left++)
            {
                for (var right = left + 1; right < nodes; right++)
                {
                    if (isPair[left, right])
                    {
                        network.Compare(left, right, random);
                    }
                }
            }
        }

        for (var node = 0; node < nodes; node++)
        {
            var distances = network.DistancesFrom(node);
            var expected = Enumerable.Range(0, nodes).Where(other => other != node && distances[other] <= 3);
            Assert.Equal(expected, network.Books[node].Adverts.Select(advert => Nodes.NumberOf(advert.Node)));
        }
    });

    private static GossipScene Filled(AdvertBookOptions? options = null)
    {
        var scene = new GossipScene(options ?? new(), 1, 2);
        scene.Accept(1, GossipScene.Advert(1, 7));
        scene.Accept(1, GossipScene.Advert(7, 1, 8));
        return scene;
    }

    private static int[] Answered(GossipScene scene, AdvertDigestEntry[] entries) =>
        [.. scene.Book.Answer(Nodes.Number(2), new([.. entries]), scene.Now).Select(part => Nodes.NumberOf(part.Part.Node))];
}
