using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>One node's end of a channel, with all that ListChannels shows of it.</summary>
public sealed class ChannelEnd
{

    private readonly SortedDictionary<ulong, Htlc> _offered = [];
    private long _grossMsat;

    internal ChannelEnd(SimulatedChannel channel, SimulatedNode node, bool isInitiator, long grossMsat, RoutingPolicy policy)
    {
        Channel = channel;
        Node = node;
        IsInitiator = isInitiator;
        Policy = policy;
        PolicyUpdatedAt = channel.OpenedAt;
        InitialGross = new(grossMsat);
        _grossMsat = grossMsat;
        Aliases = channel.HasScidAlias ? [node.NextAlias()] : [];
        ChanId = channel.IsZeroConf ? Aliases[0] : channel.Id;
    }

    public SimulatedChannel Channel { get; }

    public SimulatedNode Node { get; }

    public bool IsInitiator { get; }

    /// <summary>The other end.</summary>
    public ChannelEnd Peer => IsInitiator ? Channel.Other : Channel.Opener;

    /// <summary>LND's <c>chan_id</c> at this end: the confirmed id, or this end's alias for a zero-conf channel.</summary>
    public ShortChannelId ChanId { get; }

    /// <summary>This end's own aliases; they mean nothing at the other end.</summary>
    public ImmutableArray<ShortChannelId> Aliases { get; }

    /// <summary>The alias the peer gave for its end.</summary>
    public ShortChannelId? PeerAlias => Peer.Aliases.IsEmpty ? null : Peer.Aliases[0];

    /// <summary>The confirmed id of a zero-conf channel.</summary>
    public ShortChannelId? ConfirmedId => Channel.IsZeroConf ? Channel.Id : null;

    /// <summary>Forwarding by the confirmed id is refused.</summary>
    public bool NeedsAlias => Channel is { IsPrivate: true, HasScidAlias: true };

    /// <summary>The id a route names to leave this end's node here.</summary>
    public ShortChannelId RouteId => NeedsAlias ? Aliases[0] : ChanId;

    public RoutingPolicy Policy { get; private set; }

    public DateTimeOffset PolicyUpdatedAt { get; private set; }

    /// <summary>The balance LND shows: without pending HTLCs, on the opener's side less commitment fee and anchors.</summary>
    public MilliSatoshi Local => IsInitiator ? new MilliSatoshi(_grossMsat) - Channel.OpenerCost : new MilliSatoshi(_grossMsat);

    public MilliSatoshi Remote => Peer.Local;

    /// <summary>The balance before the opener's costs: what changes by payments alone.</summary>
    public MilliSatoshi Gross => new(_grossMsat);

    /// <summary>HTLCs this end has offered, by id.</summary>
    public IReadOnlyDictionary<ulong, Htlc> Offered => _offered;

    /// <summary>HTLCs the peer has offered.</summary>
    public IReadOnlyDictionary<ulong, Htlc> Incoming => Peer._offered;

    public MilliSatoshi OfferedSum { get; private set; }

    /// <summary>LND's <c>unsettled_balance</c>: HTLCs of both directions.</summary>
    public MilliSatoshi Unsettled => OfferedSum + Peer.OfferedSum;

    public MilliSatoshi TotalSent { get; private set; }

    public MilliSatoshi TotalReceived { get; private set; }

    /// <summary>LND's <c>num_updates</c>.</summary>
    public ulong Updates { get; private set; }

    /// <summary>The peer is online and the link eligible to forward.</summary>
    public bool IsActive => Channel is { IsLinkUp: true, Status: ChannelStatus.Open };

    public bool IsOpen => Channel.Status == ChannelStatus.Open;

