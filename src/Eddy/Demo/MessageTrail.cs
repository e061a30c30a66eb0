using System.Collections.Immutable;
using Eddy.Engine.Ports;
using Eddy.Lightning;
using Eddy.Protos.Wire;
using Eddy.Simulator;
using Google.Protobuf;

namespace Eddy.Demo;

/// <summary>Listens to the messages between the daemons, to show how a proposal walks its ring. Written by the model's thread, read by any.</summary>
internal sealed class MessageTrail
{
    private const int Kept = 6;

    private readonly Lock _gate = new();
    private readonly Queue<string> _lines = new();
    private long _count;

    public long Count => Interlocked.Read(ref _count);

    public ImmutableArray<string> Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>To be called on the model's thread.</summary>
    public void Listen(SimulatedNetwork network)
    {
        foreach (var node in network.Nodes)
        {
            node.CustomMessages.Subscribe(message => OnMessage(network, node, message));
        }
    }

    private static string? Describe(Envelope envelope) => envelope.BodyCase switch
    {
        Envelope.BodyOneofCase.Proposal => $"proposal, {envelope.Proposal.Terms.Count} signed",
        Envelope.BodyOneofCase.Reject => $"reject: {(Rings.RejectReason)envelope.Reject.Reason}",
        Envelope.BodyOneofCase.Done => $"done: {(Rings.RingOutcome)envelope.Done.Outcome}",
        _ => null,
    };

    private void OnMessage(SimulatedNetwork network, SimulatedNode to, CustomMessage message)
    {
        if (message.Type != IPeerMessenger.MessageType)
        {
            return;
        }

        Interlocked.Increment(ref _count);
        if (TryParse(message.Data.AsSpan(), out var envelope) && Describe(envelope) is { } what)
        {
            Add($"{NameOf(network, message.Peer)} -> {to.Alias}  {what}");
        }
    }

    private static bool TryParse(ReadOnlySpan<byte> data, out Envelope envelope)
    {
        try
        {
            envelope = Envelope.Parser.ParseFrom(data);
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            envelope = new();
            return false;
        }
    }

    private static string NameOf(SimulatedNetwork network, NodeId id) => network.FindNode(id)?.Alias ?? id.ToShortString();

    private void Add(string line)
    {
        lock (_gate)
        {
            _lines.Enqueue(line);
            if (_lines.Count > Kept)
            {
                _lines.Dequeue();
            }
        }
    }
}
