using System.Collections.Immutable;
using System.Net;
using Eddy.Api;
using Eddy.Configuration;
using Eddy.Engine;
using Eddy.Engine.Forwarding;
using Eddy.Engine.Ports;
using Eddy.Engine.Storage;
using Eddy.Engine.Views;
using Eddy.Forwarding;
using Eddy.Guarding;
using Eddy.Interception;
using Eddy.Lightning;
using Eddy.Lnd;
using Eddy.Lnd.Access;
using Eddy.Lnd.Interception;
using Eddy.Logging;
using Eddy.Reloading;
using Eddy.Rings;
using Eddy.Sqlite;
using Eddy.Telemetry;

namespace Eddy.Hosting;

/// <summary>
/// One daemon beside one LND: data directory, store, engine, adapter and API, put together. A process may hold many. Starting either
/// succeeds as a whole or leaves nothing behind but files.
/// </summary>
internal sealed partial class EddyDaemon : IEngineDesk, IAsyncDisposable
{
    private readonly Stack<IAsyncDisposable> _parts = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly DaemonOptions _options;
    private readonly ILogger<EddyDaemon> _logger;
    private readonly EngineHost _host;
    private readonly DaemonMeter _meter = new();
    private readonly PrometheusPage _metrics;
    private Task _running = Task.CompletedTask;
    private Task _completion = Task.CompletedTask;
    private ApiServer? _api;
    private LndNode? _node;
    private int _isDisposed;
    private volatile EngineOptions _engineOptions;
    private Task _letsGo = Task.CompletedTask;

    private EddyDaemon(DaemonOptions options, ILoggerFactory loggers)
    {
        _options = options;
        _engineOptions = options.Reloader?.Engine ?? options.Engine;
        _logger = loggers.CreateLogger<EddyDaemon>();
        _host = new EngineHost(TimeProvider.System, loggers.CreateLogger<EngineHost>());
        _metrics = new PrometheusPage(_meter);
    }

    /// <inheritdoc/>
    public bool IsObserving => _engineOptions.IsObserving;

    /// <inheritdoc/>
    public bool IsMetricsOpen => _options.IsMetricsOpen;

    /// <inheritdoc/>
    public LogLevels LogLevels => _options.LogLevels;

    /// <inheritdoc/>
    public GuardState? Guard => _options.Guard?.State;

    /// <inheritdoc/>
    public TimeSpan? LndSilence => _node?.Silence;

    /// <inheritdoc/>
    public LogTail Logs => _options.Logs;

    /// <summary>Where the API really listens.</summary>
    public Uri ApiAddress => _api!.Address;

    public string DataDirectoryPath => _options.DataDirectory;

    /// <summary>Where other programs find eddy's own interceptor; null for nowhere.</summary>
    public IPEndPoint? InterceptorAddress { get; private set; }

    /// <summary>
    /// Ends when the engine ends, by <see cref="DisposeAsync"/>, or with what broke it or the adapter to LND. The process should then end;
    /// LND resumes HTLCs by itself.
    /// </summary>
    public Task Completion => _completion;

    /// <inheritdoc/>
    public Task Changed => _host.Changed;

