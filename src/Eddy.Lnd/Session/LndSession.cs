using System.Diagnostics;
using Eddy.Engine.Ports;
using Eddy.Lnd.Access;
using Eddy.Lnd.Channels;
using Eddy.Lnd.Interception;
using Eddy.Protos.Lnrpc;
using Eddy.Protos.Routerrpc;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Eddy.Lnd.Session;

/// <summary>What a session needs of the node it belongs to.</summary>
internal sealed record SessionContext(
    LndOptions Options, EventPump Events, SessionSlot Slot, InterceptorLoop? Interceptor, ILoggerFactory Loggers, Action? Announced = null);

/// <summary>
/// One connection to LND from its greeting to its end. Order, so that nothing is missed: the interceptor (an LND that starts replays
/// HTLCs as soon as its channels are up), then the event streams, then the listings, and then the engine is told.
/// </summary>
internal sealed partial class LndSession
{
    private static readonly TimeSpan SubscribedLimit = TimeSpan.FromSeconds(10);

    private readonly SessionContext _context;
    private readonly Greeting _greeting;
    private readonly ChannelWatcher _channels;
    private readonly NodeEventReader _reader;
    private readonly TaskCompletionSource _htlcsSubscribed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ILogger _logger;
    private uint _height;
    private bool _isSynced = true;
    private long _lastAnswer;

    public LndSession(SessionContext context, LndConnection connection, Greeting greeting)
    {
        _context = context;
        _greeting = greeting;
        Connection = connection;
        var policies = new PolicyCache(connection, greeting.Node.Id, context.Options.Timings);
        _channels = new ChannelWatcher(
            connection, policies, context.Events, context.Options.Timings, context.Options.Downstream, context.Loggers.CreateLogger<ChannelWatcher>());
        _logger = context.Loggers.CreateLogger<LndSession>();
        _reader = new NodeEventReader(context.Events, _channels);
    }

    public LndConnection Connection { get; }

    public LndVersion Version => _greeting.Version;

    /// <summary>The engine has been told of this session.</summary>
    public bool IsAnnounced { get; private set; }

    /// <summary>Since LND's last answer to a call that is made all the time.</summary>
    public TimeSpan Silence => Stopwatch.GetElapsedTime(Volatile.Read(ref _lastAnswer));

    public void Refresh(CommandId command) => _channels.Request(command);

