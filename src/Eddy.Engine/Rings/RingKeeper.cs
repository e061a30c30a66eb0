using System.Collections.Immutable;
using Eddy.Engine.Storage;
using Eddy.Engine.Timers;
using Eddy.Engine.Views;
using Eddy.Lightning;
using Eddy.Liquidity;
using Eddy.Rings;

namespace Eddy.Engine.Rings;

/// <summary>
/// Owns the rings: takes events to their machines, saves what comes of them, and has the effects done. What a ring reserves and which
/// waivers live follow from the states alone, so that a restart needs nothing but the rings.
/// </summary>
internal sealed class RingKeeper
{
    /// <summary>Rings that ended and are still shown, and listen to late hints.</summary>
    private const int MostEnded = 50;

    private readonly List<Ring> _unlisted = [];
    private readonly EngineContext _context;
    private readonly Dictionary<RingId, Ring> _rings = [];
    private readonly LinkedList<RingId> _ended = new();
    private readonly Dictionary<CircuitKey, RingId> _bound = [];

    public RingKeeper(EngineContext context) => _context = context;

    /// <summary>Has an effect done; set before the first event.</summary>
    public Action<Ring, RingEffect> Do { get; set; } = static (_, _) => { };

    /// <summary>Called after a ring's state changed.</summary>
    public Action<Ring, RingState> Changed { get; set; } = static (_, _) => { };

    public RingTotals Totals { get; private set; } = new(0, 0, 0, MilliSatoshi.Zero, MilliSatoshi.Zero, MilliSatoshi.Zero);

    /// <summary>Under way, oldest first.</summary>
    public IEnumerable<Ring> Open => _rings.Values.Where(static ring => !ring.State.IsFinal).OrderBy(static ring => ring.StartedAt).ThenBy(static ring => ring.Id);

    /// <summary>Under way and lately ended, newest first.</summary>
    public IEnumerable<Ring> Latest => _rings.Values.OrderByDescending(static ring => ring.StartedAt).ThenBy(static ring => ring.Id);

    /// <summary>Under way and lately ended.</summary>
    public int Held => _rings.Count;

    public int OpenCount => _rings.Values.Count(static ring => !ring.State.IsFinal);

    /// <summary>What rings under way may still move, and what rings that settled have moved since LND listed its channels.</summary>
    public ImmutableArray<Reservation> Reservations() => [.. Open.SelectMany(static ring => ring.Reservations), .. _unlisted.SelectMany(static ring => ring.Sides)];

    /// <summary>Something has settled since LND listed its channels.</summary>
    public bool HasUnlisted => _unlisted.Count > 0;

    /// <summary>The balances that are known now show what has settled.</summary>
    public void OnChannels() => _unlisted.Clear();

    /// <summary>What rings under way may still move over a channel without bringing it nearer its target.</summary>
    public MilliSatoshi NeutralPromised(ShortChannelId channel) =>
        new(Open.Where(ring => ring.Neutral.Contains(channel)).Sum(static ring => ring.Amount.Value));

    public void Load(StoreContents contents)
    {
        Totals = contents.Totals;
        foreach (var record in contents.OpenRings)
        {
            var ring = Ring.Restore(record);
            ring.Story.AddRange(_context.Ports.Store.Story(ring.Id));
            Keep(ring);
        }

        foreach (var record in _context.Ports.Store.LatestRings(MostEnded).Where(static record => record.IsFinal).Reverse())
        {
            var ring = Ring.Restore(record);
            ring.Story.AddRange(_context.Ports.Store.Story(ring.Id));
            Keep(ring);
        }
    }

    public Ring? Find(RingId id) => _rings.GetValueOrDefault(id);

    /// <summary>The ring whose HTLC this is.</summary>
    public Ring? Find(CircuitKey key) => _bound.TryGetValue(key, out var id) ? Find(id) : null;

    /// <summary>Any ring, also one that ended long ago.</summary>
    public Ring? FindAnywhere(RingId id)
    {
        if (Find(id) is { } known)
        {
            return known;
        }

        if (_context.Ports.Store.FindRing(id) is not { } record)
        {
            return null;
        }

        var ring = Ring.Restore(record);
        ring.Story.AddRange(_context.Ports.Store.Story(id));
        return ring;
    }

    /// <summary>A ring with this id or this payment hash was here before, however long ago as the store remembers.</summary>
    public bool IsUsed(RingOffer offer) =>
        _rings.ContainsKey(offer.Id)
        || _rings.Values.Any(ring => ring.Terms.Offer.Hash == offer.Hash)
        || _context.Ports.Store.FindRing(offer.Id) is not null
        || _context.Ports.Store.KnowsHash(offer.Hash);

    /// <summary>Something that is kept beside the machine's state has changed.</summary>
    public void Save(Ring ring) => _context.Batch.Rings.Add(ring.ToRecord());