    /// <summary>Looks at everything that can be wrong, then starts. LND must be there and let us in; later it may go and come back.</summary>
    /// <param name="options">All that it takes.</param>
    /// <param name="loggers">For all of its parts.</param>
    /// <param name="cancellationToken">Gives the start up.</param>
    /// <param name="beforeListening">Called when all is well but for the API's port.</param>
    /// <exception cref="StartException">It cannot start; the lines say why.</exception>
    public static async Task<EddyDaemon> StartAsync(
        DaemonOptions options, ILoggerFactory loggers, CancellationToken cancellationToken, Func<ValueTask>? beforeListening = null)
    {
        var daemon = new EddyDaemon(options, loggers);
        try
        {
            await daemon.StartPartsAsync(loggers, beforeListening ?? (static () => ValueTask.CompletedTask), cancellationToken);
            return daemon;
        }
        catch
        {
            await daemon.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<string> GetMetricsAsync(CancellationToken cancellationToken) => _metrics.WriteAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<EngineView> GetViewAsync(CancellationToken cancellationToken) => _host.GetViewAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<OperatorReply> AskAsync(OperatorRequest request, CancellationToken cancellationToken) => _host.AskAsync(request, cancellationToken);

    /// <inheritdoc/>
    public Task<ImmutableArray<PhantomFee>> GetLedgerAsync(DateOnly from, DateOnly to, CancellationToken cancellationToken) => _host.GetLedgerAsync(from, to, cancellationToken);

    /// <inheritdoc/>
    public Task<ReloadOutcome> ReloadAsync(CancellationToken cancellationToken) => _options.Reloader is { } reloader
        ? reloader.ReloadAsync(ApplyAsync, cancellationToken)
        : Task.FromResult(new ReloadOutcome(false, [], [new(new ConfigOrigin.Default(), "this daemon was started without a configuration that could be read again")]));

    /// <inheritdoc/>
    public Task<Explanation> ExplainAsync(CancellationToken cancellationToken) => _host.ExplainAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<Explanation?> ExplainAsync(NodeId peer, CancellationToken cancellationToken) => _host.ExplainAsync(peer, cancellationToken);

    /// <inheritdoc/>
    public Task<Explanation?> ExplainAsync(ShortChannelId channel, CancellationToken cancellationToken) =>
        _host.ExplainAsync(channel, cancellationToken);

    /// <inheritdoc/>
    public Task<RingView?> FindRingAsync(RingId ring, CancellationToken cancellationToken) => _host.FindRingAsync(ring, cancellationToken);

    /// <inheritdoc/>
    public Task<ImmutableArray<RingView>> GetLatestRingsAsync(int count, CancellationToken cancellationToken) => _host.GetLatestRingsAsync(count, cancellationToken);

    /// <inheritdoc/>
    public Task<ImmutableArray<DayFigures>> GetHistoryAsync(DateOnly first, CancellationToken cancellationToken) => _host.GetHistoryAsync(first, cancellationToken);

    /// <summary>Begins nothing and agrees to nothing any more, and waits until the rings under way have ended.</summary>
    /// <param name="longest">No longer than this.</param>
    /// <param name="atOnce">Ends the wait.</param>
    public async Task DrainAsync(TimeSpan longest, CancellationToken atOnce)
    {
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(atOnce, _stopping.Token);
            limit.CancelAfter(longest);
            await _host.AskAsync(new OperatorRequest.Stop(), limit.Token);
            for (var told = -1; ;)
            {
                var changed = _host.Changed;
                var open = (await _host.GetViewAsync(limit.Token)).Rings.Count(static ring => !ring.IsFinal);
                if (open == 0)
                {
                    return;
                }

                if (open != told)
                {
                    LogDraining(open, longest.TotalSeconds);
                    told = open;
                }

                await changed.WaitAsync(limit.Token);
            }
        }
        catch (OperationCanceledException)
        {
            LogNotDrained();
        }
        catch (InvalidOperationException)
        {
            // The engine has stopped by itself.
        }
    }

    /// <summary>Stops in the reverse order of the start: the interceptor answers what it holds while the engine still listens.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        while (_parts.TryPop(out var part))
        {
            await part.DisposeAsync();
        }

        _metrics.Dispose();
        _meter.Dispose();
        _host.Dispose();
        _stopping.Dispose();
    }

    /// <summary>Ends with the engine; or with the adapter's fault, for an engine without one would wait for outcomes that never come.</summary>
    internal static async Task WatchAsync(Task engine, Task adapter)
    {
        if (await Task.WhenAny(engine, adapter) == adapter)
        {
            // Ends well only when it is disposed, which the engine's end follows.
            await adapter;
        }

        await engine;
    }

    private static int ExitCodeOf(StoreFault fault) => fault == StoreFault.ReadOnly ? ExitCode.Usage : ExitCode.Failed;

