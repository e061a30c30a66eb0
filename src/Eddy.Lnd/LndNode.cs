using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Eddy.Engine.Ports;
using Eddy.Lightning;
using Eddy.Lnd.Access;
using Eddy.Lnd.Interception;
using Eddy.Lnd.Messages;
using Eddy.Lnd.Payments;
using Eddy.Lnd.Session;
using Eddy.Protos.Lnrpc;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Eddy.Lnd;

/// <summary>
/// LND over its gRPC API: the engine's ports, one instance per node. Make it with the engine's inbox, give it to the engine, then
/// <see cref="Start"/> it. It keeps a connection up by itself and tells the inbox what happens to it.
/// </summary>
public sealed partial class LndNode : ILightningNode, IPeerMessenger, IAsyncDisposable
{
    /// <summary>Of the activities for what LND is asked by commands: one for each, where somebody listens.</summary>
    public const string ActivitySourceName = "Eddy.Lnd";

    private const int SignatureSize = 65;
    private const string CommandMethod = "a command";
    private static readonly TimeSpan StoodWell = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FlushLimit = TimeSpan.FromSeconds(2);

    private static readonly ActivitySource Activities = new(ActivitySourceName);

    private readonly LndOptions _options;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly EventPump _events;
    private readonly SessionSlot _slot = new();
    private readonly CircuitMemory _circuits = new();
    private readonly InterceptorSwitch _intercepting = new();
    private readonly PaymentRunner _payments;
    private readonly CircuitLookup _lookup;
    private readonly PeerMessages _messages;
    private readonly ConcurrentDictionary<long, Task> _commands = new();
    private readonly CancellationTokenSource _stopping = new();
    private Task[] _loops = [];
    private int _state;
    private long _commandCount;
    private long _connections;

    /// <param name="options">Where LND is.</param>
    /// <param name="inbox">Told everything; may make its caller wait.</param>
    /// <param name="loggers">For the adapter's own logs, which never hold a macaroon, preimage or payment address.</param>
    public LndNode(LndOptions options, IEngineInbox inbox, ILoggerFactory loggers)
    {
        _options = options;
        _loggers = loggers;
        _logger = loggers.CreateLogger<LndNode>();
        _events = new EventPump(inbox, loggers.CreateLogger<EventPump>());
        _payments = new PaymentRunner(_slot, options.Timings, loggers.CreateLogger<PaymentRunner>());
        _lookup = new CircuitLookup(_circuits);
        _messages = new PeerMessages(_slot, _events, options.Timings, loggers.CreateLogger<PeerMessages>());
    }

    /// <summary>Counters and latencies of the interceptor.</summary>
    public InterceptorStatistics Interceptor { get; } = new();

    /// <summary>How often a connection stood and the engine was told of it.</summary>
    public long Connections => Interlocked.Read(ref _connections);

    /// <summary>Since LND last answered, which is asked every <see cref="LndTimings.HeightPoll"/>; null while there is no connection that stands.</summary>
    public TimeSpan? Silence => _slot.Current?.Silence;

    /// <summary>
    /// Ends when the adapter is disposed. If it fails before, that is a bug of ours, and the process should not go on as if it were well.
    /// </summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    /// <summary>Whether LND's interceptor is wanted. Turned off, what it holds is answered first, and its place left to others.</summary>
    public void Intercept(bool isWanted) => _intercepting.Turn(isWanted);

    /// <summary>Starts to connect. Returns at once.</summary>
    /// <param name="gate">Judges HTLCs; null for a node that only looks on: the interceptor's place is then left to others.</param>
    /// <exception cref="InvalidOperationException">It was started before.</exception>
    public void Start(IHtlcGate? gate)
    {
        if (Interlocked.Exchange(ref _state, 1) != 0)
        {
            throw new InvalidOperationException("The adapter was started before.");
        }

        var interceptor = gate is null
            ? null
            : new InterceptorLoop(gate, _intercepting, _options.Watch, _options.Downstream, _events, _circuits, Interceptor, _options.Timings, _loggers.CreateLogger<InterceptorLoop>());
        _loops =
        [
            Task.Run(() => _events.RunAsync(CancellationToken.None)),
            Task.Run(() => ConnectAsync(interceptor, _stopping.Token)),
            Task.Run(() => _messages.RunAsync(_stopping.Token)),
        ];
        Completion = WatchAsync();
    }

