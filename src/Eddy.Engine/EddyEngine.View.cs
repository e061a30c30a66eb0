using System.Collections.Immutable;
using Eddy.Engine.Storage;
using Eddy.Engine.Views;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Engine;

public sealed partial class EddyEngine
{
    /// <summary>Why nothing happens on a channel; null where it is not ours.</summary>
    public ChannelExplanation? Explain(ShortChannelId scid) =>
        _context.Channels.FirstOrDefault(channel => channel.IsNamedBy(scid)) is { } channel
            ? new ChannelExplanation(channel.Id, channel.Peer, [])
            : null;

    /// <summary>Any ring, also one that ended long ago; null where there is none of that id.</summary>
    public RingView? FindRing(RingId ring) =>
        _context.Ports.Store.FindRing(ring) is { } record ? ToView(record, _context.Ports.Store.Story(ring)) : null;

    private static RingView ToView(RingRecord record, ImmutableArray<RingStoryLine> story) => new(
        record.Id,
        record.Position == 0 ? "initiator" : "member",
        record.State,
        record.IsFinal,
        record.Outcome,
        record.Amount,
        record.Fee,
        record.WaivedFee,
        [],
        record.FailurePosition,
        record.Reason,
        record.StartedAt,
        record.EndedAt,
        story);

    private EngineView BuildView() => new()
    {
        At = _context.Ports.Time.GetUtcNow(),
        StartedAt = StartedAt,
        Node = _context.Node,
        IsConnected = _context.IsConnected,
        ConnectionReason = _context.ConnectionReason,
        Interceptor = _context.Interceptor,
        InterceptorReason = _context.InterceptorReason,
        IsPaused = _context.IsPaused,
        Height = _context.Height,
    };
}
