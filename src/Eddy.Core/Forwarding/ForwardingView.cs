using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using Eddy.Lightning;

namespace Eddy.Forwarding;

/// <summary>
/// What an HTLC is judged by: an immutable picture that the engine replaces whenever something changes, and that the judge only reads.
/// </summary>
public sealed class ForwardingView
{
    public static readonly ForwardingView Empty = new(
        new Dictionary<PaymentHash, Waiver>(), new Dictionary<ShortChannelId, Channel>(), FrozenSet<ShortChannelId>.Empty, FrozenSet<CircuitKey>.Empty, 0);

    private readonly Dictionary<PaymentHash, Waiver> _waivers;
    private readonly Dictionary<ShortChannelId, Channel> _channels;
    private readonly FrozenSet<ShortChannelId> _closed;
    private readonly FrozenSet<CircuitKey> _older;

    private ForwardingView(
        Dictionary<PaymentHash, Waiver> waivers,
        Dictionary<ShortChannelId, Channel> channels,
        FrozenSet<ShortChannelId> closed,
        FrozenSet<CircuitKey> older,
        uint height)
    {
        _waivers = waivers;
        _channels = channels;
        _closed = closed;
        _older = older;
        Height = height;
    }

    /// <summary>Our node's block height; with 0, before anything is known, nothing can be waived.</summary>
    public uint Height { get; }

    /// <summary>The live waivers. An own dictionary for each view: they are few.</summary>
    /// <exception cref="ArgumentException">Two waivers for one payment hash: a fault of our own.</exception>
    public ForwardingView WithWaivers(IEnumerable<Waiver> waivers) =>
        new(waivers.ToDictionary(waiver => waiver.Hash), _channels, _closed, _older, Height);

    /// <summary>
    /// All open channels as LND lists them, active or not. A channel that was listed before and is not any more counts as closed; one that
    /// was never listed does not, because it may be newer than the listing.
    /// </summary>
    public ForwardingView WithChannels(IEnumerable<Channel> channels)
    {
        var open = new Dictionary<ShortChannelId, Channel>();
        foreach (var channel in channels)
        {
            open[channel.Id] = channel;
        }

        var closed = _closed.Concat(_channels.Keys).Where(id => !open.ContainsKey(id)).ToFrozenSet();
        return new(_waivers, open, closed, _older, Height);
    }

    public ForwardingView WithHeight(uint height) => new(_waivers, _channels, _closed, _older, height);

    /// <summary>HTLCs that may have been waived before our memory begins: they never are.</summary>
    public ForwardingView WithOlder(IEnumerable<CircuitKey> keys) => new(_waivers, _channels, _closed, keys.ToFrozenSet(), Height);

    internal bool TryGetWaiver(PaymentHash hash, [NotNullWhen(true)] out Waiver? waiver) => _waivers.TryGetValue(hash, out waiver);

    /// <summary>By the id that circuit keys carry.</summary>
    internal Channel? Find(ShortChannelId id) => _channels.GetValueOrDefault(id);

    internal bool IsOlder(CircuitKey key) => _older.Contains(key);

    internal bool IsClosed(ShortChannelId id) => _closed.Contains(id);
}
