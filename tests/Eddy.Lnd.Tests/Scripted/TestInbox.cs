using Eddy.Engine.Ports;

namespace Eddy.Lnd.Tests.Scripted;

/// <summary>Keeps what the adapter tells, in order, and lets tests wait for it.</summary>
internal sealed class TestInbox : IEngineInbox
{
    /// <summary>Far more than anything here takes, on a busy machine too.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private readonly List<NodeEvent> _events = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<NodeEvent> Events
    {
        get
        {
            lock (_lock)
            {
                return [.. _events];
            }
        }
    }

    /// <summary>How many events there are: a mark to look after.</summary>
    public int Mark => Events.Count;

    public void Post(NodeEvent nodeEvent)
    {
        lock (_lock)
        {
            _events.Add(nodeEvent);
            _changed.TrySetResult();
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>The first event of this kind after the mark, now or soon.</summary>
    public async Task<T> WaitForAsync<T>(Func<T, bool>? matches = null, int after = 0)
        where T : NodeEvent
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_events.Skip(after).OfType<T>().FirstOrDefault(matches ?? (_ => true)) is { } found)
                {
                    return found;
                }

                changed = _changed.Task;
            }

            try
            {
                await changed.WaitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException(
                    $"No {typeof(T).Name} came; there were:\n{string.Join('\n', Events.Skip(after).Select(nodeEvent => nodeEvent.ToString()))}");
            }
        }
    }

    public async Task<T> OutcomeAsync<T>(CommandId id)
        where T : CommandOutcome =>
        Assert.IsType<T>((await WaitForAsync<NodeEvent.Completed>(completed => completed.Id == id)).Outcome);
}
