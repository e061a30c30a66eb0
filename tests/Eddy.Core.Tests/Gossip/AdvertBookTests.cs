using Eddy.Gossip;

namespace Eddy.Core.Tests.Gossip;

public sealed class AdvertBookTests
{
    [Fact]
    public void A_direct_peers_advert_is_kept_and_goes_on_to_the_other_peers()
    {
        var scene = new GossipScene(1, 2, 3);

        var accepted = scene.Accept(1, GossipScene.Advert(1, 7, 8));

        var relay = Assert.Single(accepted.Relays);
        Assert.Equal(2, relay.Part.Hops);
        Assert.Equal([2, 3], relay.To.Select(Nodes.NumberOf));
        Assert.Equal([Nodes.Number(1)], accepted.Changed);
        Assert.Equal((1, Nodes.Number(1)), (scene.Book.Find(Nodes.Number(1))!.Hops, scene.Book.Find(Nodes.Number(1))!.Via));
    }

    [Fact]
    public void Strangers_are_not_listened_to()
    {
        var scene = new GossipScene(1);

        Assert.Equal(AdvertIgnoreReason.NotPeer, scene.Ignore(9, GossipScene.Advert(9, 1)));
        Assert.Equal(0, scene.Verifications);
    }

    [Fact]
    public void Our_own_advert_coming_back_is_ignored()
    {
        var scene = new GossipScene(1);

        Assert.Equal(AdvertIgnoreReason.Own, scene.Ignore(1, GossipScene.Advert(GossipScene.Self, 1)));
    }

    [Fact]
    public void Malformed_parts_are_the_senders_fault()
    {
        var scene = new GossipScene(1);
        var good = GossipScene.Advert(1, 7, 8);
        SignedAdvertPart[] bad =
        [
            good with { Part = -1 },
            good with { Part = AdvertBookOptions.MaxParts },
            good with { TtlSeconds = 0 },
            good with { TtlSeconds = AdvertBookOptions.MaxTtlSeconds + 1 },
            good with { Sequence = 0 },
            good with { Intents = default },
            good with { Intents = [good.Intents[1], good.Intents[0]] },
            good with { Intents = [good.Intents[0], good.Intents[0]] },
            good with { Intents = [good.Intents[0] with { Peer = Nodes.Number(1) }] },
            good with { Intents = [good.Intents[0] with { WantOut = -1 }] },
            good with { Intents = [good.Intents[0] with { LeastIn = Intent.LargestAmount + 1 }] },
            good with { Intents = [.. Enumerable.Range(100, AdvertBookOptions.MaxIntentsPerPart + 1).Select(peer => good.Intents[0] with { Peer = Nodes.Number(peer) })] },
            good with { Signed = ReadOnlyMemory<byte>.Empty },
            good with { Signed = new byte[AdvertBookOptions.MaxPartSize + 1] },
            good with { Signature = new byte[64] },
            good with { Signature = new byte[65] },
        ];

        Assert.All(bad, part => Assert.Equal(AdvertFault.Malformed, scene.Penalise(1, part)));
        Assert.Equal(AdvertFault.WrongChain, scene.Penalise(1, good with { Chain = default }));
        Assert.Equal(0, scene.Verifications);
        Assert.Empty(scene.Known);
    }

    [Theory]
    [InlineData(1, 0, AdvertFault.Malformed)]
    [InlineData(1, AdvertBookOptions.LargestRadius + 1, AdvertFault.Malformed)]
    [InlineData(1, 2, AdvertFault.FalseHops)]
    [InlineData(2, 1, AdvertFault.FalseHops)]
    public void Hops_that_cannot_be_are_the_senders_fault(int origin, int hops, AdvertFault fault) =>
        Assert.Equal(fault, new GossipScene(1).Penalise(1, GossipScene.Advert(origin, 1 + (2 - origin)), hops));

