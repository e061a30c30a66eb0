using Eddy.Gossip;

namespace Eddy.Core.Tests.Gossip;

/// <summary>What a hostile peer can make the book do, and whom else it can hurt.</summary>
public sealed class HostileGossipTests
{
    private static readonly AdvertBookOptions Wide = new() { PartRate = new(1_000_000, 1_000_000), OriginRate = new(1_000_000, 1_000_000) };

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    [InlineData(-1L)]
    public void A_sequence_at_the_end_of_64_bits_is_not_checked_and_locks_out_nobody(long wrapped)
    {
        var scene = new GossipScene(1, 2);
        var huge = GossipScene.Sign(GossipScene.Advert(1, 2) with { Sequence = unchecked((ulong)wrapped) });

        Assert.Equal(AdvertIgnoreReason.Future, scene.Ignore(1, huge));
        Assert.Equal(AdvertIgnoreReason.Future, scene.Ignore(2, GossipScene.Forge(huge)));
        Assert.Equal(0, scene.Verifications);

        // It is not remembered either: what the node says in earnest counts at once.
        scene.Accept(1, GossipScene.Advert(1, 2));
        Assert.Equal([1], scene.Known);
    }

    [Fact]
    public void A_forged_sequence_as_far_ahead_as_is_allowed_locks_out_nobody()
    {
        var scene = new GossipScene(1, 2);
        var ahead = (long)AdvertBookOptions.MaxAhead.TotalMilliseconds;

        Assert.Equal(AdvertFault.BadSignature, scene.Penalise(2, GossipScene.Forge(GossipScene.Part(1, 0, ahead, 2))));
        scene.Accept(1, GossipScene.Advert(1, 2));
    }

    [Fact]
    public void A_clock_that_was_far_ahead_once_silences_a_node_no_longer()
    {
        var state = OwnAdvertState.Start((ulong)GossipScene.Start.AddYears(50).ToUnixTimeMilliseconds());

        var step = OwnAdvert.Step(state, [], true, true, new OwnAdvertOptions(), GossipScene.Start, new Random(1));
        var draft = Assert.Single(step.Drafts);

        Assert.Equal((ulong)GossipScene.Start.ToUnixTimeMilliseconds(), draft.Sequence);
        var scene = new GossipScene(1);
        scene.Accept(1, GossipScene.Sign(GossipScene.Advert(1) with { Sequence = draft.Sequence }));
    }

    [Fact]
    public void Forged_parts_that_waited_are_checked_four_times_and_then_no_more()
    {
        var scene = new GossipScene(1, 2);
        for (var count = 0; count < 500; count++)
        {
            Assert.Equal(AdvertIgnoreReason.Unrooted, scene.Ignore(2, GossipScene.Forge(GossipScene.Part(9, 0, count, 1))));
        }

        Assert.Equal(AdvertIgnoreReason.Unrooted, scene.Ignore(1, GossipScene.Advert(9, 1)));
        Assert.Equal(0, scene.Verifications);

        // Node 1 names node 9: all of it comes in at once.
        scene.Accept(1, GossipScene.Advert(1, 9));

        Assert.Equal([1, 9], scene.Known);
        Assert.Equal(1 + 1 + 4, scene.Verifications);
        var offences = scene.Book.TakeOffences();
        Assert.Equal(4, offences.Length);
        Assert.All(offences, offence => Assert.Equal((Nodes.Number(2), AdvertFault.BadSignature), offence));
        Assert.Empty(scene.Book.TakeOffences());
    }

    [Fact]
    public void Whatever_others_have_checked_each_peer_has_a_share_for_itself()
    {
        var options = Wide with
        {
            VerifyRate = new(1_000, 0),
            TotalVerifyRate = new(100, 0),
            OwnVerifyRate = new(10, 0),
        };
        var scene = new GossipScene(options, 1, 2);
        for (var count = 0; count < 500; count++)
        {
            scene.Receive(1, GossipScene.Forge(GossipScene.Part(1, 0, count, 2)));
        }

        Assert.Equal(110, scene.Verifications);
        for (var count = 1; count <= 10; count++)
        {
            scene.Accept(2, GossipScene.Part(2, 0, count, 3));
        }

        Assert.Equal(120, scene.Verifications);
        Assert.Equal(AdvertIgnoreReason.RateLimited, scene.Ignore(2, GossipScene.Part(2, 0, 11, 3)));
    }

    [Fact]
    public void Taking_pairs_back_again_and_again_is_limited_and_naming_made_up_nodes_is_not()
    {
        var scene = new GossipScene(Wide with { Parting = new(3, 0), TotalParting = new(100, 0) }, 1, 2);
        scene.Accept(1, GossipScene.Part(1, 0, 1, 2, 7, 8));
        scene.Accept(1, GossipScene.Advert(7, 1, 8), hops: 2);

        // Nobody holds 8: nothing hangs on it.
        scene.Accept(1, GossipScene.Part(1, 0, 2, 2, 7));
        var sequence = 3;
        for (var round = 0; round < 3; round++)
        {
            scene.Accept(1, GossipScene.Part(1, 0, sequence++, 2));
            Assert.Equal([1], scene.Known);
            scene.Accept(1, GossipScene.Part(1, 0, sequence++, 2, 7));
            Assert.Equal([1, 7], scene.Known);
        }

        var verified = scene.Verifications;
        Assert.Equal(AdvertIgnoreReason.RateLimited, scene.Ignore(1, GossipScene.Part(1, 0, sequence++, 2)));
        Assert.Equal(verified, scene.Verifications);
        Assert.Equal([1, 7], scene.Known);

        // Another peer is not in its way.
        scene.Accept(2, GossipScene.Part(2, 0, 1, 1));
        scene.Accept(1, GossipScene.Part(1, 0, sequence, 2, 7, 9));
    }

    [Fact]
    public void What_one_peer_brings_stays_within_its_own_share_of_memory()
    {
        var scene = new GossipScene(Wide, 1, 2);
        int[] sybils = [.. Enumerable.Range(1_000, 4_000)];
        scene.Accept(1, GossipScene.Part(1, 0, 1, [2, .. sybils.Take(990)]));
        foreach (var sybil in sybils)
        {
            scene.Receive(1, GossipScene.Part(sybil, 0, 1, 1), hops: 2);
        }

        Assert.InRange(scene.Book.OriginCount, 900, new AdvertBookOptions().MaxOriginsPerFirstHop);
        Assert.InRange(scene.Book.WaitingCount, 1, new AdvertBookOptions().MaxWaitingPerFirstHop);
        Assert.InRange(scene.Book.Bytes, 1, new AdvertBookOptions().MaxBytesPerFirstHop);
        scene.Accept(2, GossipScene.Advert(2, 1, 3));
        scene.Accept(2, GossipScene.Advert(3, 2), hops: 2);
    }
}
