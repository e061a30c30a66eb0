using System.Collections.Immutable;
using Eddy.Engine.Ports;
using Eddy.Engine.Storage;
using Eddy.Engine.Tests.Wire;
using Eddy.Engine.Wire;
using Eddy.Lightning;
using Eddy.Protos.Storage;
using Eddy.Protos.Wire;
using Eddy.Rings;
using Eddy.Simulator;
using Google.Protobuf;
using Ring = Eddy.Engine.Rings.Ring;
using RingOffer = Eddy.Rings.RingOffer;

namespace Eddy.Engine.Tests.Network;

/// <summary>What others can ask of a node, and how little it costs the node.</summary>
public sealed class DefenceTests
{
    [Fact]
    public void A_peer_without_a_channel_is_not_answered()
    {
        var ring = new TestRing(4);
        ring.StartAll();
        ring.RunFor(5);
        var (victim, stranger) = (ring.Member(1), ring.Member(3));
        stranger.Kill();
        Assert.True(stranger.Node.ConnectPeer(victim.Node.Id).IsOk);
        ring.RunFor(1);
        var heard = Listen(stranger.Node, victim.Node);

        Send(stranger.Node, victim.Node, Hello(ring));
        ring.RunFor(1);
        Send(stranger.Node, victim.Node, WireEncoder.Encode(new Eddy.Gossip.AdvertRequest([new(victim.Node.Id.ShortKey, 0)], [], [])));
        Send(stranger.Node, victim.Node, Proposal(Offer(ring, [stranger.Node.Id, victim.Node.Id, ring.Proposer.Node.Id])));
        ring.RunFor(30);

        Assert.Empty(heard);
        Assert.DoesNotContain(victim.View.Peers, peer => peer.Id == stranger.Node.Id && peer.ProtocolVersion > 0);
        Assert.Empty(victim.View.Refusals);
    }

    [Fact]
    public void A_peer_that_says_hello_again_and_again_is_offered_adverts_a_bounded_number_of_times()
    {
        var ring = new TestRing(4);
        ring.StartAll();
        ring.RunFor(5);
        var (victim, peer) = (ring.Member(2), ring.Member(1));
        peer.Kill();
        ring.RunFor(40);
        var heard = Listen(peer.Node, victim.Node);

        for (var time = 0; time < 30; time++)
        {
            Send(peer.Node, victim.Node, Hello(ring));
            ring.RunFor(2);
        }

        Assert.Equal(30, heard.OfType<WireMessage.Greeting>().Count());
        // Eight at once and one in half a minute; and some of what we hold each minute, as to everybody.
        Assert.InRange(heard.OfType<WireMessage.Offers>().Count(static offers => offers.Entries.Length > 0), 8, 13);
    }

    [Fact]
    public void Missing_channels_and_used_ids_and_hashes_are_found_before_any_signature()
    {
        var ring = new TestRing(4);
        ring.StartAll();
        ring.RunFor(5);
        var (victim, peer) = (ring.Member(1), ring.Proposer);
        peer.Kill();
        ring.RunFor(100);
        var before = victim.View.Refusals;
        var heard = Listen(peer.Node, victim.Node);
        Send(peer.Node, victim.Node, Hello(ring));
        ring.RunFor(1);

        // Its signatures are rubbish: looked at, they would make it invalid.
        var offer = Offer(ring, [peer.Node.Id, victim.Node.Id, ring.Member(3).Node.Id]);
        Send(peer.Node, victim.Node, Proposal(offer));
        ring.RunFor(1);
        Assert.Equal([RejectReason.NoChannel], Rejects(heard));

        // The store remembers what memory does not.
        var batch = new StoreBatch();
        batch.Rings.Add(new RingRecord(
            new RingId(WireSamples.Hash(100)), 1, "Expired", true, RingOutcome.Expired, new PaymentHash(WireSamples.Hash(101)), offer.Amount,
            MilliSatoshi.Zero, MilliSatoshi.Zero, MilliSatoshi.Zero, null, "", DateTimeOffset.UnixEpoch, ring.Network.Now, 1, new byte[] { 1 }));
        victim.Store.Inner.Commit(batch);
        Send(peer.Node, victim.Node, Proposal(offer with { Id = new RingId(WireSamples.Hash(100)) }));
        Send(peer.Node, victim.Node, Proposal(offer with { Id = new RingId(WireSamples.Hash(102)), Hash = new PaymentHash(WireSamples.Hash(101)) }));
        ring.RunFor(1);
        Assert.Equal([RejectReason.NoChannel, RejectReason.Invalid, RejectReason.Invalid], Rejects(heard));
        Assert.Equal(before.GetValueOrDefault(RejectReason.NoChannel) + 1, victim.View.Refusals[RejectReason.NoChannel]);
    }

