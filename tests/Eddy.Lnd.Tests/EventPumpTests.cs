using Eddy.Engine.Ports;
using Eddy.Lightning;
using Eddy.Lnd.Session;
using Eddy.Lnd.Tests.Scripted;

namespace Eddy.Lnd.Tests;

/// <summary>What waits between LND's streams and an engine that does not take it.</summary>
public sealed class EventPumpTests
{
    private readonly TestInbox _inbox = new();
    private readonly EventPump _pump;

    public EventPumpTests() => _pump = new EventPump(_inbox);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Messages_of_a_peer_that_floods_are_bounded_in_bytes_and_those_of_others_still_come(bool isHeld)
    {
        if (isHeld)
        {
            _pump.Hold();
        }

        for (var i = 0; i < 1_000; i++)
        {
            _pump.PostMessage(new(ScriptedLnd.Bob, new byte[IPeerMessenger.MaxMessageSize]));
        }

        _pump.PostMessage(new(ScriptedLnd.Carol, new byte[] { 1 }));
        _pump.Release();
        await DrainAsync();

        var messages = _inbox.Events.OfType<NodeEvent.MessageReceived>().ToList();
        Assert.InRange(messages.Sum(static message => message.Payload.Length), 1, EventPump.MessageBytesPerPeer);
        Assert.Equal(ScriptedLnd.Carol, messages[^1].Peer);
        Assert.Equal(1_001 - messages.Count, _pump.Dropped);
    }

    [Fact]
    public async Task Messages_of_all_peers_together_are_bounded_in_number_and_make_room_when_they_are_taken()
    {
        var peers = Enumerable.Range(1, 40).Select(PeerNumber).ToList();
        foreach (var peer in peers)
        {
            for (var i = 0; i < 100; i++)
            {
                _pump.PostMessage(new(peer, new byte[] { 1 }));
            }
        }

        // Twenty and a half of them fill the room; of each of the others the first message comes all the same.
        Assert.Equal(4_000 - EventPump.MessageLimit - 19, _pump.Dropped);
        using var stop = new CancellationTokenSource();
        var running = _pump.RunAsync(stop.Token);
        _pump.Post(new NodeEvent.BlockConnected(1));
        await _inbox.WaitForAsync<NodeEvent.BlockConnected>();

        var mark = _inbox.Mark;
        _pump.PostMessage(new(peers[^1], new byte[] { 2 }));
        await _inbox.WaitForAsync<NodeEvent.MessageReceived>(message => message.Payload.Span[0] == 2, mark);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_said_of_HTLCs_waits_for_room_and_none_of_it_is_lost(bool isHeld)
    {
        const int Count = EventPump.EventLimit + 100;
        if (isHeld)
        {
            _pump.Hold();
        }

        var posted = 0;
        var stream = Task.Run(async () =>
        {
            for (var i = 0; i < Count; i++)
            {
                await _pump.PostStreamAsync(new NodeEvent.HtlcSettled(Key(i)), TestContext.Current.CancellationToken);
                Volatile.Write(ref posted, i + 1);
            }
        }, TestContext.Current.CancellationToken);
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref posted) >= EventPump.EventLimit, TestInbox.Patience));
        Assert.Equal(EventPump.EventLimit, Volatile.Read(ref posted));

        // What is about money never waits, and messages have a room of their own.
        _pump.PostConnected(new NodeEvent.HtlcEventsLost());
        _pump.PostMessage(new(ScriptedLnd.Bob, new byte[] { 1 }));
        Assert.Equal(0, _pump.Dropped);

        using var stop = new CancellationTokenSource();
        var running = _pump.RunAsync(stop.Token);
        _pump.Release();
        await stream.WaitAsync(TestInbox.Patience, TestContext.Current.CancellationToken);
        await _inbox.WaitForAsync<NodeEvent.HtlcSettled>(settled => settled.Key == Key(Count - 1));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        Assert.Equal(Enumerable.Range(0, Count).Select(Key), _inbox.Events.OfType<NodeEvent.HtlcSettled>().Select(static settled => settled.Key));
        Assert.Single(_inbox.Events.OfType<NodeEvent.HtlcEventsLost>());
    }

    [Fact]
    public async Task Listings_of_a_big_node_are_bounded_in_bytes_and_made_only_when_there_is_room()
    {
        var huge = new NodeEvent.ChannelsListed([.. new Lightning.Channel[EventPump.EventBytes / 500]]);
        var listings = 0;
        Task<NodeEvent> ListAsync(CancellationToken cancellationToken)
        {
            listings++;
            return Task.FromResult<NodeEvent>(huge);
        }

        await _pump.PostListingAsync(ListAsync, TestContext.Current.CancellationToken);
        var second = _pump.PostListingAsync(ListAsync, TestContext.Current.CancellationToken);
        Assert.False(second.IsCompleted);
        Assert.Equal(1, listings);

        using var stop = new CancellationTokenSource();
        var running = _pump.RunAsync(stop.Token);
        await second.WaitAsync(TestInbox.Patience, TestContext.Current.CancellationToken);
        Assert.Equal(2, listings);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task What_an_abandoned_connection_held_takes_no_room_any_more()
    {
        _pump.Hold();
        for (var i = 0; i < EventPump.EventLimit; i++)
        {
            await _pump.PostStreamAsync(new NodeEvent.HtlcSettled(Key(i)), TestContext.Current.CancellationToken);
        }

        _pump.Abandon();
        await _pump.PostStreamAsync(new NodeEvent.HtlcSettled(Key(1)), TestContext.Current.CancellationToken).AsTask().WaitAsync(TestInbox.Patience, TestContext.Current.CancellationToken);
        await DrainAsync();

        Assert.Single(_inbox.Events);
    }

    private static CircuitKey Key(int number) => new(new(1), (ulong)number);

    private static NodeId PeerNumber(int number)
    {
        var key = new byte[NodeId.Size];
        key[0] = 2;
        key[^1] = (byte)number;
        return new NodeId(key);
    }

    private async Task DrainAsync()
    {
        _pump.Complete();
        await _pump.RunAsync(TestContext.Current.CancellationToken).WaitAsync(TestInbox.Patience, TestContext.Current.CancellationToken);
    }
}
