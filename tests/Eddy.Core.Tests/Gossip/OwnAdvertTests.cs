using Eddy.Gossip;
using Eddy.Lightning;
using Eddy.Liquidity;

namespace Eddy.Core.Tests.Gossip;

public sealed class OwnAdvertTests
{
    private static readonly OwnAdvertOptions Options = new() { TtlSeconds = 3_600 };

    private DateTimeOffset _now = GossipScene.Start;
    private OwnAdvertState _state = OwnAdvertState.Start();

    [Fact]
    public void The_first_advert_goes_out_at_once_and_names_every_eddy_peer()
    {
        var drafts = Step(Offer(2, want: 1_000_000), Offer(1));

        var draft = Assert.Single(drafts);
        Assert.Equal((ulong)_now.ToUnixTimeMilliseconds(), draft.Sequence);
        Assert.Equal((0, 3600, true, true), (draft.Part, draft.TtlSeconds, draft.CanInitiate, draft.CanWaive));
        Assert.Equal(
            [new Intent(Nodes.Number(1), 0, 0, 0, 0, 0, 0), new Intent(Nodes.Number(2), 917_504, 0, 50_000, 0, 0, 0)],
            draft.Intents);
    }

    [Fact]
    public void A_node_without_eddy_peers_still_tells_so() => Assert.Empty(Assert.Single(Step()).Intents);

    [Fact]
    public void Nothing_new_is_not_told_until_the_heartbeat()
    {
        Step(Offer(1, want: 1_000_000));
        Assert.Empty(Step(Offer(1, want: 1_000_001)));

        // The first time within the interval, and then once in it.
        _now += TimeSpan.FromMinutes(30);
        Assert.Single(Step(Offer(1, want: 1_000_000)));
        _now += TimeSpan.FromMinutes(22);
        Assert.Empty(Step(Offer(1, want: 1_000_000)));

        _now += TimeSpan.FromMinutes(16);
        Assert.Single(Step(Offer(1, want: 1_000_000)));
    }

    [Fact]
    public void A_change_waits_for_the_floor_and_is_forgotten_where_it_does_not_last()
    {
        Step(Offer(1, want: 1_000_000));
        _now += TimeSpan.FromSeconds(10);
        Assert.Empty(Step(Offer(1, want: 100_000)));
        _now += TimeSpan.FromSeconds(16);

        Assert.Empty(Step(Offer(1, want: 1_000_000)));
        Assert.Equal(LiquidityBucket.Floor(100_000), Assert.Single(Step(Offer(1, want: 100_000))).Intents[0].WantOut);
    }

