using System.Collections.Immutable;
using Eddy.Api;
using Eddy.Engine.Storage;
using Eddy.Engine.Views;
using Eddy.Forwarding;
using Eddy.Guarding;
using Eddy.Lightning;
using Eddy.Logging;
using Eddy.Reloading;
using Eddy.Rings;
using Eddy.Telemetry;

namespace Eddy.Hosting;

/// <summary>In the place of the API while the daemon has stepped aside: answers with why, so that nobody takes the daemon for gone.</summary>
internal sealed partial class AsideApi(DaemonOptions options, ILoggerFactory loggers) : IEngineDesk
{
    private readonly ILogger _logger = loggers.CreateLogger<AsideApi>();
    private ApiServer? _server;
    private volatile string _why = "";

    /// <summary>One sentence for the operator.</summary>
    public string Why
    {
        get => _why;
        set => _why = value;
    }

    /// <inheritdoc/>
    public bool IsObserving => (options.Reloader?.Engine ?? options.Engine).IsObserving;

    /// <inheritdoc/>
    public bool IsMetricsOpen => options.IsMetricsOpen;

    /// <inheritdoc/>
    public LogLevels LogLevels => options.LogLevels;

    /// <inheritdoc/>
    public GuardState? Guard => options.Guard?.State;

    /// <inheritdoc/>
    public TimeSpan? LndSilence => null;

    /// <inheritdoc/>
    public LogTail Logs => options.Logs;

    /// <inheritdoc/>
    public Task Changed { get; } = new TaskCompletionSource().Task;

    /// <summary>Opens it unless it is open. Where that is not possible the daemon only looks gone.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (_server is not null)
        {
            return;
        }

        try
        {
            _server = await ApiServer.StartAsync(options.Listen, this, AccessToken.OpenOrCreate(options.DataDirectory), loggers, cancellationToken);
        }
        catch (Exception e) when (e is StartException or IOException or UnauthorizedAccessException)
        {
            LogImpossible(e.Message);
        }
    }

    public async ValueTask CloseAsync()
    {
        if (Interlocked.Exchange(ref _server, null) is { } server)
        {
            await server.DisposeAsync();
        }
    }

    /// <inheritdoc/>
    public Task<string> GetMetricsAsync(CancellationToken cancellationToken)
    {
        var text = new PrometheusText()
            .Gauge("eddy_build_info", "Always 1; the labels say which version this is.", 1, $"{PrometheusText.Label("version", BuildVersion.Number)},{PrometheusText.Label("commit", BuildVersion.Commit)}")
            .Gauge("eddy_store_available", "1 while the database can be written, 0 while the daemon has stepped aside because it cannot.", 0)
            .Gauge("eddy_lnd_connected", "1 while a connection to LND stands.", 0)
            .Gauge("eddy_interceptor_connected", "1 while this daemon holds LND's HTLC interceptor.", 0)
            .Gauge("eddy_guard_last_kill_timestamp_seconds", "When the guard last ended a daemon of this data directory, since 1970; 0 for never.", Guard?.LastKill?.At.ToUnixTimeSeconds() ?? 0);
        ProcessFigures.Write(text);
        return Task.FromResult(text.ToString());
    }

    /// <inheritdoc/>
    public Task<EngineView> GetViewAsync(CancellationToken cancellationToken) => throw None();

    /// <inheritdoc/>
    public Task<OperatorReply> AskAsync(OperatorRequest request, CancellationToken cancellationToken) => throw None();

    /// <inheritdoc/>
    public Task<ImmutableArray<PhantomFee>> GetLedgerAsync(DateOnly from, DateOnly to, CancellationToken cancellationToken) => throw None();

    /// <inheritdoc/>
    public Task<ReloadOutcome> ReloadAsync(CancellationToken cancellationToken) =>
        options.Reloader is { } reloader ? reloader.ReloadAsync(static (_, _) => Task.CompletedTask, cancellationToken) : throw None();

    /// <inheritdoc/>
    public Task<Explanation> ExplainAsync(CancellationToken cancellationToken) => throw None();

    /// <inheritdoc/>
    public Task<Explanation?> ExplainAsync(NodeId peer, CancellationToken cancellationToken) => throw None();

    /// <inheritdoc/>
    public Task<Explanation?> ExplainAsync(ShortChannelId channel, CancellationToken cancellationToken) => throw None();

    /// <inheritdoc/>
    public Task<RingView?> FindRingAsync(RingId ring, CancellationToken cancellationToken) => throw None();

    /// <inheritdoc/>
    public Task<ImmutableArray<RingView>> GetLatestRingsAsync(int count, CancellationToken cancellationToken) => throw None();

    /// <inheritdoc/>
    public Task<ImmutableArray<DayFigures>> GetHistoryAsync(DateOnly first, CancellationToken cancellationToken) => throw None();

    private NoEngineException None() => new($"the daemon has stepped aside, and comes back by itself when this has passed: {Why}");

    [LoggerMessage(LogLevel.Debug, "The commands cannot be told that the daemon has stepped aside: {Why}")]
    private partial void LogImpossible(string why);
}
