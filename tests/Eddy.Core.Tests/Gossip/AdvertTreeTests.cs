using System.Collections.Immutable;
using Eddy.Gossip;

namespace Eddy.Core.Tests.Gossip;

/// <summary>One node's tree: whom it asks for what, whom it follows, and what a hostile peer can make it remember.</summary>
public sealed class AdvertTreeTests
{
    private static readonly AdvertTreeOptions Options = new() { MostOffers = 50, MostAsked = 10, MostDeclined = 20 };

    private readonly GossipScene _scene = new(1, 2, 3);
    private readonly AdvertTree _tree = new(Options);

    public AdvertTreeTests()
    {
        _tree.SetPeers([Nodes.Number(1), Nodes.Number(2), Nodes.Number(3)], static _ => true);
        foreach (var peer in new[] { 1, 2, 3 })
        {
            Come(peer, GossipScene.Advert(peer, 7, 8, 9), 1);
        }
    }

    [Fact]
    public void What_is_offered_is_asked_of_the_nearest_and_followed_there()
    {
        Offer(1, 7, 0, hops: 3);
        Offer(2, 7, 0, hops: 2);
        Assert.Empty(Requests());

        After(Options.Gathering);
        var (peer, request) = Assert.Single(Requests());
        Assert.Equal((2, new AdvertPlace(Key(7), 0)), (peer, Assert.Single(request.Parts)));

        Come(2, GossipScene.Part(7, 0, 0, 2), 2);
        Assert.Equal(Nodes.Number(2), _tree.ParentOf(Nodes.Number(7)));
        Assert.Equal(0, _tree.MissingCount);
        After(TimeSpan.FromMinutes(1));
        Assert.Empty(Requests());
    }

    [Fact]
    public void Who_is_followed_is_waited_for_and_then_another_one_is_asked_and_followed()
    {
        Follow(7, parent: 2);

        Offer(1, 7, 5, hops: 2);
        After(Options.Patience - TimeSpan.FromMilliseconds(10));
        Assert.Empty(Requests());
        After(TimeSpan.FromMilliseconds(10));

        var requests = Requests();
        Assert.Equal([1, 2], requests.Select(entry => entry.Peer));
        Assert.Equal([new AdvertPlace(Key(7), 0)], requests[0].Request.Parts);
        Assert.Equal([Key(7)], requests[1].Request.Stop);
        Assert.Equal(Nodes.Number(1), _tree.ParentOf(Nodes.Number(7)));
    }

    [Fact]
    public void A_second_copy_tells_its_sender_to_stop()
    {
        Follow(7, parent: 2);

        Come(1, GossipScene.Part(7, 0, 0, 2), 2);

        var (peer, request) = Assert.Single(Requests());
        Assert.Equal((1, Key(7)), (peer, Assert.Single(request.Stop)));
    }

    [Fact]
    public void A_nearer_peer_is_followed_without_a_copy_and_what_others_are_offered_is_nearer_too()
    {
        Follow(8, parent: 2);
        Offer(1, 7, 0, hops: 3);
        After(Options.Gathering);
        Requests();
        Come(1, GossipScene.Part(7, 0, 0, 2), 3);

        var change = Assert.Single(Offer(2, 7, 0, hops: 2));

        // It had come too far to be told on at all.
        var relay = Assert.Single(change.Relays);
        Assert.True(relay.IsNews);
        Assert.Equal(3, relay.Part.Hops);
        Assert.Equal([1, 3], relay.To.Select(Nodes.NumberOf));
        Assert.Equal(2, _scene.Book.Find(Nodes.Number(7))!.Hops);
        var requests = Requests();
        Assert.Equal([Key(7)], requests.Single(entry => entry.Peer == 1).Request.Stop);
        Assert.Equal([Key(7)], requests.Single(entry => entry.Peer == 2).Request.Follow);
    }

    [Fact]
    public void Who_has_never_sent_anything_is_tested_once_before_it_is_followed()
    {
        Follow(7, parent: 2);
        Offer(1, 8, 0, hops: 3);
        After(Options.Gathering);
        Requests();
        Come(1, GossipScene.Part(8, 0, 0, 2), 3);

        Offer(3, 8, 0, hops: 2);
        Assert.Equal([new AdvertPlace(Key(8), 0)], Assert.Single(Requests()).Request.Parts);
        Assert.Equal(Nodes.Number(1), _tree.ParentOf(Nodes.Number(8)));
        Offer(1, 9, 0, hops: 3);
        After(Options.Gathering);
        Requests();
        Come(1, GossipScene.Part(9, 0, 0, 2), 3);
        Offer(3, 9, 0, hops: 2);
        Assert.Empty(Requests());

        // It sends: from now on it is followed where it is nearer.
        Come(3, GossipScene.Part(8, 0, 0, 2), 2);
        Requests();
        Come(1, GossipScene.Part(9, 0, 1, 2), 3);
        Offer(3, 9, 1, hops: 2);
        Assert.Equal([Key(9)], Requests().Single(entry => entry.Peer == 3).Request.Follow);
    }