    /// <summary>A new ring and the machine's first step.</summary>
    public void Begin(Ring ring, Transition first)
    {
        ring.Phases.Follow(ring.State, _context.Now);
        ring.MoveTo(first.Next);
        ring.Phases.Follow(ring.State, _context.Now);
        Keep(ring);
        Totals = Totals with { UnderWay = Totals.UnderWay + 1 };
        Tell(ring, RingStory.Begin(ring.Terms));
        Settle(ring, ring.State, first.Effects);
    }

    /// <summary>Takes an event to a ring. One that means nothing to it changes nothing and saves nothing.</summary>
    public void Apply(Ring ring, RingEvent ringEvent)
    {
        var before = ring.State;
        var transition = RingMachine.Apply(ring.Terms, before, ringEvent);
        if (ReferenceEquals(transition.Next, before) && transition.Effects.IsEmpty)
        {
            return;
        }

        ring.MoveTo(transition.Next);
        ring.Phases.Follow(ring.State, _context.Now);
        if (ring.State.IsFinal != before.IsFinal)
        {
            Count(ring);
        }

        if (!_rings.ContainsKey(ring.Id))
        {
            Keep(ring);
        }

        if (RingStory.Tell(ring.Terms, before, ring.State) is { } sentence)
        {
            Tell(ring, sentence);
        }

        Settle(ring, before, transition.Effects);
    }

    /// <summary>
    /// The store is older than what has happened. A waiver may have been used since and is void; a payment may have been made since and is
    /// followed, but never sent. An HTLC that was bound is still answered for.
    /// </summary>
    public void GiveUp(Ring ring)
    {
        switch (ring.State)
        {
            case MemberState.Bound or InitiatorState.Paying { Step: PayingStep.Checking }:
                return;
            case InitiatorState.Paying paying:
                ring.MoveTo(paying with { Step = PayingStep.TrackingRefused });
                Save(ring);
                break;
            default:
                Apply(ring, new RingEvent.TimePassed(_context.Now > ring.Terms.Deadline ? _context.Now : ring.Terms.Deadline));
                break;
        }

        Tell(ring, "The database was put back from a copy: nothing that it promised holds any more, and nothing more is paid for it.");
    }

    public void Tell(Ring ring, string sentence)
    {
        var line = new RingStoryLine(_context.Now, sentence);
        ring.Story.Add(line);
        _context.Batch.Story.Add((ring.Id, line));
    }

    public void OnDeadline(RingId id)
    {
        if (Find(id) is { } ring)
        {
            Apply(ring, new RingEvent.TimePassed(_context.Now));
            Arm(ring);
        }
    }

    private void Settle(Ring ring, RingState before, ImmutableArray<RingEffect> effects)
    {
        Save(ring);
        Index(ring);
        Arm(ring);
        Changed(ring, before);
        foreach (var effect in effects)
        {
            Do(ring, effect);
        }
    }

    private void Count(Ring ring)
    {
        if (!ring.State.IsFinal)
        {
            // An HTLC came for a ring that had been given up.
            ring.EndedAt = null;
            _ended.Remove(ring.Id);
            Totals = Totals with { UnderWay = Totals.UnderWay + 1, Failed = Math.Max(0, Totals.Failed - 1) };
            return;
        }

        ring.EndedAt = _context.Now;
        var isSettled = ring.State.Outcome == RingOutcome.Settled;
        if (isSettled)
        {
            // A proposal that comes before the next listing would find the old balances, and what they offer would be given away twice.
            _unlisted.Add(ring);
        }

        Totals = Totals with
        {
            UnderWay = Math.Max(0, Totals.UnderWay - 1),
            Settled = Totals.Settled + (isSettled ? 1 : 0),
            Failed = Totals.Failed + (isSettled ? 0 : 1),
            Moved = isSettled ? Totals.Moved + ring.Amount : Totals.Moved,
            Waived = isSettled ? Totals.Waived + ring.WaivedFee : Totals.Waived,
            Saved = isSettled ? Totals.Saved + ring.SavedFee : Totals.Saved,
        };
        _ended.AddLast(ring.Id);
        while (_ended.Count > MostEnded)
        {
            _rings.Remove(_ended.First!.Value);
            _ended.RemoveFirst();
        }
    }

    private void Keep(Ring ring)
    {
        _rings[ring.Id] = ring;
        if (ring.State.IsFinal && _ended.Find(ring.Id) is null)
        {
            _ended.AddLast(ring.Id);
        }

        Index(ring);
    }

    private void Index(Ring ring)
    {
        switch (ring.State)
        {
            case MemberState.Bound bound:
                _bound[bound.Binding.Key] = ring.Id;
                break;
            case MemberState.Settled { Binding.Key: var key }:
                _bound.Remove(key);
                break;
            case MemberState.Failed { Binding.Key: var key }:
                _bound.Remove(key);
                break;
        }
    }

    private void Arm(Ring ring)
    {
        var timer = new EngineTimer(TimerKind.RingDeadline, Ring: ring.Id);
        if (RingMachine.WakeAt(ring.Terms, ring.State) is { } at)
        {
            _context.Timers.Set(timer, at > _context.Now ? at : _context.Now + TimeSpan.FromMilliseconds(1));
        }
        else
        {
            _context.Timers.Cancel(timer);
        }
    }
}