    [Fact]
    public void A_bad_signature_is_the_senders_fault_and_leaves_no_trace()
    {
        var scene = new GossipScene(1);

        Assert.Equal(AdvertFault.BadSignature, scene.Penalise(1, GossipScene.Forge(GossipScene.Advert(1, 2))));
        Assert.Equal((0, 0L), (scene.Book.OriginCount, scene.Book.Bytes));
        scene.Accept(1, GossipScene.Advert(1, 2));
    }

    [Fact]
    public void What_has_come_too_far_is_ignored_and_what_has_come_just_so_far_goes_no_further()
    {
        var scene = new GossipScene(new AdvertBookOptions { Radius = 3 }, 1, 2);
        scene.Accept(1, GossipScene.Advert(1, 7));

        Assert.Equal(AdvertIgnoreReason.TooFar, scene.Ignore(1, GossipScene.Advert(7, 1), hops: 4));
        Assert.Empty(scene.Accept(1, GossipScene.Advert(7, 1), hops: 3).Relays);
        Assert.Equal([1, 7], scene.Known);
    }

    [Theory]
    [InlineData(3, 1)]
    [InlineData(4, 2)]
    [InlineData(5, 2)]
    [InlineData(6, 3)]
    [InlineData(12, 6)]
    public void The_radius_shows_every_ring_of_the_longest_length(int maxLength, int radius)
    {
        Assert.Equal(radius, AdvertBookOptions.RadiusFor(maxLength));
        Assert.InRange(maxLength, 2 * radius, (2 * radius) + 1);
    }

    [Fact]
    public void A_known_part_is_a_duplicate_and_is_not_verified_again()
    {
        var scene = new GossipScene(1, 2);
        scene.Accept(1, GossipScene.Advert(1, 7));

        Assert.Equal(AdvertIgnoreReason.Duplicate, scene.Ignore(1, GossipScene.Advert(1, 7)));
        Assert.Equal(AdvertIgnoreReason.Duplicate, scene.Ignore(2, GossipScene.Forge(GossipScene.Advert(1, 7))));
        Assert.Equal(1, scene.Verifications);
    }

    [Fact]
    public void A_shorter_way_is_told_on()
    {
        var scene = new GossipScene(1, 2, 3);
        scene.Accept(1, GossipScene.Advert(1, 2, 7));
        scene.Accept(2, GossipScene.Advert(2, 1, 7));
        Assert.Empty(scene.Accept(1, GossipScene.Advert(7, 1, 2), hops: 3).Relays);

        var relay = Assert.Single(scene.Accept(2, GossipScene.Advert(7, 1, 2), hops: 2).Relays);

        Assert.Equal(3, relay.Part.Hops);
        Assert.Equal([1, 3], relay.To.Select(Nodes.NumberOf));
        Assert.Equal(2, scene.Book.Find(Nodes.Number(7))!.Hops);
        Assert.Equal(3, scene.Verifications);
    }

    [Fact]
    public void A_newer_sequence_replaces_and_an_older_one_does_not()
    {
        var scene = new GossipScene(1);
        scene.Accept(1, GossipScene.Part(1, 0, sequence: 5, 7));

        Assert.Equal(AdvertIgnoreReason.Older, scene.Ignore(1, GossipScene.Part(1, 0, sequence: 4, 8)));
        scene.Accept(1, GossipScene.Part(1, 0, sequence: 6, 9));
        Assert.Equal([Nodes.Number(9)], Assert.Single(scene.Book.Adverts).Intents.Select(intent => intent.Peer));
    }

    [Fact]
    public void A_sequence_may_be_some_minutes_ahead_and_no_more()
    {
        var scene = new GossipScene(1);
        var ahead = (long)AdvertBookOptions.MaxAhead.TotalMilliseconds;

        Assert.Equal(AdvertIgnoreReason.Future, scene.Ignore(1, GossipScene.Part(1, 0, ahead + 1, 7)));
        Assert.Equal(AdvertIgnoreReason.Future, scene.Ignore(1, GossipScene.Sign(GossipScene.Advert(1, 7) with { Sequence = ulong.MaxValue })));
        scene.Accept(1, GossipScene.Part(1, 0, ahead, 7));
    }

