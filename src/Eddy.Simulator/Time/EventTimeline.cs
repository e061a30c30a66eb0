namespace Eddy.Simulator;

/// <summary>
/// Everything that will happen, ordered by time and, within one instant, by when it was asked for. Time moves only by running events or by
/// <see cref="AdvanceTo"/>. Not thread-safe: one thread owns it.
/// </summary>
public sealed class EventTimeline(DateTimeOffset start)
{
    private readonly PriorityQueue<ScheduledEvent, EventTime> _events = new();
    private long _now = start.UtcTicks;
    private long _sequence;
    private int _foreground;

    public DateTimeOffset Now => new(_now, TimeSpan.Zero);

    /// <summary>Events run so far.</summary>
    public long EventsRun { get; private set; }

    /// <summary>When the next event is due; null when nothing is scheduled.</summary>
    public DateTimeOffset? NextDue
    {
        get
        {
            DropCancelled();
            return _events.TryPeek(out _, out var time) ? new DateTimeOffset(time.Ticks, TimeSpan.Zero) : null;
        }
    }

    /// <summary>True while something other than background events (block timers, an engine's own timers) is scheduled.</summary>
    public bool HasForegroundEvents => _foreground > 0;

    /// <summary>Runs <paramref name="action"/> after <paramref name="delay"/>; a negative delay counts as none.</summary>
    public ScheduledEvent Schedule(TimeSpan delay, Action action, bool isBackground = false) =>
        ScheduleAt(_now + Math.Max(0, delay.Ticks), action, isBackground);

    /// <summary>Runs <paramref name="action"/> at <paramref name="time"/>, or next when that has passed.</summary>
    public ScheduledEvent ScheduleAt(DateTimeOffset time, Action action, bool isBackground = false) =>
        ScheduleAt(Math.Max(_now, time.UtcTicks), action, isBackground);

    /// <summary>Takes the next event and runs it; false when there is none.</summary>
    public bool RunNext() => RunNext(long.MaxValue);

    /// <summary>Runs every event due up to <paramref name="time"/> and leaves the clock there.</summary>
    public void AdvanceTo(DateTimeOffset time)
    {
        while (RunNext(time.UtcTicks))
        {
        }

        _now = Math.Max(_now, time.UtcTicks);
    }

    /// <summary>Runs events until only background ones are left, or <paramref name="limit"/> is reached.</summary>
    /// <returns>False when the limit stopped it.</returns>
    public bool RunUntilIdle(DateTimeOffset limit)
    {
        while (_foreground > 0)
        {
            if (!RunNext(limit.UtcTicks))
            {
                return false;
            }
        }

        return true;
    }

    internal void OnCancelled(ScheduledEvent cancelled)
    {
        if (!cancelled.IsBackground)
        {
            _foreground--;
        }
    }

    private ScheduledEvent ScheduleAt(long ticks, Action action, bool isBackground)
    {
        var scheduled = new ScheduledEvent(this, action, isBackground);
        _events.Enqueue(scheduled, new EventTime(ticks, _sequence++));
        if (!isBackground)
        {
            _foreground++;
        }

        return scheduled;
    }

    private bool RunNext(long limit)
    {
        DropCancelled();
        if (!_events.TryPeek(out var next, out var time) || time.Ticks > limit)
        {
            return false;
        }

        _events.Dequeue();
        _now = time.Ticks;
        if (!next.IsBackground)
        {
            _foreground--;
        }

        EventsRun++;
        next.Take()!();
        return true;
    }

    private void DropCancelled()
    {
        while (_events.TryPeek(out var next, out _) && !next.IsPending)
        {
            _events.Dequeue();
        }
    }

    private readonly record struct EventTime(long Ticks, long Sequence) : IComparable<EventTime>
    {
        public int CompareTo(EventTime other) =>
            Ticks != other.Ticks ? Ticks.CompareTo(other.Ticks) : Sequence.CompareTo(other.Sequence);
    }
}

/// <summary>Something that will happen unless it is cancelled.</summary>
public sealed class ScheduledEvent
{
    private readonly EventTimeline _timeline;
    private Action? _action;

    internal ScheduledEvent(EventTimeline timeline, Action action, bool isBackground) =>
        (_timeline, _action, IsBackground) = (timeline, action, isBackground);

    public bool IsPending => _action is not null;

    internal bool IsBackground { get; }

    public void Cancel()
    {
        if (Take() is not null)
        {
            _timeline.OnCancelled(this);
        }
    }

    internal Action? Take()
    {
        var action = _action;
        _action = null;
        return action;
    }
}