    /// <summary>Runs until the connection is of no more use.</summary>
    /// <param name="isReturn">There was a session before: events have been missed.</param>
    /// <param name="cancellationToken">Ends the session from our side.</param>
    /// <exception cref="LndProblemException">Why it ended.</exception>
    public async Task RunAsync(bool isReturn, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var interceptor = _context.Interceptor?.RunAsync(Connection, end.Token) ?? Task.CompletedTask;
        var tasks = new List<Task>();
        try
        {
            await WaitUntilActiveAsync(end.Token);
            tasks.AddRange(OpenStreams(end.Token));
            await Task.WhenAny([.. tasks, _htlcsSubscribed.Task, Task.Delay(SubscribedLimit, end.Token)]);
            await (tasks.Find(task => task.IsCompleted) ?? Task.CompletedTask);
            await AnnounceAsync(isReturn, end.Token);
            tasks.Add(BreakWithAsync(interceptor, end.Token));
            tasks.Add(KeepAsync(_channels.RunAsync, "the listing", end.Token));
            tasks.Add(KeepAsync(FollowHeightAsync, "GetInfo", end.Token));
            await await Task.WhenAny(tasks);
        }
        catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LndProblemException(Connection.Explain(exception, "a call"));
        }
        finally
        {
            _context.Slot.Clear();
            await end.CancelAsync();
            await interceptor;
            await Task.WhenAll(tasks).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Ends only as another task breaks: without its interceptor a session would go on promising what it cannot keep.</summary>
    private static async Task BreakWithAsync(Task other, CancellationToken cancellationToken)
    {
        await other;
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
    }

    private async Task WaitUntilActiveAsync(CancellationToken cancellationToken)
    {
        for (var state = _greeting.State; state != WalletState.ServerActive; state = await Connection.GetStateAsync(cancellationToken))
        {
            if (Handshake.Waiting(state) is { } waiting)
            {
                throw new LndProblemException(waiting);
            }

            await Task.Delay(_context.Options.Timings.StatePoll, cancellationToken);
        }
    }

    private IEnumerable<Task> OpenStreams(CancellationToken cancellationToken)
    {
        var lightning = Connection.Lightning;
        yield return FollowAsync(
            "/lnrpc.Lightning/SubscribePeerEvents",
            options => lightning.SubscribePeerEvents(new PeerEventSubscription(), options),
            _reader.OnPeerAsync,
            cancellation => _context.Events.PostListingAsync(_channels.ListPeersAsync, cancellation),
            cancellationToken);
        yield return FollowAsync(
            "/lnrpc.Lightning/SubscribeChannelEvents",
            options => lightning.SubscribeChannelEvents(new ChannelEventSubscription(), options),
            _reader.OnChannelAsync,
            OnReopened,
            cancellationToken);
        yield return FollowAsync(
            "/lnrpc.Lightning/SubscribeCustomMessages",
            options => lightning.SubscribeCustomMessages(new SubscribeCustomMessagesRequest(), options),
            _reader.OnMessageAsync,
            _ => Task.CompletedTask,
            cancellationToken);

        // The last one, and the only one that says when it stands: then the others do as well.
        yield return FollowAsync(
            "/routerrpc.Router/SubscribeHtlcEvents",
            options => Connection.Router.SubscribeHtlcEvents(new SubscribeHtlcEventsRequest(), options),
            OnHtlcAsync,
            OnReopened,
            cancellationToken);
    }

    private Task FollowAsync<T>(
        string method,
        Func<CallOptions, AsyncServerStreamingCall<T>> open,
        Func<T, CancellationToken, ValueTask> onEvent,
        Func<CancellationToken, Task> onReopened,
        CancellationToken cancellationToken) =>
        new Subscription<T>(method, open, onEvent, onReopened).FollowAsync(Connection, _context.Options.Timings, cancellationToken);

    private Task OnReopened(CancellationToken cancellationToken)
    {
        _channels.Trigger();
        return Task.CompletedTask;
    }

    private ValueTask OnHtlcAsync(HtlcEvent htlc, CancellationToken cancellationToken)
    {
        if (htlc.EventCase != HtlcEvent.EventOneofCase.SubscribedEvent)
        {
            return _reader.OnHtlcAsync(htlc, cancellationToken);
        }

        if (!_htlcsSubscribed.TrySetResult())
        {
            // Not the first time in this session: what happened meanwhile is lost.
            _context.Events.PostConnected(new NodeEvent.HtlcEventsLost());
        }

        return ValueTask.CompletedTask;
    }

    private async Task AnnounceAsync(bool isReturn, CancellationToken cancellationToken)
    {
        var info = await GetInfoAsync(cancellationToken);
        var peers = await _channels.ListPeersAsync(cancellationToken);
        var channels = await _channels.ListChannelsAsync(cancellationToken);
        var node = _greeting.Node with { Height = info.BlockHeight };

        IsAnnounced = true;
        _context.Announced?.Invoke();
        _context.Slot.Set(this);
        _context.Events.Release(
            isReturn
                ? [new NodeEvent.Connected(node), peers, channels, new NodeEvent.HtlcEventsLost()]
                : [new NodeEvent.Connected(node), peers, channels]);
        _height = info.BlockHeight;
        _context.Options.Downstream?.OnHeight(_height);
        _isSynced = info.SyncedToChain;
        _context.Events.PostConnected(new NodeEvent.SyncChanged(_isSynced));
    }

    /// <summary>Runs a loop of calls again where LND was only slow or odd; a connection that is gone ends it.</summary>
    private async Task KeepAsync(Func<CancellationToken, Task> loop, string what, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(_context.Options.Timings.MinBackoff, _context.Options.Timings.MaxBackoff);
        while (true)
        {
            try
            {
                await loop(cancellationToken);
            }
            catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
            {
                var problem = Connection.Explain(exception, what);
                if (problem.Kind != LndProblemKind.Unexpected && exception.StatusCode != StatusCode.DeadlineExceeded)
                {
                    throw new LndProblemException(problem);
                }

                LogOdd(problem.Message);
            }

            await Task.Delay(backoff.Next(), cancellationToken);
        }
    }

    private async Task<GetInfoResponse> GetInfoAsync(CancellationToken cancellationToken)
    {
        var info = await Connection.Lightning.GetInfoAsync(new GetInfoRequest(), Connection.Call(cancellationToken));
        Volatile.Write(ref _lastAnswer, Stopwatch.GetTimestamp());
        return info;
    }

    private async Task FollowHeightAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(_context.Options.Timings.HeightPoll, cancellationToken);
            var info = await GetInfoAsync(cancellationToken);
            if (info.BlockHeight != _height)
            {
                _height = info.BlockHeight;
                _context.Options.Downstream?.OnHeight(_height);
                _context.Events.PostConnected(new NodeEvent.BlockConnected(_height));
            }

            if (info.SyncedToChain != _isSynced)
            {
                _isSynced = info.SyncedToChain;
                _context.Events.PostConnected(new NodeEvent.SyncChanged(_isSynced));
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Problem}")]
    private partial void LogOdd(string problem);
}
