using System.ComponentModel;
using System.Diagnostics;
using Eddy.Lnd.Interception;

namespace Eddy.Guarding;

/// <summary>
/// Keeps a guard beside the daemon: a process of its own, in a session of its own, that kills the daemon when the loop that reads LND's
/// interceptor stands still. Starts another when it ends. Also passes the signs of life on to systemd, and says when the
/// supervisor is gone.
/// </summary>
internal sealed partial class Guard : IInterceptorWatch, IAsyncDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan StoodWell = TimeSpan.FromMinutes(1);
    private static readonly string[] SessionTools = ["/usr/bin/setsid", "/bin/setsid"];

    private readonly GuardOptions _options;
    private readonly Heartbeat? _heartbeat;
    private readonly ServiceManager? _manager;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _supervisorLost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Task> _loops = [];
    private readonly Lock _announcing = new();
    private readonly bool _isMissing;
    private volatile string _reason;
    private volatile bool _isArmed;
    private bool _isAnnounced;
    private int _process;
    private long _signs;
    private long _lastSign;
    private long _longestSilence;

    private Guard(GuardOptions options, Heartbeat? heartbeat, string reason, ServiceManager? manager, ILogger logger, bool isMissing)
    {
        _options = options;
        _heartbeat = heartbeat;
        _reason = reason;
        _manager = manager;
        _logger = logger;
        _isMissing = isMissing;
    }

    /// <inheritdoc/>
    public TimeSpan Interval => _options.Beat;

    /// <summary>Ends when the supervisor has gone without ending the daemon, which then should end itself.</summary>
    public Task SupervisorLost => _supervisorLost.Task;

    public GuardState State => new(
        Volatile.Read(ref _process) is > 0 and var process ? process : null,
        _reason,
        _options.Timeout,
        Stopwatch.GetElapsedTime(0, Volatile.Read(ref _longestSilence)),
        GuardKill.Read(_options.NotePath));

    /// <summary>Starts what there is to start; a system that allows no guard is a warning, when it is announced, and no fault.</summary>
    /// <param name="whyNot">Not null where no guard is wanted: only systemd and the supervisor are then looked after.</param>
    /// <param name="manager">Where signs of life go too; not ours to dispose.</param>
    public static Guard Start(GuardOptions options, string? whyNot, ServiceManager? manager, ILogger logger)
    {
        var (heartbeat, reason) = whyNot is null ? Prepare() : (null, whyNot);
        var guard = new Guard(options, heartbeat, reason, manager, logger, isMissing: whyNot is null && heartbeat is null);
        if (heartbeat is not null)
        {
            guard._loops.Add(Task.Run(guard.KeepAsync));
        }

        if (Supervisor.Process != 0)
        {
            guard._loops.Add(Task.Run(guard.WatchSupervisorAsync));
        }

        if (manager?.Watchdog is { } watchdog)
        {
            guard._loops.Add(Task.Run(() => guard.FeedAsync(watchdog)));
        }

        return guard;
    }

    /// <summary>From now on says what there is to say of the guard: the daemon runs, and whatever could have kept it from that has been said.</summary>
    public void Announce()
    {
        lock (_announcing)
        {
            _isAnnounced = true;
            if (_isMissing)
            {
                LogImpossible(_reason);
            }
            else if (Volatile.Read(ref _process) is > 0 and var process)
            {
                LogStarted(process, _options.Silence.TotalSeconds, _options.Timeout.TotalSeconds);
            }
        }
    }

    /// <inheritdoc/>
    public void Opened()
    {
        Volatile.Write(ref _lastSign, Stopwatch.GetTimestamp());
        Interlocked.Increment(ref _signs);
        _isArmed = true;
        _heartbeat?.Write(isArmed: true);
    }

    /// <inheritdoc/>
    public void Alive()
    {
        var now = Stopwatch.GetTimestamp();
        var silence = now - Volatile.Read(ref _lastSign);
        Volatile.Write(ref _lastSign, now);
        if (silence > Volatile.Read(ref _longestSilence))
        {
            Volatile.Write(ref _longestSilence, silence);
        }

        Interlocked.Increment(ref _signs);
        _heartbeat?.Write(isArmed: true);
    }

    /// <inheritdoc/>
    public void Closed()
    {
        _isArmed = false;
        _heartbeat?.Write(isArmed: false);
    }

    /// <summary>Ends the guard: only when nothing of LND's can wait for the daemon any more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_loops);
        _heartbeat?.Dispose();
        _stopping.Dispose();
    }

    private static (Heartbeat? Heartbeat, string Reason) Prepare()
    {
        if (!OperatingSystem.IsLinux())
        {
            return (null, "this system is not Linux");
        }

        if (!File.Exists(ShellScript.Shell))
        {
            return (null, $"there is no {ShellScript.Shell}");
        }

        if (Debugger.IsAttached)
        {
            return (null, "a debugger is attached, and whoever stops at a breakpoint would be killed");
        }

        try
        {
            return (Heartbeat.Create(), "it starts");
        }
        catch (Exception e) when (e is IOException or EntryPointNotFoundException or DllNotFoundException)
        {
            return (null, $"this system has no files in memory: {e.Message}");
        }
    }

    private async Task KeepAsync()
    {
        var pause = FirstPause;
        while (!_stopping.IsCancellationRequested)
        {
            var started = Stopwatch.GetTimestamp();
            var ended = await RunOnceAsync();
            if (_stopping.IsCancellationRequested)
            {
                return;
            }

            pause = Stopwatch.GetElapsedTime(started) > StoodWell ? FirstPause : pause;
            _reason = ended;
            LogEnded(ended, pause.TotalSeconds);
            await Task.Delay(pause, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 > LongestPause ? LongestPause : pause * 2;
        }
    }

    /// <summary>Runs a guard until it ends or has to; how it ended.</summary>
    private async Task<string> RunOnceAsync()
    {
        Process process;
        try
        {
            process = Process.Start(Command()) ?? throw new InvalidOperationException("No process was started.");
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            return $"it could not be started: {e.Message}";
        }

        using (process)
        {
            _reason = "";
            SetProcess(process.Id);
            await process.WaitForExitAsync(_stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Volatile.Write(ref _process, 0);
            if (!process.HasExited)
            {
                // With the sleep it waits for, so that nothing stays behind.
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(CancellationToken.None);
            }

            return $"it ended with code {process.ExitCode}";
        }
    }

    private void SetProcess(int process)
    {
        lock (_announcing)
        {
            Volatile.Write(ref _process, process);
            if (_isAnnounced)
            {
                LogStarted(process, _options.Silence.TotalSeconds, _options.Timeout.TotalSeconds);
            }
        }
    }

    private ProcessStartInfo Command()
    {
        var script = ShellScript.Guard;
        var session = Array.Find(SessionTools, File.Exists);
        var start = new ProcessStartInfo(session ?? ShellScript.Shell) { WorkingDirectory = "/" };
        if (session is not null)
        {
            start.ArgumentList.Add(ShellScript.Shell);
        }

        foreach (var argument in script.Command.Concat(_options.Arguments(Environment.ProcessId, ProcessStart.OfThis(), _heartbeat!.Path, Supervisor.Process, Supervisor.Born)))
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[script.Variable] = script.Text;
        start.Environment.Remove("NOTIFY_SOCKET");
        return start;
    }

    private async Task WatchSupervisorAsync()
    {
        using var timer = new PeriodicTimer(LookInterval);
        while (await TicksAsync(timer))
        {
            if (Supervisor.IsLost)
            {
                LogSupervisorLost();
                _supervisorLost.TrySetResult();
                return;
            }
        }
    }

    /// <summary>systemd hears of the read loop while HTLCs can wait for it, and of the process otherwise.</summary>
    private async Task FeedAsync(TimeSpan watchdog)
    {
        using var timer = new PeriodicTimer(watchdog / 3);
        var seen = -1L;
        do
        {
            var signs = Interlocked.Read(ref _signs);
            if (!_isArmed || signs != seen)
            {
                _manager!.Alive();
            }

            seen = signs;
        }
        while (await TicksAsync(timer));
    }

    private async Task<bool> TicksAsync(PeriodicTimer timer)
    {
        try
        {
            return await timer.WaitForNextTickAsync(_stopping.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    [LoggerMessage(LogLevel.Information, "Guard: process {Process} kills this daemon if it does not look after LND's interceptor for {Silence} to {Timeout} seconds.")]
    private partial void LogStarted(int process, double silence, double timeout);

    [LoggerMessage(LogLevel.Warning, "The guard is gone: {Reason}. Another is started in {Seconds} s; until then a frozen daemon would stop LND's forwarding.")]
    private partial void LogEnded(string reason, double seconds);

    [LoggerMessage(LogLevel.Warning, "There is no guard: {Reason}. A frozen daemon would stop LND's forwarding until LND notices by itself.")]
    private partial void LogImpossible(string reason);

    [LoggerMessage(LogLevel.Error, "The process that supervises the daemon is gone: the daemon ends.")]
    private partial void LogSupervisorLost();
}
