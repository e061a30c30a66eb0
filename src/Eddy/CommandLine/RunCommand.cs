using System.CommandLine;
using System.Runtime.InteropServices;
using Eddy.Configuration;
using Eddy.Guarding;
using Eddy.Hosting;
using Eddy.Logging;
using Eddy.Reloading;
using Eddy.Telemetry;

namespace Eddy.CommandLine;

/// <summary><c>eddy run</c>: the daemon, until it is told to stop.</summary>
internal static partial class RunCommand
{
    /// <param name="superviseProcess">Makes this process the supervisor of the same command in another; returns if it is supervised already or cannot be.</param>
    /// <param name="onHangUp">Takes what SIGHUP does from then on.</param>
    public static void AddTo(
        EddyCommands commands,
        Command root,
        ConfigFlags flags,
        Terminal terminal,
        Func<DaemonOptions, DaemonOptions> adjust,
        Action? superviseProcess,
        Action<Action> onHangUp) =>
        commands.Add(root, new("run", "Run the daemon beside LND until it is told to stop (SIGTERM, SIGINT)"), (parse, cancellationToken) =>
        {
            var config = flags.Load(parse);
            if (config.IsGuarded)
            {
                superviseProcess?.Invoke();
            }

            return RunAsync(config, () => flags.TryLoad(parse), terminal, adjust, onHangUp, cancellationToken);
        });

    private static async Task<int> RunAsync(
        EddyConfig config,
        Func<ConfigResult> readAgain,
        Terminal terminal,
        Func<DaemonOptions, DaemonOptions> adjust,
        Action<Action> onHangUp,
        CancellationToken cancellationToken)
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
        using var reloader = new ConfigReloader(config, readAgain, levels.Set, loggers.CreateLogger<ConfigReloader>());
        await using var daemon = await LastingDaemon.StartAsync(
            adjust(DaemonOptions.From(config) with { Guard = guard, LogLevels = levels, Logs = tail, Reloader = reloader }), loggers, cancellationToken);
        onHangUp(() => _ = daemon.ReloadAsync());
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

        if (stopped.Task.IsCompleted)
        {
            using var atOnce = new CancellationTokenSource();
            using var terminate = OnSecond(PosixSignal.SIGTERM, atOnce);
            using var interrupt = OnSecond(PosixSignal.SIGINT, atOnce);
            await daemon.DrainAsync(config.StopTimeout, atOnce.Token);
        }

        LogStopping(logger);
        await daemon.DisposeAsync();
        LogStopped(logger);
        return ExitCode.Done;
    }

    private static OtlpExport StartExport(TelemetryOptions telemetry, EddyConfig config, ILoggerFactory loggers) =>
        OtlpExport.Start(telemetry, $"{Environment.MachineName}:{config.Listen.Port}", loggers.CreateLogger("Eddy.Telemetry"));

    private static PosixSignalRegistration OnSecond(PosixSignal signal, CancellationTokenSource atOnce) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        atOnce.Cancel();
    });

    private static string? WhyUnguarded(EddyConfig config) => !config.IsGuarded ? "switched off: eddy.guard"
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
