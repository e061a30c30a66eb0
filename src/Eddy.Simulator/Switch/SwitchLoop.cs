namespace Eddy.Simulator;

/// <summary>
/// LND's one loop through which every packet of a node goes. It writes to the interceptor's stream synchronously: while a client does not
/// read and its buffer is full, everything here waits, fulfils and fails included.
/// </summary>
internal sealed class SwitchLoop
{
    private readonly Queue<Waiting> _waiting = new();
    private bool _isBlocked;
    private bool _isDraining;

    public int Count => _waiting.Count;

    public bool IsBlocked
    {
        get => _isBlocked;
        set
        {
            _isBlocked = value;
            Drain();
        }
    }

    /// <summary>
    /// Runs the action, now or when the loop gets to it. Durable is a fulfil or fail from an outgoing channel: it comes again after a restart,
    /// where an add is offered again by its own link.
    /// </summary>
    public void Run(Action action, bool isDurable = false)
    {
        if (!_isBlocked && !_isDraining)
        {
            action();
            return;
        }

        _waiting.Enqueue(new(action, isDurable));
    }

    /// <summary>The node stops: adds and answers are forgotten, fulfils and fails are not.</summary>
    public void Reset()
    {
        var durable = _waiting.Where(waiting => waiting.IsDurable).ToArray();
        _waiting.Clear();
        _isBlocked = false;
        foreach (var waiting in durable)
        {
            waiting.Action();
        }
    }

    private void Drain()
    {
        if (_isDraining)
        {
            return;
        }

        _isDraining = true;
        while (!_isBlocked && _waiting.TryDequeue(out var waiting))
        {
            waiting.Action();
        }

        _isDraining = false;
    }

    private readonly record struct Waiting(Action Action, bool IsDurable);
}
