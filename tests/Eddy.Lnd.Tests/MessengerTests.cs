using System.Collections.Concurrent;
using Eddy.Engine.Ports;
using Eddy.Lightning;
using Eddy.Lnd.Tests.Scripted;
using Eddy.Protos.Lnrpc;
using Grpc.Core;

namespace Eddy.Lnd.Tests;

public sealed class MessengerTests
{
    [Fact]
    public async Task Messages_to_a_peer_go_one_after_another_in_order()
    {
        await using var rig = await Rig.StartAsync();
        var underWay = 0;
        var mostUnderWay = 0;
        rig.Lnd.OnSendMessage = async (_, _) =>
        {
            mostUnderWay = Math.Max(mostUnderWay, Interlocked.Increment(ref underWay));
            await Task.Yield();
            Interlocked.Decrement(ref underWay);
        };

        var ids = Enumerable.Range(0, 50).Select(number => Send(rig, ScriptedLnd.Bob, [(byte)number])).ToList();
        foreach (var id in ids)
        {
            await rig.Inbox.OutcomeAsync<CommandOutcome.Done>(id);
        }

        Assert.Equal(Enumerable.Range(0, 50), rig.Lnd.Messages.Select(message => (int)message.Data[0]));
        Assert.Equal(1, mostUnderWay);
        Assert.All(rig.Lnd.Messages, message => Assert.Equal(60881u, message.Type));
        Assert.All(rig.Lnd.Messages, message => Assert.Equal(ScriptedLnd.Bob.ToArray(), message.Peer.ToByteArray()));
    }

    [Fact]
    public async Task A_peer_that_does_not_read_holds_up_nobody_else()
    {
        await using var rig = await Rig.StartAsync();
        var release = new TaskCompletionSource();
        rig.Lnd.OnSendMessage = (message, _) => message.Peer.Span.SequenceEqual(ScriptedLnd.Bob.ToArray()) ? release.Task : Task.CompletedTask;

        var toBob = Send(rig, ScriptedLnd.Bob, [1]);
        var toCarol = Send(rig, ScriptedLnd.Carol, [2]);

        await rig.Inbox.OutcomeAsync<CommandOutcome.Done>(toCarol);
        Assert.DoesNotContain(rig.Inbox.Events.OfType<NodeEvent.Completed>(), completed => completed.Id == toBob);
        release.SetResult();
        await rig.Inbox.OutcomeAsync<CommandOutcome.Done>(toBob);
    }

    [Fact]
    public async Task A_message_past_its_deadline_takes_those_behind_it_along()
    {
        await using var rig = await Rig.StartAsync(
            options: options => options with { Timings = options.Timings with { MessageDeadline = TimeSpan.FromMilliseconds(300) } });
        var calls = new ConcurrentQueue<byte>();
        rig.Lnd.OnSendMessage = (message, context) =>
        {
            calls.Enqueue(message.Data[0]);
            return message.Data[0] == 1 ? Task.Delay(Timeout.Infinite, context.CancellationToken) : Task.CompletedTask;
        };

        var first = Send(rig, ScriptedLnd.Bob, [1]);
        var second = Send(rig, ScriptedLnd.Bob, [2]);
        await rig.Inbox.OutcomeAsync<CommandOutcome.Unavailable>(first);
        await rig.Inbox.OutcomeAsync<CommandOutcome.Unavailable>(second);
        await rig.Inbox.OutcomeAsync<CommandOutcome.Done>(Send(rig, ScriptedLnd.Bob, [3]));

        Assert.Equal([(byte)1, (byte)3], calls);
    }

    [Fact]
    public async Task Too_large_a_message_never_reaches_LND()
    {
        await using var rig = await Rig.StartAsync();

        await rig.Inbox.OutcomeAsync<CommandOutcome.Refused>(Send(rig, ScriptedLnd.Bob, new byte[IPeerMessenger.MaxMessageSize + 1]));
        await rig.Inbox.OutcomeAsync<CommandOutcome.Done>(Send(rig, ScriptedLnd.Bob, new byte[IPeerMessenger.MaxMessageSize]));

        Assert.Equal(1, rig.Lnd.Calls["SendCustomMessage"]);
    }

    [Fact]
    public async Task The_queue_to_a_peer_is_bounded()
    {
        await using var rig = await Rig.StartAsync();
        var release = new TaskCompletionSource();
        rig.Lnd.OnSendMessage = (_, _) => release.Task;

        var ids = Enumerable.Range(0, 100).Select(_ => Send(rig, ScriptedLnd.Bob, [1])).ToList();
        await rig.Inbox.OutcomeAsync<CommandOutcome.Refused>(ids[^1]);
        release.SetResult();

        await rig.Inbox.OutcomeAsync<CommandOutcome.Done>(ids[0]);
        await rig.Inbox.OutcomeAsync<CommandOutcome.Done>(ids[64]);
    }

    [Theory]
    [InlineData(StatusCode.NotFound, "peer is not connected", typeof(CommandOutcome.NotFound))]
    [InlineData(StatusCode.Unknown, "peer exiting", typeof(CommandOutcome.Unavailable))]
    [InlineData(StatusCode.Unknown, "use of closed network connection", typeof(CommandOutcome.Unavailable))]
    [InlineData(StatusCode.Unknown, "permission denied", typeof(CommandOutcome.Refused))]
    public async Task Errors_tell_an_absent_peer_from_one_that_left(StatusCode code, string text, Type expected)
    {
        await using var rig = await Rig.StartAsync(lnd => lnd.Failures["SendCustomMessage"] = new Status(code, text));

        var id = Send(rig, ScriptedLnd.Bob, [1]);

        var completed = await rig.Inbox.WaitForAsync<NodeEvent.Completed>(other => other.Id == id);
        Assert.IsType(expected, completed.Outcome);
    }

    [Fact]
    public async Task Without_a_connection_nothing_is_sent_later()
    {
        await using var rig = await Rig.StartAsync(lnd => lnd.State = WalletState.Locked, waitForConnection: false);

        await rig.Inbox.OutcomeAsync<CommandOutcome.Unavailable>(Send(rig, ScriptedLnd.Bob, [1]));
        rig.Lnd.State = WalletState.ServerActive;
        await rig.Inbox.WaitForAsync<NodeEvent.ChannelsListed>();

        Assert.Empty(rig.Lnd.Messages);
    }

    private static CommandId Send(Rig rig, NodeId peer, byte[] payload)
    {
        var id = rig.NextId();
        rig.Node.Send(id, peer, payload);
        return id;
    }
}
