using System.Collections.Immutable;
using Eddy.Configuration;
using Eddy.Engine;
using Eddy.Hosting;

namespace Eddy.Reloading;

/// <summary>What reading the configuration again came to.</summary>
/// <param name="IsApplied">False where there were mistakes: then nothing has changed.</param>
/// <param name="Changes">Those that need a restart have no effect yet.</param>
internal sealed record ReloadOutcome(bool IsApplied, ImmutableArray<ConfigChange> Changes, ImmutableArray<ConfigMistake> Mistakes);

/// <summary>
/// Reads the configuration of a running daemon again: the file, the lists that it names, the environment and the flags of its start, as one.
/// With a single mistake in it all of it is refused, and what held before goes on.
/// </summary>
internal sealed partial class ConfigReloader : IDisposable
{
    private readonly EddyConfig _started;
    private readonly Func<ConfigResult> _read;
    private readonly Action<LogLevel> _setLogLevel;
    private readonly ILogger<ConfigReloader> _logger;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private EddyConfig _applied;

    /// <param name="started">What the daemon was started with.</param>
    /// <param name="read">Reads it again.</param>
    /// <param name="setLogLevel">Has it logged from there on.</param>
    /// <param name="logger">Told what changed, and what is wrong.</param>
    public ConfigReloader(EddyConfig started, Func<ConfigResult> read, Action<LogLevel> setLogLevel, ILogger<ConfigReloader> logger)
    {
        (_started, _applied) = (started, started);
        _read = read;
        _setLogLevel = setLogLevel;
        _logger = logger;
    }

    /// <summary>What the engine goes by since the last time; null where nothing was read again yet. A daemon that steps aside comes back with it.</summary>
    public EngineOptions? Engine { get; private set; }

    /// <param name="apply">Has the engine go by it. Where that fails nothing has changed.</param>
    public async Task<ReloadOutcome> ReloadAsync(Func<EngineOptions, CancellationToken, Task> apply, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var result = _read();
            if (result.Config is not { } config)
            {
                return Refuse(result.Mistakes);
            }

            // What needs a restart is compared with the start, for nothing else has had an effect.
            ImmutableArray<ConfigChange> changes =
            [
                .. ConfigDifference.Between(_applied, config).Where(static change => !change.NeedsRestart),
                .. ConfigDifference.Between(_started, config).Where(static change => change.NeedsRestart),
            ];
            var options = DaemonOptions.From(config).Engine;
            if (changes.Any(static change => !change.NeedsRestart))
            {
                await apply(options, cancellationToken);
                Engine = options;
            }

            if (changes.Any(static change => change.Key == ConfigKeys.LogLevel.FullName))
            {
                // Otherwise what was said of single categories meanwhile would be lost.
                _setLogLevel(config.LogLevel);
            }

            _applied = config;
            Log(changes);
            return new(true, changes, result.Mistakes);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private ReloadOutcome Refuse(ImmutableArray<ConfigMistake> mistakes)
    {
        LogRefused(mistakes.Length);
        foreach (var mistake in mistakes)
        {
            LogMistake(mistake);
        }

        return new(false, [], mistakes);
    }

    private void Log(ImmutableArray<ConfigChange> changes)
    {
        foreach (var change in changes)
        {
            if (change.NeedsRestart)
            {
                LogNeedsRestart(change.Key, change.From, change.To);
            }
            else
            {
                LogChanged(change.Key, change.From, change.To);
            }
        }

        if (changes.IsEmpty)
        {
            LogSame();
        }
    }

    [LoggerMessage(LogLevel.Warning, "The configuration was read again and is refused, all of it, for {Mistakes} mistakes; what held before goes on.")]
    private partial void LogRefused(int mistakes);

    [LoggerMessage(LogLevel.Warning, "{Mistake}")]
    private partial void LogMistake(ConfigMistake mistake);

    [LoggerMessage(LogLevel.Information, "Configuration: {Key} {From} -> {To}.")]
    private partial void LogChanged(string key, string from, string to);

    [LoggerMessage(LogLevel.Warning, "Configuration: {Key} {From} -> {To} needs a restart; until then it stays {From}.")]
    private partial void LogNeedsRestart(string key, string from, string to);

    [LoggerMessage(LogLevel.Information, "The configuration was read again and says nothing new.")]
    private partial void LogSame();
}
