using System.Collections.Immutable;
using Eddy.Engine.Greetings;
using Eddy.Engine.Liquidity;
using Eddy.Engine.Rings;
using Eddy.Engine.Storage;
using Eddy.Engine.Views;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Liquidity;
using Eddy.Rings;

namespace Eddy.Engine;

/// <summary>What the engine shows.</summary>
public sealed partial class EddyEngine
{
    /// <summary>How much it holds.</summary>
    public EngineSizes Sizes => new(
        _context.Pending, _context.Timers.Held, _rings.OpenCount, _rings.Held, _bindings.Count, _peers.Count, _gossiper.AdvertCount, _gossiper.WaitingAdvertCount, _gossiper.MissingAdvertCount);

    /// <summary>Any ring, also one that ended long ago; null where there is none of that id.</summary>
    public RingView? FindRing(RingId ring) => _rings.FindAnywhere(ring) is { } found ? found.ToView(found.Story) : null;

    /// <summary>The latest rings in the store, newest first, their stories left out.</summary>
    public ImmutableArray<RingView> LatestRings(int count) =>
        [.. _context.Ports.Store.LatestRings(count).Select(static record => Ring.Restore(record).ToView([]))];

    /// <summary>What came of the days from one on (UTC), oldest first.</summary>
    public ImmutableArray<DayFigures> History(DateOnly first) => _context.Ports.Store.Days(first);

    /// <summary>The ledger of phantom fees from one day to another (UTC), both included; oldest first.</summary>
    public ImmutableArray<PhantomFee> Ledger(DateOnly from, DateOnly to)
    {
        var first = from <= DateOnly.FromDateTime(DateTime.UnixEpoch) ? DateTimeOffset.UnixEpoch : new DateTimeOffset(from.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
        return [.. _context.Ports.Store.PhantomFees(first, int.MaxValue).Where(fee => DateOnly.FromDateTime(fee.SettledAt.UtcDateTime) <= to).Reverse()];
    }

    private EngineView BuildView()
    {
        var promised = _rings.Reservations().ToLookup(static reservation => reservation.Peer);
        var channels = _context.Channels.ToLookup(static channel => channel.Peer);
        return BuildView(promised, channels);
    }

    private EngineView BuildView(ILookup<NodeId, Reservation> promised, ILookup<NodeId, Channel> channels) => new()
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
        Channels = [.. _context.Channels.Select(channel => ToView(channel, promised[channel.Peer]))],
        Peers = [.. _peers.All.Where(peer => peer.WasEddy || _greeter.HasChannelWith(peer.Id)).Select(peer => ToView(peer, [.. channels[peer.Id]]))],
        Adverts = [.. _gossiper.Adverts.Select(ToView)],
        AdvertSequence = _gossiper.OwnSequence,
        IsAdvertCurrent = _gossiper.IsOwnCurrent,
        Rings = [.. _rings.Latest.Select(static ring => ring.ToView(ring.Story))],
        Totals = _rings.Totals,
        NextSearchAt = _proposer.NextSearchAt,
        LastSearch = _proposer.LastSearch,
        Gate = _context.Ports.Gate.Statistics,
        Limits = _budget.ToView(_peers.EddyPeers.Select(static peer => peer.Id)),
        Refusals = _member.Refusals.ByReason.ToImmutableSortedDictionary(),
        Would = _would.View,
        Words = [.. _words.All],
        RefusalCauses = _member.Refusals.ByCause.ToImmutableSortedDictionary(),
    };

    private static AdvertView ToView(Eddy.Gossip.Advert advert) => new(
        advert.Node,
        advert.Sequence,
        advert.Hops,
        advert.Via,
        advert.CanInitiate,
        advert.CanWaive,
        advert.ExpiresAt,
        [.. advert.Intents.Select(static intent => new IntentView(intent.Peer, intent.WantOut, intent.MayOut, intent.WantIn, intent.MayIn))]);

    private ChannelView ToView(Channel channel, IEnumerable<Reservation> promised)
    {
        var target = _liquidity.TargetOf(channel);
        var offer = _liquidity.Find(channel.Peer)?.Offer.ToIntent();
        return new ChannelView(
            channel,
            target.Share,
            target.Deadband,
            _liquidity.IsExcluded(channel),
            _peers.Find(channel.Peer) is { IsEddy: true },
            offer?.WantOut ?? 0,
            offer?.MayOut ?? 0,
            offer?.WantIn ?? 0,
            offer?.MayIn ?? 0,
            Sum(promised, MoveDirection.Out),
            Sum(promised, MoveDirection.In),
            new MilliSatoshi(_counters.Ever(DailyCounters.MovedOut(channel.Id))),
            new MilliSatoshi(_counters.Ever(DailyCounters.MovedIn(channel.Id))));
    }

    private static MilliSatoshi Sum(IEnumerable<Reservation> promised, MoveDirection direction) =>
        new(promised.Where(reservation => reservation.Direction == direction).Sum(static reservation => reservation.Amount.Value));

    private PeerView ToView(PeerState peer, Channel[] channels) => new(
        peer.Id,
        channels.FirstOrDefault()?.PeerAlias ?? "",
        peer.IsOnline,
        peer.Version,
        peer.Agent,
        peer.CanInitiate,
        peer.CanWaive,
        channels.Length,
        peer.LastSeen,
        _backOffs.Until(peer.Id),
        NoteOn(peer),
        peer.Faults,
        peer.LastFault,
        _conduct.MutedUntil(peer.Id));

    private string NoteOn(PeerState peer) =>
        _conduct.MutedUntil(peer.Id) is { } until ? $"It is not listened to until {until:u}. {peer.LastFault} For good: eddy deny {peer.Id}".Replace("  ", " ", StringComparison.Ordinal)
        : _words.Find(peer.Id) is { } word ? $"{(word.Word == PeerWord.Deny ? "Denied" : "Allowed")} by the owner {(word.IsForGood ? "until that is taken back" : $"until {word.Until:u}")}."
        : _context.Options.Policy.Deny.Contains(peer.Id) ? "It is denied in [policy]."
        : peer.Note.Length > 0 ? peer.Note
        : peer is { IsOnline: true, IsEddy: false } ? "It does not answer eddy's hello."
        : "";
}