    [Fact]
    public void An_initiator_whose_rings_come_to_no_payment_is_left_alone_until_the_time_is_over()
    {
        var ring = new TestRing(4);
        ring.StartAll();
        Assert.True(ring.RunUntil(() => ring.Proposer.View.Adverts.Length == 3));
        var (member, next) = (ring.Member(1), ring.Member(2));
        var faults = next.Node.LinkTo(member.Node.Id)!.FaultsFrom(member.Node);
        faults.DropProbability = 1;

        Assert.True(ring.RunUntil(() => member.View.Refusals.GetValueOrDefault(RejectReason.NotWelcome) > 0, 900), ring.Describe());
        Assert.Equal(3, member.Rings.Count(static view => view.Outcome == RingOutcome.Expired));
        Assert.NotNull(member.View.Peers.Single(peer => peer.Id == ring.Proposer.Node.Id).BackedOffUntil);

        faults.DropProbability = 0;
        ring.RunUntilSettled(3_600);
        ring.Quiesce();
        ring.AssertNobodyPaid();
        ring.AssertAllEnded();
    }

    [Fact]
    public void A_question_that_LND_never_answered_is_asked_again_when_it_is_back()
    {
        var ring = new TestRing(4);
        ring.StartAll();
        ring.Proposer.Loses = static command => command is NodeCommand.LookupInvoice;
        var paying = ring.RunUntilRing(static view => view.State is "Paying");
        ring.RunFor(60);
        Assert.Equal("Paying", ring.Proposer.Ring(paying.Id).State);

        ring.Proposer.Loses = static _ => false;
        ring.Proposer.Node.Restart(TimeSpan.FromSeconds(20));
        Assert.True(ring.RunUntil(() => ring.Proposer.Ring(paying.Id).IsFinal, 300), ring.Describe());
        ring.Quiesce();

        Assert.Equal(RingOutcome.Settled, ring.Proposer.Ring(paying.Id).Outcome);
        Assert.All(ring.Proposer.Node.Payments.All, static payment => Assert.Single(payment.Attempts));
        ring.AssertNobodyPaid();
        ring.AssertAllEnded();
    }

    [Fact]
    public void What_is_known_of_a_ring_beside_its_state_survives_and_rings_saved_without_it_are_read()
    {
        var simulated = new TestRing(4);
        simulated.StartAll();
        var settled = simulated.RunUntilSettled();
        var record = simulated.Member(2).Store.FindRing(settled.Id)!;

        var ring = Ring.Restore(record);
        Assert.NotNull(ring.ComesInOn);
        Assert.NotNull(ring.LeftOn);
        ring.Retries = 2;
        ring.Neutral = [new ShortChannelId(7), new ShortChannelId(ulong.MaxValue)];
        var again = Ring.Restore(ring.ToRecord());
        Assert.Equal((ring.ComesInOn, ring.LeftOn, 2), (again.ComesInOn, again.LeftOn, again.Retries));
        Assert.Equal(ring.Neutral, again.Neutral);

        var old = StoredRing.Parser.ParseFrom(record.Blob.Span);
        old.ClearLeftOn();
        old.ClearComesInOn();
        old.Neutral.Clear();
        old.Retries = 0;
        var before = Ring.Restore(record with { Blob = old.ToByteArray() });
        Assert.Equal((null, null, 0), (before.ComesInOn, before.LeftOn, before.Retries));
        Assert.Empty(before.Neutral);
        Assert.Equal(ring.Agreed, before.Agreed);
    }

    private static List<WireMessage> Listen(SimulatedNode node, SimulatedNode from)
    {
        var heard = new List<WireMessage>();
        node.CustomMessages.Subscribe(message =>
        {
            if (message.Peer == from.Id && WireDecoder.Decode(message.Data.AsMemory()) is DecodeResult.Decoded decoded)
            {
                heard.Add(decoded.Message);
            }
        });
        return heard;
    }

    private static IEnumerable<RejectReason> Rejects(List<WireMessage> heard) => heard.OfType<WireMessage.Reject>().Select(static reject => reject.Reason);

    private static void Send(SimulatedNode from, SimulatedNode to, ReadOnlyMemory<byte> payload) =>
        Assert.True(from.SendCustomMessage(to.Id.ToArray(), IPeerMessenger.MessageType, [.. payload.Span]).IsOk);

    private static ReadOnlyMemory<byte> Hello(TestRing ring) => WireEncoder.Encode(new Hello
    {
        MinVersion = 1,
        MaxVersion = 1,
        Chain = ByteString.CopyFrom(ring.Proposer.Identity!.Chain.ToArray()),
        CanInitiate = true,
        CanWaive = true,
    });

    private static RingOffer Offer(TestRing ring, ImmutableArray<NodeId> nodes) => WireSamples.Offer(nodes.Length) with
    {
        Chain = ring.Proposer.Identity!.Chain,
        Nodes = nodes,
    };

    private static ReadOnlyMemory<byte> Proposal(RingOffer offer) =>
        WireEncoder.Encode(WireSamples.Signed(WireEncoder.EncodeOffer(offer)), []);
}
