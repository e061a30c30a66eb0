using Eddy.Gossip;

namespace Eddy.Core.Tests.Gossip;

public sealed class AdvertOfferTests
{
    [Fact]
    public void Everything_within_the_radius_is_offered()
    {
        var scene = Filled();
        scene.Book.SetOwn(GossipScene.Advert(GossipScene.Self, 1, 2), scene.Now);

        Assert.Equal([(GossipScene.Self, 1), (1, 2), (7, 3)], Offered(scene, 2));
    }

    [Fact]
    public void A_peer_is_not_offered_its_own_advert_nor_what_it_gave_nor_what_would_come_too_far()
    {
        var scene = Filled();
        scene.Accept(1, GossipScene.Advert(8, 7), hops: 3);
        scene.Accept(2, GossipScene.Advert(2, 1));

        Assert.Equal([1, 2, 7, 8], scene.Known);
        Assert.Equal([(2, 2)], Offered(scene, 1));
        Assert.Equal([(1, 2), (7, 3)], Offered(scene, 2));
    }

    [Fact]
    public void After_an_absence_only_what_came_meanwhile_is_offered()
    {
        var scene = Filled();
        scene.Now += TimeSpan.FromMinutes(10);
        var since = scene.Now;
        scene.Accept(1, GossipScene.Part(7, 0, 1, 1));

        Assert.Equal([7], scene.Book.Offers(Nodes.Number(2), since).Select(offer => NodeOf(offer)));
    }

    [Fact]
    public void Offers_are_told_apart()
    {
        var scene = Filled();
        var held = Of(7, 0, 2);

        Assert.Equal(AdvertStanding.Held, Judge(scene, 2, held));
        Assert.Equal(AdvertStanding.Missing, Judge(scene, 2, Of(7, 1, 2)));
        Assert.Equal(AdvertStanding.Older, Judge(scene, 2, Of(7, -1, 2)));
        Assert.Equal(AdvertStanding.Missing, Judge(scene, 2, held with { Part = 1 }));
        Assert.Equal(AdvertStanding.Useless, Judge(scene, 2, held with { Hops = 1 }));
        Assert.Equal(AdvertStanding.Useless, Judge(scene, 2, held with { Hops = 4 }));
        Assert.Equal(AdvertStanding.Missing, Judge(scene, 2, Of(2, 0, 1)));

        scene.Accept(1, GossipScene.Advert(8, 7), hops: 3);
        Assert.Equal(AdvertStanding.Nearer, Judge(scene, 2, Of(8, 0, 2)));
    }

    [Fact]
    public void Strangers_get_no_answer_and_peers_get_them_in_bounds()
    {
        var scene = Filled(new AdvertBookOptions { AnswerRate = new(3, 0.1) });
        Assert.Null(scene.Book.Answer(Nodes.Number(99), Nodes.Number(1).ShortKey, 0, scene.Now));
        for (var count = 0; count < 3; count++)
        {
            Assert.Equal(2, scene.Book.Answer(Nodes.Number(2), Nodes.Number(1).ShortKey, 0, scene.Now)?.Hops);
        }

        Assert.Null(scene.Book.Answer(Nodes.Number(2), Nodes.Number(1).ShortKey, 0, scene.Now));
        scene.Now += TimeSpan.FromSeconds(10);
        Assert.NotNull(scene.Book.Answer(Nodes.Number(2), Nodes.Number(1).ShortKey, 0, scene.Now));
    }

    private static GossipScene Filled(AdvertBookOptions? options = null)
    {
        var scene = new GossipScene(options ?? new(), 1, 2);
        scene.Accept(1, GossipScene.Advert(1, 7));
        scene.Accept(1, GossipScene.Advert(7, 1, 8));
        return scene;
    }

    private static AdvertOffer Of(int node, long sequence, int hops) =>
        new(Nodes.Number(node).ShortKey, 0, (ulong)(GossipScene.Start.ToUnixTimeMilliseconds() + sequence), hops);

    private static AdvertStanding Judge(GossipScene scene, int from, AdvertOffer offer) => scene.Book.Judge(Nodes.Number(from), offer, scene.Now);

    private static (int Node, int Hops)[] Offered(GossipScene scene, int peer) =>
        [.. scene.Book.Offers(Nodes.Number(peer), DateTimeOffset.MinValue).Select(offer => (NodeOf(offer), offer.Hops))];

    private static int NodeOf(AdvertOffer offer) => (int)(offer.Origin >> 32);
}
