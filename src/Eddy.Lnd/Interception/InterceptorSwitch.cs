namespace Eddy.Lnd.Interception;

/// <summary>Whether LND's interceptor is wanted; on at first. May be turned by anybody at any time.</summary>
internal sealed class InterceptorSwitch : IDisposable
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _on = On();
    private CancellationTokenSource _off = new();

    public bool IsOn => WhenOn.IsCompleted;

    /// <summary>Ends when it is on.</summary>
    public Task WhenOn
    {
        get
        {
            lock (_gate)
            {
                return _on.Task;
            }
        }
    }

    /// <summary>Cancelled when it is turned off.</summary>
    public CancellationToken WhileOn
    {
        get
        {
            lock (_gate)
            {
                return _off.Token;
            }
        }
    }

    public void Turn(bool isOn)
    {
        CancellationTokenSource? off = null;
        lock (_gate)
        {
            if (isOn == _on.Task.IsCompleted)
            {
                return;
            }

            if (isOn)
            {
                _off.Dispose();
                _off = new CancellationTokenSource();
                _on.TrySetResult();
            }
            else
            {
                _on = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                off = _off;
            }
        }

        off?.Cancel();
    }

    public void Dispose() => _off.Dispose();

    private static TaskCompletionSource On()
    {
        var on = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        on.SetResult();
        return on;
    }
}
