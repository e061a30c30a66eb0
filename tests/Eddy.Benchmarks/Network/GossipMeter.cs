using System.Collections.Immutable;
using Eddy.Benchmarks.Measuring;
using Eddy.Engine.Wire;
using Eddy.Gossip;
using Eddy.Lightning;
using Eddy.Protos.Wire;
using Eddy.Simulator;

namespace Eddy.Benchmarks.Network;

/// <summary>Counts what a network of daemons says to one another, from the moment it is told to.</summary>
internal sealed class GossipMeter(EventTimeline timeline, int nodes)
{
    private readonly long[] _bytes = new long[nodes];
    private readonly long[] _bytesReceived = new long[nodes];
    private readonly long[] _messages = new long[nodes];
    private readonly HashSet<(NodeId Node, int Part, ulong Sequence)>[] _seen = [.. Enumerable.Range(0, nodes).Select(static _ => new HashSet<(NodeId, int, ulong)>())];
    private readonly Dictionary<(NodeId Node, int Part, ulong Sequence), DateTimeOffset> _said = [];
    private bool _isCounting;

    /// <summary>Parts that arrived.</summary>
    public long Copies { get; private set; }

    /// <summary>Parts that arrived at a node for the first time.</summary>
    public long News { get; private set; }

    /// <summary>Parts said, each once.</summary>
    public int Said => _said.Count;

    /// <summary>Bytes by kind of message, of all nodes.</summary>
    public SortedDictionary<string, long> Kinds { get; } = new(StringComparer.Ordinal);

    /// <summary>From the first word of its origin to the arrival, in milliseconds.</summary>
    public Series Delays { get; } = new();

    public void Begin() => _isCounting = true;

    public void OnSent(GossipNode from, ReadOnlyMemory<byte> payload)
    {
        if (!_isCounting)
        {
            return;
        }

        _bytes[from.Number] += payload.Length;
        _messages[from.Number]++;
        var kind = Envelope.Parser.ParseFrom(payload.Span).BodyCase.ToString();
        Kinds[kind] = Kinds.GetValueOrDefault(kind) + payload.Length;
        foreach (var part in Parts(payload).Where(part => part.Hops == 1 && part.Part.Node == from.Id))
        {
            _said.TryAdd((part.Part.Node, part.Part.Part, part.Part.Sequence), timeline.Now);
        }
    }

    public void OnReceived(GossipNode to, ReadOnlyMemory<byte> payload)
    {
        if (!_isCounting)
        {
            return;
        }

        _bytes[to.Number] += payload.Length;
        _bytesReceived[to.Number] += payload.Length;
        _messages[to.Number]++;
        foreach (var part in Parts(payload))
        {
            var key = (part.Part.Node, part.Part.Part, part.Part.Sequence);
            if (!_said.TryGetValue(key, out var at))
            {
                continue; // from before
            }

            Copies++;
            if (_seen[to.Number].Add(key))
            {
                News++;
                Delays.Add(timeline.Now - at);
            }
        }
    }

    /// <summary>Bytes sent and received, a figure for each node.</summary>
    public Series BytesPerHour(TimeSpan span) => PerHour(_bytes, span);

    public Series BytesReceivedPerHour(TimeSpan span) => PerHour(_bytesReceived, span);

    public Series MessagesPerHour(TimeSpan span) => PerHour(_messages, span);

    private static ImmutableArray<RelayedAdvertPart> Parts(ReadOnlyMemory<byte> payload) =>
        WireDecoder.Decode(payload) is DecodeResult.Decoded { Message: WireMessage.Adverts adverts } ? adverts.Parts : [];

    private static Series PerHour(long[] values, TimeSpan span)
    {
        var series = new Series();
        foreach (var value in values)
        {
            series.Add(value / span.TotalHours);
        }

        return series;
    }
}
