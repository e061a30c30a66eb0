using Eddy.Engine.Forwarding;
using Eddy.Engine.Ports;
using Eddy.Engine.Storage;
using Eddy.Engine.Views;
using Eddy.Lightning;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eddy.Engine.Tests.Hosting;

public sealed class EngineHostTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly NodeId Self = new([2, .. Enumerable.Repeat((byte)1, 32)]);
    private static readonly NodeId Peer = new([2, .. Enumerable.Repeat((byte)2, 32)]);

    private readonly CancellationTokenSource _stopping = new();
    private readonly InMemoryStore _store = new();
    private readonly RecordingNode _node = new();
    private readonly EngineHost _host = NewHost();

    [Fact]
    public async Task Events_reach_the_engine_and_requests_are_answered()
    {
        var run = Run(_host);
        _host.Post(new NodeEvent.Connected(Identity()));
        _host.Post(new NodeEvent.BlockConnected(801_000));

        var view = await _host.GetViewAsync(_stopping.Token).WaitAsync(Patience);
        var reply = await _host.AskAsync(new OperatorRequest.Pause(), _stopping.Token).WaitAsync(Patience);

        Assert.Equal((true, 801_000u), (view.IsConnected, view.Height));
        Assert.Equal(OperatorStatus.Done, reply.Status);
        Assert.Null(await _host.ExplainAsync(new ShortChannelId(1), _stopping.Token).WaitAsync(Patience));
        await StopAsync(run);
        Assert.Equal(bool.TrueString, _store.Load().Settings[StoreSettings.Paused]);
    }

    [Fact]
    public async Task Timers_ring_without_any_event()
    {
        var run = Run(_host);
        _host.Post(new NodeEvent.Connected(Identity()));
        _host.Post(new NodeEvent.ChannelsListed([Channel()]));

        // The hello to the channel's peer is repeated by a timer as long as nobody answers.
        _host.Post(new NodeEvent.PeerOnline(Peer));
        await _node.SentTo(Peer, 2).WaitAsync(Patience);
        await StopAsync(run);
    }

    [Fact]
    public async Task After_its_end_nothing_hangs()
    {
        var run = Run(_host);
        await StopAsync(run);

        _host.Post(new NodeEvent.BlockConnected(1));
        await Assert.ThrowsAsync<InvalidOperationException>(() => _host.GetViewAsync(CancellationToken.None).WaitAsync(Patience));
    }

    [Fact]
    public async Task A_state_that_cannot_be_stops_the_host_loudly()
    {
        var run = Run(_host);
        _host.Post(new NodeEvent.Connected(Identity()));
        _host.Post(new NodeEvent.Connected(Identity() with { Id = Peer }));

        await Assert.ThrowsAsync<InvalidOperationException>(() => run.WaitAsync(Patience));
        await Assert.ThrowsAsync<InvalidOperationException>(() => _host.GetViewAsync(CancellationToken.None).WaitAsync(Patience));
    }

    [Fact]
    public async Task A_store_that_cannot_save_stops_the_host_with_its_own_words()
    {
        var run = Run(_host);
        await _host.GetViewAsync(_stopping.Token).WaitAsync(Patience);
        _store.Fault = StoreFault.Full;
        var request = _host.AskAsync(new OperatorRequest.Pause(), CancellationToken.None);

        var exception = await Assert.ThrowsAsync<StoreException>(() => run.WaitAsync(Patience));

        Assert.Equal(StoreFault.Full, exception.Fault);
        await Assert.ThrowsAsync<InvalidOperationException>(() => request.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_flood_of_messages_drops_the_oldest_and_never_an_event_about_money()
    {
        using var host = NewHost(capacity: 10_000, messages: 16, perPeer: 8);
        for (var round = 0; round < 1_000; round++)
        {
            host.Post(new NodeEvent.MessageReceived(Peer, new byte[10]));
            host.Post(new NodeEvent.BlockConnected((uint)(800_000 + round)));
        }

        for (var number = 0; number < 100; number++)
        {
            host.Post(new NodeEvent.MessageReceived(new NodeId([3, .. Bytes32.Sha256([(byte)number]).ToArray()]), new byte[10]));
        }

        Assert.Equal(992 + 100 - 8, host.DroppedMessages);
        var run = Run(host);
        Assert.Equal(800_999u, (await host.GetViewAsync(_stopping.Token).WaitAsync(Patience)).Height);
        await StopAsync(run);
    }

    [Fact]
    public async Task A_full_mailbox_makes_its_sender_wait_and_the_order_stays()
    {
        using var host = NewHost(capacity: 4, messages: 16, perPeer: 8);
        var sender = Task.Run(() =>
        {
            for (var height = 1u; height <= 1_000; height++)
            {
                host.Post(new NodeEvent.BlockConnected(height));
            }
        });
        Assert.NotSame(sender, await Task.WhenAny(sender, Task.Delay(50)));

        var run = Run(host);
        await sender.WaitAsync(Patience);

        Assert.Equal(1_000u, (await host.GetViewAsync(_stopping.Token).WaitAsync(Patience)).Height);
        await StopAsync(run);
    }

    [Fact]
    public async Task What_the_engine_shows_is_announced()
    {
        var run = Run(_host);
        await _host.GetViewAsync(_stopping.Token).WaitAsync(Patience);
        var changed = _host.Changed;

        _host.Post(new NodeEvent.BlockConnected(5));

        await changed.WaitAsync(Patience);
        await StopAsync(run);
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _host.Dispose();
        _stopping.Dispose();
    }

    private static EngineHost NewHost(int capacity = 1_000, int messages = 1_000, int perPeer = 1_000) =>
        new(TimeProvider.System, NullLogger<EngineHost>.Instance, capacity, messages, perPeer);

    private static NodeIdentity Identity() => new(Self, "self", "regtest", Bytes32.Sha256([1]), "0.20.3-beta", 800_000, 18);

    private static Channel Channel() => new()
    {
        Id = ShortChannelId.Create(800_000, 1, 0),
        ChannelPoint = "00:0",
        Peer = Peer,
        Capacity = MilliSatoshi.FromSatoshi(1_000_000),
        Local = MilliSatoshi.FromSatoshi(500_000),
        Remote = MilliSatoshi.FromSatoshi(500_000),
        Spendable = MilliSatoshi.FromSatoshi(490_000),
        Receivable = MilliSatoshi.FromSatoshi(490_000),
        IsActive = true,
    };

    private Task Run(EngineHost host)
    {
        var engine = new EddyEngine(new EngineOptions(), new EnginePorts
        {
            Store = _store,
            Node = _node,
            Messenger = _node,
            Gate = new HtlcGate(_store, host, TimeProvider.System),
            Time = TimeProvider.System,
            Random = new Random(1),
            Entropy = new CryptographicEntropy(),
        });
        return RunAndDisposeAsync(host, engine);
    }

    private async Task RunAndDisposeAsync(EngineHost host, EddyEngine engine)
    {
        using (engine)
        {
            await host.RunAsync(engine, _stopping.Token);
        }
    }

    private async Task StopAsync(Task run)
    {
        await _stopping.CancelAsync();
        await run.WaitAsync(Patience);
    }

    /// <summary>An LND that never answers.</summary>
    private sealed class RecordingNode : ILightningNode, IPeerMessenger
    {
        private readonly Lock _lock = new();
        private readonly List<NodeId> _sent = [];
        private readonly List<(NodeId Peer, int Count, TaskCompletionSource Reached)> _waiting = [];

        public void Execute(NodeCommand command)
        {
        }

        public void Send(CommandId id, NodeId peer, ReadOnlyMemory<byte> payload)
        {
            lock (_lock)
            {
                _sent.Add(peer);
                foreach (var (who, count, reached) in _waiting)
                {
                    if (_sent.Count(sent => sent == who) >= count)
                    {
                        reached.TrySetResult();
                    }
                }
            }
        }

        public Task SentTo(NodeId peer, int count)
        {
            lock (_lock)
            {
                var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _waiting.Add((peer, count, reached));
                if (_sent.Count(sent => sent == peer) >= count)
                {
                    reached.TrySetResult();
                }

                return reached.Task;
            }
        }
    }
}
