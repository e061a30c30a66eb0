using Eddy.Protos.Wire;

namespace Eddy.Engine.Tests.Network;

/// <summary>Whole engines that tell each other what they offer.</summary>
public sealed class GossipTests
{
    private const int MostBytesPerHour = 40_000;

    [Fact]
    public void An_eddy_that_ends_while_its_LND_goes_on_is_named_no_more_and_taken_back_when_it_returns()
    {
        var ring = Talking(5);
        ring.StartAll();
        Assert.True(ring.RunUntil(() => ring.Daemons.All(static daemon => daemon.View.Adverts.Length == 4), 60), ring.Describe());
        var gone = ring.Member(2);
        gone.Kill();

        var others = ring.Daemons.Where(daemon => daemon != gone).ToArray();
        Assert.True(ring.RunUntil(() => others.All(daemon => daemon.View.Adverts.All(advert => advert.Node != gone.Node.Id)), 1_200), ring.Describe());
        gone.Start();
        Assert.True(ring.RunUntil(() => ring.Daemons.All(static daemon => daemon.View.Adverts.Length == 4), 120), ring.Describe());
    }

    [Fact]
    public void An_eddy_that_starts_again_and_again_has_all_adverts_within_seconds_each_time()
    {
        var ring = Talking(5);
        ring.StartAll();
        var victim = ring.Member(2);
        for (var start = 0; start < 6; start++)
        {
            Assert.True(ring.RunUntil(() => ring.Daemons.All(static daemon => daemon.View.Adverts.Length == 4), 20), ring.Describe());
            victim.Kill();
            ring.RunFor(1);
            victim.Start();
        }
    }

    [Fact]
    public void Where_nothing_changes_next_to_nothing_is_said()
    {
        var ring = Talking(6);
        ring.StartAll();
        Assert.True(ring.RunUntil(() => ring.Daemons.All(static daemon => daemon.View.Adverts.Length == 5), 60), ring.Describe());
        ring.RunFor(60);
        var bytes = 0L;
        var adverts = 0;
        using var subscription = ring.Member(1).Node.CustomMessages.Subscribe(message =>
        {
            bytes += message.Data.Length;
            adverts += Envelope.Parser.ParseFrom(message.Data.AsSpan()).Adverts?.Adverts.Count ?? 0;
        });

        ring.RunFor(3_600);

        // The first repetition of an advert lies anywhere in a day and a half.
        Assert.InRange(adverts, 0, 5);
        Assert.InRange(bytes, 1, MostBytesPerHour);
        Assert.All(ring.Daemons, static daemon => Assert.Equal(5, daemon.View.Adverts.Length));
    }

    [Fact]
    public void After_a_short_absence_a_peer_is_offered_only_what_it_may_have_missed()
    {
        var ring = Talking(8);
        ring.StartAll();
        Assert.True(ring.RunUntil(() => ring.Daemons.All(static daemon => daemon.View.Adverts.Length == 6), 60), ring.Describe());
        ring.RunFor(600);
        var (one, other) = (ring.Member(1), ring.Member(2));
        var offered = new List<int>();
        using var subscription = other.Node.CustomMessages.Subscribe(message =>
        {
            if (message.Peer == one.Node.Id && Envelope.Parser.ParseFrom(message.Data.AsSpan()).Offers is { } offers)
            {
                offered.Add(offers.Entries.Length / 17);
            }
        });
        ring.Network.LinkBetween(one.Node, other.Node).Disconnect();

        Assert.True(ring.RunUntil(() => one.View.Peers.Any(peer => peer.Id == other.Node.Id && peer.ProtocolVersion == 0), 30), ring.Describe());
        Assert.True(ring.RunUntil(() => one.View.Peers.Any(peer => peer.Id == other.Node.Id && peer.ProtocolVersion > 0), 120), ring.Describe());
        ring.RunFor(1);

        Assert.InRange(offered.Sum(), 0, 3);
        Assert.True(ring.RunUntil(() => ring.Daemons.All(static daemon => daemon.View.Adverts.Length == 6), 60), ring.Describe());
    }

    private static TestRing Talking(int nodes) =>
        new(nodes, options: _ => TestRing.Options(6) with { Rings = TestRing.Options(6).Rings with { SearchesByItself = false } });
}