    [Fact]
    public void An_advert_ends_by_its_ttl_and_cannot_come_back()
    {
        var scene = new GossipScene(1);
        var brief = GossipScene.Sign(GossipScene.Advert(1, 7) with { TtlSeconds = 60 });
        scene.Accept(1, brief);
        scene.Now += TimeSpan.FromSeconds(59);
        Assert.Empty(scene.Book.Expire(scene.Now));

        scene.Now += TimeSpan.FromSeconds(1);
        Assert.Equal([Nodes.Number(1)], scene.Book.Expire(scene.Now));
        Assert.Empty(scene.Known);
        Assert.Equal((0, 0L), (scene.Book.OriginCount, scene.Book.Bytes));

        // The same, or an older one with a longer life.
        Assert.Equal(AdvertIgnoreReason.Older, scene.Ignore(1, brief));
        Assert.Equal(AdvertIgnoreReason.Older, scene.Ignore(1, GossipScene.Part(1, 0, sequence: -5, 7)));
        scene.Accept(1, GossipScene.Part(1, 0, sequence: 1, 7));
    }

    [Fact]
    public void However_late_an_advert_arrives_it_does_not_outlive_its_origins_word()
    {
        var scene = new GossipScene(1);
        scene.Now += TimeSpan.FromHours(1) + TimeSpan.FromMinutes(9);
        scene.Accept(1, GossipScene.Advert(1, 7));
        Assert.Equal(scene.Now + TimeSpan.FromMinutes(1), Assert.Single(scene.Book.Adverts).ExpiresAt);

        Assert.Equal(AdvertIgnoreReason.Expired, scene.Ignore(1, GossipScene.Part(1, 0, -61_000, 7)));
    }

    [Fact]
    public void Parts_count_as_they_come_in_any_order()
    {
        var scene = new GossipScene(1, 2);
        var accepted = scene.Accept(1, GossipScene.Part(1, 1, 0, 8, 9));
        Assert.Equal([Nodes.Number(1)], accepted.Changed);
        Assert.Single(accepted.Relays);
        Assert.Equal([8, 9], scene.Book.Find(Nodes.Number(1))!.Intents.Select(intent => Nodes.NumberOf(intent.Peer)));

        Assert.Equal([Nodes.Number(1)], scene.Accept(1, GossipScene.Part(1, 0, -5, 7)).Changed);
        Assert.Equal([7, 8, 9], scene.Book.Find(Nodes.Number(1))!.Intents.Select(intent => Nodes.NumberOf(intent.Peer)));
    }

    [Fact]
    public void A_part_replaces_itself_and_no_other()
    {
        var scene = new GossipScene(1);
        scene.Accept(1, GossipScene.Part(1, 0, 0, 7));
        scene.Accept(1, GossipScene.Part(1, 1, 1, 8));
        var relay = Assert.Single(scene.Accept(1, GossipScene.Part(1, 1, 2, 9)).Changed);
        Assert.Equal(Nodes.Number(1), relay);
        Assert.Equal([7, 9], scene.Book.Find(Nodes.Number(1))!.Intents.Select(intent => Nodes.NumberOf(intent.Peer)));

        Assert.Equal(AdvertIgnoreReason.Older, scene.Ignore(1, GossipScene.Part(1, 1, 1, 8)));
        scene.Accept(1, GossipScene.Part(1, 0, 1, 6));
    }

    [Fact]
    public void A_part_that_is_over_does_not_come_back_while_others_stay()
    {
        var scene = new GossipScene(1);
        scene.Accept(1, GossipScene.Part(1, 0, 0, 7));
        scene.Accept(1, GossipScene.Sign(GossipScene.Part(1, 1, 5, 8) with { TtlSeconds = 60 }));
        scene.Now += TimeSpan.FromSeconds(60);

        Assert.Equal([Nodes.Number(1)], scene.Book.Expire(scene.Now));
        Assert.Equal([7], scene.Book.Find(Nodes.Number(1))!.Intents.Select(intent => Nodes.NumberOf(intent.Peer)));
        Assert.Equal(AdvertIgnoreReason.Older, scene.Ignore(1, GossipScene.Part(1, 1, 4, 8)));
        scene.Accept(1, GossipScene.Part(1, 1, 6, 9));
    }