    [Fact]
    public void A_direct_peer_is_followed_by_nobody_for_it_sends_what_it_says_itself()
    {
        Offer(2, 1, 0, hops: 2);
        After(TimeSpan.FromSeconds(10));

        Assert.Empty(Requests());
        Assert.Null(_tree.ParentOf(Nodes.Number(1)));
    }

    [Fact]
    public void Who_offers_and_does_not_send_is_asked_last_afterwards()
    {
        for (var part = 0; part < Options.MostFailures; part++)
        {
            Offer(1, 7, 0, hops: 2, part);
            Offer(2, 7, 0, hops: 3, part);
        }

        After(Options.Gathering);
        Assert.Equal([1], Requests().Select(entry => entry.Peer));
        After(Options.AnswerTime);
        Assert.Equal(2, Requests().Last(entry => entry.Request.Parts.Length > 0).Peer);
        for (var part = 0; part < Options.MostFailures; part++)
        {
            Come(2, GossipScene.Part(7, part, part, 2), 3);
        }

        // It claims to be nearer: nobody believes it for a while.
        Offer(1, 8, 0, hops: 2);
        Offer(3, 8, 0, hops: 3);
        After(Options.Gathering);
        Assert.Equal(3, Assert.Single(Requests(), entry => entry.Request.Parts.Length > 0).Peer);
        Assert.Empty(Offer(1, 7, 0, hops: 2));
        Assert.Equal(Nodes.Number(2), _tree.ParentOf(Nodes.Number(7)));
    }

    [Fact]
    public void However_much_a_peer_offers_a_bounded_part_is_remembered_and_others_are_not_in_its_way()
    {
        for (var count = 0; count < 10_000; count++)
        {
            Offer(1, 10_000 + count, 0, hops: 2);
        }

        Assert.Equal(Options.MostOffers, _tree.MissingCount);
        Offer(2, 8, 0, hops: 2);
        Assert.Equal(Options.MostOffers + 1, _tree.MissingCount);

        After(Options.Gathering);
        var requests = Requests();
        Assert.Equal(Options.MostAsked, requests.Single(entry => entry.Peer == 1).Request.Parts.Length);
        Assert.Single(requests.Single(entry => entry.Peer == 2).Request.Parts);

        After(TimeSpan.FromHours(1));
        Assert.Equal(0, _tree.MissingCount);
        Requests();
        _tree.Tidy(_scene.Book, _scene.Now);
        Assert.InRange(_tree.BranchCount, 0, _scene.Book.OriginCount);
        Assert.Equal(0, _tree.HeldFor(Nodes.Number(1)));
    }

    [Fact]
    public void Offers_that_cannot_be_mean_nothing()
    {
        Offer(1, 7, 0, hops: 0);
        Offer(1, 7, 0, hops: 4);
        Offer(1, 7, 0, hops: 1);
        Offer(1, 1, 99, hops: 2);
        Offer(1, GossipScene.Self, 99, hops: 2);
        Offer(1, 7, 0, hops: 2, part: AdvertBookOptions.MaxParts);
        Offer(1, 7, (long)AdvertBookOptions.MaxAhead.TotalMilliseconds + 1, hops: 2);

        Assert.Equal(0, _tree.MissingCount);
    }

    [Fact]
    public void Entries_are_limited_in_rate()
    {
        var tree = new AdvertTree(new AdvertTreeOptions { EntryRate = new(5, 1) });
        tree.SetPeers([Nodes.Number(1)], static _ => true);
        ImmutableArray<AdvertOffer> three = [.. Enumerable.Range(7, 3).Select(node => Of(node, 0, 2))];

        tree.OnOffers(Nodes.Number(1), three, _scene.Book, _scene.Now);
        tree.OnOffers(Nodes.Number(1), [.. Enumerable.Range(20, 3).Select(node => Of(node, 0, 2))], _scene.Book, _scene.Now);
        Assert.Equal(3, tree.MissingCount);
        Assert.Empty(tree.OnRequest(Nodes.Number(1), new([.. Enumerable.Repeat(new AdvertPlace(Key(2), 0), 3)], [], []), _scene.Book, _scene.Now));
        Assert.Single(tree.OnRequest(Nodes.Number(1), new([new AdvertPlace(Key(2), 0)], [], []), _scene.Book, _scene.Now));
    }