    /// <summary>LND's bandwidth: the most one more HTLC can carry, before policy.</summary>
    public MilliSatoshi Spendable
    {
        get
        {
            var reserve = Channel.Constraints.Reserve.Value;
            if (IsInitiator)
            {
                return new(Math.Max(0, _grossMsat - Channel.AnchorsOf(this) - reserve - Channel.FeeBufferMsat(moreHtlcs: 2)));
            }

            var available = Math.Max(0, _grossMsat - reserve);
            var openerNeeds = Channel.AnchorsOf(Peer) + reserve + Channel.FeeWithOneMoreMsat();
            var dustOnly = Channel.Constraints.DustLimit.Value - 1;
            return new(Peer._grossMsat < openerNeeds ? Math.Min(available, dustOnly) : available);
        }
    }

    public MilliSatoshi Receivable => Peer.Spendable;

    /// <summary>What the end held when the channel was opened.</summary>
    internal MilliSatoshi InitialGross { get; }

    internal ulong NextHtlcId { get; private set; }

    /// <summary>True for any id an onion may use at this end's node for this channel.</summary>
    public bool IsNamedBy(ShortChannelId id) => Aliases.Contains(id) || (!NeedsAlias && (id == ChanId || id == Channel.Id));

    /// <summary>Changes the policy, for forwarding at once. LND's error where the time lock is too short.</summary>
    public RpcError? SetPolicy(RoutingPolicy policy)
    {
        if (policy.CltvDelta < Node.Version.MinCltvDelta)
        {
            return RpcError.Plain(
                $"time lock delta of {policy.CltvDelta} is too small, minimum supported is {Node.Version.MinCltvDelta}");
        }

        Policy = policy;
        PolicyUpdatedAt = Channel.Network.Now;
        if (!Channel.IsPrivate)
        {
            Channel.Network.GraphEvents.Publish(new GraphEvent.PolicyChanged(Channel, this));
        }

        return null;
    }

    public override string ToString() => $"{Node.Alias}->{Peer.Node.Alias} {Channel.Id}";

    /// <summary>Puts an HTLC on the channel; null where reserve, fee buffer, slots or limits forbid it (LND's AddHTLC).</summary>
    internal Htlc? TryAdd(in HtlcTerms terms)
    {
        var amount = new MilliSatoshi(terms.AmountMsat);
        var limits = Channel.Constraints;
        if (amount > Spendable
            || amount < limits.MinHtlc
            || _offered.Count >= limits.MaxAcceptedHtlcs
            || OfferedSum + amount > limits.MaxPending)
        {
            return null;
        }

        var htlc = new Htlc(this, NextHtlcId++, terms);
        _offered.Add(htlc.Id, htlc);
        _grossMsat -= amount.Value;
        OfferedSum += amount;
        Channel.NonDustCount += Channel.IsDust(amount) ? 0 : 1;
        return htlc;
    }

    /// <summary>Takes an offered HTLC off the channel and credits whoever gets it.</summary>
    internal void Remove(Htlc htlc, bool isSettled)
    {
        if (!_offered.Remove(htlc.Id))
        {
            throw new InvalidOperationException($"HTLC {htlc.Id} is not on {this}.");
        }

        OfferedSum -= htlc.Amount;
        Channel.NonDustCount -= Channel.IsDust(htlc.Amount) ? 0 : 1;
        htlc.State = HtlcState.Removed;
        if (isSettled)
        {
            Peer._grossMsat += htlc.Amount.Value;
            TotalSent += htlc.Amount;
            Peer.TotalReceived += htlc.Amount;
        }
        else
        {
            _grossMsat += htlc.Amount.Value;
        }

        Channel.Network.Watch?.OnRemoved(htlc, isSettled);
        CountUpdate();
    }

    /// <summary>A ledger that is wrong, to see whether anybody notices.</summary>
    internal void Misbook(long msat) => _grossMsat += msat;

    internal void CountUpdate()
    {
        Updates++;
        Peer.Updates++;
        Node.OnChannelUpdated(this);
        Peer.Node.OnChannelUpdated(Peer);
    }
}
