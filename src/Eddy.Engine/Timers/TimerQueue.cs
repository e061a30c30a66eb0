namespace Eddy.Engine.Timers;

/// <summary>Timers in order of (time, sequence), so that a run with the same input takes the same steps.</summary>
internal sealed class TimerQueue
{
    private const int Slack = 64;

    private readonly PriorityQueue<(EngineTimer Timer, long Sequence), (DateTimeOffset At, long Sequence)> _queue = new();
    private readonly Dictionary<EngineTimer, (long Sequence, DateTimeOffset At)> _armed = [];
    private long _sequence;

    /// <summary>Entries kept, stale ones included.</summary>
    public int Held => _queue.Count;

    /// <summary>When the first one is due.</summary>
    public DateTimeOffset? Next
    {
        get
        {
            DropStale();
            return _queue.TryPeek(out _, out var first) ? first.At : null;
        }
    }

    public DateTimeOffset? DueAt(EngineTimer timer) => _armed.TryGetValue(timer, out var armed) ? armed.At : null;

    public void Set(EngineTimer timer, DateTimeOffset at)
    {
        _sequence++;
        _armed[timer] = (_sequence, at);
        _queue.Enqueue((timer, _sequence), (at, _sequence));
        if (_queue.Count > (2 * _armed.Count) + Slack)
        {
            Rebuild();
        }
    }

    /// <summary>Moves the timer only where that makes it earlier.</summary>
    public void SetNoLaterThan(EngineTimer timer, DateTimeOffset at)
    {
        if (DueAt(timer) is not { } due || at < due)
        {
            Set(timer, at);
        }
    }

    public void Cancel(EngineTimer timer) => _armed.Remove(timer);

    public bool TryTakeDue(DateTimeOffset now, out EngineTimer timer)
    {
        DropStale();
        timer = default;
        if (!_queue.TryPeek(out var first, out var priority) || priority.At > now)
        {
            return false;
        }

        _queue.Dequeue();
        _armed.Remove(first.Timer);
        timer = first.Timer;
        return true;
    }

    private void DropStale()
    {
        while (_queue.TryPeek(out var first, out _) && !IsLive(first.Timer, first.Sequence))
        {
            _queue.Dequeue();
        }
    }

    private bool IsLive(EngineTimer timer, long sequence) => _armed.TryGetValue(timer, out var armed) && armed.Sequence == sequence;

    private void Rebuild()
    {
        _queue.Clear();
        foreach (var (timer, (sequence, at)) in _armed)
        {
            _queue.Enqueue((timer, sequence), (at, sequence));
        }
    }
}