    [Fact]
    public void Who_asks_gets_it_and_what_comes_after_it_until_it_says_stop()
    {
        var answer = _tree.OnRequest(Nodes.Number(1), new([new AdvertPlace(Key(2), 0), new AdvertPlace(Key(99), 0)], [Key(3), Key(98)], []), _scene.Book, _scene.Now);

        Assert.Equal((2, 2), (Nodes.NumberOf(Assert.Single(answer).Part.Node), answer[0].Hops));
        Assert.True(_tree.IsChild(Nodes.Number(1), Key(2)));
        Assert.True(_tree.IsChild(Nodes.Number(1), Key(3)));
        Assert.False(_tree.IsChild(Nodes.Number(1), Key(98)));
        Assert.False(_tree.IsChild(Nodes.Number(1), Key(99)));
        Assert.False(_tree.IsChild(Nodes.Number(3), Key(2)));

        // One that stops everything is in nobody else's way.
        _tree.OnRequest(Nodes.Number(3), new([], [Key(2)], []), _scene.Book, _scene.Now);
        _tree.OnRequest(Nodes.Number(1), new([], [], [Key(2), Key(3), Key(97)]), _scene.Book, _scene.Now);
        Assert.False(_tree.IsChild(Nodes.Number(1), Key(2)));
        Assert.True(_tree.IsChild(Nodes.Number(3), Key(2)));
    }

    [Fact]
    public void A_peer_that_runs_anew_is_followed_again_only_after_it_offers()
    {
        Follow(7, parent: 2);
        _tree.OnRequest(Nodes.Number(2), new([], [Key(1)], []), _scene.Book, _scene.Now);

        _tree.Forget(Nodes.Number(2));
        Requests();

        Assert.Null(_tree.ParentOf(Nodes.Number(7)));
        Assert.False(_tree.IsChild(Nodes.Number(2), Key(1)));
        Offer(2, 7, 0, hops: 2);
        Assert.Equal([Key(7)], Assert.Single(Requests()).Request.Follow);
    }

    [Fact]
    public void What_came_and_could_not_be_used_is_not_asked_for_again_for_a_while()
    {
        Offer(1, 40, 0, hops: 2);
        After(Options.Gathering);
        Assert.Single(Requests());
        Come(1, GossipScene.Part(40, 0, 0, 41), 2);

        Offer(1, 40, 0, hops: 2);
        After(TimeSpan.FromSeconds(10));
        Assert.Empty(Requests());

        _scene.Now += Options.DeclinedMemory;
        _tree.Tidy(_scene.Book, _scene.Now);
        Offer(1, 40, 0, hops: 2);
        After(Options.Gathering);
        Assert.Single(Requests());
    }

    [Fact]
    public void What_somebody_holds_already_is_not_offered_to_it()
    {
        _tree.Offer(Nodes.Number(1), Of(7, 0, 3));
        _tree.Offer(Nodes.Number(2), Of(7, 0, 3));
        _tree.Offer(Nodes.Number(3), Of(7, 0, 2));
        Offer(2, 7, 0, hops: 3);
        Offer(3, 7, 0, hops: 4);
        Offer(3, 7, 0, hops: 3);

        Assert.Equal([1], _tree.TakeOffers().Select(entry => Nodes.NumberOf(entry.Peer)));
        Assert.Empty(_tree.TakeOffers());
    }

    [Fact]
    public void A_peer_that_left_takes_all_that_is_remembered_of_it_along()
    {
        Follow(7, parent: 2);
        Offer(2, 8, 0, hops: 2);
        Offer(2, 9, 0, hops: 2);
        Offer(1, 9, 0, hops: 3);

        _tree.SetPeers([Nodes.Number(1), Nodes.Number(3)], static _ => true);
        Assert.Null(_tree.ParentOf(Nodes.Number(7)));
        Assert.Equal(0, _tree.HeldFor(Nodes.Number(2)));
        After(Options.Gathering);

        Assert.Equal([1], Requests().Select(entry => entry.Peer));
        Assert.Equal(1, _tree.MissingCount);
    }

    private static ulong Key(int node) => Nodes.Number(node).ShortKey;

    private static AdvertOffer Of(int node, long sequence, int hops, int part = 0) =>
        new(Key(node), part, (ulong)(GossipScene.Start.ToUnixTimeMilliseconds() + sequence), hops);

    private ImmutableArray<AdvertBookChange> Offer(int from, int node, long sequence, int hops, int part = 0) =>
        _tree.OnOffers(Nodes.Number(from), [Of(node, sequence, hops, part)], _scene.Book, _scene.Now);

    private void Come(int from, SignedAdvertPart part, int hops) =>
        _tree.OnPart(Nodes.Number(from), new(part, hops), _scene.Receive(from, part, hops), _scene.Now);

    private void Follow(int node, int parent)
    {
        Offer(parent, node, 0, hops: 2);
        After(Options.Gathering);
        Requests();
        Come(parent, GossipScene.Part(node, 0, 0, parent), 2);
        Assert.Equal(Nodes.Number(parent), _tree.ParentOf(Nodes.Number(node)));
    }

    private void After(TimeSpan span)
    {
        var end = _scene.Now + span;
        while (_tree.NextAt is { } at && at <= end)
        {
            _scene.Now = at > _scene.Now ? at : _scene.Now;
            _tree.Tick(_scene.Now);
        }

        _scene.Now = end;
    }

    private (int Peer, AdvertRequest Request)[] Requests() => [.. _tree.TakeRequests().Select(entry => (Nodes.NumberOf(entry.Peer), entry.Request))];
}