    private async Task StartPartsAsync(ILoggerFactory loggers, Func<ValueTask> beforeListening, CancellationToken cancellationToken)
    {
        var directory = DataDirectory.Open(_options.DataDirectory);
        Own(directory);
        CloseFiles(directory);
        var token = OpenToken(directory);
        await CheckLndAsync(cancellationToken);
        if (PrivateFile.IsReadableByAll(_options.Lnd.MacaroonPath))
        {
            LogReadable(_options.Lnd.MacaroonPath);
        }

        var store = OpenStore(directory);
        Own(store);

        var gate = new HtlcGate(_options.Ports.Bindings(store), _host, TimeProvider.System);
        var downstream = await StartDownstreamAsync(directory, loggers, cancellationToken);
        var node = _node = new LndNode(_options.Lnd with { Watch = _options.Guard, Downstream = downstream }, _host, loggers);
        var engine = new EddyEngine(_engineOptions, new EnginePorts
        {
            Store = new MeasuredStore(_options.Ports.Store(store), _meter),
            Node = _options.Ports.Node(node),
            Messenger = _options.Ports.Messenger(node),
            Gate = gate,
            Time = TimeProvider.System,
            Random = Random.Shared,
            Entropy = new CryptographicEntropy(),
            Watch = _meter,
            Logger = loggers.CreateLogger<EddyEngine>(),
        });
        _meter.Observe(Sources(node, downstream));
        _running = _host.RunAsync(engine, _stopping.Token);
        Own(StopEngineAsync);
        if (_options.StartsPaused)
        {
            await _host.AskAsync(new OperatorRequest.Pause(), cancellationToken);
        }

        Own(node.DisposeAsync);
        await beforeListening();
        _api = await ApiServer.StartAsync(_options.Listen, this, token, loggers, cancellationToken);
        Own(_api.DisposeAsync);

        // Last: from here on LND's HTLCs pass through us.
        node.Intercept(!IsObserving);
        node.Start(gate);
        if (_options.Backups > 0)
        {
            Own(new BackupKeeper(directory, _options.Backups, _options.BackupInterval, TimeProvider.System, loggers.CreateLogger<BackupKeeper>()).DisposeAsync);
        }

        _completion = WatchAsync(_running, node.Completion);
    }

    /// <summary>Null where no other program is to be let in, or none could be: without an interceptor of our own there is nothing to share.</summary>
    private async Task<DownstreamHub?> StartDownstreamAsync(DataDirectory directory, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        if (_options.InterceptorListen is not { } listen || IsObserving)
        {
            return null;
        }

        var hub = new DownstreamHub(_options.InterceptorPatience, loggers.CreateLogger<DownstreamHub>());
        try
        {
            var server = await InterceptorServer.StartAsync(listen, directory.Path, hub, cancellationToken);
            InterceptorAddress = server.Address;
            Own(async () =>
            {
                hub.Dispose();
                await server.DisposeAsync();
            });
        }
        catch
        {
            hub.Dispose();
            throw;
        }

        LogDownstream(InterceptorAddress, InterceptorServer.DirectoryIn(directory.Path));
        return hub;
    }

    private MeterSources Sources(LndNode node, DownstreamHub? downstream) => new()
    {
        Look = async cancellationToken =>
        {
            try
            {
                return await _host.CallAsync(static engine => new EngineSnapshot(engine.View, engine.Sizes), cancellationToken);
            }
            catch (InvalidOperationException)
            {
                // The engine has stopped.
                return null;
            }
        },
        Interceptor = node.Interceptor,
        Downstream = () => downstream?.Figures ?? DownstreamFigures.None,
        Guard = () => Guard,
        LndSilence = () => LndSilence,
        LndConnections = () => node.Connections,
        Mailbox = () => new(_host.WaitingEvents, _host.WaitingMessages, _host.DroppedMessages, _host.RefusedMessages),
        IsObserving = () => IsObserving,
    };

