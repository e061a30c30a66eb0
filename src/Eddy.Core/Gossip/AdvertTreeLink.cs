using System.Collections.Immutable;

namespace Eddy.Gossip;

/// <summary>What an <see cref="AdvertTree"/> knows of one direct peer.</summary>
internal sealed class AdvertTreeLink
{
    private readonly Dictionary<AdvertPlace, AdvertOffer> _toOffer = [];
    private readonly List<AdvertPlace> _parts = [];
    private readonly SortedSet<ulong> _follow = [];
    private readonly SortedSet<ulong> _stop = [];
    private ulong[] _children = [];

    public bool IsOnline { get; set; } = true;

    /// <summary>Parts asked of it that are not here yet.</summary>
    public int Asked { get; set; }

    /// <summary>Its offers that are remembered.</summary>
    public int Offers { get; set; }

    /// <summary>How often in a row it did not send what it had offered.</summary>
    public int Failures { get; set; }

    /// <summary>It has sent something of another node's once: it does what it offers, as far as is known.</summary>
    public bool HasDelivered { get; set; }

    /// <summary>It was asked for something only to see whether it delivers.</summary>
    public bool IsTested { get; set; }

    public DateTimeOffset FailingUntil { get; set; } = DateTimeOffset.MinValue;

    public TokenBucket Entries { get; set; }

    public bool HasOffers => _toOffer.Count > 0;

    /// <summary>Offers that wait, and bits for origins it follows.</summary>
    public int Held => _toOffer.Count + (_children.Length * 64);

    public bool IsChild(int branch) => branch / 64 < _children.Length && (_children[branch / 64] >> (branch % 64) & 1) == 1;

    public void SetChild(int branch, bool isChild)
    {
        var word = branch / 64;
        if (word >= _children.Length)
        {
            if (!isChild)
            {
                return;
            }

            Array.Resize(ref _children, Math.Max(word + 1, _children.Length * 3 / 2));
        }

        var bit = 1UL << (branch % 64);
        _children[word] = isChild ? _children[word] | bit : _children[word] & ~bit;
    }

    public void Offer(AdvertOffer offer) => _toOffer[new(offer.Origin, offer.Part)] = offer;

    /// <summary>It has this one: what waits to be offered would be of no use, unless it is newer or nearer.</summary>
    public void OnHeld(AdvertOffer its)
    {
        var place = new AdvertPlace(its.Origin, its.Part);
        if (_toOffer.TryGetValue(place, out var ours)
            && (ours.Sequence < its.Sequence || (ours.Sequence == its.Sequence && ours.Hops >= its.Hops - 1)))
        {
            _toOffer.Remove(place);
        }
    }

    public ImmutableArray<AdvertOffer> TakeOffers()
    {
        ImmutableArray<AdvertOffer> offers = [.. _toOffer.Values.OrderBy(static offer => offer.Hops).ThenBy(static offer => (offer.Origin, offer.Part))];
        _toOffer.Clear();
        return offers;
    }

    public void Ask(AdvertPlace place)
    {
        _parts.Add(place);
        _stop.Remove(place.Origin);
    }

    public void Follow(ulong origin)
    {
        _follow.Add(origin);
        _stop.Remove(origin);
    }

    public void Stop(ulong origin)
    {
        _stop.Add(origin);
        _follow.Remove(origin);
    }

    public AdvertRequest TakeRequest()
    {
        if (_parts.Count + _follow.Count + _stop.Count == 0)
        {
            return AdvertRequest.Nothing;
        }

        var request = new AdvertRequest([.. _parts], [.. _follow], [.. _stop]);
        _parts.Clear();
        _follow.Clear();
        _stop.Clear();
        return request;
    }

    /// <summary>It runs anew: it knows nothing of what it had asked for.</summary>
    public void Forget()
    {
        _children = [];
        _toOffer.Clear();
        _ = TakeRequest();
    }
}
