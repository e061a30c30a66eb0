using System.Collections.Immutable;
using Eddy.Engine.Greetings;
using Eddy.Engine.Liquidity;
using Eddy.Engine.Ports;
using Eddy.Engine.Storage;
using Eddy.Engine.Timers;
using Eddy.Engine.Wire;
using Eddy.Gossip;
using Eddy.Lightning;
using Eddy.Liquidity;
using Eddy.Protos.Wire;

namespace Eddy.Engine.Gossip;

/// <summary>Our own advert and those of others: signs, sends, takes in, relays, and keeps the graph of what is offered.</summary>
internal sealed class Gossiper(
    EngineContext context, PeerTable peers, Greeter greeter, PeerConduct conduct, OwnLiquidity liquidity, ISignatureVerifier verifier)
{
    /// <summary>Messages stay below this where possible.</summary>
    private const int GoodSize = 3_500;

    /// <summary>How long what only an absent peer roots is kept.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RelayDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan QuickFloor = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SlowFloor = TimeSpan.FromSeconds(20);

    /// <summary>A peer that says hello again hears no sooner what we hold. What it lacks it can ask for with a digest of its own.</summary>
    private static readonly TimeSpan DigestFloor = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan SignAgain = TimeSpan.FromSeconds(10);

    /// <summary>A few adverts may follow each other quickly; for long they keep to what others' rate limits allow.</summary>
    private static readonly TokenRate Pace = new(6, 0.05);

    private readonly SortedDictionary<NodeId, List<RelayedAdvert>> _outgoing = [];
    private readonly LiquidityGraphBuilder _graph = new();
    private AdvertBook? _book;
    private OwnAdvertState _own = OwnAdvertState.Start();
    private TokenBucket _pace;
    private int _day;

    /// <summary>Called when what others offer has changed.</summary>
    public Action Changed { get; set; } = static () => { };

    public IEnumerable<Eddy.Gossip.Advert> Adverts => _book?.Adverts ?? [];

    public int AdvertCount => _book?.OriginCount ?? 0;

    public int WaitingAdvertCount => _book?.WaitingCount ?? 0;

    public ulong OwnSequence => _own.Sequence;

    /// <summary>What we announced last is what we would announce now.</summary>
    public bool IsOwnCurrent => !OwnAdvert.HasNews(_own, Offers(), context.CanInitiate, context.CanWaive);

    /// <summary>What we announced last.</summary>
    public ImmutableArray<Eddy.Gossip.Intent> OwnIntents => _own.Intents;

    private OwnAdvertOptions Options => new() { TtlSeconds = (int)context.Options.Rings.AdvertTtl.TotalSeconds };

    public Eddy.Gossip.Advert? Find(NodeId node) => _book?.Find(node);

    public void Start(ulong lastSequence)
    {
        _own = OwnAdvertState.Start(lastSequence);
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
            Apply(_book.SetPeers(peers.All.Where(IsListenedTo).Select(static peer => peer.Id), context.Now));
        }
    }

    /// <summary>Something that our advert says may have changed.</summary>
    public void OnOwnChange() => context.Timers.SetNoLaterThan(new EngineTimer(TimerKind.PublishAdvert), context.Now + context.Jittered(Settling));

    /// <summary>A peer began to run eddy, or to run it anew: it tells us what it holds, and we tell it.</summary>
    public void OnMet(PeerState peer)
    {
        if (greeter.IsStranger(peer.Id))
        {
            return;
        }

        OnPeersChanged();
        OnOwnChange();
        if (context.Now - peer.LastDigest >= DigestFloor)
        {
            peer.LastDigest = context.Now;
            SendDigest(peer);
        }
    }

    public void OnDigest(PeerState peer, Eddy.Gossip.AdvertDigest digest)
    {
        if (_book is not null)
        {
            Queue(_book.Answer(peer.Id, digest, context.Now), [peer.Id]);
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
            switch (_book.Receive(peer.Id, part, context.Now))
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
    }

    public void OnPublishDue()
    {
        if (_book is null || context.Node is not { } node || !context.IsConnected)
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
        context.Batch.Settings[StoreSettings.AdvertSequence] = _own.Sequence.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Sign(node, step.Drafts);
    }

    public void OnRelayDue()
    {
        foreach (var (id, adverts) in _outgoing)
        {
            if (peers.Find(id) is { IsOnline: true, IsEddy: true })
            {
                SendBatches(id, adverts);
            }
        }

        _outgoing.Clear();
    }

    public void OnHousekeeping()
    {
        if (_book is not null)
        {
            Follow(_book.Expire(context.Now));
            OnPeersChanged();

            if (_day != context.Today)
            {
                // Midnight changes what we may offer, and nothing else tells us.
                _day = context.Today;
                OnOwnChange();
            }

            CompareWithSomebody();
        }
    }

    /// <summary>Adverts get lost: now and then one peer is told what we hold, so that it can send what is missing.</summary>
    private void CompareWithSomebody()
    {
        PeerState[] candidates = [.. peers.EddyPeers.Where(IsListenedTo)];
        if (candidates.Length > 0)
        {
            SendDigest(candidates[context.Ports.Random.Next(candidates.Length)]);
        }
    }

    private void SendDigest(PeerState peer)
    {
        foreach (var digest in _book?.Digest() ?? [])
        {
            context.Send(peer.Id, WireEncoder.Encode(digest));
        }
    }

    /// <summary>One for each eddy peer with a channel, and nothing offered where nothing may happen.</summary>
    private IEnumerable<PairOffer> Offers()
    {
        foreach (var peer in peers.All.Where(IsListenedTo))
        {
            var isOpen = !context.IsIdle && peer is { IsOnline: true, IsEddy: true };
            yield return isOpen && liquidity.Find(peer.Id) is { } pair
                ? pair.Offer
                : new PairOffer(peer.Id, DirectionOffer.Nothing, DirectionOffer.Nothing, AllowsRingOfTwo: false);
        }
    }

    /// <summary>A direct eddy peer, or one that was until a moment ago; none that is muted or denied.</summary>
    private bool IsListenedTo(PeerState peer) =>
        greeter.HasChannelWith(peer.Id)
        && !conduct.IsMuted(peer.Id)
        && !context.Options.Policy.Deny.Contains(peer.Id)
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
        var signed = new SignedAdvertPart?[drafts.Length];
        foreach (var draft in drafts)
        {
            var bytes = WireEncoder.EncodeAdvert(
                node.Chain, node.Id, draft.Sequence, draft.Part, draft.Parts, draft.TtlSeconds, draft.CanInitiate, draft.CanWaive, draft.Intents);
            context.Execute(
                id => new NodeCommand.SignMessage(id, NodeSignature.Message(SignatureDomain.Advert, bytes)),
                outcome => OnSigned(node, draft, bytes, outcome, signed));
        }
    }

    private void OnSigned(NodeIdentity node, AdvertDraft draft, byte[] bytes, CommandOutcome outcome, SignedAdvertPart?[] signed)
    {
        if (draft.Sequence != _own.Sequence)
        {
            return;
        }

        if (outcome is not CommandOutcome.Signed { Signature: var signature })
        {
            // As if it had not been announced: the next attempt has a sequence of its own.
            _own = OwnAdvertState.Start(_own.Sequence);
            context.Timers.Set(new EngineTimer(TimerKind.PublishAdvert), context.Now + context.Jittered(SignAgain));
            return;
        }

        signed[draft.Part] = new SignedAdvertPart(
            node.Chain,
            node.Id,
            draft.Sequence,
            draft.Part,
            draft.Parts,
            draft.TtlSeconds,
            draft.CanInitiate,
            draft.CanWaive,
            draft.Intents,
            bytes,
            signature);
        if (signed.All(static part => part is not null))
        {
            ImmutableArray<SignedAdvertPart> parts = [.. signed.OfType<SignedAdvertPart>()];
            _book!.SetOwn(parts);
            Queue(parts.Select(static part => new RelayedAdvertPart(part, 1)), [.. peers.EddyPeers.Where(IsListenedTo).Select(static peer => peer.Id)]);
        }
    }

    private void Apply(AdvertBookChange change)
    {
        foreach (var relay in change.Relays)
        {
            Queue([relay.Part], relay.To);
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

    private void Queue(IEnumerable<RelayedAdvertPart> parts, ImmutableArray<NodeId> to)
    {
        foreach (var part in parts)
        {
            var message = WireEncoder.ToMessage(part);
            foreach (var peer in to)
            {
                (_outgoing.TryGetValue(peer, out var list) ? list : _outgoing[peer] = []).Add(message);
            }
        }

        if (_outgoing.Count > 0)
        {
            context.Timers.SetNoLaterThan(new EngineTimer(TimerKind.RelayAdverts), context.Now + RelayDelay);
        }
    }

    private void SendBatches(NodeId peer, List<RelayedAdvert> adverts)
    {
        var batch = new List<RelayedAdvert>();
        var size = 0;
        foreach (var advert in adverts)
        {
            var next = advert.CalculateSize();
            if (batch.Count > 0 && (size + next > GoodSize || batch.Count == WireDecoder.MaxAdvertsPerBatch))
            {
                context.Send(peer, WireEncoder.Encode(batch));
                batch.Clear();
                size = 0;
            }

            batch.Add(advert);
            size += next;
        }

        context.Send(peer, WireEncoder.Encode(batch));
    }
}
