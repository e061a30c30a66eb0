using System.Diagnostics;
using System.Globalization;
using Eddy.Guarding;

namespace Eddy.Tests.Guarding;

/// <summary>
/// One of eddy's scripts in a shell, with a <c>sleep</c> of the test's own in the path: each call says for how long and then waits to be
/// let go, so that a test decides when time passes.
/// </summary>
internal sealed class Shell : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly TemporaryDirectory _directory = new();
    private readonly Process _process;
    private readonly Task<string> _error;
    private readonly FileStream _asked;
    private readonly StreamReader _askedText;
    private readonly FileStream _let;

    private Shell(string[] shell, ShellScript script, IEnumerable<string> arguments)
    {
        using var make = Process.Start("mkfifo", [_directory.File("asked"), _directory.File("let")]);
        make.WaitForExit();
        _directory.Write("sleep", "#!/bin/sh\necho \"$1\" > \"$EDDY_TEST/asked\"\nread -r go < \"$EDDY_TEST/let\"\n");
        Debug.Assert(!OperatingSystem.IsWindows(), "Tests that need a shell are skipped there.");
        File.SetUnixFileMode(_directory.File("sleep"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        // Opened for both, so that neither side waits for the other.
        _asked = new(_directory.File("asked"), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, 1);
        _let = new(_directory.File("let"), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, 1);
        _askedText = new(_asked);
        var start = new ProcessStartInfo(shell[0]) { RedirectStandardError = true };
        foreach (var argument in shell[1..].Concat(script.Command).Concat(arguments))
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[script.Variable] = script.Text;
        start.Environment["EDDY_TEST"] = _directory.Path;
        start.Environment["PATH"] = $"{_directory.Path}:{Environment.GetEnvironmentVariable("PATH")}";
        _process = Process.Start(start)!;
        _error = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>Shells that are here: Debian's, the one of many others, and the one of small systems.</summary>
    public static TheoryData<string> Known { get; } =
        [.. new[] { "/bin/sh", "/bin/bash --posix", "/bin/busybox sh" }.Where(shell => File.Exists(shell.Split(' ')[0]) || shell == "/bin/sh")];

    public int Id => _process.Id;

    public bool HasEnded => _process.HasExited;

    public static Shell Start(string shell, ShellScript script, params IEnumerable<string> arguments)
    {
        Assert.SkipUnless(ProcessTree.IsKnown && File.Exists(ShellScript.Shell) && OperatingSystem.IsLinux(), "There is no Linux shell here.");
        return new(shell.Split(' '), script, arguments);
    }

    /// <summary>Waits until the script sleeps; for how long.</summary>
    public async Task<string?> SleepsAsync() => await _askedText.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience);

    /// <summary>The sleep is over.</summary>
    public void Wake() => _let.Write("\n"u8);

    public async Task<(int Code, string Error)> EndAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return (_process.ExitCode, await _error);
    }

    public async Task SignalAsync(string signal) => await ProcessTree.SignalAsync(Id, signal);

    public static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        // Lets go a read that a failed test left behind.
        _asked.Write("\n"u8);
        _process.Dispose();
        _askedText.Dispose();
        await _asked.DisposeAsync();
        await _let.DisposeAsync();
        _directory.Dispose();
    }
}