    private static AccessToken OpenToken(DataDirectory directory)
    {
        try
        {
            return AccessToken.OpenOrCreate(directory.Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException(ExitCode.Usage, $"the data directory {directory.Path} is not writable: {e.Message}", e) { MayPass = true };
        }
    }

    private SqliteStore OpenStore(DataDirectory directory)
    {
        var hasBackups = !StoreBackup.List(directory.Backups).IsEmpty;
        if (hasBackups && !StoreReplacement.WasCutShort(directory.Database) && new FileInfo(directory.Database) is not { Exists: true, Length: > 0 })
        {
            // An empty one in its place would do no harm, but nobody would notice what is lost. A power cut may leave a file without content.
            var state = File.Exists(directory.Database) ? "empty" : "gone";
            throw new StartException(ExitCode.Failed, [$"{directory.Database} is {state}, and there are copies of it.", .. StoreAdvice.WaysOut(directory.Path)]);
        }

        try
        {
            return SqliteStore.Open(directory.Database, _options.Backups > 0 ? directory.Backups : null);
        }
        catch (StoreException e)
        {
            throw new StartException(ExitCodeOf(e.Fault), [e.Message, .. e.Fault is StoreFault.Corrupt or StoreFault.CutShort ? StoreAdvice.WaysOut(directory.Path) : []])
            {
                MayPass = LastingDaemon.MayPass(e.Fault),
            };
        }
    }

    private void CloseFiles(DataDirectory directory)
    {
        foreach (var file in Directory.EnumerateFiles(directory.Path).Concat(StoreBackup.List(directory.Backups).Select(static backup => backup.Path)))
        {
            try
            {
                if (directory.IsOwn(file) && PrivateFile.Restrict(file, PrivateFile.OwnerOnly))
                {
                    LogClosed(file);
                }
            }
            catch (FileNotFoundException)
            {
                // A command that had the database open has ended, and SQLite has taken its log away.
            }
        }
    }

    private async Task CheckLndAsync(CancellationToken cancellationToken)
    {
        var probe = await LndProbe.RunAsync(_options.Lnd, cancellationToken);
        if (!probe.IsGood)
        {
            throw new StartException(probe.ExitCode, [.. probe.Problems.SelectMany(problem => Lines(problem, probe.Node))])
            {
                MayPass = probe.ExitCode == ExitCode.Unreachable,
            };
        }

        if (!probe.MissingOptionalMethods.IsEmpty)
        {
            LogMissingOptional(string.Join(", ", probe.MissingOptionalMethods));
        }
    }

    private IEnumerable<string> Lines(LndProblem problem, NodeIdentity? node)
    {
        yield return problem.ToString();
        if (problem.Kind == LndProblemKind.MissingRights)
        {
            yield return MacaroonAdvice.BakeCommand(_options.Lnd.MacaroonPath, node?.Network ?? _options.Lnd.Network);
        }
    }

    private async Task ApplyAsync(EngineOptions options, CancellationToken cancellationToken)
    {
        await _host.AskAsync(new OperatorRequest.Reconfigure(options), cancellationToken);
        _engineOptions = options;
        if (!options.IsObserving)
        {
            _node!.Intercept(true);
        }
        else if (_letsGo.IsCompleted)
        {
            _letsGo = LetGoAsync();
        }
    }

    /// <summary>Leaves LND's interceptor to others as soon as nothing that was promised before needs it any more.</summary>
    private async Task LetGoAsync()
    {
        try
        {
            while (IsObserving)
            {
                var changed = _host.Changed;
                var view = await _host.GetViewAsync(_stopping.Token);
                if (view.Rings.All(static ring => ring.IsFinal || ring.Role == "initiator"))
                {
                    _node!.Intercept(!IsObserving);
                    return;
                }

                await changed.WaitAsync(_stopping.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or InvalidOperationException)
        {
            // The daemon stops, and with it the interceptor.
        }
    }

    private async ValueTask StopEngineAsync()
    {
        await _stopping.CancelAsync();

        // What broke it is in Completion, for whoever runs the daemon.
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Own(IDisposable part) => Own(() =>
    {
        part.Dispose();
        return ValueTask.CompletedTask;
    });

    private void Own(Func<ValueTask> stop) => _parts.Push(new Part(stop));

    [LoggerMessage(LogLevel.Information, "Other programs find an HTLC interceptor at {Address}; certificate and macaroon for them are in {Directory}.")]
    private partial void LogDownstream(IPEndPoint address, string directory);

    [LoggerMessage(LogLevel.Information, "{Rings} rings are under way and may end first, for {Seconds} s in all; a second signal ends at once.")]
    private partial void LogDraining(int rings, double seconds);

    [LoggerMessage(LogLevel.Warning, "Not all rings have ended: they are picked up at the next start, and LND ends what it holds.")]
    private partial void LogNotDrained();

    [LoggerMessage(LogLevel.Warning, "The macaroon does not allow {Methods}: eddy goes on with less.")]
    private partial void LogMissingOptional(string methods);

    [LoggerMessage(LogLevel.Warning, "Every user of this machine can read {File}, and with it use the node: chmod 600 it, and bake another if you do not trust them all.")]
    private partial void LogReadable(string file);

    [LoggerMessage(LogLevel.Warning, "Other users could get at {File}; closed to them now.")]
    private partial void LogClosed(string file);

    private sealed class Part(Func<ValueTask> stop) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => stop();
    }
}
