using Eddy.Gossip;

namespace Eddy.Core.Tests.Gossip;

/// <summary>How adverts spread over networks of books and trees.</summary>
public sealed class AdvertSpreadTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void Adverts_reach_every_node_within_the_radius_over_a_shortest_way_and_none_beyond() => Property.Holds(40, random =>
    {
        var network = Random(random, out var radius);
        network.PublishAll();
        network.Run(Minute);

        AssertSpread(network, radius);
    });

    [Fact]
    public void What_gets_lost_arrives_all_the_same() => Property.Holds(25, random =>
    {
        var network = Random(random, out var radius);
        network.Loss = random.NextDouble() * 0.4;
        network.PublishAll();
        network.Run(10 * Minute);
        network.PublishAll();
        network.Run(10 * Minute);
        network.Loss = 0;
        network.Run(40 * Minute);

        AssertSpread(network, radius);
    });

    [Fact]
    public void In_the_long_run_each_advert_reaches_a_node_about_once() => Property.Holds(15, random =>
    {
        var network = new GossipNetwork(GossipNetwork.RandomPairs(20, random.Next(20, 80), random), 3, random);
        network.PublishAll();
        network.Run(Minute);
        network.PublishAll();
        network.Run(Minute);
        network.Recount();
        for (var round = 0; round < 10; round++)
        {
            network.Publish(random.Next(network.Count));
            network.Run(TimeSpan.FromSeconds(20));
        }

        // Nobody waits for an offer any more: what is new comes from the one peer that is followed.
        Assert.InRange(network.Copies / (double)network.News, 1, 1.1);
    });

    [Fact]
    public void Also_where_a_tenth_is_lost_an_advert_comes_less_than_one_and_a_half_times() => Property.Holds(15, random =>
    {
        var network = new GossipNetwork(GossipNetwork.RandomPairs(20, random.Next(20, 80), random), 3, random) { Loss = 0.1 };
        network.PublishAll();
        network.Run(3 * Minute);
        network.Recount();
        for (var round = 0; round < 20; round++)
        {
            network.Publish(random.Next(network.Count));
            network.Run(TimeSpan.FromSeconds(20));
        }

        Assert.InRange(network.Copies / (double)network.News, 1, 1.5);
    });

    [Fact]
    public void Peers_that_offer_and_never_send_delay_an_advert_by_seconds_and_later_not_at_all() => Property.Holds(15, random =>
    {
        // A line of honest nodes 0 to 3, and misers that are neighbours of all of them.
        var options = new AdvertTreeOptions();
        var isPair = new bool[6, 6];
        foreach (var (left, right) in new[] { (0, 1), (1, 2), (2, 3), (4, 0), (4, 1), (4, 2), (4, 3), (5, 0), (5, 1), (5, 2), (5, 3) })
        {
            isPair[left, right] = isPair[right, left] = true;
        }

        var network = new GossipNetwork(isPair, 3, random);
        network.Misers.UnionWith([4, 5]);
        network.PublishAll();

        // At most each miser in its turn at each hop.
        var worst = 2 * (options.Patience + (2 * options.AnswerTime) + TimeSpan.FromSeconds(2));
        network.Run(worst);
        Assert.All(Enumerable.Range(1, 3), node => Assert.NotNull(network.Books[node].Find(Nodes.Number(0))));

        for (var round = 0; round < 3; round++)
        {
            network.Publish(0);
            network.Run(worst);
        }

        var part = network.Publish(0);
        network.Run(TimeSpan.FromSeconds(1.5));
        Assert.All(Enumerable.Range(1, 3), node => Assert.True(network.Holds(node, part)));
    });

    [Fact]
    public void A_node_that_lost_the_peer_it_follows_hears_from_another_within_seconds()
    {
        var random = new Random(5);
        var isPair = new bool[4, 4];
        foreach (var (left, right) in new[] { (0, 1), (0, 2), (1, 3), (2, 3) })
        {
            isPair[left, right] = isPair[right, left] = true;
        }

        var network = new GossipNetwork(isPair, 3, random);
        network.PublishAll();
        network.Run(TimeSpan.FromSeconds(10));
        network.Misers.Add(Nodes.NumberOf(network.Trees[3].ParentOf(Nodes.Number(0))!.Value));

        var part = network.Publish(0);
        network.Run(new AdvertTreeOptions().Patience + TimeSpan.FromSeconds(2));

        Assert.True(network.Holds(3, part));
        Assert.DoesNotContain(Nodes.NumberOf(network.Trees[3].ParentOf(Nodes.Number(0))!.Value), network.Misers);
    }

    private static GossipNetwork Random(Random random, out int radius)
    {
        radius = random.Next(1, 4);
        var nodes = random.Next(4, 14);
        return new(GossipNetwork.RandomPairs(nodes, random.Next(nodes), random), radius, random);
    }

    private static void AssertSpread(GossipNetwork network, int radius)
    {
        for (var node = 0; node < network.Count; node++)
        {
            var distances = network.DistancesFrom(node);
            var expected = Enumerable.Range(0, network.Count).Where(other => other != node && distances[other] <= radius);
            Assert.Equal(expected, network.Books[node].Adverts.Select(advert => Nodes.NumberOf(advert.Node)));
            Assert.All(network.Books[node].Adverts, advert => Assert.Equal(distances[Nodes.NumberOf(advert.Node)], advert.Hops));
            Assert.Equal(0, network.Trees[node].MissingCount);
        }
    }
}
