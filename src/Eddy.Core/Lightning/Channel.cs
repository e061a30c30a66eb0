using System.Collections.Immutable;

namespace Eddy.Lightning;

/// <summary>One of this node's open channels, as LND's ListChannels shows it, with both policies.</summary>
public sealed record Channel
{
    /// <summary>The id of the link: LND's <c>chan_id</c>, the one circuit keys carry.</summary>
    public required ShortChannelId Id { get; init; }

    /// <summary>The funding outpoint, <c>txid:vout</c>.</summary>
    public required string ChannelPoint { get; init; }

    public required NodeId Peer { get; init; }

    public string PeerAlias { get; init; } = "";

    public required MilliSatoshi Capacity { get; init; }

    /// <summary>Settled balance on our side: HTLCs in flight are in neither balance.</summary>
    public required MilliSatoshi Local { get; init; }

    public required MilliSatoshi Remote { get; init; }

    /// <summary>What we can send now: local less reserve and fee buffer, bounded by what may be in flight (LND's bandwidth, lightly rounded down).</summary>
    public required MilliSatoshi Spendable { get; init; }

    /// <summary>What the peer can send us now, by the mirrored rule.</summary>
    public required MilliSatoshi Receivable { get; init; }

    /// <summary>Peer online and link eligible to forward.</summary>
    public required bool IsActive { get; init; }

    public bool IsPrivate { get; init; }

    public bool IsInitiator { get; init; }

    /// <summary>Our own aliases (<c>alias_scids</c>): an onion that names one of them leaves over this channel.</summary>
    public ImmutableArray<ShortChannelId> Aliases { get; init; } = [];

    /// <summary>The confirmed id of a zero-conf channel, whose <see cref="Id"/> stays an alias.</summary>
    public ShortChannelId? ConfirmedId { get; init; }

    /// <summary>A private channel with option_scid_alias: LND forwards only by one of <see cref="Aliases"/>.</summary>
    public bool NeedsAlias { get; init; }

    /// <summary>Our policy; null while LND does not know it yet.</summary>
    public RoutingPolicy? Policy { get; init; }

    /// <summary>The peer's policy; null while LND does not know it.</summary>
    public RoutingPolicy? PeerPolicy { get; init; }

    /// <summary>HTLCs in flight, both directions.</summary>
    public ImmutableArray<PendingHtlc> PendingHtlcs { get; init; } = [];

    /// <summary>The scid a route must name to leave this node over this channel.</summary>
    public ShortChannelId RouteId => NeedsAlias && !Aliases.IsEmpty ? Aliases[0] : Id;

    /// <summary>True for any of the ids an onion may use for this channel.</summary>
    public bool IsNamedBy(ShortChannelId scid) => scid == Id || scid == ConfirmedId || Aliases.Contains(scid);
}
