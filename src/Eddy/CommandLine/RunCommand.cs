using System.CommandLine;
using Eddy.Configuration;
using Eddy.Guarding;
using Eddy.Hosting;
using Eddy.Logging;
using Eddy.Telemetry;

namespace Eddy.CommandLine;

/// <summary><c>eddy run</c>: the daemon, until it is told to stop.</summary>
internal static partial class RunCommand
{
    /// <param name="superviseProcess">Makes this process the supervisor of the same command in another; returns if it is supervised already or cannot be.</param>
    public static void AddTo(EddyCommands commands, Command root, ConfigFlags flags, Terminal terminal, Func<DaemonOptions, DaemonOptions> adjust, Action? superviseProcess) =>
        commands.Add(root, new("run", "Run the daemon beside LND until it is told to stop (SIGTERM, SIGINT)"), (parse, cancellationToken) =>
        {
            var config = flags.Load(parse);
            if (config.IsGuarded)
            {
                superviseProcess?.Invoke();
            }

            return RunAsync(config, terminal, adjust, cancellationToken);
        });

    private static async Task<int> RunAsync(
        EddyConfig config, Terminal terminal, Func<DaemonOptions, DaemonOptions> adjust, CancellationToken cancellationToken)
    {
        var levels = new LogLevels(config.LogLevel);
        using var loggers = LineLoggerProvider.CreateFactory(terminal.Error, levels, config.LogFormat);
        using var tail = new LogTail(TimeProvider.System);
        loggers.AddProvider(tail);
        var logger = loggers.CreateLogger("Eddy.Daemon");
        using var manager = ServiceManager.Find(Environment.GetEnvironmentVariable);
        var watching = new GuardOptions(config.GuardTimeout, GuardKill.PathIn(config.DataDirectory));
        await using var guard = Guard.Start(watching, WhyUnguarded(config), manager, logger);
        using var export = config.Telemetry is { } telemetry ? StartExport(telemetry, config, loggers) : null;
        await using var daemon = await LastingDaemon.StartAsync(adjust(DaemonOptions.From(config) with { Guard = guard, LogLevels = levels, Logs = tail }), loggers, cancellationToken);
        manager?.Ready();
        guard.Announce();
        if (config.File is { } file && PrivateFile.IsWritableByOthers(file))
        {
            LogWritable(logger, file);
        }

        LogStarted(logger, BuildVersion.Number, BuildVersion.Commit, daemon.ApiAddress, daemon.DataDirectoryPath);

        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = cancellationToken.Register(stopped.SetResult);
        await Task.WhenAny(stopped.Task, daemon.Completion, guard.SupervisorLost);
        manager?.Stopping();
        if (daemon.Completion.Exception?.InnerException is { } fault)
        {
            terminal.WriteError($"cannot go on: {fault.Message}");
            return ExitCode.Failed;
        }

        LogStopping(logger);
        await daemon.DisposeAsync();
        LogStopped(logger);
        return ExitCode.Done;
    }

    private static OtlpExport StartExport(TelemetryOptions telemetry, EddyConfig config, ILoggerFactory loggers) =>
        OtlpExport.Start(telemetry, $"{Environment.MachineName}:{config.Listen.Port}", loggers.CreateLogger("Eddy.Telemetry"));

    private static string? WhyUnguarded(EddyConfig config) => !config.IsGuarded ? "switched off: eddy.guard"
        : config.IsObserving ? "not needed: LND offers nothing to a daemon that only looks on"
        : null;

    [LoggerMessage(LogLevel.Information, "eddy {Version} (commit {Commit}) runs; API at {Address}, data in {Directory}.")]
    private static partial void LogStarted(ILogger logger, string version, string commit, Uri address, string directory);

    [LoggerMessage(LogLevel.Warning, "Other users can change {File}, and with it what eddy may do: chmod 600 it.")]
    private static partial void LogWritable(ILogger logger, string file);

    [LoggerMessage(LogLevel.Information, "Stopping: HTLCs at the interceptor are let go first.")]
    private static partial void LogStopping(ILogger logger);

    [LoggerMessage(LogLevel.Information, "Stopped.")]
    private static partial void LogStopped(ILogger logger);
}
