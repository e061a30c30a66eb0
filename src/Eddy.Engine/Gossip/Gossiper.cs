using System.Collections.Immutable;
using System.Globalization;
using Eddy.Engine.Greetings;
using Eddy.Engine.Liquidity;
using Eddy.Engine.Ports;
using Eddy.Engine.Storage;
using Eddy.Engine.Timers;
using Eddy.Engine.Wire;
using Eddy.Gossip;
using Eddy.Lightning;
using Eddy.Liquidity;

namespace Eddy.Engine.Gossip;

/// <summary>Our own advert and those of others: signs, takes in, and keeps the graph of what is offered.</summary>
internal sealed class Gossiper(
    EngineContext context, PeerTable peers, Greeter greeter, PeerConduct conduct, OwnLiquidity liquidity, ISignatureVerifier verifier)
{
    /// <summary>How long what only an absent peer roots is kept.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan QuickFloor = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SlowFloor = TimeSpan.FromSeconds(20);

    /// <summary>A peer that says hello again and again hears no more often what we could send it.</summary>
    private static readonly TokenRate Reintroductions = new(8, 1.0 / 30);

    private static readonly TimeSpan SignAgain = TimeSpan.FromSeconds(10);

    /// <summary>What was sent so shortly before a peer was seen to be away may not have arrived.</summary>
    private static readonly TimeSpan Uncertain = TimeSpan.FromMinutes(2);

    /// <summary>An eddy says something every few minutes, if only that it is there.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(12);

    /// <summary>A few adverts may follow each other quickly; for long they keep to what others' rate limits allow.</summary>
    private static readonly TokenRate Pace = new(6, 0.05);

    private readonly LiquidityGraphBuilder _graph = new();
    private readonly Spreader _spreader = new(context, peers);
    private AdvertBook? _book;
    private OwnAdvertState _own = OwnAdvertState.Start();
    private bool _hasWithdrawn;
    private TokenBucket _pace;
    private int _day;

    /// <summary>Called when what others offer has changed.</summary>
    public Action Changed { get; set; } = static () => { };

    public IEnumerable<Eddy.Gossip.Advert> Adverts => _book?.Adverts ?? [];

    public int AdvertCount => _book?.OriginCount ?? 0;

    public int WaitingAdvertCount => _book?.WaitingCount ?? 0;

    /// <summary>Parts that were offered and are not here yet.</summary>
    public int MissingAdvertCount => _spreader.MissingCount;

    public ulong OwnSequence => _own.Sequence;

    /// <summary>What we announced last is what we would announce now.</summary>
    public bool IsOwnCurrent => !OwnAdvert.HasNews(_own, Offers(), context.CanInitiate, context.CanWaive);

    /// <summary>What we announced last.</summary>
    public ImmutableArray<Eddy.Gossip.Intent> OwnIntents => _own.Intents;

    /// <summary>Who only looks on says nothing: what it said before it takes back, once.</summary>
    private bool IsSilent => context.Options.IsObserving && (_own.Sequence == 0 || _hasWithdrawn);

    private OwnAdvertOptions Options => new() { TtlSeconds = (int)context.Options.Rings.AdvertTtl.TotalSeconds };

    public Eddy.Gossip.Advert? Find(NodeId node) => _book?.Find(node);

    public void Start(IReadOnlyDictionary<string, string> settings)
    {
        _own = OwnAdvertState.Start(
            ulong.TryParse(settings.GetValueOrDefault(StoreSettings.AdvertSequence), out var sequence) ? sequence : 0,
            int.TryParse(settings.GetValueOrDefault(StoreSettings.AdvertParts), out var parts) && parts > 0 ? parts : 0);
        _day = context.Today;
    }

    /// <summary>The graph of what is offered, our own side as it is now.</summary>
    public LiquidityGraph Graph()
    {
        if (context.Node is { } node)
        {
            _graph.Set(node.Id, context.CanInitiate, context.CanWaive, [.. Offers().Select(static offer => offer.ToIntent())]);
        }

        return _graph.Snapshot();
    }

    /// <summary>The same as if our smallest ring were another one: for saying what there would be.</summary>
    public LiquidityGraph GraphWithLeast(long minAmount)
    {
        var node = context.Node!;
        var pairs = liquidity.PairsWithLeast(minAmount).ToDictionary(static pair => pair.Peer);
        _graph.Set(
            node.Id,
            context.CanInitiate,
            context.CanWaive,
            [.. Offers().Select(offer => pairs.TryGetValue(offer.Peer, out var pair) ? pair.Offer.ToIntent() : offer.ToIntent())]);
        return _graph.Snapshot();
    }

    /// <summary>The same as if this node took part: for saying what it misses.</summary>
    public LiquidityGraph GraphAsActive()
    {
        _graph.Set(context.Node!.Id, canInitiate: true, canWaive: true, [.. Offers(isIdle: false).Select(static offer => offer.ToIntent())]);
        return _graph.Snapshot();
    }

    /// <summary>The node's identity is known, or a new connection to LND stands.</summary>
    public void OnConnected()
    {
        _book ??= new AdvertBook(
            context.Node!.Id,
            context.Node.Chain,
            new AdvertBookOptions { Radius = AdvertBookOptions.RadiusFor(context.Options.Rings.MaxLength) },
            part => verifier.Verify(part.Node, SignatureDomain.Advert, part.Signed.Span, part.Signature.Span));
        OnPeersChanged();
        OnOwnChange();
    }

    /// <summary>Peers came, went, or turned out to run eddy.</summary>
    public void OnPeersChanged()
    {
        if (_book is not null)
        {
            NodeId[] listenedTo = [.. peers.All.Where(IsListenedTo).Select(static peer => peer.Id)];
            _spreader.SetPeers(listenedTo);
            Apply(_book.SetPeers(listenedTo, context.Now));
        }
    }

    /// <summary>Something that our advert says may have changed.</summary>
    public void OnOwnChange() => context.Timers.SetNoLaterThan(new EngineTimer(TimerKind.PublishAdvert), context.Now + context.Jittered(Settling));

    /// <summary>A peer began to run eddy, or came back: it is offered what it may lack, and offers us the same.</summary>
    /// <param name="isAnew">It knows nothing of what was said before.</param>
    public void OnMet(PeerState peer, bool isAnew)
    {
        if (greeter.IsStranger(peer.Id))
        {
            return;
        }

        if (isAnew)
        {
            _spreader.Forget(peer.Id);
        }

        OnPeersChanged();
        OnOwnChange();
        var since = !isAnew && peer.AwaySince > DateTimeOffset.MinValue ? peer.AwaySince - Uncertain : DateTimeOffset.MinValue;
        peer.OffersDueSince = peer.OffersDueSince is { } due && due < since ? due : since;
        OfferDue(peer);
    }

    public void OnOffers(PeerState peer, ImmutableArray<AdvertOffer> offers)
    {
        if (_book is not null && IsListenedTo(peer))
        {
            foreach (var change in _spreader.OnOffers(peer, offers, _book))
            {
                Apply(change);
            }
        }
    }

    public void OnRequest(PeerState peer, AdvertRequest request)
    {
        if (_book is not null && IsListenedTo(peer) && !IsSilent)
        {
            _spreader.OnRequest(peer, request, _book);
        }
    }

    public void OnAdverts(PeerState peer, ImmutableArray<RelayedAdvertPart> parts)
    {
        if (_book is null)
        {
            return;
        }

        foreach (var part in parts)
        {
            var verdict = _book.Receive(peer.Id, part, context.Now);
            context.Ports.Watch.AdvertReceived(verdict);
            if (IsListenedTo(peer) && verdict is not AdvertVerdict.Penalise)
            {
                _spreader.OnPart(peer, part, verdict);
            }

            switch (verdict)
            {
                case AdvertVerdict.Accepted accepted:
                    Apply(new AdvertBookChange(accepted.Relays, accepted.Changed));
                    break;
                case AdvertVerdict.Penalise penalty:
                    OnFault(peer, penalty.Fault);
                    break;
            }

            foreach (var (offender, fault) in _book.TakeOffences())
            {
                OnFault(peers.Add(offender), fault);
            }

            if (conduct.IsMuted(peer.Id))
            {
                return;
            }
        }

        _spreader.Request();
    }

    public void OnPublishDue()
    {
        if (_book is null || context.Node is not { } node || !context.IsConnected || IsSilent)
        {
            return;
        }

        var floor = _pace.TryTake(Pace, context.Now, 1, out var paced) ? QuickFloor : SlowFloor;
        floor = floor < context.Options.Rings.AdvertFloor ? context.Options.Rings.AdvertFloor : floor;
        var step = OwnAdvert.Step(
            _own, Offers(), context.CanInitiate, context.CanWaive, Options with { Floor = floor }, context.Now, context.Ports.Random);
        context.Timers.Set(new EngineTimer(TimerKind.PublishAdvert), step.NextAt);
        if (step.Drafts.IsEmpty)
        {
            return;
        }

        _pace = paced;
        _own = step.Next;
        _hasWithdrawn = context.Options.IsObserving;
        context.Batch.Settings[StoreSettings.AdvertSequence] = _own.Sequence.ToString(CultureInfo.InvariantCulture);
        context.Batch.Settings[StoreSettings.AdvertParts] = _own.Parts.Length.ToString(CultureInfo.InvariantCulture);
        Sign(node, step.Drafts);
    }

    public void OnRelayDue() => _spreader.OnRelayDue();

    public void OnOfferDue() => _spreader.OnOfferDue();

    public void OnAskDue() => _spreader.OnAskDue();

    public void OnHousekeeping()
    {
        if (_book is null)
        {
            return;
        }

        Follow(_book.Expire(context.Now));
        foreach (var silent in peers.EddyPeers.Where(peer => context.Now - peer.LastSeen >= Silence).ToArray())
        {
            greeter.OnSilence(silent);
            OnOwnChange();
        }

        OnPeersChanged();
        if (_day != context.Today)
        {
            // Midnight changes what we may offer, and nothing else tells us.
            _day = context.Today;
            OnOwnChange();
        }

        foreach (var peer in peers.EddyPeers)
        {
            OfferDue(peer);
        }

        _spreader.OnHousekeeping(_book, context.Options.IsObserving ? [] : [.. peers.EddyPeers.Where(IsListenedTo)]);
    }

    /// <summary>A peer that has come is offered what it may lack; at once, or when that may be.</summary>
    private void OfferDue(PeerState peer)
    {
        if (!context.Options.IsObserving && _book is not null && peer.OffersDueSince is { } since && IsListenedTo(peer)
            && peer.Offers.TryTake(Reintroductions, context.Now, 1, out var taken))
        {
            peer.Offers = taken;
            peer.OffersDueSince = null;

            // In this order what comes is rooted in what came before it.
            _spreader.Offer(peer, _book.Offers(peer.Id, since).OrderBy(static offer => offer.Hops));
        }
    }

    /// <summary>One for each eddy peer with a channel, and nothing offered where nothing may happen.</summary>
    private IEnumerable<PairOffer> Offers() => Offers(context.IsIdle);

    private IEnumerable<PairOffer> Offers(bool isIdle)
    {
        foreach (var peer in peers.All.Where(peer => IsListenedTo(peer) && !liquidity.IsHidden(peer.Id)))
        {
            var isOpen = !isIdle && peer is { IsOnline: true, IsEddy: true };
            yield return isOpen && liquidity.Find(peer.Id) is { } pair
                ? pair.Offer
                : new PairOffer(peer.Id, DirectionOffer.Nothing, DirectionOffer.Nothing, AllowsRingOfTwo: false);
        }
    }

    /// <summary>A direct eddy peer, or one that was until a moment ago; none that is muted or denied.</summary>
    private bool IsListenedTo(PeerState peer) =>
        greeter.HasChannelWith(peer.Id)
        && !conduct.IsMuted(peer.Id)
        && !liquidity.IsDenied(peer.Id)
        && (peer is { IsOnline: true, IsEddy: true } || (peer.WasEddy && context.Now - peer.LastSeen < Grace));

    private void OnFault(PeerState peer, AdvertFault fault) => conduct.OnFault(
        peer,
        fault switch
        {
            AdvertFault.BadSignature => "An advert is not signed by its node.",
            AdvertFault.WrongChain => "An advert is for another network.",
            AdvertFault.FalseHops => "An advert has not come the way it says.",
            _ => "An advert is malformed.",
        },
        fault == AdvertFault.BadSignature ? PeerConduct.BadSignature : 1);

    private void Sign(NodeIdentity node, ImmutableArray<AdvertDraft> drafts)
    {
        foreach (var draft in drafts)
        {
            var bytes = WireEncoder.EncodeAdvert(
                node.Chain, node.Id, draft.Sequence, draft.Part, draft.TtlSeconds, draft.CanInitiate, draft.CanWaive, draft.Intents);
            context.Execute(
                id => new NodeCommand.SignMessage(id, NodeSignature.Message(SignatureDomain.Advert, bytes)),
                outcome => OnSigned(node, draft, bytes, outcome));
        }
    }

    private void OnSigned(NodeIdentity node, AdvertDraft draft, byte[] bytes, CommandOutcome outcome)
    {
        if (_own.Parts[draft.Part] is not { } part || part.Sequence != draft.Sequence)
        {
            return;
        }

        if (outcome is not CommandOutcome.Signed { Signature: var signature })
        {
            // As if it had not been announced: the next attempt has a sequence of its own.
            var again = context.Now + context.Jittered(SignAgain);
            _own = _own with { Parts = _own.Parts.SetItem(draft.Part, part with { NotAfter = again }) };
            context.Timers.SetNoLaterThan(new EngineTimer(TimerKind.PublishAdvert), again);
            return;
        }

        var signed = new SignedAdvertPart(
            node.Chain, node.Id, draft.Sequence, draft.Part, draft.TtlSeconds, draft.CanInitiate, draft.CanWaive, draft.Intents, bytes, signature);
        _book!.SetOwn(signed, context.Now);
        var relayed = new RelayedAdvertPart(signed, 1);
        foreach (var peer in peers.EddyPeers.Where(IsListenedTo))
        {
            _spreader.Send(peer.Id, relayed);
        }
    }

    private void Apply(AdvertBookChange change)
    {
        if (!context.Options.IsObserving)
        {
            _spreader.Relay(change.Relays);
        }

        Follow(change.Changed);
    }

    private void Follow(ImmutableArray<NodeId> changed)
    {
        foreach (var node in changed)
        {
            if (_book!.Find(node) is { } advert)
            {
                _graph.Set(advert);
            }
            else
            {
                _graph.Remove(node);
            }
        }

        if (!changed.IsEmpty)
        {
            Changed();
        }
    }
}
