using System.Collections.Concurrent;
using System.Collections.Immutable;
using Eddy.Engine.Ports;
using Eddy.Hostile;
using Eddy.Lightning;
using Eddy.Simulator;
using Microsoft.Extensions.Logging;

namespace Eddy.Engine.Tests.Network;

/// <summary>A channel peer that floods, in virtual time: what it costs, and whom.</summary>
public sealed class FloodTests
{
    private const int MessagesPerSecond = 10_000;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Ten_thousand_messages_a_second_keep_no_honest_ring_from_settling(int position)
    {
        var (ring, mallory) = Scene(position);
        var victim = ring.Member(position);
        MilliSatoshi[] wealth = [.. ring.Network.Nodes.Select(static node => node.Wealth)];
        var log = new ListLogger();
        victim.Logger = log;
        ring.StartAll();
        var peer = Speak(ring, mallory, victim);
        var sent = Flood(ring, mallory, victim, peer, until: () => ring.Proposer.View.Totals.Settled > 0 && ring.Network.Now > ring.Network.Options.StartTime.AddSeconds(3));
        Assert.True(sent >= 2 * MessagesPerSecond, $"{sent} messages. {ring.Describe()}");

        // The offender is named, muted, and told how to be got rid of; it is the only one.
        var seen = victim.View.Peers.Single(view => view.Id == mallory.Id);
        Assert.NotNull(seen.MutedUntil);
        Assert.True(seen.Faults > 0);
        Assert.Contains($"eddy deny {mallory.Id}", seen.Note, StringComparison.Ordinal);
        Assert.DoesNotContain(mallory.Id, victim.Engine.ListenedTo!);
        Assert.All(victim.View.Peers.Where(view => view.Id != mallory.Id), static view => Assert.Equal((0L, null), (view.Faults, view.MutedUntil)));
        Assert.InRange(log.Lines.Count(line => line.Contains(mallory.Id.ToString(), StringComparison.Ordinal)), 1, 2);

        // What it could buy of the expensive part, out of some 20,000 messages, and what it leaves behind.
        Assert.InRange(ring.Verifier.Count, 1, 400);
        Assert.Equal(3, victim.View.Adverts.Length);
        ring.Quiesce();
        Assert.Equal(wealth, ring.Network.Nodes.Select(static node => node.Wealth));
        ring.AssertAllEnded();
    }

    [Fact]
    public void A_mute_outlives_a_restart_ends_and_is_longer_the_next_time()
    {
        var (ring, mallory) = Scene(1);
        var victim = ring.Member(1);
        ring.StartAll();
        var peer = Speak(ring, mallory, victim);
        DateTimeOffset? MutedUntil() => victim.View.Peers.FirstOrDefault(view => view.Id == mallory.Id)?.MutedUntil;
        Flood(ring, mallory, victim, peer, () => MutedUntil() is not null);
        var first = MutedUntil()!.Value - ring.Network.Now;
        Assert.InRange(first.TotalMinutes, 7, 13);

        victim.Kill();
        ring.RunFor(1);
        victim.Start();
        ring.RunFor(1);
        Assert.NotNull(MutedUntil());

        // While it is muted it is no eddy peer at all; afterwards it is asked again.
        ring.RunFor(first.TotalSeconds + 5);
        Assert.Null(MutedUntil());
        mallory.SendCustomMessage(victim.Node.Id.ToArray(), IPeerMessenger.MessageType, [.. peer.Hello()]);
        ring.RunFor(1);
        Assert.True(victim.View.Peers.Single(view => view.Id == mallory.Id).ProtocolVersion > 0);

        Flood(ring, mallory, victim, peer, () => MutedUntil() is not null);
        Assert.True(MutedUntil()!.Value - ring.Network.Now > first * 1.1);
    }

    [Fact]
    public void A_denied_peer_is_in_no_ring_and_no_advert_of_it_is_kept()
    {
        var (ring, mallory) = Scene(1);
        var victim = ring.Member(1);
        victim.Options = victim.Options with { Policy = new PolicyOptions { Deny = [mallory.Id] } };
        ring.StartAll();
        var peer = Speak(ring, mallory, victim);
        for (var message = 0; message < 100; message++)
        {
            mallory.SendCustomMessage(victim.Node.Id.ToArray(), IPeerMessenger.MessageType, [.. peer.EndlessProposal(ring.Member(2).Node.Id, 100_000, 5)]);
            ring.RunFor(0.1);
        }

        Assert.Contains("denied", victim.View.Peers.Single(view => view.Id == mallory.Id).Note, StringComparison.Ordinal);
        Assert.DoesNotContain(victim.View.Rings, view => view.Hops.Any(hop => hop.Node == mallory.Id));
        Assert.All(ring.Daemons.SelectMany(static daemon => daemon.View.Adverts), advert => Assert.NotEqual(mallory.Id, advert.Node));
    }