    [Fact]
    public void The_step_says_when_to_look_again()
    {
        var random = new Random(1);
        var first = OwnAdvert.Step(_state, [Offer(1, want: 1_000_000)], true, true, Options, _now, random);
        var same = OwnAdvert.Step(first.Next, [Offer(1, want: 1_000_000)], true, true, Options, _now, random);
        var changed = OwnAdvert.Step(first.Next, [Offer(1, want: 100_000)], true, true, Options, _now, random);

        Assert.InRange(first.NextAt - _now, TimeSpan.Zero, TimeSpan.FromMinutes(30));
        Assert.Equal(first.NextAt, same.NextAt);
        Assert.InRange(changed.NextAt - _now, TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(25));
        Assert.Single(OwnAdvert.Step(first.Next, [Offer(1, want: 100_000)], true, true, Options, changed.NextAt, random).Drafts);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void A_change_of_abilities_is_news(bool canInitiate, bool canWaive)
    {
        Step();
        _now += TimeSpan.FromSeconds(26);

        var draft = Assert.Single(OwnAdvert.Step(_state, [], canInitiate, canWaive, Options, _now, new Random(1)).Drafts);
        Assert.Equal((canInitiate, canWaive), (draft.CanInitiate, draft.CanWaive));
    }

    [Fact]
    public void A_peer_come_or_gone_is_news()
    {
        Step(Offer(1));
        _now += TimeSpan.FromSeconds(26);
        Assert.Single(Step(Offer(1), Offer(2)));
        _now += TimeSpan.FromSeconds(26);
        Assert.Single(Step(Offer(2)));
    }

    [Fact]
    public void Sequences_rise_even_where_the_clock_is_set_back()
    {
        var before = Assert.Single(Step(Offer(1))).Sequence;
        _state = _state with { NotBefore = DateTimeOffset.MinValue };
        _now -= TimeSpan.FromDays(1);

        Assert.Equal(before + 1, Assert.Single(Step(Offer(2))).Sequence);
        Assert.Equal(78UL, Assert.Single(OwnAdvert.Step(OwnAdvertState.Start(77), [], true, true, Options, DateTimeOffset.UnixEpoch, new Random(1)).Drafts).Sequence);
    }

    [Fact]
    public void Many_peers_are_split_into_parts_in_order()
    {
        var drafts = Step([.. Enumerable.Range(1, 100).Reverse().Select(peer => Offer(peer, want: 100_000))]);

        Assert.Equal(Enumerable.Range(0, 13), drafts.Select(draft => draft.Part));
        Assert.Equal(Enumerable.Range(0, 13).Select(part => drafts[0].Sequence + (ulong)part), drafts.Select(draft => draft.Sequence));
        Assert.All(drafts, draft => Assert.InRange(draft.Intents.Length, 1, OwnAdvertOptions.IntentsPerPart));
        Assert.Equal(Enumerable.Range(1, 100), drafts.SelectMany(draft => draft.Intents).Select(intent => Nodes.NumberOf(intent.Peer)));
    }

    [Fact]
    public void A_change_says_again_only_the_part_it_is_in()
    {
        PairOffer[] offers = [.. Enumerable.Range(1, 40).Select(peer => Offer(peer, want: 100_000))];
        Step(offers);
        _now += TimeSpan.FromSeconds(26);
        offers[17] = Offer(18, want: 2_000_000);

        var draft = Assert.Single(Step(offers));

        Assert.Equal(2, draft.Part);
        Assert.Equal(Enumerable.Range(17, 8), draft.Intents.Select(intent => Nodes.NumberOf(intent.Peer)));
    }

    [Fact]
    public void A_peer_stays_in_its_part_and_a_new_one_goes_where_there_is_room()
    {
        Step([.. Enumerable.Range(1, 24).Select(peer => Offer(peer))]);
        _now += TimeSpan.FromSeconds(26);
        var gone = Assert.Single(Step([.. Enumerable.Range(1, 24).Where(peer => peer != 3).Select(peer => Offer(peer))]));
        Assert.Equal((0, 7), (gone.Part, gone.Intents.Length));

        _now += TimeSpan.FromSeconds(26);
        var drafts = Step([.. Enumerable.Range(1, 26).Where(peer => peer != 3).Select(peer => Offer(peer))]);

        Assert.Equal([(0, 8), (3, 1)], drafts.Select(draft => (draft.Part, draft.Intents.Length)));
        Assert.Contains(Nodes.Number(25), drafts[0].Intents.Select(intent => intent.Peer));
    }

    [Fact]
    public void A_part_whose_peers_are_gone_is_said_once_and_not_again()
    {
        Step([.. Enumerable.Range(1, 9).Select(peer => Offer(peer))]);
        _now += TimeSpan.FromSeconds(26);
        var empty = Assert.Single(Step([.. Enumerable.Range(1, 8).Select(peer => Offer(peer))]));
        Assert.Equal((1, 0), (empty.Part, empty.Intents.Length));

        _now += TimeSpan.FromHours(1);
        Assert.Equal([0], Step([.. Enumerable.Range(1, 8).Select(peer => Offer(peer))]).Select(draft => draft.Part));
    }

    [Fact]
    public void Parts_of_an_earlier_run_are_said_anew_even_where_nothing_is_left_in_them()
    {
        _state = OwnAdvertState.Start(5, parts: 3);

        var drafts = Step(Offer(1));

        Assert.Equal([(0, 1), (1, 0), (2, 0)], drafts.Select(draft => (draft.Part, draft.Intents.Length)));
        Assert.All(drafts, draft => Assert.True(draft.Sequence > 5));
    }

    [Fact]
    public void A_change_of_abilities_is_told_in_one_part()
    {
        PairOffer[] offers = [.. Enumerable.Range(1, 40).Select(peer => Offer(peer))];
        Step(offers);
        _now += TimeSpan.FromSeconds(26);

        Assert.Equal(0, Assert.Single(OwnAdvert.Step(_state, offers, true, false, Options, _now, new Random(1)).Drafts).Part);
    }

    [Fact]
    public void What_is_announced_never_overstates_and_a_book_takes_it() => Property.Holds(200, random =>
    {
        var scene = new GossipScene(1);
        var state = OwnAdvertState.Start();
        var now = GossipScene.Start;
        for (var step = 0; step < 20; step++)
        {
            PairOffer[] offers = [.. Enumerable.Range(2, 4).Where(_ => random.Next(4) > 0).Select(peer =>
                Offer(peer, random.NextInt64(2_000_000), random.NextInt64(2_000_000), random.NextInt64(50_000, 300_000)))];
            var next = OwnAdvert.Step(state, offers, random.Next(9) > 0, random.Next(9) > 0, Options, now, random);
            state = next.Next;
            foreach (var draft in next.Drafts)
            {
                Assert.All(draft.Intents.Zip(offers), pair =>
                {
                    Assert.InRange(pair.First.WantOut, 0, pair.Second.Out.Want);
                    Assert.InRange(pair.First.MayOut, 0, pair.Second.Out.May);
                    Assert.True(pair.First.Out == 0 || pair.First.Out >= pair.First.LeastOut);
                });
                scene.Now = now;
                scene.Accept(1, GossipScene.Sign(GossipScene.Advert(1) with
                {
                    Sequence = draft.Sequence,
                    TtlSeconds = draft.TtlSeconds,
                    CanInitiate = draft.CanInitiate,
                    CanWaive = draft.CanWaive,
                    Intents = draft.Intents,
                }));
            }

            now += TimeSpan.FromSeconds(random.Next(1, 600));
        }
    });

    private static PairOffer Offer(int peer, long want = 0, long may = 0, long least = 50_000) =>
        new(Nodes.Number(peer), want == 0 && may == 0 ? DirectionOffer.Nothing : new(least, want, may, default(ShortChannelId)), DirectionOffer.Nothing, false);

    private AdvertDraft[] Step(params PairOffer[] offers)
    {
        var step = OwnAdvert.Step(_state, offers, true, true, Options, _now, new Random(1));
        _state = step.Next;
        return [.. step.Drafts];
    }
}
