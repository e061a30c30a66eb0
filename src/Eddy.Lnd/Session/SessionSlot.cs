namespace Eddy.Lnd.Session;

/// <summary>The session that stands now, for those who carry out commands; or a way to wait for the next one.</summary>
internal sealed class SessionSlot
{
    private readonly Lock _lock = new();
    private TaskCompletionSource<LndSession> _next = NewSource();
    private volatile LndSession? _current;

    public LndSession? Current => _current;

    public Task<LndSession> WaitAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return _next.Task.WaitAsync(cancellationToken);
        }
    }

    public void Set(LndSession session)
    {
        lock (_lock)
        {
            _current = session;
            _next.TrySetResult(session);
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            if (_current is not null)
            {
                _current = null;
                _next = NewSource();
            }
        }
    }

    private static TaskCompletionSource<LndSession> NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
