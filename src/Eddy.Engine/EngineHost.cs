using System.Collections.Immutable;
using Eddy.Engine.Ports;
using Eddy.Engine.Storage;
using Eddy.Engine.Views;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Rings;
using Microsoft.Extensions.Logging;

namespace Eddy.Engine;

/// <summary>
/// The engine as an actor: one loop owns it and feeds it events, requests and timers. Adapters are made first, with the host as their
/// inbox; then the engine, with the adapters as its ports; then <see cref="RunAsync"/>.
/// </summary>
public sealed partial class EngineHost : IEngineInbox, IDisposable
{
    private const int MailboxCapacity = 4_096;
    private const int MessageCapacity = 2_048;
    private const int MessagesPerPeer = 256;
    private const int LongestTurn = 256;
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly EngineMailbox _mailbox;
    private readonly TimeProvider _time;
    private readonly ILogger<EngineHost> _logger;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public EngineHost(TimeProvider time, ILogger<EngineHost> logger)
        : this(time, logger, MailboxCapacity, MessageCapacity, MessagesPerPeer)
    {
    }

    internal EngineHost(TimeProvider time, ILogger<EngineHost> logger, int capacity, int messageCapacity, int messagesPerPeer)
    {
        _time = time;
        _logger = logger;
        _mailbox = new EngineMailbox(capacity, messageCapacity, messagesPerPeer);
    }

    /// <summary>Events and requests that wait for the engine.</summary>
    public int WaitingEvents => _mailbox.Waiting;

    /// <summary>Messages of peers that wait for the engine.</summary>
    public int WaitingMessages => _mailbox.WaitingMessages;

    /// <summary>Messages of peers that were thrown away because the engine was behind.</summary>
    public long DroppedMessages => _mailbox.Dropped;

    /// <summary>Messages that were not let in: too large, of a peer without a channel, or of one that is muted.</summary>
    public long RefusedMessages => _mailbox.Refused;

    /// <summary>Ends when the engine has taken its next steps: what it shows may have changed. Looking at it is none.</summary>
    public Task Changed => Volatile.Read(ref _changed).Task;

    /// <inheritdoc/>
    public void Post(NodeEvent nodeEvent) => _mailbox.Post(nodeEvent);

    /// <summary>
    /// Starts the engine and runs it until the token is cancelled. Does not return normally where the engine throws: a state of our own
    /// that cannot be, or a store that cannot save (<see cref="StoreException"/>). The process should then end; LND resumes HTLCs by itself.
    /// </summary>
    public async Task RunAsync(EddyEngine engine, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(engine);

        // WaitToReadAsync may complete synchronously for a long time; the caller must not wait for that.
        await Task.Yield();

        await using var timer = _time.CreateTimer(static state => ((EngineMailbox)state!).Wake(), _mailbox, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        try
        {
            engine.Start();
            var shown = engine.Steps;
            Arm(timer, engine);
            while (await _mailbox.WaitAsync(cancellationToken))
            {
                _mailbox.ClearSignal();
                RunTurn(engine);
                _mailbox.Admit(engine.ListenedTo);
                Arm(timer, engine);
                if (engine.Steps != shown)
                {
                    // Who only looks must not wake those who wait for something to look at.
                    shown = engine.Steps;
                    Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            LogStopped();
        }
        catch (Exception exception)
        {
            LogBroken(exception);
            throw;
        }
        finally
        {
            _mailbox.Close();
            _stopped.TrySetResult();
        }
    }

    /// <summary>Runs <paramref name="call"/> on the engine, between two of its steps.</summary>
    /// <exception cref="InvalidOperationException">The engine has stopped.</exception>
    public async Task<T> CallAsync<T>(Func<EddyEngine, T> call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);

        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_mailbox.TryPost(engine => answer.TrySetResult(call(engine))))
        {
            await Task.WhenAny(answer.Task, _stopped.Task).WaitAsync(cancellationToken);
        }

        return answer.Task.IsCompletedSuccessfully
            ? await answer.Task
            : throw new InvalidOperationException("The engine has stopped.");
    }

    public Task<OperatorReply> AskAsync(OperatorRequest request, CancellationToken cancellationToken) =>
        CallAsync(engine => engine.Handle(request), cancellationToken);

    public Task<EngineView> GetViewAsync(CancellationToken cancellationToken) => CallAsync(engine => engine.View, cancellationToken);

    /// <summary>The ledger of phantom fees from one day to another (UTC), both included; oldest first.</summary>
    public Task<ImmutableArray<PhantomFee>> GetLedgerAsync(DateOnly from, DateOnly to, CancellationToken cancellationToken) =>
        CallAsync(engine => engine.Ledger(from, to), cancellationToken);

    /// <summary>Why nothing happens.</summary>
    public Task<Explanation> ExplainAsync(CancellationToken cancellationToken) => CallAsync(engine => engine.Explain(), cancellationToken);

    /// <summary>Why nothing happens with a peer; null where there is no channel with it.</summary>
    public Task<Explanation?> ExplainAsync(NodeId peer, CancellationToken cancellationToken) =>
        CallAsync(engine => engine.Explain(peer), cancellationToken);

    /// <summary>Why nothing happens on a channel; null where it is not ours.</summary>
    public Task<Explanation?> ExplainAsync(ShortChannelId channel, CancellationToken cancellationToken) =>
        CallAsync(engine => engine.Explain(channel), cancellationToken);

    /// <summary>Any ring in the store; null where there is none of that id.</summary>
    public Task<RingView?> FindRingAsync(RingId ring, CancellationToken cancellationToken) =>
        CallAsync(engine => engine.FindRing(ring), cancellationToken);

    /// <summary>The latest rings in the store, newest first, their stories left out.</summary>
    public Task<ImmutableArray<RingView>> GetLatestRingsAsync(int count, CancellationToken cancellationToken) =>
        CallAsync(engine => engine.LatestRings(count), cancellationToken);

    /// <summary>What came of the days from one on (UTC), oldest first.</summary>
    public Task<ImmutableArray<DayFigures>> GetHistoryAsync(DateOnly first, CancellationToken cancellationToken) =>
        CallAsync(engine => engine.History(first), cancellationToken);

    public void Dispose()
    {
        _mailbox.Close();
        _mailbox.Dispose();
    }

    private static void Step(EddyEngine engine, EngineMailbox.Entry entry)
    {
        if (entry.Event is { } nodeEvent)
        {
            engine.Handle(nodeEvent);
        }
        else
        {
            entry.Work?.Invoke(engine);
        }
    }

    private void RunTurn(EddyEngine engine)
    {
        // A bounded turn, so that timers are looked at in a flood as well.
        for (var taken = 0; taken < LongestTurn; taken++)
        {
            if (!_mailbox.TryRead(out var entry))
            {
                engine.Tick();
                return;
            }

            Step(engine, entry);
        }

        engine.Tick();
        _mailbox.Wake();
    }

    private void Arm(ITimer timer, EddyEngine engine)
    {
        if (engine.NextTimer is not { } due)
        {
            timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return;
        }

        var wait = due - _time.GetUtcNow();
        timer.Change(wait < TimeSpan.Zero ? TimeSpan.Zero : wait > LongestWait ? LongestWait : wait, Timeout.InfiniteTimeSpan);
    }

    [LoggerMessage(LogLevel.Debug, "The engine stopped.")]
    private partial void LogStopped();

    [LoggerMessage(LogLevel.Critical, "The engine cannot go on.")]
    private partial void LogBroken(Exception exception);
}
