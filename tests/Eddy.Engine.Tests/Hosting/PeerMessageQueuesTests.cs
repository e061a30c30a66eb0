using Eddy.Engine.Ports;
using Eddy.Engine.Tests.Wire;
using Eddy.Lightning;

namespace Eddy.Engine.Tests.Hosting;

public sealed class PeerMessageQueuesTests
{
    private static readonly NodeId Flooder = WireSamples.Node(1);
    private static readonly NodeId Honest = WireSamples.Node(2);
    private static readonly NodeId Other = WireSamples.Node(3);

    private long _sequence;

    [Fact]
    public void Peers_are_read_in_turn_whoever_came_first()
    {
        var queues = new PeerMessageQueues(1_000, 100);
        Fill(queues, Flooder, 100);
        Fill(queues, Honest, 2);
        Fill(queues, Other, 1);

        Assert.Equal([Flooder, Honest, Other, Flooder, Honest, Flooder, Flooder], Take(queues, 7));
    }

    [Fact]
    public void A_full_mailbox_takes_from_the_peer_that_fills_it()
    {
        var queues = new PeerMessageQueues(100, 90);
        Fill(queues, Flooder, 1_000);
        Fill(queues, Other, 20);
        Fill(queues, Honest, 5);

        Assert.Equal(910 + 10 + 5, queues.Dropped);
        var read = Take(queues, 1_000);
        Assert.Equal((75, 20, 5), (read.Count(peer => peer == Flooder), read.Count(peer => peer == Other), read.Count(peer => peer == Honest)));
    }

    [Fact]
    public void Bytes_are_bounded_for_a_peer_and_for_all()
    {
        var queues = new PeerMessageQueues(int.MaxValue, int.MaxValue);
        Fill(queues, Flooder, 1_000, IPeerMessenger.MaxMessageSize);
        var own = Take(queues, 1_000).Length;
        Assert.InRange(own * (long)IPeerMessenger.MaxMessageSize, 3_000_000, 4 * 1024 * 1024);

        for (var peer = 10; peer < 40; peer++)
        {
            Fill(queues, WireSamples.Node(peer), own, IPeerMessenger.MaxMessageSize);
        }

        var all = Take(queues, 10_000);
        Assert.InRange(all.Length * (long)IPeerMessenger.MaxMessageSize, 30_000_000, 32 * 1024 * 1024);
        Assert.Equal(30, all.Distinct().Count());
    }

    [Fact]
    public void Who_is_not_admitted_and_what_is_too_large_takes_no_room()
    {
        var queues = new PeerMessageQueues(10, 10);
        Assert.False(queues.Add(1, new NodeEvent.MessageReceived(Honest, new byte[IPeerMessenger.MaxMessageSize + 1])));
        queues.Admit(new HashSet<NodeId> { Honest });
        Fill(queues, Flooder, 100);
        Fill(queues, Honest, 1);

        Assert.Equal((101, 0), (queues.Refused, queues.Dropped));
        Assert.Equal([Honest], Take(queues, 10));
        queues.Admit(null);
        Fill(queues, Flooder, 1);
        Assert.Equal([Flooder], Take(queues, 10));
    }

    private void Fill(PeerMessageQueues queues, NodeId peer, int count, int size = 10)
    {
        var payload = new byte[size];
        for (var message = 0; message < count; message++)
        {
            queues.Add(++_sequence, new NodeEvent.MessageReceived(peer, payload));
        }
    }

    private static NodeId[] Take(PeerMessageQueues queues, int most)
    {
        var taken = new List<NodeId>();
        while (taken.Count < most && queues.TryTake(out var message))
        {
            taken.Add(message!.Peer);
        }

        return [.. taken];
    }
}
