using Eddy.Lightning;

namespace Eddy.Gossip;

/// <summary>The rate limits of the direct peers. A peer that goes and comes back finds its limits as it left them.</summary>
internal sealed class AdvertRates(AdvertBookOptions options)
{
    private readonly Dictionary<NodeId, PeerRates> _peers = [];

    public bool TakePart(NodeId peer, DateTimeOffset now)
    {
        var rates = Of(peer);
        var isTaken = rates.Parts.TryTake(options.PartRate, now, 1, out var next);
        _peers[peer] = rates with { Parts = next };
        return isTaken;
    }

    public bool TakeVerification(NodeId peer, DateTimeOffset now)
    {
        var rates = Of(peer);
        var isTaken = rates.Verifications.TryTake(options.VerifyRate, now, 1, out var next);
        _peers[peer] = rates with { Verifications = next };
        return isTaken;
    }

    public bool TakeDigest(NodeId peer, DateTimeOffset now)
    {
        var rates = Of(peer);
        var isTaken = rates.Digests.TryTake(options.DigestRate, now, 1, out var next);
        _peers[peer] = rates with { Digests = next };
        return isTaken;
    }

    public bool TakeAnswer(NodeId peer, DateTimeOffset now)
    {
        var rates = Of(peer);
        var isTaken = rates.Answers.TryTake(options.AnswerRate, now, 1, out var next);
        _peers[peer] = rates with { Answers = next };
        return isTaken;
    }

    /// <summary>Forgets peers whose limits are all as good as new.</summary>
    public void Prune(DateTimeOffset now)
    {
        foreach (var (peer, rates) in _peers.ToArray())
        {
            if (rates.Parts.IsFull(options.PartRate, now)
                && rates.Verifications.IsFull(options.VerifyRate, now)
                && rates.Digests.IsFull(options.DigestRate, now)
                && rates.Answers.IsFull(options.AnswerRate, now))
            {
                _peers.Remove(peer);
            }
        }
    }

    private PeerRates Of(NodeId peer) => _peers.GetValueOrDefault(peer);

    private readonly record struct PeerRates(TokenBucket Parts, TokenBucket Verifications, TokenBucket Digests, TokenBucket Answers);
}
