using System.Net;
using Eddy.Api;
using Eddy.Engine.Ports;
using Eddy.Sqlite;

namespace Eddy.Hosting;

/// <summary>
/// A daemon that steps aside while its store cannot be used, and comes back when it can: a full disk, a disk gone read-only, somebody who
/// holds the database. Meanwhile it has let go of LND's streams, so that LND forwards as if there were no eddy; nothing is promised,
/// proposed or waived that could not be written down. A damaged database ends it: that does not pass by itself.
/// </summary>
internal sealed partial class LastingDaemon : IAsyncDisposable
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan StoodWell = TimeSpan.FromMinutes(5);

    private readonly DaemonOptions _options;
    private readonly ILoggerFactory _loggers;
    private readonly AsideApi _aside;
    private readonly ILogger<LastingDaemon> _logger;
    private readonly CancellationTokenSource _stopping = new();
    private EddyDaemon? _daemon;

    private LastingDaemon(DaemonOptions options, ILoggerFactory loggers, EddyDaemon daemon)
    {
        // The same port again when it comes back, also where any was asked for.
        _options = options with { Listen = new IPEndPoint(options.Listen.Address, daemon.ApiAddress.Port) };
        _aside = new AsideApi(_options, loggers);
        _loggers = loggers;
        _logger = loggers.CreateLogger<LastingDaemon>();
        _daemon = daemon;
        ApiAddress = daemon.ApiAddress;
        Completion = RunAsync(daemon);
    }

    /// <summary>Where the API listens; while it has stepped aside it says why, and nothing else.</summary>
    public Uri ApiAddress { get; }

    public string DataDirectoryPath => _options.DataDirectory;

    /// <summary>Ends by <see cref="DisposeAsync"/>, or with what does not pass.</summary>
    public Task Completion { get; }

    /// <summary>The first start is the operator's: whatever is wrong then is said at once.</summary>
    /// <exception cref="StartException">It cannot start; the lines say why.</exception>
    public static async Task<LastingDaemon> StartAsync(DaemonOptions options, ILoggerFactory loggers, CancellationToken cancellationToken) =>
        new(options, loggers, await EddyDaemon.StartAsync(options, loggers, cancellationToken));

    public static bool MayPass(StoreFault fault) => fault is StoreFault.Full or StoreFault.Locked or StoreFault.ReadOnly or StoreFault.Failed;

    /// <summary>See <see cref="EddyDaemon.DrainAsync"/>; one that has stepped aside has nothing to wait for.</summary>
    public Task DrainAsync(TimeSpan longest, CancellationToken atOnce) => _daemon?.DrainAsync(longest, atOnce) ?? Task.CompletedTask;

    /// <summary>Reads the configuration again; what comes of it is in the log.</summary>
    public async Task ReloadAsync()
    {
        try
        {
            IEngineDesk desk = _daemon is { } daemon ? daemon : _aside;
            await desk.ReloadAsync(_stopping.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or InvalidOperationException or NoEngineException)
        {
            LogNotReloaded(e.Message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        await _stopping.CancelAsync();
        if (Interlocked.Exchange(ref _daemon, null) is { } daemon)
        {
            await daemon.DisposeAsync();
        }
        else
        {
            LogEndsAside();
        }

        // What broke it is in Completion, for whoever runs it.
        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (Interlocked.Exchange(ref _daemon, null) is { } last)
        {
            await last.DisposeAsync();
        }

        await _aside.CloseAsync();

        _stopping.Dispose();
    }

    private async Task RunAsync(EddyDaemon daemon)
    {
        await Task.Yield();
        var pause = _options.FirstPause;
        while (true)
        {
            var started = TimeProvider.System.GetTimestamp();
            try
            {
                await daemon.Completion;
                return;
            }
            catch (StoreException e) when (MayPass(e.Fault) && !_stopping.IsCancellationRequested)
            {
                pause = TimeProvider.System.GetElapsedTime(started) >= StoodWell ? _options.FirstPause : pause;
                LogStepsAside(e.Message);
                _aside.Why = e.Message;
            }
            catch (StoreException e) when (e.Fault == StoreFault.Corrupt)
            {
                throw new StoreException(e.Fault, string.Join(' ', StoreAdvice.WaysOut(DataDirectoryPath).Prepend(e.Message)), e);
            }

            _daemon = null;
            await daemon.DisposeAsync();
            EddyDaemon? next;
            do
            {
                try
                {
                    await _aside.OpenAsync(_stopping.Token);
                    await Task.Delay(pause, _stopping.Token);
                }
                catch (OperationCanceledException)
                {
                    return;
                }

                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
                next = await TryStartAsync();
            }
            while (next is null);

            daemon = next;
            Interlocked.Exchange(ref _daemon, next);
            if (_stopping.IsCancellationRequested)
            {
                // Who disposes may have looked before it was there, and waits for this loop; then looks again.
                return;
            }

            LogIsBack();
        }
    }

    private async Task<EddyDaemon?> TryStartAsync()
    {
        var database = DataDirectory.DatabaseIn(DataDirectoryPath);
        if (!File.Exists(database) && !StoreReplacement.WasCutShort(database))
        {
            // It was there: a disk that is not mounted any more looks like this, and a start would begin an empty one on the disk below.
            return NotYet($"{database} is not there: is its disk mounted?");
        }

        try
        {
            return await EddyDaemon.StartAsync(_options, _loggers, _stopping.Token, _aside.CloseAsync);
        }
        catch (Exception e) when (e is StartException { MayPass: true } or IOException or UnauthorizedAccessException)
        {
            return NotYet(e.Message);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private EddyDaemon? NotYet(string why)
    {
        LogNotYet(why);
        _aside.Why = why;
        return null;
    }

    [LoggerMessage(LogLevel.Error, "{Fault} Stepping aside until it passes: LND forwards as if eddy were not there.")]
    private partial void LogStepsAside(string fault);

    [LoggerMessage(LogLevel.Debug, "Stopped while aside: a start under way comes to its end first.")]
    private partial void LogEndsAside();

    [LoggerMessage(LogLevel.Warning, "The configuration could not be read again: {Why}")]
    private partial void LogNotReloaded(string why);

    [LoggerMessage(LogLevel.Error, "Not yet: {Why}")]
    private partial void LogNotYet(string why);

    [LoggerMessage(LogLevel.Information, "The store can be used again: back beside LND.")]
    private partial void LogIsBack();
}