    /// <inheritdoc/>
    public void Execute(NodeCommand command)
    {
        ArgumentNullException.ThrowIfNull(command);

        if (command is NodeCommand.Refresh refresh && _slot.Current is { } session)
        {
            session.Refresh(refresh.Id);
            return;
        }

        var number = Interlocked.Increment(ref _commandCount);
        var task = Task.Run(() => CompleteAsync(command, _stopping.Token));
        _commands[number] = task;
        _ = task.ContinueWith(_ => _commands.TryRemove(number, out Task? _), TaskScheduler.Default);
    }

    /// <inheritdoc/>
    public void Send(CommandId id, NodeId peer, ReadOnlyMemory<byte> payload) => _messages.Send(id, peer, payload);

    /// <summary>
    /// Answers what the interceptor holds, closes everything, and hands over the last events. Payments under way go on in LND; who sent
    /// them follows them by their hash when it is back.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        var state = Interlocked.Exchange(ref _state, 2);
        if (state == 2)
        {
            return;
        }

        await _stopping.CancelAsync();
        if (state == 0)
        {
            _stopping.Dispose();
            _intercepting.Dispose();
            return;
        }

        await Task.WhenAll(_loops[1..]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_commands.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _events.Complete();

        // An engine that has stopped takes nothing any more, or lets us wait for good.
        await _loops[0].WaitAsync(FlushLimit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _intercepting.Dispose();
        _stopping.Dispose();
    }

    private async Task ConnectAsync(InterceptorLoop? interceptor, CancellationToken cancellationToken)
    {
        var context = new SessionContext(_options, _events, _slot, interceptor, _loggers, () => Interlocked.Increment(ref _connections));
        var backoff = new Backoff(_options.Timings.MinBackoff, _options.Timings.MaxBackoff);
        var wasConnected = false;
        LndProblem? reported = null;
        while (!cancellationToken.IsCancellationRequested)
        {
            var started = Environment.TickCount64;
            var (problem, isAnnounced) = await RunSessionAsync(context, wasConnected, cancellationToken);
            if (problem is null)
            {
                return;
            }

            if (isAnnounced || reported?.Message != problem.Message)
            {
                LogDisconnected(problem.ToString());
                _events.Post(new NodeEvent.Disconnected(problem.ToString()));
            }

            wasConnected |= isAnnounced;
            reported = problem;
            if (isAnnounced && Environment.TickCount64 - started > StoodWell.TotalMilliseconds)
            {
                backoff.Reset();
            }

            var pause = problem.IsWaiting ? _options.Timings.StatePoll : backoff.Next();
            await Task.Delay(pause, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Why the session ended and whether the engine had been told of it; no problem where we ended it ourselves.</summary>
    private async Task<(LndProblem? Problem, bool IsAnnounced)> RunSessionAsync(
        SessionContext context, bool isReturn, CancellationToken cancellationToken)
    {
        LndSession? session = null;
        _events.Hold();
        try
        {
            using var connection = LndConnection.Open(_options);
            var greeting = await Handshake.RunAsync(connection, _options, cancellationToken);
            session = new LndSession(context, connection, greeting);
            LogGreeted(greeting.Node.Alias, greeting.Version.ToString(), greeting.Node.Network);
            await session.RunAsync(isReturn, cancellationToken);
            return (null, session.IsAnnounced);
        }
        catch (LndProblemException exception)
        {
            return (exception.Problem, session?.IsAnnounced ?? false);
        }
        catch (Exception exception) when (cancellationToken.IsCancellationRequested && exception is RpcException or OperationCanceledException)
        {
            return (null, session?.IsAnnounced ?? false);
        }
        finally
        {
            _events.Abandon();
        }
    }

    private async Task CompleteAsync(NodeCommand command, CancellationToken cancellationToken)
    {
        try
        {
            using var activity = StartActivity(command);
            var outcome = await GetOutcomeAsync(command, cancellationToken);
            activity?.SetTag("eddy.outcome", outcome.GetType().Name);
            _events.Post(new NodeEvent.Completed(command.Id, outcome));
        }
        catch (Exception exception) when (cancellationToken.IsCancellationRequested && exception is RpcException or OperationCanceledException)
        {
            LogGivenUp(command.GetType().Name);
        }
        catch (Exception exception) when (command is not NodeCommand.SendToRoute)
        {
            // The engine waits for every outcome. A payment's runner follows it through whatever fails: none of those comes here.
            LogCommandFailed(exception, command.GetType().Name);
            _events.Post(new NodeEvent.Completed(command.Id, new CommandOutcome.Unavailable($"The command failed: {exception.Message}")));
        }
    }

    private static Activity? StartActivity(NodeCommand command)
    {
        if (!Activities.HasListeners())
        {
            return null;
        }

        var method = command switch
        {
            NodeCommand.SendToRoute => "/routerrpc.Router/SendToRouteV2",
            NodeCommand.TrackPayment => "/routerrpc.Router/TrackPaymentV2",
            NodeCommand.LookupCircuits => "/lnrpc.Lightning/ForwardingHistory",
            NodeCommand.Refresh => "/lnrpc.Lightning/ListChannels",
            _ => MethodOf(command),
        };
        var slash = method.LastIndexOf('/');
        var activity = Activities.StartActivity(method.TrimStart('/'), ActivityKind.Client);
        activity?.SetTag("rpc.system", "grpc").SetTag("rpc.service", method[..slash].TrimStart('/')).SetTag("rpc.method", method[(slash + 1)..]);
        return activity;
    }

    /// <summary>No loop ends before the disposal, unless it is broken.</summary>
    private async Task WatchAsync()
    {
        var ended = await Task.WhenAny(_loops);
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        var fault = ended.Exception?.InnerException ?? new InvalidOperationException("A loop of the adapter to LND has ended by itself.");
        LogBroken(fault);
        ExceptionDispatchInfo.Throw(fault);
    }

    private async Task<CommandOutcome> GetOutcomeAsync(NodeCommand command, CancellationToken cancellationToken)
    {
        switch (command)
        {
            case NodeCommand.SendToRoute send:
                return await _payments.SendAsync(send, cancellationToken);
            case NodeCommand.TrackPayment track:
                return await _payments.TrackAsync(track.Hash, cancellationToken);
        }

        if (_slot.Current is not { } session)
        {
            return new CommandOutcome.Unavailable("Not connected to LND.");
        }

        try
        {
            return command switch
            {
                NodeCommand.SignMessage sign => await SignAsync(session, sign, cancellationToken),
                NodeCommand.AddInvoice add => await Payments.Invoices.AddAsync(session, add, cancellationToken),
                NodeCommand.CancelInvoice cancel => await Payments.Invoices.CancelAsync(session, cancel.Hash, cancellationToken),
                NodeCommand.LookupInvoice lookup => await Payments.Invoices.LookupAsync(session, lookup.Hash, cancellationToken),
                NodeCommand.LookupCircuits circuits => await _lookup.RunAsync(session, circuits, cancellationToken),
                NodeCommand.Refresh => new CommandOutcome.Unavailable("Not connected to LND."),
                _ => throw new InvalidOperationException($"There is no way to carry out {command.GetType().Name}."),
            };
        }
        catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
        {
            return LndErrors.IsUnclear(exception)
                ? new CommandOutcome.Unavailable(LndErrors.Describe(exception))
                : new CommandOutcome.Refused(session.Connection.Explain(exception, MethodOf(command)).Message);
        }
    }

    private static string MethodOf(NodeCommand command) => command switch
    {
        NodeCommand.SignMessage => "/lnrpc.Lightning/SignMessage",
        NodeCommand.AddInvoice => "/lnrpc.Lightning/AddInvoice",
        NodeCommand.CancelInvoice => "/invoicesrpc.Invoices/CancelInvoice",
        NodeCommand.LookupInvoice => "/lnrpc.Lightning/LookupInvoice",
        _ => CommandMethod,
    };

    private static async Task<CommandOutcome> SignAsync(LndSession session, NodeCommand.SignMessage command, CancellationToken cancellationToken)
    {
        var request = new SignMessageRequest { Msg = ByteString.CopyFrom(command.Message.Span) };
        var answer = await session.Connection.Lightning.SignMessageAsync(request, session.Connection.Call(cancellationToken));
        var signature = new byte[SignatureSize];
        return ZBase32.TryDecode(answer.Signature, signature)
            ? new CommandOutcome.Signed(signature)
            : new CommandOutcome.Refused("LND returned a signature of an unknown form.");
    }

    [LoggerMessage(LogLevel.Information, "Connected to {Alias}: LND {Version} on {Network}.")]
    private partial void LogGreeted(string alias, string version, string network);

    [LoggerMessage(LogLevel.Warning, "{Problem}")]
    private partial void LogDisconnected(string problem);

    [LoggerMessage(LogLevel.Debug, "{Command} is given up: the adapter stops.")]
    private partial void LogGivenUp(string command);

    [LoggerMessage(LogLevel.Error, "{Command} failed in a way that was not foreseen.")]
    private partial void LogCommandFailed(Exception exception, string command);

    [LoggerMessage(LogLevel.Critical, "The adapter to LND cannot go on.")]
    private partial void LogBroken(Exception exception);
}