    [Fact]
    public void Of_two_intents_for_one_peer_the_one_in_the_newer_part_counts()
    {
        var newer = GossipScene.Part(1, 0, 5, 8);
        newer = GossipScene.Sign(newer with { Intents = [newer.Intents[0] with { WantOut = 777 }] });
        foreach (var order in new[] { new[] { newer, GossipScene.Part(1, 1, 0, 8) }, [GossipScene.Part(1, 1, 0, 8), newer] })
        {
            var scene = new GossipScene(1);
            scene.Accept(1, order[0]);
            scene.Accept(1, order[1]);
            Assert.Equal(777, Assert.Single(scene.Book.Find(Nodes.Number(1))!.Intents).WantOut);
        }
    }

    [Fact]
    public void The_newest_part_tells_what_the_node_can_do()
    {
        var scene = new GossipScene(1);
        scene.Accept(1, GossipScene.Part(1, 0, 0, 8));
        scene.Accept(1, GossipScene.Sign(GossipScene.Part(1, 1, 1, 9) with { CanWaive = false }));
        Assert.False(Assert.Single(scene.Book.Adverts).CanWaive);

        scene.Accept(1, GossipScene.Part(1, 0, 2, 8));
        Assert.True(Assert.Single(scene.Book.Adverts).CanWaive);
    }

    [Fact]
    public void Of_two_adverts_under_one_sequence_the_same_one_wins_everywhere()
    {
        SignedAdvertPart[] adverts = [GossipScene.Part(1, 0, 0, 7), GossipScene.Part(1, 0, 0, 8), GossipScene.Part(1, 1, 0, 9), GossipScene.Part(1, 1, 0, 10)];
        var books = new[] { adverts, [.. adverts.Reverse()] }.Select(order =>
        {
            var scene = new GossipScene(1);
            foreach (var advert in order)
            {
                scene.Receive(1, advert);
            }

            return scene.Describe();
        }).ToArray();

        Assert.Equal(books[0], books[1]);
        Assert.NotEqual("", books[0]);
    }

    [Fact]
    public void A_node_with_many_parts_may_change_as_many()
    {
        var scene = new GossipScene(new AdvertBookOptions { OriginRate = new(2, 0.001) }, 1);
        for (var round = 0; round < 2; round++)
        {
            for (var part = 0; part < 10; part++)
            {
                scene.Accept(1, GossipScene.Part(1, part, (round * 100) + part, 7 + part));
            }
        }

        // The first part and ten changes are taken of twenty.
        var accepted = Enumerable.Range(0, 50).Count(count => scene.Receive(1, GossipScene.Part(1, 0, 1_000 + count, 7)) is AdvertVerdict.Accepted);
        Assert.InRange(accepted, 8, 10);
    }

    [Fact]
    public void An_origin_that_nobody_known_names_waits_unverified_until_somebody_does()
    {
        var scene = new GossipScene(1, 2);

        Assert.Equal(AdvertIgnoreReason.Unrooted, scene.Ignore(1, GossipScene.Advert(7, 1)));
        Assert.Equal((0, 1), (scene.Verifications, scene.Book.WaitingCount));

        var accepted = scene.Accept(1, GossipScene.Advert(1, 7));
        Assert.Equal([Nodes.Number(1), Nodes.Number(7)], accepted.Changed);
        Assert.Equal(2, accepted.Relays.Length);
        Assert.Equal(0, scene.Book.WaitingCount);
    }

    [Fact]
    public void An_origin_must_name_back_the_one_that_names_it()
    {
        var scene = new GossipScene(1);
        scene.Accept(1, GossipScene.Advert(1, 7));

        Assert.Equal(AdvertIgnoreReason.Unrooted, scene.Ignore(1, GossipScene.Advert(7, 8)));
        Assert.Equal([1], scene.Known);

        scene.Accept(1, GossipScene.Part(7, 0, 1, 1));
        Assert.Equal([1, 7], scene.Known);
    }

