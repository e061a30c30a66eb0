using System.Threading.Channels;
using Eddy.Engine.Ports;
using Eddy.Lightning;
using Eddy.Lnd.Access;
using Eddy.Lnd.Session;
using Eddy.Protos.Lnrpc;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Eddy.Lnd.Messages;

/// <summary>
/// Sends custom messages: one after another to each peer, for LND keeps no order among concurrent calls; to several peers at once.
/// An actor: its loop alone touches the queues.
/// </summary>
internal sealed partial class PeerMessages(SessionSlot slot, EventPump events, LndTimings timings, ILogger<PeerMessages> logger)
{
    private const int QueuePerPeer = 64;
    private const int ConcurrentSends = 64;
    private const string SendMethod = "/lnrpc.Lightning/SendCustomMessage";

    // The engine sends a bounded number of messages, and what this loop does with one takes no time.
    private readonly Channel<Input> _inputs = System.Threading.Channels.Channel.CreateUnbounded<Input>(
        new UnboundedChannelOptions { SingleReader = true });

    private readonly ILogger _logger = logger;
    private readonly Dictionary<NodeId, Queue<Letter>> _waiting = [];
    private readonly HashSet<NodeId> _sending = [];
    private readonly Queue<NodeId> _ready = new();

    public void Send(CommandId id, NodeId peer, ReadOnlyMemory<byte> payload)
    {
        if (payload.Length > IPeerMessenger.MaxMessageSize)
        {
            Complete(id, new CommandOutcome.Refused(
                $"A message of {payload.Length} bytes is over the limit of {IPeerMessenger.MaxMessageSize}."));
            return;
        }

        _inputs.Writer.TryWrite(new Input(peer, new Letter(id, payload), IsStuck: false));
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await _inputs.Reader.WaitToReadAsync(cancellationToken))
        {
            while (_inputs.Reader.TryRead(out var input))
            {
                if (input.Letter is { } letter)
                {
                    Enqueue(input.Peer, letter);
                }
                else
                {
                    OnSent(input.Peer, input.IsStuck);
                }

                StartSends(cancellationToken);
            }
        }
    }

    private void Enqueue(NodeId peer, Letter letter)
    {
        if (!_waiting.TryGetValue(peer, out var queue))
        {
            _waiting.Add(peer, queue = new());
        }

        if (queue.Count >= QueuePerPeer)
        {
            Complete(letter.Id, new CommandOutcome.Refused($"{QueuePerPeer} messages wait for the peer already."));
            return;
        }

        queue.Enqueue(letter);
        if (queue.Count == 1 && !_sending.Contains(peer))
        {
            _ready.Enqueue(peer);
        }
    }

    private void OnSent(NodeId peer, bool isStuck)
    {
        _sending.Remove(peer);
        var queue = _waiting[peer];
        if (isStuck)
        {
            // LND up to 0.20 goes on waiting for such a peer whatever we do: more of the same would only wait behind it.
            foreach (var letter in queue)
            {
                Complete(letter.Id, new CommandOutcome.Unavailable("The peer takes no messages at the moment."));
            }

            queue.Clear();
        }

        if (queue.Count > 0)
        {
            _ready.Enqueue(peer);
        }
        else
        {
            _waiting.Remove(peer);
        }
    }

    private void StartSends(CancellationToken cancellationToken)
    {
        while (_sending.Count < ConcurrentSends && _ready.TryDequeue(out var peer))
        {
            var letter = _waiting[peer].Dequeue();
            _sending.Add(peer);
            _ = SendAsync(peer, letter, cancellationToken);
        }
    }

    private async Task SendAsync(NodeId peer, Letter letter, CancellationToken cancellationToken)
    {
        CommandOutcome outcome = new CommandOutcome.Unavailable("The message could not be handed to LND.");
        var isStuck = false;
        try
        {
            (outcome, isStuck) = await GetOutcomeAsync(peer, letter, cancellationToken);
        }
        catch (Exception exception)
        {
            LogSendFailed(exception, peer);
        }
        finally
        {
            // Whatever happened: the engine waits for the outcome, the peer's next message for its turn.
            Complete(letter.Id, outcome);
            _inputs.Writer.TryWrite(new Input(peer, null, isStuck));
        }
    }

    private async Task<(CommandOutcome Outcome, bool IsStuck)> GetOutcomeAsync(NodeId peer, Letter letter, CancellationToken cancellationToken)
    {
        if (slot.Current is not { } session)
        {
            return (new CommandOutcome.Unavailable("Not connected to LND."), false);
        }

        var request = new SendCustomMessageRequest
        {
            Peer = ByteString.CopyFrom(peer.ToArray()),
            Type = IPeerMessenger.MessageType,
            Data = ByteString.CopyFrom(letter.Payload.Span),
        };
        try
        {
            await session.Connection.Lightning.SendCustomMessageAsync(
                request, session.Connection.Call(timings.MessageDeadline, cancellationToken));
            return (new CommandOutcome.Done(), false);
        }
        catch (RpcException exception)
        {
            return (Explain(session, exception), exception.StatusCode == StatusCode.DeadlineExceeded);
        }
    }

    private static CommandOutcome Explain(LndSession session, RpcException exception)
    {
        if (exception.StatusCode == StatusCode.NotFound)
        {
            return new CommandOutcome.NotFound(LndErrors.Describe(exception));
        }

        if (LndErrors.IsPermissionDenied(exception))
        {
            return new CommandOutcome.Refused(session.Connection.Explain(exception, SendMethod).ToString());
        }

        // "peer exiting" and its like: the peer left in the middle of it.
        return new CommandOutcome.Unavailable(LndErrors.Describe(exception));
    }

    private void Complete(CommandId id, CommandOutcome outcome) => events.Post(new NodeEvent.Completed(id, outcome));

    [LoggerMessage(LogLevel.Error, "A message to {Peer} failed in a way that was not foreseen.")]
    private partial void LogSendFailed(Exception exception, NodeId peer);

    private readonly record struct Letter(CommandId Id, ReadOnlyMemory<byte> Payload);

    private readonly record struct Input(NodeId Peer, Letter? Letter, bool IsStuck);
}
