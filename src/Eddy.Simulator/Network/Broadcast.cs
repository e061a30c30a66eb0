namespace Eddy.Simulator;

/// <summary>
/// A stream of live events: every subscriber gets every event, in order of subscription, on the model's own thread. Nothing is kept for
/// somebody who subscribes later.
/// </summary>
public sealed class Broadcast<T>
{
    // Replaced, never changed, so that a handler may subscribe or leave while an event is being handed out.
    private Entry[] _entries = [];

    public bool HasSubscribers => _entries.Length > 0;

    public int SubscriberCount => _entries.Length;

    /// <summary>Calls <paramref name="handler"/> for every event until the result is disposed.</summary>
    public Subscription Subscribe(Action<T> handler)
    {
        var subscription = new Subscription(Leave);
        _entries = [.. _entries, new(subscription, handler)];
        return subscription;
    }

    internal void Publish(T value)
    {
        foreach (var entry in _entries)
        {
            if (!entry.Subscription.IsDisposed)
            {
                entry.Handler(value);
            }
        }
    }

    private void Leave(Subscription subscription) => _entries = [.. _entries.Where(entry => entry.Subscription != subscription)];

    private sealed record Entry(Subscription Subscription, Action<T> Handler);
}

/// <summary>One subscriber's place in a <see cref="Broadcast{T}"/>. To be disposed on the model's thread.</summary>
public sealed class Subscription : IDisposable
{
    private readonly Action<Subscription> _leave;

    internal Subscription(Action<Subscription> leave) => _leave = leave;

    public bool IsDisposed { get; private set; }

    public void Dispose()
    {
        if (!IsDisposed)
        {
            IsDisposed = true;
            _leave(this);
        }
    }
}