    [Fact]
    public void What_is_rooted_late_is_relayed_then_and_only_once()
    {
        var scene = new GossipScene(1, 2);
        scene.Accept(1, GossipScene.Advert(1, 7));
        scene.Ignore(1, GossipScene.Advert(7, 8), hops: 2);
        scene.Ignore(1, GossipScene.Advert(8, 7), hops: 2);

        // 7 names 1 at last: both hang together with us.
        var accepted = scene.Accept(1, GossipScene.Part(7, 0, 1, 1, 8));
        Assert.Equal([7, 8], accepted.Changed.Select(Nodes.NumberOf));
        Assert.Equal([7, 8], accepted.Relays.Select(relay => Nodes.NumberOf(relay.Part.Part.Node)));

        Assert.Equal([1, 7, 8], scene.Book.SetPeers([Nodes.Number(2)], scene.Now).Changed.Select(Nodes.NumberOf));
        Assert.Empty(scene.Book.SetPeers([Nodes.Number(1), Nodes.Number(2)], scene.Now).Relays);
    }

    [Fact]
    public void A_forged_copy_that_waits_does_not_stand_in_for_a_good_one()
    {
        var scene = new GossipScene(1, 2);
        scene.Ignore(2, GossipScene.Forge(GossipScene.Advert(7, 1)));
        scene.Ignore(1, GossipScene.Forge(GossipScene.Advert(7, 1)));
        scene.Ignore(1, GossipScene.Advert(7, 1));

        scene.Accept(1, GossipScene.Advert(1, 7));

        Assert.Equal([1, 7], scene.Known);
    }

    [Fact]
    public void A_ring_of_made_up_nodes_that_only_name_each_other_stays_outside()
    {
        var scene = new GossipScene(1);
        scene.Accept(1, GossipScene.Advert(1, 2));
        for (var node = 100; node < 110; node++)
        {
            Assert.Equal(AdvertIgnoreReason.Unrooted, scene.Ignore(1, GossipScene.Advert(node, node == 100 ? 109 : node - 1, node == 109 ? 100 : node + 1)));
        }

        Assert.Equal([1], scene.Known);
        Assert.Equal(1, scene.Verifications);
    }

    [Fact]
    public void What_its_root_no_longer_names_is_dropped_with_all_behind_it_and_comes_back_with_it()
    {
        var scene = new GossipScene(1);
        scene.Accept(1, GossipScene.Advert(1, 7));
        scene.Accept(1, GossipScene.Advert(7, 1, 8));
        scene.Accept(1, GossipScene.Advert(8, 7), hops: 3);

        var dropped = scene.Accept(1, GossipScene.Part(1, 0, 1, 9));
        Assert.Equal([1, 7, 8], dropped.Changed.Select(Nodes.NumberOf));
        Assert.Equal([1], scene.Known);

        var verifications = scene.Verifications;
        scene.Accept(1, GossipScene.Part(1, 0, 2, 7));
        Assert.Equal([1, 7, 8], scene.Known);
        Assert.Equal(verifications + 1, scene.Verifications);
    }

    [Fact]
    public void What_only_an_expired_advert_rooted_goes_with_it()
    {
        var scene = new GossipScene(1);
        scene.Accept(1, GossipScene.Sign(GossipScene.Advert(1, 7) with { TtlSeconds = 60 }));
        scene.Accept(1, GossipScene.Advert(7, 1));

        scene.Now += TimeSpan.FromMinutes(2);

        Assert.Equal([1, 7], scene.Book.Expire(scene.Now).Select(Nodes.NumberOf));
        Assert.Empty(scene.Known);
    }