    [Fact]
    public void Endless_proposals_of_ever_new_initiators_get_little_of_the_liquidity_and_honest_rings_go_on()
    {
        var (ring, mallory) = Scene(1);
        var victim = ring.Member(1);
        var accomplice = Hostile(ring.Network, victim.Node, 10);
        ring.StartAll();
        var peer = Speak(ring, mallory, victim);
        Speak(ring, accomplice, victim);
        var start = ring.Network.Now;
        var held = 0;
        for (var second = 0; second < 600; second++)
        {
            mallory.SendCustomMessage(victim.Node.Id.ToArray(), IPeerMessenger.MessageType, [.. peer.EndlessProposal(accomplice.Id, 100_000, 5)]);
            ring.RunFor(1);
            held += victim.View.Channels.Any(channel => channel.Channel.Peer == mallory.Id && channel.ReservedIn > MilliSatoshi.Zero) ? 1 : 0;
        }

        var promised = victim.Rings.Count(view => view.Hops.Any(hop => hop.Node == mallory.Id));
        Assert.InRange(promised, 12, 20);
        Assert.InRange(held, 12, 130);
        Assert.NotNull(victim.View.Peers.Single(view => view.Id == mallory.Id).BackedOffUntil);
        Assert.True(ring.Network.Now - start >= TimeSpan.FromMinutes(10));
        Assert.True(ring.Proposer.View.Totals.Settled > 0, ring.Describe());
    }

    [Fact]
    public void Proposals_whose_signatures_do_not_fit_are_the_fault_of_the_peer_that_passed_them_on()
    {
        var (ring, mallory) = Scene(1);
        var victim = ring.Member(1);
        var accomplice = Hostile(ring.Network, victim.Node, 10);
        ring.StartAll();
        var peer = Speak(ring, mallory, victim);
        Speak(ring, accomplice, victim);
        ring.RunFor(5);
        var before = ring.Verifier.Count;
        for (var message = 0; message < 50; message++)
        {
            // One byte of the last signature is another: what costs nothing finds no fault.
            var proposal = peer.EndlessProposal(accomplice.Id, 100_000, 5);
            proposal[^1] ^= 1;
            mallory.SendCustomMessage(victim.Node.Id.ToArray(), IPeerMessenger.MessageType, [.. proposal]);
            ring.RunFor(0.01);
        }

        Assert.NotNull(victim.View.Peers.Single(view => view.Id == mallory.Id).MutedUntil);
        Assert.InRange(ring.Verifier.Count - before, 1, 16);
        Assert.DoesNotContain(victim.View.Rings, view => view.Hops.Any(hop => hop.Node == mallory.Id));
    }

    private static (TestRing Ring, SimulatedNode Mallory) Scene(int position)
    {
        var ring = new TestRing(4);
        return (ring, Hostile(ring.Network, ring.Member(position).Node, 90));
    }

    /// <summary>A node with a channel to the victim, and no eddy.</summary>
    private static SimulatedNode Hostile(SimulatedNetwork network, SimulatedNode victim, int percent)
    {
        var node = network.AddNode();
        var capacity = MilliSatoshi.FromSatoshi(10_000_000);
        network.OpenChannel(node, victim, new ChannelOptions
        {
            Capacity = capacity,
            OpenerBalance = new MilliSatoshi(capacity.Value / 100 * percent),
            OpenerPolicy = new RoutingPolicy(1_000, 500, 40, new MilliSatoshi(1_000), MilliSatoshi.Zero),
            PeerPolicy = new RoutingPolicy(1_000, 500, 40, new MilliSatoshi(1_000), MilliSatoshi.Zero),
        });
        return node;
    }

    /// <summary>From now on the victim takes it for an eddy peer.</summary>
    private static HostilePeer Speak(TestRing ring, SimulatedNode mallory, TestDaemon victim)
    {
        Assert.True(ring.RunUntil(() => victim.View.Peers.Any(view => view.Id == mallory.Id && view.IsOnline)), ring.Describe());
        var peer = new HostilePeer(mallory.Key, victim.Node.Id, victim.Identity!.Chain, ring.Network.Now, seed: 1);
        mallory.SendCustomMessage(victim.Node.Id.ToArray(), IPeerMessenger.MessageType, [.. peer.Hello()]);
        ring.RunFor(0.1);
        return peer;
    }

    private static long Flood(TestRing ring, SimulatedNode mallory, TestDaemon victim, HostilePeer peer, Func<bool> until)
    {
        const int Together = 100;
        ImmutableArray<byte>[] messages = [.. Enumerable.Range(0, 2_000).Select(_ => ImmutableArray.Create(peer.Next()))];
        var sent = 0L;
        var end = ring.Network.Now.AddSeconds(20);
        while (ring.Network.Now < end && !until())
        {
            for (var message = 0; message < Together; message++)
            {
                mallory.SendCustomMessage(victim.Node.Id.ToArray(), IPeerMessenger.MessageType, messages[sent % messages.Length]);
                sent++;
            }

            ring.RunFor((double)Together / MessagesPerSecond);
        }

        Assert.True(until(), ring.Describe());
        return sent;
    }

    private sealed class ListLogger : ILogger<EddyEngine>
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                Lines.Enqueue(formatter(state, exception));
            }
        }
    }
}
