using Eddy.Engine.Wire;
using Eddy.Fuzzing.Mutation;
using Eddy.Gossip;
using Eddy.Lightning;

namespace Eddy.Fuzzing.Targets;

/// <summary>A book of adverts that hostile peers fill. Fields of the input are steps.</summary>
internal sealed class AdvertsTarget : FuzzTarget
{
    private const int FromHostile = 1;
    private const int FromSybil = 2;
    private const int TimePasses = 3;
    private const int PeersAre = 4;
    private const int Expires = 5;
    private const int FromHonest = 6;
    private const int MostSteps = 40;

    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);
    private static readonly ulong NoonSequence = (ulong)Noon.ToUnixTimeMilliseconds();
    private static readonly NodeId[] Peers = [Samples.Hostile, Samples.Sybil, Samples.Honest];

    /// <summary>The only thing that is ever signed by the honest peer.</summary>
    private static readonly SignedAdvertPart HonestAdvert = Samples.Advert(
        Samples.Honest, NoonSequence, intents: [Samples.Intent(Samples.Self), Samples.Intent(Samples.Hostile, 0, 700_000)]);

    private static readonly AdvertBookOptions Options = new()
    {
        Radius = 3,
        MaxOrigins = 8,
        MaxOriginsPerFirstHop = 4,
        MaxBytes = 12_000,
        MaxBytesPerFirstHop = 6_000,
        MaxWaitingPerFirstHop = 3,
        MaxWaitingBytesPerFirstHop = 3_000,
        PartRate = new(200, 10),
        VerifyRate = new(100, 10),
    };

    private static readonly AdvertTreeOptions TreeOptions = new() { MostAsked = 4, MostOffers = 8, MostDeclined = 8, EntryRate = new(5_000, 10) };

    /// <summary>Branches of origins that came and went since the tree was tidied: as many as messages can name.</summary>
    private const int MostForgotten = 64;

    public override string Name => "adverts";

    public override string What => "adverts, offers and requests into a book and its tree: their bounds hold, nothing is shown that is not signed, rooted and in its time";

    public override bool IsProtobuf => true;

    public override int MaxLength => 8192;

    public override AllocationBound Bound => new(4_000_000, 2_048);

    public override IEnumerable<byte[]> Seeds()
    {
        var hostile = Samples.Advert(Samples.Hostile, NoonSequence, intents: [Samples.Intent(Samples.Self), Samples.Intent(Samples.Sybil), Samples.Intent(Samples.Node(0x30))]);
        var far = Samples.Advert(Samples.Node(0x30), NoonSequence, intents: [Samples.Intent(Samples.Hostile), Samples.Intent(Samples.Node(0x40))]);
        var farther = Samples.Advert(Samples.Node(0x40), NoonSequence + 1, intents: [Samples.Intent(Samples.Node(0x30))]);
        var first = Samples.Advert(Samples.Sybil, NoonSequence, 0, intents: [Samples.Intent(Samples.Self)]);
        var second = Samples.Advert(Samples.Sybil, NoonSequence, 1, intents: [Samples.Intent(Samples.Hostile)]);
        yield return Samples.Steps(
            (FromHostile, Samples.Adverts((hostile, 1), (far, 2), (farther, 3))), (FromHonest, Samples.Adverts((HonestAdvert, 1))), (TimePasses, 60), (Expires, 1));
        yield return Samples.Steps(
            (FromHostile, Samples.Adverts((farther, 3), (far, 2))), (FromSybil, Samples.Adverts((first, 1), (second, 1))), (FromHostile, Samples.Adverts((hostile, 1))),
            (PeersAre, 6), (TimePasses, 4_000), (Expires, 1));
        yield return Samples.Steps(
            (FromHostile, Samples.Adverts((hostile, 1))),
            (FromSybil, WireEncoder.Encode(new AdvertRequest([new(Samples.Hostile.ShortKey, 0)], [Samples.Hostile.ShortKey], [Samples.Honest.ShortKey]))));
        yield return Samples.Steps(
            (FromSybil, WireEncoder.Encode([new AdvertOffer(Samples.Hostile.ShortKey, 0, NoonSequence, 2), new AdvertOffer(Samples.Node(0x30).ShortKey, 0, NoonSequence, 3)])),
            (TimePasses, 1),
            (FromHostile, Samples.Adverts((hostile, 1), (far, 2))),
            (FromHonest, WireEncoder.Encode([new AdvertOffer(Samples.Node(0x30).ShortKey, 0, NoonSequence, 2)])),
            (TimePasses, 10));
    }

    public override int Execute(byte[] input)
    {
        var now = Noon;
        var direct = new HashSet<NodeId>(Peers);
        var verified = 0;
        var book = new AdvertBook(Samples.Self, Samples.Chain, Options, part =>
        {
            verified++;
            return part.Node != Samples.Self && (part.Node != Samples.Honest || part.Signed.Span.SequenceEqual(HonestAdvert.Signed.Span));
        });
        book.SetPeers(Peers, now);
        var tree = new AdvertTree(TreeOptions);
        tree.SetPeers(Peers, static _ => true);
        var outcome = 0;
        foreach (var (number, value, bytes) in ProtobufFields.ReadSteps(input).Take(MostSteps))
        {
            switch (number)
            {
                case FromHostile:
                case FromSybil:
                case FromHonest:
                    outcome |= Receive(book, tree, number == FromHostile ? Samples.Hostile : number == FromSybil ? Samples.Sybil : Samples.Honest, bytes, now);
                    break;
                case TimePasses:
                    now += TimeSpan.FromSeconds(Math.Min(value, 1_000_000));
                    tree.Tick(now);
                    tree.Tidy(book, now);
                    Check.That(tree.NextAt is not { } at || at > now, "What was due is still due.");
                    break;
                case PeersAre:
                    direct = [.. Peers.Where((_, index) => (value >> index & 1) == 1)];
                    book.SetPeers(direct, now);
                    tree.SetPeers(direct, static _ => true);
                    break;
                case Expires:
                    book.Expire(now);
                    Check.That(book.Adverts.All(advert => advert.ExpiresAt > now), "An advert outlives its time.");
                    break;
            }

            CheckBook(book, direct);
            CheckTree(tree, book, direct);
        }

        Check.That(verified <= Peers.Length * 100_000, "No bound of verifications.");
        book.Expire(now + TimeSpan.FromDays(8));
        Check.That(book is { OriginCount: 0, Bytes: 0 } && !book.Adverts.Any(), $"Long after: {book.OriginCount} origins, {book.Bytes} bytes.");
        return outcome;
    }

    private static int Receive(AdvertBook book, AdvertTree tree, NodeId from, ReadOnlyMemory<byte> bytes, DateTimeOffset now)
    {
        var outcome = 0;
        switch (WireDecoder.Decode(bytes))
        {
            case DecodeResult.Decoded { Message: WireMessage.Adverts adverts }:
                foreach (var part in adverts.Parts)
                {
                    var verdict = book.Receive(from, part, now);
                    if (verdict is not AdvertVerdict.Penalise)
                    {
                        tree.OnPart(from, part, verdict, now);
                    }

                    outcome |= verdict switch
                    {
                        AdvertVerdict.Accepted accepted => CheckRelays(accepted),
                        AdvertVerdict.Ignored ignored => 2 << (int)ignored.Reason,
                        AdvertVerdict.Penalise penalty => 1 << (16 + (int)penalty.Fault),
                        _ => throw new OracleException("No such verdict."),
                    };
                }

                break;
            case DecodeResult.Decoded { Message: WireMessage.Request { Wanted: var wanted } }:
                foreach (var part in tree.OnRequest(from, wanted, book, now))
                {
                    Check.That(part.Hops <= Options.Radius && part.Part.Node != from, "An answer that nobody should get.");
                    outcome |= 1 << 24;
                }

                break;
            case DecodeResult.Decoded { Message: WireMessage.Offers { Entries: var offers } }:
                foreach (var relay in tree.OnOffers(from, offers, book, now).SelectMany(static change => change.Relays))
                {
                    Check.That(relay.Part.Hops <= Options.Radius && relay.To.All(to => to != relay.Part.Part.Node), "A relay that nobody should get.");
                    outcome |= 1 << 25;
                }

                break;
        }

        return outcome;
    }

    private static int CheckRelays(AdvertVerdict.Accepted accepted)
    {
        foreach (var relay in accepted.Relays)
        {
            Check.That(relay.Part.Hops <= Options.Radius && relay.To.All(to => to != relay.Part.Part.Node), "A relay that nobody should get.");
        }

        return 1;
    }

    private static void CheckTree(AdvertTree tree, AdvertBook book, HashSet<NodeId> direct)
    {
        Check.That(tree.MissingCount <= TreeOptions.MostOffers * Peers.Length, $"{tree.MissingCount} parts are missing.");
        Check.That(tree.BranchCount <= book.OriginCount + tree.MissingCount + MostForgotten, $"{tree.BranchCount} branches.");
        foreach (var peer in Peers)
        {
            Check.That(tree.HeldFor(peer) <= TreeOptions.MostOffers + (64 * (1 + tree.BranchCount)), $"{tree.HeldFor(peer)} held for a peer.");
        }

        foreach (var (peer, request) in tree.TakeRequests())
        {
            Check.That(direct.Contains(peer) || Peers.Contains(peer), "Something is asked of a stranger.");
            Check.That(request.Parts.Length <= TreeOptions.MostAsked, $"{request.Parts.Length} parts are asked of one peer at once.");
        }
    }

    /// <summary>Says again, in another way, what a book may hold and show.</summary>
    private static void CheckBook(AdvertBook book, HashSet<NodeId> direct)
    {
        Check.That(book.OriginCount <= Options.MaxOrigins + Peers.Length, $"{book.OriginCount} origins.");
        Check.That(book.Bytes >= 0 && book.Bytes <= Options.MaxBytes, $"{book.Bytes} bytes.");
        Check.That(book.WaitingCount >= 0 && book.WaitingCount <= Options.MaxWaitingPerFirstHop * Peers.Length, $"{book.WaitingCount} wait.");
        var shown = book.Adverts.ToDictionary(static advert => advert.Node);
        var rooted = new HashSet<NodeId>();
        var queue = new Queue<NodeId>(direct.Where(shown.ContainsKey));
        while (queue.TryDequeue(out var node))
        {
            if (!rooted.Add(node))
            {
                continue;
            }

            foreach (var intent in shown[node].Intents)
            {
                if (shown.TryGetValue(intent.Peer, out var other) && other.Intents.Any(back => back.Peer == node))
                {
                    queue.Enqueue(intent.Peer);
                }
            }
        }

        foreach (var advert in shown.Values)
        {
            Check.That(advert.Node != Samples.Self, "Our own advert came from somebody else.");
            Check.That(advert.Hops >= 1 && advert.Hops <= Options.Radius, $"An advert from {advert.Hops} hops away.");
            Check.That(rooted.Contains(advert.Node), "An advert hangs in the air.");
            Check.That(advert.Node != Samples.Honest || advert.Sequence == NoonSequence, "An advert that its node did not sign.");
        }
    }
}
