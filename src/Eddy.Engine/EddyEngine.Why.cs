using Eddy.Engine.Views;
using Eddy.Lightning;

namespace Eddy.Engine;

/// <summary>Why nothing happens.</summary>
public sealed partial class EddyEngine
{
    /// <summary>On the node as a whole, the weightiest reason first.</summary>
    public Explanation Explain() => _explainer.OfNode();

    /// <summary>On a channel; null where it is not ours.</summary>
    public Explanation? Explain(ShortChannelId scid) =>
        _context.Channels.FirstOrDefault(channel => channel.IsNamedBy(scid)) is { } channel ? _explainer.OfChannel(channel) : null;

    /// <summary>With a peer; null where there is no channel with it.</summary>
    public Explanation? Explain(NodeId peer) => _greeter.HasChannelWith(peer) ? _explainer.OfPeer(peer) : null;
}