    [Fact]
    public void Losing_a_direct_peer_drops_what_only_it_rooted()
    {
        var scene = new GossipScene(1, 2);
        scene.Accept(1, GossipScene.Advert(1, 7));
        scene.Accept(2, GossipScene.Advert(2, 8));
        scene.Accept(1, GossipScene.Advert(7, 1));
        scene.Accept(2, GossipScene.Advert(8, 2));

        Assert.Equal([1, 7], scene.Book.SetPeers([Nodes.Number(2)], scene.Now).Changed.Select(Nodes.NumberOf));
        Assert.Equal([2, 8], scene.Known);

        // It was away for a moment only: what was verified need not be sent again.
        Assert.Equal([1, 7], scene.Book.SetPeers([Nodes.Number(1), Nodes.Number(2)], scene.Now).Changed.Select(Nodes.NumberOf));
        Assert.Equal([1, 2, 7, 8], scene.Known);
        Assert.Equal(4, scene.Verifications);
    }

    [Fact]
    public void A_former_peer_that_another_names_stays_as_a_node_further_away()
    {
        var scene = new GossipScene(1, 2);
        scene.Accept(1, GossipScene.Advert(1, 2));
        scene.Accept(2, GossipScene.Advert(2, 1));

        Assert.Empty(scene.Book.SetPeers([Nodes.Number(2)], scene.Now).Changed);
        Assert.Equal([1, 2], scene.Known);
    }

    [Fact]
    public void Rates_are_limited_for_each_peer_and_before_any_signature()
    {
        var scene = new GossipScene(new AdvertBookOptions { PartRate = new(5, 1) }, 1, 2);
        for (var count = 0; count < 5; count++)
        {
            scene.Receive(1, GossipScene.Advert(1, 2));
        }

        Assert.Equal(AdvertIgnoreReason.RateLimited, scene.Ignore(1, GossipScene.Part(1, 0, 1, 2)));
        Assert.Equal(AdvertIgnoreReason.RateLimited, scene.Ignore(1, GossipScene.Advert(1, 2) with { Part = -1 }));
        Assert.Equal(1, scene.Verifications);
        scene.Accept(2, GossipScene.Advert(2, 1));

        scene.Now += TimeSpan.FromSeconds(1);
        scene.Accept(1, GossipScene.Part(1, 0, 1, 2));
        Assert.Equal(AdvertIgnoreReason.RateLimited, scene.Ignore(1, GossipScene.Part(1, 0, 2, 2)));
    }

    [Fact]
    public void Verifications_are_limited_for_each_peer()
    {
        var scene = new GossipScene(new AdvertBookOptions { VerifyRate = new(3, 0.001) }, 1);
        for (var count = 0; count < 3; count++)
        {
            scene.Penalise(1, GossipScene.Forge(GossipScene.Part(1, 0, count, 2)));
        }

        Assert.Equal(AdvertIgnoreReason.RateLimited, scene.Ignore(1, GossipScene.Advert(1, 2)));
        Assert.Equal(3, scene.Verifications);
    }

    [Fact]
    public void An_origin_that_advertises_too_often_is_not_relayed()
    {
        var scene = new GossipScene(new AdvertBookOptions { OriginRate = new(2, 0.1) }, 1, 2);
        scene.Accept(1, GossipScene.Part(1, 0, 0, 7));
        scene.Accept(1, GossipScene.Part(1, 0, 1, 7));

        Assert.Equal(AdvertIgnoreReason.OriginRateLimited, scene.Ignore(1, GossipScene.Part(1, 0, 2, 7)));
        scene.Now += TimeSpan.FromSeconds(10);
        scene.Accept(1, GossipScene.Part(1, 0, 2, 7));
    }

    [Fact]
    public void Forged_parts_do_not_use_up_an_origins_rate()
    {
        var scene = new GossipScene(new AdvertBookOptions { OriginRate = new(2, 0.001) }, 1, 2);
        scene.Accept(1, GossipScene.Part(1, 0, 0, 2));
        for (var count = 1; count < 10; count++)
        {
            scene.Penalise(2, GossipScene.Forge(GossipScene.Part(1, 0, count, 2)));
        }

        scene.Accept(1, GossipScene.Part(1, 0, 20, 2));
    }

