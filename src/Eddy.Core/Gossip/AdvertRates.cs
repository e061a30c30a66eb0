using Eddy.Lightning;

namespace Eddy.Gossip;

/// <summary>The rate limits of the direct peers. A peer that goes and comes back finds its limits as it left them.</summary>
internal sealed class AdvertRates(AdvertBookOptions options)
{
    private readonly Dictionary<NodeId, PeerRates> _peers = [];
    private TokenBucket _verifications;
    private TokenBucket _partings;

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
        if (!rates.Verifications.TryTake(options.VerifyRate, now, 1, out var next))
        {
            return false;
        }

        if (rates.OwnVerifications.TryTake(options.OwnVerifyRate, now, 1, out var own))
        {
            _peers[peer] = rates with { Verifications = next, OwnVerifications = own };
            return true;
        }

        if (_verifications.TryTake(options.TotalVerifyRate, now, 1, out var total))
        {
            _verifications = total;
            _peers[peer] = rates with { Verifications = next };
            return true;
        }

        return false;
    }

    public bool TakeParting(NodeId peer, DateTimeOffset now)
    {
        var rates = Of(peer);
        if (!rates.Partings.TryTake(options.Parting, now, 1, out var next) || !_partings.TryTake(options.TotalParting, now, 1, out var total))
        {
            return false;
        }

        _partings = total;
        _peers[peer] = rates with { Partings = next };
        return true;
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
                && rates.OwnVerifications.IsFull(options.OwnVerifyRate, now)
                && rates.Partings.IsFull(options.Parting, now)
                && rates.Answers.IsFull(options.AnswerRate, now))
            {
                _peers.Remove(peer);
            }
        }
    }

    private PeerRates Of(NodeId peer) => _peers.GetValueOrDefault(peer);

    private readonly record struct PeerRates(
        TokenBucket Parts, TokenBucket Verifications, TokenBucket OwnVerifications, TokenBucket Partings, TokenBucket Answers);
}
