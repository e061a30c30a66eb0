using System.Collections.Immutable;
using Eddy.Engine.Greetings;
using Eddy.Engine.Timers;
using Eddy.Engine.Wire;
using Eddy.Gossip;
using Eddy.Lightning;
using Eddy.Protos.Wire;
using AdvertRequest = Eddy.Gossip.AdvertRequest;

namespace Eddy.Engine.Gossip;

/// <summary>
/// Sends adverts to those that follow their origins over us, offers them to the others, asks for what is missing, and answers who asks. What comes
/// close together goes in one message.
/// </summary>
internal sealed class Spreader(EngineContext context, PeerTable peers)
{
    /// <summary>Adverts go in batches up to this many bytes.</summary>
    private const int BatchSize = 32 * 1024;

    private const int EntriesPerMessage = 1_900;

    /// <summary>Offered to one peer each minute, in turn, in case what was sent got lost.</summary>
    private const int OfferedAgain = 16;

    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan QuickOffer = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan SlowOffer = TimeSpan.FromSeconds(5);

    /// <summary>Where much comes, it goes in larger batches.</summary>
    private static readonly TokenRate QuickRelays = new(20, 1);
    private static readonly TokenRate QuickOffers = new(20, 0.2);

    /// <summary>A peer that heard nothing for so long is told that we are there.</summary>
    private static readonly TimeSpan SignOfLife = TimeSpan.FromMinutes(4);

    private readonly AdvertTree _tree = new(new AdvertTreeOptions());
    private readonly SortedDictionary<NodeId, List<RelayedAdvert>> _outgoing = [];
    private TokenBucket _relays;
    private TokenBucket _offers;
    private int _offeredAgain;

    public int MissingCount => _tree.MissingCount;

    public void SetPeers(IReadOnlyCollection<NodeId> listenedTo) =>
        _tree.SetPeers(listenedTo, peer => peers.Find(peer) is { IsOnline: true, IsEddy: true });

    /// <summary>A peer runs anew, and knows nothing of what was said before.</summary>
    public void Forget(NodeId peer) => _tree.Forget(peer);

    /// <summary>To be sent soon.</summary>
    public void Send(NodeId peer, RelayedAdvertPart part)
    {
        (_outgoing.TryGetValue(peer, out var list) ? list : _outgoing[peer] = []).Add(WireEncoder.ToMessage(part));
        Arm(TimerKind.RelayAdverts, ref _relays, QuickRelays, Quick, Slow);
    }

    /// <summary>News goes at once to those that follow its origin over us, and is offered to the others.</summary>
    public void Relay(ImmutableArray<AdvertRelay> relays)
    {
        foreach (var relay in relays)
        {
            var offer = AdvertOffer.Of(relay.Part);
            foreach (var peer in relay.To)
            {
                if (relay.IsNews && _tree.IsChild(peer, offer.Origin))
                {
                    Send(peer, relay.Part);
                }
                else
                {
                    _tree.Offer(peer, offer);
                }
            }

            if (!relay.To.IsEmpty)
            {
                Arm(TimerKind.OfferAdverts, ref _offers, QuickOffers, QuickOffer, SlowOffer);
            }
        }
    }

    /// <summary>Offers at once.</summary>
    public void Offer(PeerState peer, IEnumerable<AdvertOffer> offers)
    {
        foreach (var some in offers.Chunk(EntriesPerMessage))
        {
            Tell(peer, WireEncoder.Encode(some));
        }
    }

    public ImmutableArray<AdvertBookChange> OnOffers(PeerState peer, ImmutableArray<AdvertOffer> offers, AdvertBook book)
    {
        var changes = _tree.OnOffers(peer.Id, offers, book, context.Now);
        Request();
        return changes;
    }

    public void OnRequest(PeerState peer, AdvertRequest request, AdvertBook book)
    {
        foreach (var part in _tree.OnRequest(peer.Id, request, book, context.Now))
        {
            Send(peer.Id, part);
        }
    }