    [Fact]
    public void An_origin_cannot_flood_by_signing_many_things_under_one_sequence()
    {
        var scene = new GossipScene(new AdvertBookOptions { OriginRate = new(3, 0.001) }, 1, 2);
        var accepted = Enumerable.Range(100, 200).Count(name => scene.Receive(1, GossipScene.Advert(1, name)) is AdvertVerdict.Accepted);

        Assert.InRange(accepted, 1, 3);
    }

    [Fact]
    public void A_first_hop_has_its_share_of_the_book_and_others_keep_theirs()
    {
        var scene = new GossipScene(new AdvertBookOptions { MaxOriginsPerFirstHop = 3 }, 1, 2);
        scene.Accept(1, GossipScene.Advert(1, [.. Enumerable.Range(100, 10)]));
        scene.Accept(2, GossipScene.Advert(2, 200));
        scene.Accept(1, GossipScene.Advert(100, 1));
        scene.Accept(1, GossipScene.Advert(101, 1));

        Assert.Equal(AdvertIgnoreReason.Quota, scene.Ignore(1, GossipScene.Advert(102, 1)));
        scene.Accept(2, GossipScene.Advert(200, 2));
        Assert.Equal(5, scene.Verifications);
    }

    [Fact]
    public void The_whole_book_is_bounded_and_direct_peers_still_fit()
    {
        var scene = new GossipScene(new AdvertBookOptions { MaxOrigins = 2 }, 1, 2);
        scene.Accept(1, GossipScene.Advert(1, 7, 8));
        scene.Accept(1, GossipScene.Advert(7, 1));

        Assert.Equal(AdvertIgnoreReason.Quota, scene.Ignore(1, GossipScene.Advert(8, 1)));
        scene.Accept(2, GossipScene.Advert(2, 1));
    }

    [Fact]
    public void Bytes_are_bounded()
    {
        var scene = new GossipScene(new AdvertBookOptions { MaxBytesPerFirstHop = 20_000 }, 1);
        var heavy = Enumerable.Range(100, 400).ToArray();

        Assert.Equal(AdvertIgnoreReason.Quota, scene.Ignore(1, GossipScene.Advert(1, heavy)));
        scene.Accept(1, GossipScene.Advert(1, heavy[..20]));
        Assert.InRange(scene.Book.Bytes, 1, 20_000);
    }

    [Fact]
    public void The_waiting_room_is_bounded_for_each_first_hop()
    {
        var scene = new GossipScene(new AdvertBookOptions { MaxWaitingPerFirstHop = 3 }, 1, 2);
        for (var node = 100; node < 103; node++)
        {
            Assert.Equal(AdvertIgnoreReason.Unrooted, scene.Ignore(1, GossipScene.Advert(node, 1)));
        }

        Assert.Equal(AdvertIgnoreReason.Quota, scene.Ignore(1, GossipScene.Advert(103, 1)));
        Assert.Equal(AdvertIgnoreReason.Unrooted, scene.Ignore(2, GossipScene.Advert(103, 1)));
        scene.Now += TimeSpan.FromHours(2);
        scene.Book.Expire(scene.Now);
        Assert.Equal(0, scene.Book.WaitingCount);
    }

    [Fact]
    public void The_waiting_room_is_bounded_in_bytes_too()
    {
        var scene = new GossipScene(new AdvertBookOptions { MaxWaitingBytesPerFirstHop = 20_000 }, 1);

        Assert.Equal(AdvertIgnoreReason.Quota, scene.Ignore(1, GossipScene.Advert(100, [.. Enumerable.Range(200, 400)])));
        Assert.Equal(AdvertIgnoreReason.Unrooted, scene.Ignore(1, GossipScene.Advert(100, [.. Enumerable.Range(200, 150)])));
        Assert.Equal(AdvertIgnoreReason.Quota, scene.Ignore(1, GossipScene.Advert(101, [.. Enumerable.Range(200, 150)])));
    }
}
