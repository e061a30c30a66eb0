using Eddy.Engine.Ports;
using Eddy.Sqlite;

namespace Eddy.Hosting;

/// <summary>
/// Copies the database now and then, beside the engine's own work. What goes wrong is said and tried again; the copies that are there stay.
/// </summary>
internal sealed partial class BackupKeeper : IAsyncDisposable
{
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(10);

    private readonly DataDirectory _directory;
    private readonly int _keep;
    private readonly TimeSpan _interval;
    private readonly TimeProvider _time;
    private readonly ILogger<BackupKeeper> _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;

    /// <param name="directory">Of the database and its copies.</param>
    /// <param name="keep">How many are kept.</param>
    /// <param name="interval">Between two; counted from the newest there is, through restarts.</param>
    /// <param name="time">Names the copies.</param>
    /// <param name="logger">Told of each.</param>
    public BackupKeeper(DataDirectory directory, int keep, TimeSpan interval, TimeProvider time, ILogger<BackupKeeper> logger)
    {
        _directory = directory;
        _keep = keep;
        _interval = interval;
        _time = time;
        _logger = logger;
        _running = RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        await Task.Yield();
        try
        {
            await Task.Delay(UntilFirst(), _time, _stopping.Token);
            while (true)
            {
                await Task.Delay(TryMake() ? _interval : Least(_interval, LongestRetry), _time, _stopping.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The daemon stops.
        }
    }

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private TimeSpan UntilFirst()
    {
        if (StoreBackup.List(_directory.Backups).FirstOrDefault() is not { } newest)
        {
            return TimeSpan.Zero;
        }

        // Never longer than the interval, though the clock may have been set back.
        var left = newest.At + _interval - _time.GetUtcNow();
        return left < TimeSpan.Zero ? TimeSpan.Zero : Least(left, _interval);
    }

    private bool TryMake()
    {
        try
        {
            var backup = StoreBackup.Make(_directory.Database, _directory.Backups, _time.GetUtcNow());
            StoreBackup.Prune(_directory.Backups, _keep);
            LogMade(backup.Path, backup.Size);
            return true;
        }
        catch (Exception exception) when (exception is StoreException or IOException or UnauthorizedAccessException)
        {
            LogFailed(exception);
            return false;
        }
    }

    [LoggerMessage(LogLevel.Debug, "The database was copied to {Path}, {Size} bytes.")]
    private partial void LogMade(string path, long size);

    [LoggerMessage(LogLevel.Warning, "The database could not be copied; the earlier copies stay")]
    private partial void LogFailed(Exception exception);
}