    public void OnPart(PeerState from, RelayedAdvertPart part, AdvertVerdict verdict) => _tree.OnPart(from.Id, part, verdict, context.Now);

    /// <summary>Asks for what there is to ask for, and sets the time when there will be more.</summary>
    public void Request()
    {
        foreach (var (id, request) in _tree.TakeRequests())
        {
            if (peers.Find(id) is { IsOnline: true, IsEddy: true } peer)
            {
                Ask(peer, request);
            }
        }

        if (_tree.NextAt is { } at)
        {
            context.Timers.SetNoLaterThan(new EngineTimer(TimerKind.AskForAdverts), at);
        }
    }

    public void OnAskDue()
    {
        _tree.Tick(context.Now);
        Request();
    }

    public void OnRelayDue()
    {
        foreach (var (id, adverts) in _outgoing)
        {
            if (peers.Find(id) is { IsOnline: true, IsEddy: true } peer)
            {
                SendBatches(peer, adverts);
            }
        }

        _outgoing.Clear();
    }

    public void OnOfferDue()
    {
        foreach (var (id, offers) in _tree.TakeOffers())
        {
            if (peers.Find(id) is { IsOnline: true, IsEddy: true } peer)
            {
                Offer(peer, offers);
            }
        }
    }

    /// <summary>Messages get lost: each minute somebody is offered some of what we hold, in turn, and who has heard nothing for long hears that we are there.</summary>
    public void OnHousekeeping(AdvertBook book, PeerState[] candidates)
    {
        _tree.Tidy(book, context.Now);
        if (candidates.Length > 0)
        {
            var peer = candidates[context.Ports.Random.Next(candidates.Length)];
            AdvertOffer[] some = [.. book.Offers(peer.Id, DateTimeOffset.MinValue).Skip(_offeredAgain).Take(OfferedAgain)];
            Offer(peer, some);
            _offeredAgain = some.Length < OfferedAgain ? 0 : _offeredAgain + OfferedAgain;
        }

        foreach (var peer in candidates.Where(peer => context.Now - peer.LastTold >= SignOfLife))
        {
            Tell(peer, WireEncoder.Encode(ReadOnlySpan<AdvertOffer>.Empty));
        }
    }

    private void Ask(PeerState peer, AdvertRequest request)
    {
        var most = Math.Max(request.Parts.Length, Math.Max(request.Follow.Length, request.Stop.Length));
        for (var from = 0; from < most; from += EntriesPerMessage)
        {
            Tell(peer, WireEncoder.Encode(new AdvertRequest(
                [.. request.Parts.Skip(from).Take(EntriesPerMessage)],
                [.. request.Follow.Skip(from).Take(EntriesPerMessage)],
                [.. request.Stop.Skip(from).Take(EntriesPerMessage)])));
        }
    }

    private void SendBatches(PeerState peer, List<RelayedAdvert> adverts)
    {
        var batch = new List<RelayedAdvert>();
        var size = 0;
        foreach (var advert in adverts)
        {
            var next = advert.CalculateSize();
            if (batch.Count > 0 && (size + next > BatchSize || batch.Count == WireDecoder.MaxAdvertsPerBatch))
            {
                Tell(peer, WireEncoder.Encode(batch));
                batch.Clear();
                size = 0;
            }

            batch.Add(advert);
            size += next;
        }

        Tell(peer, WireEncoder.Encode(batch));
    }

    private void Tell(PeerState peer, byte[] message)
    {
        peer.LastTold = context.Now;
        context.Send(peer.Id, message);
    }

    private void Arm(TimerKind kind, ref TokenBucket bucket, TokenRate rate, TimeSpan quick, TimeSpan slow)
    {
        var timer = new EngineTimer(kind);
        if (context.Timers.DueAt(timer) is null)
        {
            context.Timers.Set(timer, context.Now + (bucket.TryTake(rate, context.Now, 1, out bucket) ? quick : slow));
        }
    }
}
