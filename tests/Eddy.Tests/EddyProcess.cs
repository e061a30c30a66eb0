using System.Diagnostics;

namespace Eddy.Tests;

/// <summary>What a finished command left.</summary>
internal sealed record ProcessResult(int ExitCode, string Output, string Error);

/// <summary>The real executable as it was built, with a home directory of its own.</summary>
internal sealed class EddyProcess : IAsyncDisposable
{
    private static readonly TimeSpan LongestRun = TimeSpan.FromMinutes(3);

    private const string Unguarded = "EDDY_EDDY__GUARD";

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly List<string> _errors = [];
    private readonly List<(string Text, TaskCompletionSource Seen)> _waiting = [];

    private EddyProcess(Process process)
    {
        _process = process;
        process.ErrorDataReceived += (_, line) => OnError(line.Data);
        process.Start();
        process.BeginErrorReadLine();
        _output = process.StandardOutput.ReadToEndAsync();
    }

    /// <summary>In the environment of <see cref="Start"/>: the process's umask, where there is a shell.</summary>
    public const string UmaskVariable = "TEST_UMASK";

    /// <summary>In the environment of <see cref="Start"/>: how far its files may grow, in units of 512 bytes.</summary>
    public const string FileLimitVariable = "TEST_FILE_LIMIT";

    /// <summary>Whether <see cref="LimitFilesAsync"/> can be called here.</summary>
    public static bool CanLimitFiles { get; } = File.Exists("/usr/bin/prlimit") && File.Exists("/bin/sh");

    public int Id => _process.Id;

    /// <param name="isGuarded">
    /// With its guard, which may kill it, and therefore with a supervisor, whose number <see cref="Id"/> then is. Most tests need neither, and
    /// want a machine that is busy with other tests to kill nothing.
    /// </param>
    public static EddyProcess Start(
        string home, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null, bool isGuarded = false)
    {
        var start = new ProcessStartInfo(CanLimitFiles ? "/bin/sh" : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = home,
        };

        // With the signal ignored, a write beyond the limit of LimitFilesAsync fails as on a full disk instead of ending the process.
        string[] before = CanLimitFiles ? ["-c", $"trap '' XFSZ; [ -z \"${{{UmaskVariable}:-}}\" ] || umask \"${{{UmaskVariable}:-}}\"; [ -z \"${{{FileLimitVariable}:-}}\" ] || ulimit -f \"${{{FileLimitVariable}:-}}\"; exec \"$@\"", "sh", "dotnet"] : [];
        foreach (var argument in before.Append(Path.Combine(AppContext.BaseDirectory, "eddy.dll")).Concat(arguments))
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["HOME"] = home;
        start.Environment["DOTNET_CLI_HOME"] = home;
        start.Environment["DOTNET_TieredPGO"] = "0"; // It pays in daemons that run for days, and costs a sixth of the time here.
        start.Environment.Remove("NOTIFY_SOCKET");
        if (isGuarded)
        {
            start.Environment.Remove(Unguarded);
        }
        else
        {
            start.Environment[Unguarded] = "off";
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return new(new Process { StartInfo = start });
    }

    public static async Task<ProcessResult> RunAsync(string home, params string[] arguments) => await RunAsync(home, arguments, null);

    public static async Task<ProcessResult> RunAsync(string home, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment)
    {
        await using var process = Start(home, arguments, environment);
        return await process.EndAsync();
    }

    /// <summary>No file of the process may grow any more; or they may again.</summary>
    public static async Task LimitFilesAsync(int id, bool isLimited = true)
    {
        using var prlimit = Process.Start("/usr/bin/prlimit", [$"--pid={id}", isLimited ? "--fsize=1:" : "--fsize=unlimited:"]);
        await prlimit.WaitForExitAsync();
        Assert.Equal(0, prlimit.ExitCode);
    }

    /// <summary>Waits for a line on standard error that holds the text, or for the end.</summary>
    public async Task<bool> SeesErrorAsync(string text)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_errors)
        {
            if (_errors.Any(line => line.Contains(text, StringComparison.Ordinal)))
            {
                return true;
            }

            _waiting.Add((text, seen));
        }

        var ended = _process.WaitForExitAsync();
        await Task.WhenAny(seen.Task, ended).WaitAsync(LongestRun);
        return seen.Task.IsCompleted;
    }

    public async Task<ProcessResult> EndAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(LongestRun);
        var output = await _output;
        lock (_errors)
        {
            return new(_process.ExitCode, output, string.Join('\n', _errors));
        }
    }

    /// <summary>SIGTERM.</summary>
    public async Task TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    public void Kill() => _process.Kill(entireProcessTree: true);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private void OnError(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_errors)
        {
            _errors.Add(line);
            foreach (var (text, seen) in _waiting)
            {
                if (line.Contains(text, StringComparison.Ordinal))
                {
                    seen.TrySetResult();
                }
            }
        }
    }
}
